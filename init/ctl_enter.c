/* SPDX-License-Identifier: MIT
 *
 * The way into a service. All that is needed from outside is opened first; one clone3 puts the child into the cgroup
 * and the pid namespace at once, the child joins the other namespaces and then holds itself as the launcher holds a
 * service (identity.c). It never touches a path of the service before it has given up everything.
 */
#include "ctl_enter.h"

#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/resource.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "ctl.h"
#include "ctl_pty.h"
#include "ctl_rules.h"
#include "fmt.h"
#include "identity.h"
#include "sys.h"

#define SHELL "/bin/sh"
#define MACHINE_SHELL "/bin/busybox"
#define DEFAULT_PATH "PATH=/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin"
#define NAMESPACES (CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWUTS | CLONE_NEWNET | CLONE_NEWCGROUP)

extern char **environ;

/* What the child says when it cannot execute the command. */
struct enter_error {
	int32_t code;   /* errno */
	uint32_t place; /* index of places */
};

enum place { PLACE_NAMESPACES, PLACE_TERMINAL, PLACE_IDENTITY, PLACE_RULES, PLACE_EXEC };

static const char *const places[] = {
	[PLACE_NAMESPACES] = "joining its namespaces",
	[PLACE_TERMINAL] = "taking the terminal",
	[PLACE_IDENTITY] = "becoming its user",
	[PLACE_RULES] = "taking on its restrictions",
	[PLACE_EXEC] = "executing",
};

/* ---- environment ---- */

static char env_text[64 << 10];
static char *env_words[TBL_ARGV_MAX + 4];
static char env_path[] = DEFAULT_PATH;
static char env_term[64];

static bool
has_variable(const char *prefix)
{
	for (char **w = env_words; *w; w++)
		if (strncmp(*w, prefix, strlen(prefix)) == 0)
			return true;
	return false;
}

/* The environment the service was started with: its stub still shows it. PID 1 gives no pid before the stub runs. */
static int
read_environment(const struct enter *x, struct err *e)
{
	char path[32];
	size_t size = 0, words = 0;
	ssize_t n;

	fmt(path, sizeof path, "/proc/%d/environ", x->pid);
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "%s", path);
	while (size < sizeof env_text - 1 && (n = read(fd, env_text + size, sizeof env_text - 1 - size)) > 0)
		size += (size_t)n;
	for (size_t i = 0; i < size && words < TBL_ARGV_MAX; i += strlen(env_text + i) + 1)
		env_words[words++] = env_text + i;
	if (!has_variable("PATH="))
		env_words[words++] = env_path;
	if (x->peer >= 0 && !has_variable("TERM=") && getenv("TERM")) {
		fmt(env_term, sizeof env_term, "TERM=%s", getenv("TERM"));
		env_words[words++] = env_term;
	}
	return 0;
}

/* ---- system calls ---- */

/* What the service may not call, the command may not either. */
static struct sock_filter filter[TBL_FILTER_MAX + 1];
static size_t filter_count;

int
enter_read_filter(int fd, struct sock_filter out[TBL_FILTER_MAX + 1], size_t *count, struct err *e)
{
	const size_t cap = (TBL_FILTER_MAX + 1) * sizeof *out;
	size_t size = 0;
	ssize_t n;

	while ((n = read(fd, (char *)out + size, cap - size)) > 0)
		size += (size_t)n;
	if (n < 0 || size == cap || size % sizeof *out)
		return err_set(e, n < 0 ? errno : EPROTO, "the filter of its system calls");
	*count = size / sizeof *out;
	return 0;
}

/* ---- resources ---- */

static struct limits limits;

/* The limits that the service was started with: its stub still has them. */
static int
read_limits(pid_t pid, struct err *e)
{
	struct rlimit r;

	for (uint32_t i = 0; i < TBL_RLIMIT_KINDS; i++) {
		if (prlimit(pid, (int)i, NULL, &r))
			return err_set(e, errno, "its limits");
		identity_limit(&limits, i, r.rlim_cur, r.rlim_max);
	}
	return 0;
}

/* ---- the child ---- */

struct inside {
	const struct enter *x;
	int error;   /* close-on-exec pipe */
	int busybox; /* the machine's, for a service without a shell; -1 if there is none */
	int user;    /* its user namespace; -1: the machine's */
};

__attribute__((noreturn)) static void
report(const struct inside *in, enum place place)
{
	struct enter_error error = { .code = errno, .place = place };

	(void)!write(in->error, &error, sizeof error);
	_exit(CTL_EXEC_FAILED);
}

static void
exec_shell(const struct inside *in)
{
	char *argv[] = { (char[]){ "sh" }, NULL };

	execve(SHELL, argv, environ);
	if (errno == ENOENT && in->busybox >= 0)
		sys_execveat(in->busybox, "", argv, environ, AT_EMPTY_PATH);
}

