/* SPDX-License-Identifier: MIT
 *
 * Two readings of the counter, each with the time at which it was taken: a look that was interrupted is taken again.
 */
#include "tsc.h"

#include <stdint.h>
#include <time.h>

#define SPAN_NS  20000000
#define LOOK_NS  20000 /* a look that took longer was interrupted */
#define LOOKS    50

#if defined(__x86_64__)

static int64_t
now_ns(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC_RAW, &t);
	return (int64_t)t.tv_sec * 1000000000 + t.tv_nsec;
}

static int64_t
look(uint64_t *count)
{
	int64_t before = 0, after = 0;

	for (int i = 0; i < LOOKS; i++) {
		before = now_ns();
		*count = __builtin_ia32_rdtsc();
		after = now_ns();
		if (after - before < LOOK_NS)
			break;
	}
	return before + (after - before) / 2;
}

unsigned
tsc_khz(void)
{
	const struct timespec span = { .tv_nsec = SPAN_NS };
	uint64_t first, last;
	int64_t from = look(&first);

	nanosleep(&span, NULL);
	int64_t ns = look(&last) - from;
	return ns > 0 ? (unsigned)((last - first) * 1000000 / (uint64_t)ns) : 0;
}

#else

unsigned
tsc_khz(void)
{
	return 0;
}

#endif
