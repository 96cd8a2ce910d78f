/* SPDX-License-Identifier: MIT
 *
 * Each system call that the service's filter refuses, one by one, with its error; the other entries of the kernel; and
 * that threads can be made all the same. Which calls these are comes from the builder's own policy, by number.
 */
#include <errno.h>
#include <fcntl.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/mman.h>
#include <sys/stat.h>
#include <sys/syscall.h>
#include <sys/wait.h>
#include <unistd.h>

#include "probe.h"

#define X32_BIT 0x40000000
#define LINUX_IOCTL 0x541C /* TIOCLINUX */
/* uretprobe and uprobe: the kernel takes them past every filter, and ends who makes them from anywhere but its own
 * page of code. */
#define UNFILTERED(n) ((n) == 335 || (n) == 336)

/* Shared with the child that makes the calls: how far it is, and what came of them. */
struct calls {
	volatile int at;
	int code[SYSCALLS];
};

/* Arguments of zero: without a filter most calls find nothing to do with them. */
static void
make_calls(const struct expect *x, struct calls *c, int from)
{
	for (int n = from; n < SYSCALLS; n++) {
		if ((!x->denied[n] && !x->granted[n]) || UNFILTERED(n))
			continue;
		c->at = n;
		c->code[n] = code_of(syscall(n, 0, 0, 0, 0, 0, 0));
	}
	c->at = SYSCALLS;
}

/* A call that ends its process is one that was not refused: the next child goes on behind it. */
static void
try_calls(const struct expect *x, struct calls *c)
{
	for (c->at = -1; c->at < SYSCALLS;) {
		int status = 0, from = c->at + 1;
		pid_t pid = fork();
		if (pid == 0) {
			make_calls(x, c, from);
			_exit(0);
		}
		if (pid < 0)
			return;
		while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
			;
		if (WIFSTOPPED(status)) {
			kill(pid, SIGKILL);
			waitpid(pid, &status, 0);
		}
		if (c->at < SYSCALLS)
			c->code[c->at < 0 ? 0 : c->at] = KILLED + (WIFSIGNALED(status) ? WTERMSIG(status) : 0);
	}
}

/* What has no name here is of a kernel that is newer than this program. */
static void
report_unnamed(const struct expect *x, const struct calls *c)
{
	char what[64];
	int first = ENOSYS, number = 0;

	for (int n = 0; n < SYSCALLS; n++)
		if (x->denied[n] && !syscall_name((unsigned)n) && !UNFILTERED(n) && c->code[n] != ENOSYS && first == ENOSYS) {
			first = c->code[n];
			number = n;
		}
	if (number)
		snprintf(what, sizeof what, "call number %d", number);
	else
		snprintf(what, sizeof what, "all calls without a name, up to %d", SYSCALLS - 1);
	report_call(18, expect_loose_call(x), what, ENOSYS, first);
}

static void
denied(const struct expect *x)
{
	struct calls *c = mmap(NULL, sizeof *c, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);

	if (c == MAP_FAILED) {
		report_call(18, NULL, "memory for the calls", 0, errno);
		return;
	}
	try_calls(x, c);
	if (c->at < SYSCALLS)
		report_skip(18, "calls", "no process could be made");
	for (int n = 0; n < SYSCALLS && c->at >= SYSCALLS; n++) {
		const char *name = syscall_name((unsigned)n);
		if (name && (x->denied[n] || x->granted[n]))
			report_refused(x, 18, name, n, c->code[n]);
	}
	if (c->at >= SYSCALLS)
		report_unnamed(x, c);
	munmap(c, sizeof *c);
}

/* ---- by arguments ---- */

static int
clone_with(const void *flags)
{
	long pid = syscall(SYS_clone, *(const unsigned long *)flags | SIGCHLD, 0, 0, 0, 0);

	if (pid == 0)
		_exit(0);
	int code = code_of(pid);
	if (pid > 0)
		waitpid((pid_t)pid, NULL, 0);
	return code;
}

static void
clones(const char *key)
{
	static const struct {
		const char *what;
		unsigned long flag;
	} spaces[] = {
		{ "clone, CLONE_NEWNS", CLONE_NEWNS },   { "clone, CLONE_NEWUTS", CLONE_NEWUTS },
		{ "clone, CLONE_NEWIPC", CLONE_NEWIPC }, { "clone, CLONE_NEWUSER", CLONE_NEWUSER },
		{ "clone, CLONE_NEWPID", CLONE_NEWPID }, { "clone, CLONE_NEWNET", CLONE_NEWNET },
		{ "clone, CLONE_NEWCGROUP", CLONE_NEWCGROUP },
	};

	for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
		report_call(18, key, spaces[i].what, EPERM, trial(clone_with, &spaces[i].flag));
}

