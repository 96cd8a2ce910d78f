/* SPDX-License-Identifier: MIT
 *
 * Time, for the programs that measure inside a guest.
 */
#ifndef INGOT_BENCH_CLOCK_H
#define INGOT_BENCH_CLOCK_H

#include <time.h>

static inline long long
now_us(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (long long)t.tv_sec * 1000000 + t.tv_nsec / 1000;
}

static inline void
sleep_ms(long ms)
{
	struct timespec t = { ms / 1000, ms % 1000 * 1000000 };

	nanosleep(&t, NULL);
}

#endif
