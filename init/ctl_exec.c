/* SPDX-License-Identifier: MIT
 *
 * ingotctl exec: asks PID 1 for the service, starts the command in it (ctl_enter.c), and stands in for it until it
 * ends: keys, output, signals and exit code pass through.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdlib.h>
#include <string.h>
#include <sys/signalfd.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "ctl.h"
#include "ctl_enter.h"
#include "ctl_pty.h"
#include "fmt.h"
#include "sys.h"

#define LAUNCH_WAIT_MS 20 /* a service that is being launched is asked for again */
#define LAUNCH_WAITS 100
#define LAST_READS 256

struct target {
	struct ctl_svc svc;
	int pidfd, cgroup, filter; /* owned */
};

/* What was read on one side and is not yet taken on the other. */
struct flow {
	char bytes[4096];
	size_t size;
};

struct session {
	pid_t child; /* 0: it has ended */
	int code;    /* exit code of ingotctl */
	int signals; /* signalfd */
	int master;  /* of the command's terminal, -1 without one */
	int input;   /* our standard input, while it is a terminal that gives anything, else -1 */
	int output;  /* our terminal, if we have one */
	struct flow keys, shown;
	int last_reads; /* after the command's end */
};

static int
take_target(void *ctx, struct ctl_packet *p, struct err *e)
{
	struct target *t = ctx;

	(void)e;
	if (p->reply.kind == CTL_R_SVC && t->pidfd < 0) {
		t->svc = p->u.svc;
		t->pidfd = take_fd(&p->fds[0]);
		t->cgroup = take_fd(&p->fds[1]);
		t->filter = take_fd(&p->fds[2]);
	}
	return 0;
}

/* There is no such service; it may be one with replicas, of which no command is run in all. */
static int
say_instances(const char *name, struct err *e)
{
	const struct ctl_svc *v;
	size_t n;

	if (ctl_services(name, &v, &n, e) || n == 0)
		return -1;
	return err_set(e, 0, "service %s has %u instances: say which, such as %s", name, (unsigned)n, v[0].name);
}

static int
find_target(const char *name, bool privileged, struct target *t, struct err *e)
{
	uint32_t flags = privileged ? CTL_F_PRIVILEGED : 0;
	int ret;

	t->pidfd = t->cgroup = t->filter = -1;
	for (int n = 0; (ret = ctl_call(CTL_PIDFD, flags, name, take_target, t, e)) && e->code == EAGAIN; n++) {
		if (n == LAUNCH_WAITS)
			return -1;
		poll(NULL, 0, LAUNCH_WAIT_MS);
	}
	if (ret)
		return e->code == ENOENT ? say_instances(name, e) : -1;
	if (t->pidfd < 0 || t->cgroup < 0 || t->filter < 0 || t->svc.pid <= 0)
		return err_set(e, 0, "service %s: not running (ingotctl start %s)", name, name);
	return 0;
}

/* ---- while the command runs ---- */

/* Reads into an empty flow. Returns false at the end of file; a terminal whose last user is gone says EIO. */
static bool
flow_fill(struct flow *f, int from)
{
	ssize_t n = read(from, f->bytes, sizeof f->bytes);

	if (n > 0)
		f->size = (size_t)n;
	return n > 0 || (n < 0 && (errno == EINTR || errno == EAGAIN));
}

/* Writes what is taken now. Returns false if the other side is gone. */
static bool
flow_pour(struct flow *f, int to)
{
	ssize_t n = write(to, f->bytes, f->size);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	f->size -= (size_t)n;
	memmove(f->bytes, f->bytes + n, f->size);
	return true;
}

static void
on_child(struct session *s)
{
	int status;

	if (waitpid(s->child, &status, WNOHANG) != s->child)
		return;
	s->code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
	s->child = 0;
}

/* Returns false where a signal ends us instead of the command, which has ended already. */
static bool
on_signal(struct session *s)
{
	struct signalfd_siginfo info;

	if (read(s->signals, &info, sizeof info) != sizeof info)
		return true;
	if (info.ssi_signo == SIGWINCH) {
		if (s->master >= 0)
			pty_resize(s->master);
	} else if (info.ssi_signo == SIGCHLD) {
		if (s->child > 0)
			on_child(s);
	} else if (info.ssi_signo != SIGTTOU && info.ssi_signo != SIGTTIN) {
		if (s->child == 0)
			return false;
		kill(s->child, (int)info.ssi_signo);
	}
	return true;
}

static void
close_master(struct session *s)
{
	if (s->master >= 0)
		close(s->master);
	s->master = -1;
	s->keys.size = s->shown.size = 0;
}

static void
on_output(struct session *s, short terminal, short master)
{
	if (terminal && !flow_pour(&s->shown, s->output))
		close_master(s);
	if (s->master < 0 || s->shown.size > 0)
		return;
	if ((master & ~POLLOUT) && (!flow_fill(&s->shown, s->master) || (s->child == 0 && s->last_reads-- == 0)))
		close_master(s);
}