#define PLACE "/tmp/.ingot-probe.mode"

/* No file becomes setuid or setgid, by whatever call. */
static void
modes(const char *key)
{
	int fd = open(PLACE, O_WRONLY | O_CREAT | O_CLOEXEC, 0600);

	if (fd < 0) {
		report_skip(18, "setuid by chmod", "nothing can be written in /tmp");
		return;
	}
	report_call(18, key, "chmod, setuid", EPERM, code_of(syscall(SYS_chmod, PLACE, 04755)));
	report_call(18, key, "fchmod, setgid", EPERM, code_of(syscall(SYS_fchmod, fd, 02755)));
	report_call(18, key, "fchmodat, setuid", EPERM, code_of(syscall(SYS_fchmodat, AT_FDCWD, PLACE, 04755)));
	close(fd);
	unlink(PLACE);
	report_call(18, key, "open, setuid", EPERM, code_of(syscall(SYS_open, PLACE, O_CREAT | O_WRONLY, 04755)));
	report_call(18, key, "openat, setgid", EPERM,
		    code_of(syscall(SYS_openat, AT_FDCWD, PLACE, O_CREAT | O_WRONLY, 02755)));
	report_call(18, key, "openat, setuid, O_TMPFILE", EPERM,
		    code_of(syscall(SYS_openat, AT_FDCWD, "/tmp", O_TMPFILE | O_WRONLY, 04755)));
	report_call(18, key, "creat, setuid", EPERM, code_of(syscall(SYS_creat, PLACE, 04755)));
	report_call(18, key, "mknod, setuid", EPERM, code_of(syscall(SYS_mknod, PLACE, S_IFREG | 04755, 0)));
	report_call(18, key, "mknodat, setuid", EPERM, code_of(syscall(SYS_mknodat, AT_FDCWD, PLACE, S_IFREG | 04755, 0)));
	unlink(PLACE);
}

static void *
thread(void *arg)
{
	*(int *)arg = 1;
	return NULL;
}

static void
threads(void)
{
	int ran = 0;
	pthread_t t;
	int code = pthread_create(&t, NULL, thread, &ran);

	if (code == 0)
		pthread_join(t, NULL);
	report_call(18, NULL, "a thread", 0, code ? code : ran ? 0 : EAGAIN);
}

/* ---- the other entries ---- */

static long
int80(long number)
{
	long r;

	__asm__ volatile("int $0x80" : "=a"(r) : "a"(number) : "memory");
	return r;
}

static int
by_int80(const void *unused)
{
	long r = int80(20); /* getpid there */

	(void)unused;
	return r < 0 ? (int)-r : 0;
}

/* User Mode Linux takes it for the other entry, and so does the filter: then 39 is getpid. */
static int
int80_is_64_bit(const void *unused)
{
	(void)unused;
	return int80(SYS_getpid) == getpid() ? 0 : ENOSYS;
}

static int
by_x32(const void *unused)
{
	(void)unused;
	return code_of(syscall(X32_BIT | SYS_getpid));
}

/* A kernel without the entry answers a program by SIGSEGV itself. */
static void
entries(const char *key)
{
	if (trial(int80_is_64_bit, NULL) == 0)
		report_skip(19, "a call by int 0x80", "it is the 64-bit entry in this kernel");
	else
		report_either(19, key, "a call by int 0x80", KILLED + SIGSYS, KILLED + SIGSEGV,
			      trial(by_int80, NULL));
	report_call(19, key, "a call by the x32 entry", KILLED + SIGSYS, trial(by_x32, NULL));
}

void
check_calls(const struct expect *x)
{
	const char *key = expect_loose_call(x);

	denied(x);
	clones(key);
	char byte = 'x';
	report_call(18, key, "ioctl, TIOCSTI", EPERM, code_of(ioctl(0, TIOCSTI, &byte)));
	report_call(18, key, "ioctl, TIOCLINUX", EPERM, code_of(ioctl(0, LINUX_IOCTL, &byte)));
	report_call(18, key, "personality, another one", EPERM, code_of(syscall(SYS_personality, 0x0040000)));
	modes(key);
	threads();
	entries(strcmp(x->seccomp, "unconfined") == 0 ? key : NULL); /* an audited filter kills them too */
}
