/* SPDX-License-Identifier: MIT
 *
 * Runs an ingot-init as PID 1 of namespaces of its own and lets its n-th call of one system call fail: the processes
 * that it starts are not traced, but with `kill`. It prints what it did; whether PID 1 is right is for test_fault.py to
 * say.
 *
 *   fault SCENARIO                        each call that PID 1 made, and how often, at its end
 *   fault SCENARIO CALL N ERRNO HOW       HOW: `instead` (the call is not made) or `after` (it is, its answer is lost)
 *
 *   fault SCENARIO CALL N 0 look          nothing fails; what limits each group has at each such call is printed
 *
 *   fault SCENARIO kill STEP              the first process that PID 1 clones is killed at its first call, the next one
 *                                         STEP calls later, and so on, until one comes to its exec before: that one and
 *                                         all behind it live
 *
 * SCENARIO is a program that is started in PID 1's namespaces once the control socket is there. Linux on x86_64; wants
 * to be in the root of the cgroup tree.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <signal.h>
#include <stdbool.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/ptrace.h>
#include <sys/reg.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#define CALLS_MAX 512
#define LIMIT_S 60 /* for all of it */
#define CGROUPS "/sys/fs/cgroup/svc"

static struct {
	long call, number, code; /* what is to fail; call -1: nothing */
	bool after, look;
} plan = { .call = -1 };

/* With `kill`: of those that PID 1 clones. */
static struct {
	bool on;
	pid_t pid;         /* the one that is followed, or 0 */
	unsigned number;   /* of the call at which the next one is killed */
	unsigned step;
	unsigned calls;    /* that it has begun */
	bool begins, done;
} steps = { .number = 1 };

static unsigned count[CALLS_MAX];
static pid_t init_pid;
static volatile sig_atomic_t late;

static void
on_alarm(int number)
{
	(void)number;
	late = 1;
	kill(init_pid, SIGKILL);
}

__attribute__((noreturn)) static void
fail(const char *what)
{
	fprintf(stderr, "fault: %s: %s\n", what, strerror(errno));
	exit(1);
}

/* ---- PID 1 ---- */

static pid_t
start_init(void)
{
	static char *const argv[] = { "/init", NULL }, *const envp[] = { NULL };
	pid_t pid = (pid_t)syscall(SYS_clone, CLONE_NEWPID | CLONE_NEWNS | CLONE_NEWUTS | CLONE_NEWIPC | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0) {
		ptrace(PTRACE_TRACEME, 0, 0, 0);
		setsid();
		execve("/init", argv, envp);
		_exit(127);
	}
	return pid;
}

/* ---- the scenario, in PID 1's namespaces ---- */

static void
enter(const char *name)
{
	char path[64];

	snprintf(path, sizeof path, "/proc/%d/ns/%s", init_pid, name);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0 || setns(fd, 0))
		fail(path);
	close(fd);
}

static pid_t
start_scenario(const char *scenario)
{
	char path[64];
	pid_t pid = fork();

	if (pid)
		return pid;
	snprintf(path, sizeof path, "/proc/%d/root/run/ingot/control", init_pid);
	while (access(path, F_OK)) /* the tracer ends us with PID 1 */
		usleep(10000);
	enter("pid");
	enter("uts");
	enter("mnt");
	pid = fork();
	if (pid == 0) {
		execl(scenario, scenario, (char *)NULL);
		fail(scenario);
	}
	int status = 0;
	waitpid(pid, &status, 0);
	_exit(WIFEXITED(status) ? WEXITSTATUS(status) : 1);
}

/* ---- the calls ---- */

static void
set(unsigned reg, long value)
{
	if (ptrace(PTRACE_POKEUSER, init_pid, (void *)(8ul * reg), (void *)value))
		fail("POKEUSER");
}

