/* SPDX-License-Identifier: MIT
 *
 * ingot-stub, PID 1 of each service's namespace: starts the service's program, passes signals on to it, reaps
 * orphans, and reports the program's exact wait status, which a PID 1 of a namespace could not leave behind itself.
 * It uses no C library, keeps one descriptor, and never allocates. See stub_abi.h for what it is handed.
 */
#include <errno.h> /* these give constants only */
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <time.h>

#include "spawn.h"
#include "stub_abi.h"

#ifndef PR_SET_MDWE
#define PR_SET_MDWE 65
#define PR_MDWE_REFUSE_EXEC_GAIN 1ul
#endif

struct stub; /* what the child is handed: it runs in the stub's own memory */

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
	register long r10 __asm__("r10") = d, r8 __asm__("r8") = 0; /* a fifth argument, where prctl wants it to be 0 */
	long ret;

	__asm__ volatile("syscall" : "=a"(ret) : "a"(n), "D"(a), "S"(b), "d"(c), "r"(r10), "r"(r8) : "rcx", "r11", "memory");
	return ret;
}

#else
#error "ingot-stub: no entry point and system call for this architecture yet"
#endif

/* The child runs `run` in the caller's memory, on a stack of its own; both go on. Without CLONE_SETTLS and the like the
 * kernel looks at no argument but the flags and the stack. */
static inline long
clone_run(char *stack, const struct stub *stub, void (*run)(const struct stub *))
{
	register const void *r12 __asm__("r12") = stub;
	register void (*r13)(const struct stub *) __asm__("r13") = run;
	long ret;

	__asm__ volatile("syscall\n"
			 "	test %%rax, %%rax\n"
			 "	jnz 1f\n"
			 "	xor %%ebp, %%ebp\n"
			 "	mov %%r12, %%rdi\n"
			 "	call *%%r13\n"
			 "	ud2\n"
			 "1:"
			 : "=a"(ret)
			 : "a"(__NR_clone), "D"((long)(CLONE_VM | SIGCHLD)), "S"(stack), "d"(0l), "r"(r12), "r"(r13)
			 : "rcx", "r11", "memory");
	return ret;
}

#define SYS(n, a, b, c, d) sys4(__NR_##n, (long)(a), (long)(b), (long)(c), (long)(d))

/* ---- the program ---- */

#define ALL_SIGNALS (~0ul)
#define LISTEN_FIRST 3 /* as sd_listen_fds(3) has it */
#define CHILD_STACK  512 /* four times what its frames take; a signal has no handler */

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

/* The child that becomes the program looks at the first of them, which stay as they are, and has the last one. The stub
 * has no page to write to but its stack. */
struct stub {
	char **argv, **envp;
	unsigned ready;    /* descriptor, 0: none */
	unsigned listen;   /* so many listeners, from STUB_FD_END on */
	unsigned closed;   /* what was written shall not become executable */
	unsigned probe[2]; /* by enum stub_which: where its words begin in argv, 0: none */
	long main;         /* process ids */
	long probing;      /* 0: no probe runs */
	uint32_t seq;      /* of that one */
	char child_stack[CHILD_STACK] __attribute__((aligned(16)));
};

/* The number behind the next colon, 0 without one; *word stands behind it. */
static unsigned
next_number(const char **word)
{
	unsigned n = 0;

	while (**word && *(*word)++ != ':')
		;
	while (**word >= '0' && **word <= '9')
		n = n * 10 + (unsigned)(*(*word)++ - '0');
	return n;
}

/* Takes argv apart: each part ends with a null. */
static void
read_words(struct stub *s, const long *stack)
{
	unsigned words = (unsigned)stack[0];
	const char *word;

	s->argv = (char **)(stack + 1);
	s->envp = s->argv + words + 1;
	word = s->argv[0];
	s->ready = next_number(&word);
	for (int i = 0; i < 2; i++) {
		s->probe[i] = next_number(&word);
		if (s->probe[i] >= words)
			s->probe[i] = 0;
		if (s->probe[i])
			s->argv[s->probe[i] - 1] = 0;
	}
	s->listen = next_number(&word);
	s->closed = next_number(&word);
}

/* For this process and all that it starts: it is of the memory, which a child of PID 1 has from PID 1. Kernels before
 * 6.3 do not have that. */
static void
close_memory(void)
{
	long ret = SYS(prctl, PR_SET_MDWE, PR_MDWE_REFUSE_EXEC_GAIN, 0, 0);

	if (ret < 0 && ret != -EINVAL)
		fail(STUB_FD_ERROR, LAUNCH_MDWE, ret);
}

/* What the program wants stands at numbers where the stub's own are: those step aside first. Each listener moves to a
 * smaller number, so that in this order none is overwritten before it has moved. */
static long
move_descriptors(const struct stub *s)
{
	unsigned placed = STUB_FD_END + s->listen, aside = (s->ready < placed ? placed : s->ready) + 1;
	long error = SYS(fcntl, STUB_FD_ERROR, F_DUPFD_CLOEXEC, aside, 0), ret = 0;
	long ready = s->ready ? SYS(fcntl, STUB_FD_READY, F_DUPFD_CLOEXEC, aside, 0) : 0;

	if (error < 0 || ready < 0)
		fail(STUB_FD_ERROR, LAUNCH_FDS, error < 0 ? error : ready);
	for (unsigned i = 0; i < s->listen && ret >= 0; i++)
		ret = SYS(dup3, STUB_FD_END + i, LISTEN_FIRST + i, 0, 0);
	SYS(close_range, LISTEN_FIRST + s->listen, aside - 1, 0, 0);
	if (s->ready && ret >= 0)
		ret = SYS(dup3, ready, s->ready, 0, 0);
	if (ret < 0)
		fail((int)error, LAUNCH_FDS, ret);
	return error;
}