__attribute__((noreturn)) static void
child(const struct inside *in)
{
	const struct enter *x = in->x;
	uint32_t step;

	identity_signals();
	if (setns(x->pidfd, NAMESPACES) || chdir("/"))
		report(in, PLACE_NAMESPACES);
	if (setsid() < 0 || identity_become(x->uid, x->gid, x->caps, in->user, &limits, &step))
		report(in, PLACE_IDENTITY);
	if (x->peer >= 0 && pty_become(x->peer))
		report(in, PLACE_TERMINAL);
	/* Behind the change of ids, which would clear it. */
	if (prctl(PR_SET_PDEATHSIG, SIGHUP, 0, 0, 0) || sys_close_range(3, ~0u, CLOSE_RANGE_CLOEXEC))
		report(in, PLACE_IDENTITY);
	sys_sigmask(0, NULL);
	if (x->uid != 0 && (rules_enter(in->busybox, x->peer) || (!(x->flags & TBL_SVC_JIT) && identity_memory())))
		report(in, PLACE_RULES);
	if (identity_filter(filter, (uint32_t)filter_count))
		report(in, PLACE_IDENTITY);
	environ = env_words;
	if (x->argv)
		execvp(x->argv[0], x->argv);
	else
		exec_shell(in);
	report(in, PLACE_EXEC);
}

/* ---- ingotctl's side ---- */

/* What the child says before it executes the command; end of file means that it did. */
static int
wait_for_exec(const struct enter *x, int fd, int *code, struct err *e)
{
	struct enter_error error;
	ssize_t n;

	do
		n = read(fd, &error, sizeof error);
	while (n < 0 && errno == EINTR);
	if (n != sizeof error)
		return 0;
	if (error.place != PLACE_EXEC)
		return err_set(e, error.code, "%s", places[error.place]);
	*code = error.code == ENOENT ? CTL_EXEC_NOT_FOUND : CTL_EXEC_CANNOT;
	if (x->argv)
		return err_set(e, error.code, "%s", x->argv[0]);
	return err_set(e, error.code, "no shell: neither its own %s nor the machine's %s", SHELL, MACHINE_SHELL);
}

/* What kills for memory shall judge the command as it judges the service, whatever the administrator's shell is worth.
 * Written here, as the child has no /proc but the service's. */
static int
ordinary_oom_score(void)
{
	AUTO_FD fd = open("/proc/self/oom_score_adj", O_WRONLY | O_CLOEXEC);

	return fd < 0 || write(fd, "0", 1) < 0 ? -1 : 0;
}

/* Its user namespace, opened from outside as the child has no /proc but the service's: -1 where it is our own. */
static int
open_user(const struct enter *x, int *user, struct err *e)
{
	struct stat own, its;
	char path[32];

	fmt(path, sizeof path, "/proc/%d/ns/user", x->pid);
	*user = open(path, O_RDONLY | O_CLOEXEC);
	if (*user < 0 || fstat(*user, &its) || stat("/proc/self/ns/user", &own))
		return err_set(e, errno, "its user namespace");
	if (own.st_dev == its.st_dev && own.st_ino == its.st_ino)
		close(take_fd(user));
	return 0;
}

/* The caller joins the pid namespace only for its children, so that one clone3 is enough. */
static pid_t
clone_inside(const struct inside *in)
{
	struct clone_args args = {
		.flags = CLONE_INTO_CGROUP,
		.exit_signal = SIGCHLD,
		.cgroup = (uint64_t)in->x->cgroup,
	};

	/* The child shares the service's uid: undumpable, nothing inside can look into it before it has executed. */
	if (ordinary_oom_score() || prctl(PR_SET_DUMPABLE, 0, 0, 0, 0) || setns(in->x->pidfd, CLONE_NEWPID))
		return -1;
	pid_t pid = sys_clone3(&args);
	if (pid == 0)
		child(in);
	return pid;
}

int
enter(const struct enter *x, pid_t *out, int *code, struct err *e)
{
	int pair[2];

	*code = CTL_EXEC_FAILED;
	AUTO_FD busybox = x->argv ? -1 : open(MACHINE_SHELL, O_PATH | O_CLOEXEC);
	AUTO_FD user = -1;
	if (read_environment(x, e) || (x->uid != 0 && open_user(x, &user, e)) || rules_read(x->pid, x->flags, e) ||
	    read_limits(x->pid, e) ||
	    (x->filter >= 0 && enter_read_filter(x->filter, filter, &filter_count, e)))
		return -1;
	/* The pid was good for reading its environment only if the process is still the same one. */
	if (sys_pidfd_send_signal(x->pidfd, 0))
		return err_set(e, 0, "it has just ended");
	if (pipe2(pair, O_CLOEXEC))
		return err_set(e, errno, "making a pipe");
	AUTO_FD read_end = pair[0];
	struct inside in = { .x = x, .error = pair[1], .busybox = busybox, .user = user };
	*out = clone_inside(&in);
	int failure = errno;
	close(pair[1]);
	if (*out < 0 && failure == EAGAIN)
		return err_set(e, 0, "its limit of processes is reached (pids)");
	if (*out < 0)
		return err_set(e, failure, "entering it");
	return wait_for_exec(x, read_end, code, e);
}