static void
print_knob(const char *group, const char *knob)
{
	char path[512], text[64] = "?";

	snprintf(path, sizeof path, CGROUPS "/%s/%s", group, knob);
	int fd = open(path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? 0 : read(fd, text, sizeof text - 1);
	printf(" %s=%.*s", knob, n > 0 ? (int)strcspn(text, "\n") : 1, text);
	close(fd);
}

static void
look(void)
{
	DIR *d = opendir(CGROUPS);

	for (struct dirent *x; d && (x = readdir(d));) {
		if (x->d_name[0] == '.' || x->d_type != DT_DIR)
			continue;
		printf("fault: limits %s", x->d_name);
		print_knob(x->d_name, "memory.max");
		print_knob(x->d_name, "pids.max");
		print_knob(x->d_name, "cpu.max");
		printf("\n");
	}
	if (d)
		closedir(d);
}

/* At a stop of a call; `begins` tells which of the two. */
static void
at_call(bool begins)
{
	static bool hit;
	long call = ptrace(PTRACE_PEEKUSER, init_pid, (void *)(8ul * ORIG_RAX), 0);

	if (begins && call >= 0 && call < CALLS_MAX)
		count[call]++;
	if (begins && call == plan.call && plan.look)
		look();
	else if (begins && call == plan.call && count[call] == (unsigned)plan.number) {
		hit = true;
		printf("fault: here\n");
		if (!plan.after)
			set(ORIG_RAX, -1);
	} else if (!begins && hit) {
		hit = false;
		set(RAX, -plan.code);
	}
}

/* A child of PID 1 has begun, has stopped or has ended. Those by fork are the logger and the like, and go their way. */
static void
follow(pid_t pid, int status)
{
	if (!WIFSTOPPED(status)) {
		if (pid == steps.pid)
			steps.pid = 0;
		return;
	}
	bool cloned = ptrace(PTRACE_PEEKUSER, pid, (void *)(8ul * ORIG_RAX), 0) == SYS_clone3;
	if (steps.done || (pid != steps.pid && (steps.pid || !cloned))) {
		ptrace(PTRACE_DETACH, pid, 0, 0);
		return;
	}
	if (!steps.pid) {
		steps.pid = pid;
		steps.calls = 0;
		steps.begins = true;
		ptrace(PTRACE_SETOPTIONS, pid, 0, PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC);
	}
	if (status >> 8 == (SIGTRAP | PTRACE_EVENT_EXEC << 8)) {
		printf("fault: steps %u\n", steps.calls);
		steps.done = true;
		steps.pid = 0;
		ptrace(PTRACE_DETACH, pid, 0, 0);
		return;
	}
	if (WSTOPSIG(status) == (SIGTRAP | 0x80)) {
		if (steps.begins && ++steps.calls == steps.number) {
			steps.number += steps.step;
			kill(pid, SIGKILL);
		}
		steps.begins = !steps.begins;
	}
	ptrace(PTRACE_SYSCALL, pid, 0, 0);
}

/* Until PID 1 has ended; returns its wait status. */
static int
trace(pid_t scenario)
{
	bool begins = true;
	int status, last = -1;

	for (;;) {
		pid_t pid = waitpid(-1, &status, __WALL);
		if (pid < 0 && errno == EINTR)
			continue;
		if (pid < 0)
			return last;
		if (pid == scenario)
			printf("fault: scenario %d\n", WIFEXITED(status) ? WEXITSTATUS(status) : 128 + WTERMSIG(status));
		if (steps.on && pid != init_pid && pid != scenario)
			follow(pid, status);
		if (pid != init_pid)
			continue;
		last = status;
		if (!WIFSTOPPED(status)) {
			kill(scenario, SIGKILL);
			continue;
		}
		int signal = WSTOPSIG(status);
		if (signal == (SIGTRAP | 0x80)) {
			at_call(begins);
			begins = !begins;
		}
		bool pass = signal != (SIGTRAP | 0x80) && status >> 16 == 0 && signal != SIGTRAP;
		if (ptrace(PTRACE_SYSCALL, init_pid, 0, pass ? (void *)(long)signal : NULL) && errno != ESRCH)
			fail("SYSCALL");
	}
}

/* What a PID 1 that is gone has left. */
static void
remove_groups(void)
{
	DIR *d = opendir(CGROUPS);
	char path[512];

	for (struct dirent *x; d && (x = readdir(d));) {
		snprintf(path, sizeof path, CGROUPS "/%s", x->d_name);
		if (x->d_name[0] != '.' && x->d_type == DT_DIR)
			for (int n = 0; rmdir(path) && errno == EBUSY && n < 200; n++)
				usleep(10000);
	}
	if (d)
		closedir(d);
	rmdir(CGROUPS);
}

int
main(int argc, char **argv)
{
	int status;

	steps.on = argc == 4 && strcmp(argv[2], "kill") == 0;
	steps.step = steps.on ? (unsigned)atoi(argv[3]) : 0;
	if (argc != 2 && argc != 6 && !steps.on) {
		fprintf(stderr, "usage: fault SCENARIO [kill STEP | CALL N ERRNO instead|after|look]\n");
		return 2;
	}
	setvbuf(stdout, NULL, _IOLBF, BUFSIZ); /* the scenario's lines come between */
	if (argc == 6) {
		plan.call = atol(argv[2]);
		plan.number = atol(argv[3]);
		plan.code = atol(argv[4]);
		plan.after = strcmp(argv[5], "after") == 0;
		plan.look = strcmp(argv[5], "look") == 0;
	}
	remove_groups();
	init_pid = start_init();
	if (init_pid < 0 || waitpid(init_pid, &status, 0) != init_pid || !WIFSTOPPED(status))
		fail("/init");
	long options = PTRACE_O_TRACESYSGOOD | PTRACE_O_TRACEEXEC | PTRACE_O_EXITKILL;
	if (steps.on) /* a clone3 with SIGCHLD counts as a fork, or a vfork */
		options |= PTRACE_O_TRACEFORK | PTRACE_O_TRACEVFORK | PTRACE_O_TRACECLONE;
	if (ptrace(PTRACE_SETOPTIONS, init_pid, 0, options))
		fail("SETOPTIONS");
	signal(SIGALRM, on_alarm);
	alarm(LIMIT_S);
	pid_t scenario = start_scenario(argv[1]);
	if (ptrace(PTRACE_SYSCALL, init_pid, 0, 0))
		fail("SYSCALL");
	status = trace(scenario);
	remove_groups();
	for (unsigned i = 0; argc == 2 && i < CALLS_MAX; i++)
		if (count[i])
			printf("fault: call %u %u\n", i, count[i]);
	printf("fault: ended by %s %d\n", late ? "the time limit," : WIFSIGNALED(status) ? "signal" : "exit",
	       WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status));
	return 0;
}
