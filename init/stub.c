/* SPDX-License-Identifier: MIT
 *
 * ingot-stub, PID 1 of each service's namespace: starts the service's program, passes signals on to it, reaps
 * orphans, and reports the program's exact wait status, which a PID 1 of a namespace could not leave behind itself.
 * It uses no C library, keeps one descriptor, and never allocates. See stub_abi.h for what it is handed.
 */
#include <errno.h> /* these give constants only */
#include <fcntl.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/syscall.h>
#include <sys/wait.h>

#include "spawn.h"
#include "stub_abi.h"

/* ---- what depends on the architecture: the entry point, and a system call ---- */

#if defined(__x86_64__)

__asm__(".globl _start\n"
	".type _start, @function\n"
	"_start:\n"
	"	xor %ebp, %ebp\n"
	"	mov %rsp, %rdi\n"
	"	and $-16, %rsp\n"
	"	call stub_main\n"
	"	ud2\n");

static inline long
sys4(long n, long a, long b, long c, long d)
{
	register long r10 __asm__("r10") = d;
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10) : "rcx", "r11", "memory");
	return ret;
}

#else
#error "ingot-stub: no entry point and system call for this architecture yet"
#endif

#define SYS(n, a, b, c, d) sys4(__NR_##n, (long)(a), (long)(b), (long)(c), (long)(d))

/* ---- the program ---- */

#define ALL_SIGNALS (~0ul)

__attribute__((noreturn)) void stub_main(const long *stack);

__attribute__((noreturn)) static void
leave(int code)
{
	for (;;)
		SYS(exit_group, code, 0, 0, 0);
}

__attribute__((noreturn)) static void
fail(int fd, uint32_t step, long code)
{
	struct launch_error error = { .step = step, .code = (int32_t)-code };

	SYS(write, fd, &error, sizeof error, 0);
	leave(127);
}

/* N of "ingot-stub:N", -1 without one. */
static int
ready_number(const char *word)
{
	int n = 0;

	while (*word && *word != ':')
		word++;
	if (*word == '\0')
		return -1;
	while (*++word >= '0' && *word <= '9')
		n = n * 10 + (*word - '0');
	return n;
}

/* The child. The readiness pipe may want the very number of the error pipe, which therefore steps aside first. */
__attribute__((noreturn)) static void
run(char *const argv[], char *const envp[], int ready)
{
	unsigned long none = 0;
	long error = STUB_FD_ERROR;

	if (ready >= 0) {
		error = SYS(fcntl, STUB_FD_ERROR, F_DUPFD_CLOEXEC, ready < STUB_FD_END ? STUB_FD_END : ready + 1, 0);
		if (error < 0)
			fail(STUB_FD_ERROR, LAUNCH_FDS, error);
		SYS(close, STUB_FD_ERROR, 0, 0, 0);
		SYS(close, STUB_FD_STATUS, 0, 0, 0);
		if (ready != STUB_FD_READY) {
			long ret = SYS(dup3, STUB_FD_READY, ready, 0, 0);
			if (ret < 0)
				fail((int)error, LAUNCH_FDS, ret);
			SYS(close, STUB_FD_READY, 0, 0, 0);
		}
	} else {
		SYS(close, STUB_FD_STATUS, 0, 0, 0);
		SYS(fcntl, STUB_FD_ERROR, F_SETFD, FD_CLOEXEC, 0);
	}
	SYS(setsid, 0, 0, 0, 0);
	/* A signal that was passed on before this line ends the child here, as it would have ended the program. */
	SYS(rt_sigprocmask, SIG_SETMASK, &none, 0, sizeof none);
	fail((int)error, LAUNCH_EXEC, SYS(execve, argv[0], argv, envp, 0));
}

/* Reaps all that has ended; leaves when the main process is among it. The kernel then kills the rest of the
 * namespace, before anyone outside can see this process gone. */
static void
reap(int main_pid)
{
	int status = 0;
	long pid;

	while ((pid = SYS(wait4, -1, &status, WNOHANG, 0)) > 0) {
		if (pid != main_pid)
			continue;
		struct stub_status report = { .wait_status = status };
		SYS(write, STUB_FD_STATUS, &report, sizeof report, 0);
		leave(status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff);
	}
}

void
stub_main(const long *stack)
{
	char *const *argv = (char *const *)(stack + 1);
	char *const *envp = argv + stack[0] + 1;
	unsigned long all = ALL_SIGNALS;

	/* The service has the same uid: undumpable, this process can neither be traced by it nor be opened in /proc. */
	SYS(prctl, PR_SET_DUMPABLE, 0, 0, 0);
	SYS(prctl, PR_SET_NAME, STUB_NAME, 0, 0);
	SYS(rt_sigprocmask, SIG_SETMASK, &all, 0, sizeof all);
	if (stack[0] < 2)
		fail(STUB_FD_ERROR, LAUNCH_STUB, -EINVAL);

	int ready = ready_number(argv[0]);
	/* As fork: without CLONE_SETTLS and the like the kernel looks at no argument but the flags. */
	long pid = SYS(clone, SIGCHLD, 0, 0, 0);
	if (pid == 0)
		run(argv + 1, envp, ready);
	if (pid < 0)
		fail(STUB_FD_ERROR, LAUNCH_FORK, pid);

	/* Holding a write end here would hide the service's end of file from whoever reads. */
	SYS(close_range, 0, STUB_FD_ERROR, 0, 0);
	SYS(close, STUB_FD_READY, 0, 0, 0);
	for (;;) {
		/* Blocked signals reach even a PID 1 that has no handler; they come out here. */
		long sig = SYS(rt_sigtimedwait, &all, 0, 0, sizeof all);
		if (sig > 0 && sig != SIGCHLD)
			SYS(kill, pid, sig, 0, 0);
		reap((int)pid); /* whatever it was: a look costs one call, and a child that is missed is never found */
	}
}
