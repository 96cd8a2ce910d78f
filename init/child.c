/* SPDX-License-Identifier: MIT
 *
 * The stacks lie side by side, each above a page that nothing may touch. At the top of one are the child's thread block
 * and its argument. The kernel clears `busy` when the child leaves the memory, by an exec or by its end, which is all
 * that has to be known of it: the stack is free then.
 */
#include "child.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/mman.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "libc/thread.h"
#include "sys.h"

#define STACKS 8
#define STACK_BYTES 32768 /* three times what the longest way through a launch takes */
#define GUARD_BYTES 4096
#define USED_BYTES  12288 /* of it, in each launch */

struct top {
	struct thread thread;
	int busy;
	const void *reads;
	void (*run)(void *arg);
	_Alignas(16) uint8_t arg[CHILD_ARG_MAX];
};

static uint8_t *stacks; /* NULL: there are none */
static size_t enough;   /* so many keep all processors busy */
static size_t touched;  /* so many, the first ones, may hold memory */

static struct top *
top_of(size_t i)
{
	return (struct top *)(void *)(stacks + (i + 1) * STACK_BYTES - sizeof(struct top));
}

static bool
is_busy(size_t i)
{
	return i < touched && __atomic_load_n(&top_of(i)->busy, __ATOMIC_ACQUIRE) != 0;
}

static size_t
processors(void)
{
	uint64_t mask[1024 / 64] = { 0 };
	size_t n = 0;

	if (syscall(SYS_sched_getaffinity, 0, sizeof mask, mask) > 0)
		for (size_t i = 0; i < sizeof mask / sizeof *mask; i++)
			for (; mask[i]; mask[i] &= mask[i] - 1)
				n++;
	return n;
}

void
child_init(void)
{
	const size_t size = (size_t)STACKS * STACK_BYTES;

	if (stacks)
		return;
	uint8_t *p = mmap(NULL, size, PROT_NONE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	int failed = p == MAP_FAILED;

	for (size_t i = 0; !failed && i < STACKS; i++)
		failed = mprotect(p + i * STACK_BYTES + GUARD_BYTES, STACK_BYTES - GUARD_BYTES, PROT_READ | PROT_WRITE);
	if (failed && p != MAP_FAILED)
		munmap(p, size);
	stacks = failed ? NULL : p;
	enough = processors();
	enough += !enough; /* it could not be told */
}

/* ---- one child ---- */

__attribute__((noreturn)) static void
enter(void *p)
{
	struct top *top = p;

	top->run(top->arg);
	_exit(127);
}

static void
fill(struct top *top, const struct child *c)
{
	top->run = c->run;
	top->reads = c->reads;
	memcpy(top->arg, c->arg, c->size);
}

/* A child that is starved of its processor within a page fault would keep a lock of the memory that PID 1 may want. */
static void
touch(size_t i)
{
	volatile uint8_t *end = stacks + (i + 1) * STACK_BYTES;

	for (size_t at = GUARD_BYTES; at <= USED_BYTES; at += GUARD_BYTES)
		end[-(ptrdiff_t)at] = 0;
}

static pid_t
start_on(size_t i, struct clone_args *args, const struct child *c)
{
	struct top *top = top_of(i);
	uint8_t *bottom = stacks + i * STACK_BYTES + GUARD_BYTES;

	if (i >= touched)
		touched = i + 1;
	touch(i);
	fill(top, c);
	top->thread.self = &top->thread;
	__atomic_store_n(&top->busy, 1, __ATOMIC_RELEASE);
	args->flags |= CLONE_VM | CLONE_SETTLS | CLONE_CHILD_CLEARTID;
	args->tls = (uintptr_t)&top->thread;
	args->child_tid = (uintptr_t)&top->busy;
	args->stack = (uintptr_t)bottom;
	args->stack_size = (uintptr_t)top / 16 * 16 - (uintptr_t)bottom;
	pid_t pid = thread_clone(args, sizeof *args, enter, top);
	if (pid < 0)
		top->busy = 0;
	return pid;
}

static pid_t
start_copy(const struct clone_args *args, const struct child *c)
{
	struct top top;
	pid_t pid = sys_clone3(args);

	if (pid)
		return pid;
	fill(&top, c);
	enter(&top);
}

pid_t
child_start(struct clone_args *args, const struct child *c)
{
	uint64_t old;
	size_t i = 0;

	while (i < STACKS && is_busy(i))
		i++;
	sys_sigmask(~0ull, &old);
	pid_t pid = stacks && i < STACKS ? start_on(i, args, c) : start_copy(args, c);
	int code = errno;
	sys_sigmask(old, NULL);
	errno = code;
	return pid;
}

int
child_next_fd(int any)
{
	int fd = fcntl(any, F_DUPFD_CLOEXEC, 0);

	fd_cleanup(&fd);
	return fd;
}

int
child_wait(pid_t pid, int fd)
{
	int status = -1;

	if (waitpid(pid, &status, __WALL) < 0)
		waitpid(pid, &status, __WALL);
	if (status != -1 && WIFSIGNALED(status))
		fd_cleanup(&fd);
	return status;
}

bool
child_reads(const void *reads)
{
	for (size_t i = 0; i < touched; i++)
		if (is_busy(i) && top_of(i)->reads == reads)
			return true;
	return false;
}

static size_t
busy(void)
{
	size_t n = 0;

	for (size_t i = 0; i < touched; i++)
		n += is_busy(i);
	return n;
}

bool
child_room(void)
{
	size_t n = busy();

	return !stacks || (n < STACKS && n < enough);
}

void
child_rest(void)
{
	if (touched <= 1 || busy() > 0)
		return;
	if (madvise(stacks + STACK_BYTES, (touched - 1) * STACK_BYTES, MADV_DONTNEED) == 0)
		touched = 1;
}
