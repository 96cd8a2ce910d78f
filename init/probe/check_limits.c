/* SPDX-License-Identifier: MIT
 *
 * A fork bomb ends at its limit. The processes share this one's memory, so that the limit of memory is not met first.
 */
#include <errno.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <sys/mman.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

#define BOMB_MAX 512
#define STACK    4096

static volatile int stop;

static int
wait_for_end(void *unused)
{
	(void)unused;
	while (!stop)
		syscall(SYS_futex, &stop, 0 /* FUTEX_WAIT */, 0, NULL, NULL, 0);
	return 0;
}

void
check_limits(const struct expect *x)
{
	char want[32], found[32];
	unsigned long long n = 0;
	int code = 0;

	if (x->pids > BOMB_MAX) {
		report_skip(23, "a fork bomb", "its limit is too large to be tried");
		return;
	}
	char *stacks = mmap(NULL, (size_t)BOMB_MAX * STACK, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	for (; stacks != MAP_FAILED && n <= x->pids && n < BOMB_MAX; n++)
		if (clone(wait_for_end, stacks + (n + 1) * STACK, CLONE_VM | CLONE_FS | CLONE_FILES | SIGCHLD, NULL) < 0) {
			code = errno;
			break;
		}
	stop = 1;
	syscall(SYS_futex, &stop, 1 /* FUTEX_WAKE */, BOMB_MAX, NULL, NULL, 0);
	while (wait(NULL) > 0 || errno == EINTR)
		;
	report_call(23, NULL, "a fork bomb", EAGAIN, code);
	/* its stub and this process are there already */
	snprintf(want, sizeof want, "%llu processes", x->pids);
	snprintf(found, sizeof found, "%llu processes", n + 2);
	report_text(23, NULL, "where it ended", want, found);
	if (stacks != MAP_FAILED)
		munmap(stacks, (size_t)BOMB_MAX * STACK);
}
