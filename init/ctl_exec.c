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
#include "sys.h"

struct target {
	struct ctl_svc svc;
	int pidfd, cgroup; /* owned */
};

struct session {
	pid_t child;
	int signals; /* signalfd */
	int master;  /* of the command's terminal, -1 without one */
	int input;   /* our standard input, while it is a terminal that gives anything, else -1 */
	int output;  /* which of our descriptors is a terminal */
	char keys[256]; /* read from our terminal, not taken by the command's yet */
	size_t waiting;
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
	}
	return 0;
}

static int
find_target(const char *name, struct target *t, struct err *e)
{
	t->pidfd = t->cgroup = -1;
	if (ctl_call(CTL_PIDFD, 0, name, take_target, t, e))
		return -1;
	if (t->pidfd < 0 || t->cgroup < 0 || t->svc.pid <= 0)
		return err_set(e, 0, "service %s: not running (ingotctl start %s)", name, name);
	return 0;
}

/* ---- while the command runs ---- */

static int
write_all(int fd, const char *p, size_t size)
{
	while (size > 0) {
		ssize_t n = write(fd, p, size);
		if (n < 0 && errno != EINTR)
			return -1;
		if (n > 0) {
			p += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

/* Returns false at the end of file; a terminal whose last user is gone says EIO. */
static bool
pass(int from, int to)
{
	char buf[4096];
	ssize_t n = read(from, buf, sizeof buf);

	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	return n > 0 && write_all(to, buf, (size_t)n) == 0;
}

/* A command that does not read must not keep us from showing what it writes: the master is non-blocking, and nothing
 * more is read from our terminal until it took what waits. */
static void
pass_keys(struct session *s, short input, short master)
{
	if (input && s->waiting == 0) {
		ssize_t n = read(s->input, s->keys, sizeof s->keys);
		if (n > 0)
			s->waiting = (size_t)n;
		else if (n == 0 || errno != EINTR)
			s->input = -1;
	}
	if (s->waiting > 0 && s->master >= 0 && (input || (master & POLLOUT))) {
		ssize_t n = write(s->master, s->keys, s->waiting);
		if (n > 0) {
			s->waiting -= (size_t)n;
			memmove(s->keys, s->keys + n, s->waiting);
		}
	}
}

/* What the command has written and nobody has read yet; what its own children go on to write is lost, as with a
 * terminal that is closed. */
static void
drain(const struct session *s)
{
	struct pollfd p = { .fd = s->master, .events = POLLIN };

	if (s->master < 0)
		return;
	for (int i = 0; i < 256 && poll(&p, 1, 0) == 1 && (p.revents & POLLIN); i++)
		if (!pass(s->master, s->output))
			break;
}

/* Returns true when the command has ended, with its exit code. */
static bool
on_signal(const struct session *s, int *code)
{
	struct signalfd_siginfo info;
	int status;

	if (read(s->signals, &info, sizeof info) != sizeof info)
		return false;
	if (info.ssi_signo == SIGCHLD) {
		if (waitpid(s->child, &status, WNOHANG) != s->child)
			return false;
		*code = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
		return true;
	}
	if (info.ssi_signo == SIGWINCH && s->master >= 0)
		pty_resize(s->master);
	else if (info.ssi_signo != SIGTTOU && info.ssi_signo != SIGTTIN)
		kill(s->child, (int)info.ssi_signo);
	return false;
}

/* Returns the command's exit code. */
static int
stand_in(struct session *s)
{
	int code = CTL_EXEC_FAILED;

	for (;;) {
		struct pollfd p[] = {
			{ .fd = s->signals, .events = POLLIN },
			{ .fd = s->waiting > 0 ? -1 : s->input, .events = POLLIN },
			{ .fd = s->master, .events = s->waiting > 0 ? POLLIN | POLLOUT : POLLIN },
		};
		if (poll(p, 3, -1) < 0 && errno != EINTR)
			return code;
		if ((p[2].revents & ~POLLOUT) && !pass(s->master, s->output)) {
			close(s->master);
			s->master = -1;
		}
		pass_keys(s, p[1].revents, p[2].revents);
		if (p[0].revents && on_signal(s, &code)) {
			drain(s);
			return code;
		}
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
	*code = stand_in(s);
	pty_restore();
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

static int
exec_in(const char *name, char **argv, int *code, struct err *e)
{
	struct target t;
	struct session s = { .master = -1, .input = -1 };

	*code = CTL_EXEC_FAILED;
	if (find_target(name, &t, e))
		return -1;
	struct enter x = { .name = name, .uid = t.svc.uid, .gid = t.svc.gid, .argv = argv, .pid = t.svc.pid,
			   .pidfd = t.pidfd, .cgroup = t.cgroup, .peer = -1 };
	s.output = find_terminal();
	if (s.output >= 0) {
		if (pty_open(x.uid, x.gid, &s.master, &x.peer, e))
			return -1;
		fcntl(s.master, F_SETFL, O_NONBLOCK);
		s.input = isatty(STDIN_FILENO) ? STDIN_FILENO : -1;
	}
	return run(&x, &s, code, e) ? err_wrap(e, "service %s", name) : 0;
}

int
ctl_exec(int argc, char **argv)
{
	int at = 2, code;
	struct err e;

	if (argc < 2)
		return ctl_usage(argv[0], "which service?", "");
	if (argv[1][0] == '-')
		return ctl_usage(argv[0], "unknown option ", argv[1]);
	if (argc > 2 && strcmp(argv[2], "--") == 0)
		at++;
	if (exec_in(argv[1], at < argc ? argv + at : NULL, &code, &e))
		ctl_fail(&e);
	return code;
}
