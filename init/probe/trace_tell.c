/* SPDX-License-Identifier: MIT
 *
 * The tracer's lines, in memory that the machine's side reads. They are not the service's output, and must not be.
 */
#include <fcntl.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <time.h>
#include <unistd.h>

#include "trace.h"

#define KNOWN     16384 /* a power of two, more than there are lines */
#define FINISH_MS 3000
#define STEP_MS   20

static struct probe_trace *shared;
static unsigned long long known[KNOWN];
static unsigned n_known;

void
tell_init(void)
{
	int fd = (int)syscall(SYS_memfd_create, PROBE_TRACE_NAME, MFD_CLOEXEC | 8u /* MFD_NOEXEC_SEAL */);

	if (fd < 0) /* an older kernel */
		fd = (int)syscall(SYS_memfd_create, PROBE_TRACE_NAME, MFD_CLOEXEC);
	if (fd < 0 || dup3(fd, PROBE_TRACE_FD, O_CLOEXEC) < 0 || ftruncate(fd, sizeof *shared))
		_exit(126);
	close(fd);
	shared = mmap(NULL, sizeof *shared, PROT_READ | PROT_WRITE, MAP_SHARED, PROBE_TRACE_FD, 0);
	if (shared == MAP_FAILED)
		_exit(126);
}

/* Whether it is new; two lines of one hash are taken for one. */
static bool
is_new(const char *line)
{
	unsigned long long h = 1469598103934665603ull;

	for (; *line; line++)
		h = (h ^ (unsigned char)*line) * 1099511628211ull;
	h |= 1;
	for (unsigned i = (unsigned)(h >> 20) % KNOWN;; i = (i + 1) % KNOWN) {
		if (known[i] == h)
			return false;
		if (known[i])
			continue;
		if (n_known++ > KNOWN / 2)
			return false;
		known[i] = h;
		return true;
	}
}

void
tell(const char *f, ...)
{
	char line[PROBE_LINE_MAX];
	va_list ap;

	va_start(ap, f);
	int n = vsnprintf(line, sizeof line - 1, f, ap);
	va_end(ap);
	if (n <= 0 || n >= (int)sizeof line - 1 || !is_new(line))
		return;
	for (int i = 0; i < n; i++)
		if ((unsigned char)line[i] < ' ' && line[i] != '\t')
			line[i] = '?';
	line[n++] = '\n';
	if (shared->written + (unsigned)n > sizeof shared->lines)
		return;
	memcpy(shared->lines + shared->written, line, (size_t)n);
	__atomic_store_n(&shared->written, shared->written + (unsigned)n, __ATOMIC_RELEASE);
}

void
tell_finish(void)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000l };

	for (int ms = 0; ms < FINISH_MS && __atomic_load_n(&shared->taken, __ATOMIC_ACQUIRE) < shared->written; ms += STEP_MS)
		nanosleep(&step, NULL);
}