/* The child. */
__attribute__((noreturn)) static void
run(const struct stub *s)
{
	unsigned long none = 0;
	long error = STUB_FD_ERROR;

	if (s->ready || s->listen) {
		error = move_descriptors(s);
	} else {
		SYS(close, STUB_FD_STATUS, 0, 0, 0);
		SYS(fcntl, STUB_FD_ERROR, F_SETFD, FD_CLOEXEC, 0);
	}
	SYS(setsid, 0, 0, 0, 0);
	/* A signal that was passed on before this line ends the child here, as it would have ended the program. */
	SYS(rt_sigprocmask, SIG_SETMASK, &none, 0, sizeof none);
	fail((int)error, LAUNCH_EXEC, SYS(execve, s->argv[1], s->argv + 1, s->envp, 0));
}

/* ---- probes ---- */

static uint64_t
ms_of(const struct timespec *t)
{
	return (uint64_t)t->tv_sec * 1000 + (uint64_t)t->tv_nsec / 1000000;
}

/* A time of change that lies ahead, as the clock was set back, is no age. */
static int
probe_file(const char *age, const char *path)
{
	struct stat st;
	struct timespec now;
	uint64_t max = 0;

	if (SYS(newfstatat, AT_FDCWD, path, &st, 0) < 0)
		return STUB_FILE_ABSENT;
	while (*age)
		max = max * 10 + (uint64_t)(*age++ - '0');
	SYS(clock_gettime, CLOCK_REALTIME, &now, 0, 0);
	return max && ms_of(&now) > ms_of(&st.st_mtim) + max ? STUB_FILE_OLD : 0;
}

/* The child; its output goes where the service's goes. */
__attribute__((noreturn)) static void
probe_run(const struct stub *s, char **words)
{
	unsigned long none = 0;

	SYS(close, STUB_FD_STATUS, 0, 0, 0);
	SYS(setsid, 0, 0, 0, 0);
	SYS(rt_sigprocmask, SIG_SETMASK, &none, 0, sizeof none);
	if (words[0][0] != '/')
		leave(probe_file(words[0], words[1]));
	SYS(execve, words[0], words, s->envp, 0);
	leave(127);
}

static void
report(long status, uint32_t seq)
{
	struct stub_status word = { .wait_status = (int32_t)status, .seq = seq };

	SYS(write, STUB_FD_STATUS, &word, sizeof word, 0);
}

static void
ask(struct stub *s, unsigned value)
{
	unsigned which = value >> 16 & 0xff;

	if (s->probing > 0) { /* its group is there once it has begun */
		SYS(kill, -s->probing, SIGKILL, 0, 0);
		SYS(kill, s->probing, SIGKILL, 0, 0);
	}
	s->probing = 0;
	if (which >= STUB_PROBE_NONE || !s->probe[which])
		return;
	s->seq = value & 0xffff;
	/* As fork: without CLONE_SETTLS and the like the kernel looks at no argument but the flags. */
	s->probing = SYS(clone, SIGCHLD, 0, 0, 0);
	if (s->probing == 0)
		probe_run(s, s->argv + s->probe[which]);
	if (s->probing < 0)
		report(s->probing, s->seq);
}

/* ---- the loop ---- */

/* Reaps all that has ended; leaves when the main process is among it. The kernel then kills the rest of the
 * namespace, before anyone outside can see this process gone. */
static void
reap(struct stub *s)
{
	int status = 0;
	long pid;

	while ((pid = SYS(wait4, -1, &status, WNOHANG, 0)) > 0) {
		if (pid == s->probing) {
			s->probing = 0;
			report(status, s->seq);
		}
		if (pid != s->main)
			continue;
		report(status, 0);
		leave(status & 0x7f ? 128 + (status & 0x7f) : status >> 8 & 0xff);
	}
}

void
stub_main(const long *stack)
{
	struct stub s;
	unsigned long all = ALL_SIGNALS;
	siginfo_t info;

	/* The service has the same uid: undumpable, this process can neither be traced by it nor be opened in /proc. */
	SYS(prctl, PR_SET_DUMPABLE, 0, 0, 0);
	SYS(prctl, PR_SET_NAME, STUB_NAME, 0, 0);
	SYS(rt_sigprocmask, SIG_SETMASK, &all, 0, sizeof all);
	if (stack[0] < 2)
		fail(STUB_FD_ERROR, LAUNCH_STUB, -EINVAL);
	read_words(&s, stack);
	s.probing = 0;
	if (s.closed)
		close_memory();

	s.main = clone_run(s.child_stack + CHILD_STACK, &s, run);
	if (s.main < 0)
		fail(STUB_FD_ERROR, LAUNCH_FORK, s.main);

	/* Holding a write end here would hide the service's end of file from whoever reads; a probe wants the log. */
	if (s.probe[0] || s.probe[1])
		SYS(close, STUB_FD_ERROR, 0, 0, 0);
	else
		SYS(close_range, 0, STUB_FD_ERROR, 0, 0);
	SYS(close_range, STUB_FD_READY, ~0u, 0, 0);
	for (;;) {
		/* Blocked signals reach even a PID 1 that has no handler; they come out here. */
		long sig = SYS(rt_sigtimedwait, &all, &info, 0, sizeof all);
		if (sig == STUB_ASK && info.si_code == SI_QUEUE && (info.si_int & ~0xffffff) == STUB_ASK_MAGIC)
			ask(&s, (unsigned)info.si_int);
		else if (sig > 0 && sig != SIGCHLD)
			SYS(kill, s.main, sig, 0, 0);
		reap(&s); /* whatever it was: a look costs one call, and a child that is missed is never found */
	}
}