static void
on_keys(struct session *s, short input, short master)
{
	if (input && !flow_fill(&s->keys, s->input))
		s->input = -1;
	if (s->keys.size > 0 && s->master >= 0 && (input || master))
		flow_pour(&s->keys, s->master); /* where nobody is left to read them, on_output sees it */
}

/* Nothing here waits for either terminal: a command that does not read does not keep us from showing what it writes,
 * and a terminal that is stopped does not keep us from reaping the command, without which its service could not end.
 * Once the command has ended, what is left to show is shown; what its own children go on to write is lost, as with a
 * terminal that is closed. */
static void
stand_in(struct session *s)
{
	for (;;) {
		bool ended = s->child == 0, full = s->shown.size > 0;
		short master = (short)((full ? 0 : POLLIN) | (s->keys.size > 0 ? POLLOUT : 0));
		struct pollfd p[] = {
			{ .fd = s->signals, .events = POLLIN },
			{ .fd = ended || s->keys.size > 0 ? -1 : s->input, .events = POLLIN },
			{ .fd = master ? s->master : -1, .events = master },
			{ .fd = full ? s->output : -1, .events = POLLOUT },
		};
		int n = poll(p, sizeof p / sizeof *p, ended && !full ? 0 : -1);
		if (n < 0 && errno != EINTR)
			return;
		if (n == 0 || (p[0].revents && !on_signal(s)))
			return;
		if (n < 0)
			continue;
		if (full && (p[2].revents & POLLHUP))
			s->keys.size = 0; /* or this would be told again and again */
		on_keys(s, p[1].revents, p[2].revents);
		on_output(s, p[3].revents, p[2].revents);
	}
}

/* The command has a session of its own, so that nothing reaches it from our terminal but through us: every signal is
 * passed on. *code is an exit code of ingotctl in any case. */
static int
run(struct enter *x, struct session *s, int *code, struct err *e)
{
	sigset_t all;

	sigfillset(&all);
	*code = CTL_EXEC_FAILED;
	s->signals = signalfd(-1, &all, SFD_CLOEXEC | SFD_NONBLOCK);
	if (s->signals < 0)
		return err_set(e, errno, "signalfd");
	sigprocmask(SIG_BLOCK, &all, NULL);
	if (enter(x, &s->child, code, e))
		return -1;
	if (x->peer >= 0) {
		close(x->peer); /* else the end of the command's output would not be seen */
		pty_raw();
	}
	s->code = CTL_EXEC_FAILED;
	stand_in(s);
	pty_restore();
	*code = s->code;
	return 0;
}

/* Output first: what the command echoes belongs where its output goes. */
static int
find_terminal(void)
{
	static const int order[] = { STDOUT_FILENO, STDERR_FILENO, STDIN_FILENO };

	for (size_t i = 0; i < sizeof order / sizeof *order; i++)
		if (isatty(order[i]))
			return order[i];
	return -1;
}

/* Opened anew, so that it can be made non-blocking for us alone: whoever called us has the same file. */
static int
open_terminal(int fd)
{
	char path[32];

	fmt(path, sizeof path, "/proc/self/fd/%d", fd);
	int own = open(path, O_WRONLY | O_NOCTTY | O_NONBLOCK | O_CLOEXEC);
	return own >= 0 ? own : fd;
}

static int
exec_in(const char *name, bool privileged, char **argv, int *code, struct err *e)
{
	struct target t;
	static struct session s = { .master = -1, .input = -1, .last_reads = LAST_READS };

	*code = CTL_EXEC_FAILED;
	if (find_target(name, privileged, &t, e))
		return -1;
	struct enter x = { .name = name, .argv = argv, .pid = t.svc.pid, .pidfd = t.pidfd, .cgroup = t.cgroup,
			   .filter = -1, .peer = -1 };
	if (!privileged) {
		x.uid = t.svc.uid;
		x.gid = t.svc.gid;
		x.flags = t.svc.flags;
		x.caps = t.svc.caps;
		x.filter = t.filter;
	}
	s.output = find_terminal();
	if (s.output >= 0) {
		if (pty_open(x.uid, x.gid, &s.master, &x.peer, e))
			return -1;
		fcntl(s.master, F_SETFL, O_NONBLOCK);
		s.output = open_terminal(s.output);
		s.input = isatty(STDIN_FILENO) ? STDIN_FILENO : -1;
	}
	return run(&x, &s, code, e) ? err_wrap(e, "service %s", name) : 0;
}

int
ctl_exec(int argc, char **argv)
{
	bool privileged = argc > 1 && strcmp(argv[1], "--privileged") == 0;
	int at = 1 + privileged, code;
	struct err e;

	if (argc <= at)
		return ctl_usage(argv[0], "which service?", "");
	if (argv[at][0] == '-')
		return ctl_usage(argv[0], "unknown option ", argv[at]);
	const char *name = argv[at++];
	if (at < argc && strcmp(argv[at], "--") == 0)
		at++;
	if (exec_in(name, privileged, at < argc ? argv + at : NULL, &code, &e))
		ctl_fail(&e);
	return code;
}
