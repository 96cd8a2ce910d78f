/* SPDX-License-Identifier: MIT
 *
 * A tracer in a service: the parent of its program, which it starts, follows with all its children and threads, and
 * ends like. Its posture is the service's; what the filter would refuse is let through in this variant of the image.
 */
#include "trace.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/wait.h>
#include <unistd.h>

#define THREADS 1024

static struct traced threads[THREADS];
static volatile pid_t program;

static struct traced *
thread_of(pid_t tid)
{
	struct traced *free = NULL;

	for (size_t i = 0; i < THREADS; i++) {
		if (threads[i].tid == tid)
			return &threads[i];
		if (!threads[i].tid && !free)
			free = &threads[i];
	}
	if (free)
		*free = (struct traced){ .tid = tid };
	return free;
}

static void
forget(pid_t tid)
{
	for (size_t i = 0; i < THREADS; i++)
		if (threads[i].tid == tid)
			threads[i].tid = 0;
}

/* What the stub sends is for the program. */
static void
pass_on(int sig)
{
	if (program > 0)
		kill(program, sig);
}

static void
take_signals(void)
{
	static const int sigs[] = { SIGHUP, SIGINT, SIGQUIT, SIGTERM, SIGUSR1, SIGUSR2, SIGWINCH, SIGCONT, SIGALRM };
	struct sigaction act = { .sa_handler = pass_on };

	for (size_t i = 0; i < sizeof sigs / sizeof *sigs; i++)
		sigaction(sigs[i], &act, NULL);
}

/* Sockets that it is given are for the process that the variable names: without the tracer it would be this one. */
static void
name_process(void)
{
	char text[16];

	snprintf(text, sizeof text, "%d", getpid());
	if (getenv("LISTEN_PID"))
		setenv("LISTEN_PID", text, 1);
}

/* The child waits until it is followed. */
static pid_t
start(char **argv)
{
	int gate[2];
	char byte;

	if (pipe2(gate, O_CLOEXEC))
		_exit(126);
	pid_t pid = fork();
	if (pid == 0) {
		close(gate[1]);
		(void)!read(gate[0], &byte, 1);
		name_process();
		execv(argv[0], argv);
		_exit(127);
	}
	if (pid < 0 || ptrace(PTRACE_SEIZE, pid, NULL,
			      PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACECLONE | PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK |
				      PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL))
		_exit(126);
	ptrace(PTRACE_INTERRUPT, pid, NULL, NULL);
	close(gate[0]);
	close(gate[1]);
	return pid;
}

static void
at_call(struct traced *t)
{
	struct ptrace_syscall_info i = { .op = 0 };

	if (ptrace(PTRACE_GET_SYSCALL_INFO, t->tid, sizeof i, &i) <= 0)
		return;
	if (i.op == PTRACE_SYSCALL_INFO_ENTRY)
		call_enter(t, &i);
	else if (i.op == PTRACE_SYSCALL_INFO_EXIT)
		call_leave(t, i.exit.rval, i.exit.is_error);
}

/* Lets a stopped thread go on. */
static void
stopped(pid_t tid, int status, bool *begun)
{
	int sig = WSTOPSIG(status), event = status >> 16;
	struct traced *t = thread_of(tid);

	if (event == PTRACE_EVENT_EXEC) {
		*begun = true; /* what came before was this program's own */
		call_executed(tid);
	} else if (sig == (SIGTRAP | 0x80) && t && *begun) {
		at_call(t);
	}
	if (event == PTRACE_EVENT_STOP && (sig == SIGSTOP || sig == SIGTSTP || sig == SIGTTIN || sig == SIGTTOU)) {
		ptrace(PTRACE_LISTEN, tid, NULL, NULL);
		return;
	}
	if (event || sig == (SIGTRAP | 0x80))
		sig = 0;
	ptrace(PTRACE_SYSCALL, tid, NULL, (void *)(uintptr_t)sig);
}

__attribute__((noreturn)) static void
end_like(int status)
{
	sigset_t none;

	tell_finish();
	if (WIFEXITED(status))
		_exit(WEXITSTATUS(status));
	signal(WTERMSIG(status), SIG_DFL);
	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	kill(getpid(), WTERMSIG(status));
	_exit(128 + WTERMSIG(status));
}

/* argv: this program, "trace", the service's own command. */
int
trace(int argc, char **argv)
{
	bool begun = false;
	int status;

	if (argc < 3)
		return 2;
	tell_init();
	take_signals();
	program = start(argv + 2);
	for (;;) {
		pid_t tid = waitpid(-1, &status, __WALL);
		if (tid < 0 && errno == EINTR)
			continue;
		if (tid < 0)
			end_like(0);
		if (WIFSTOPPED(status)) {
			stopped(tid, status, &begun);
			continue;
		}
		forget(tid);
		if (tid == program)
			end_like(status);
	}
}
