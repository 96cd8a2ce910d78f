/* SPDX-License-Identifier: MIT
 *
 * fork, exec and the two pipes. It never waits without reading, so that a child which writes much cannot block, and
 * never interprets what it reads.
 */
#include "process.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>
#include <sys/prctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "mem.h"

#define OUT_MAX  (64u << 20)
#define ERR_MAX  (64u << 10)
#define TICK_MS  100

struct pipes {
	int out[2], err[2], start[2]; /* start: the errno of a failed exec; closed by a good one */
};

static void
close_end(int *fd)
{
	fd_cleanup(fd);
	*fd = -1;
}

static void
close_pipes(struct pipes *p)
{
	for (int i = 0; i < 2; i++) {
		close_end(&p->out[i]);
		close_end(&p->err[i]);
		close_end(&p->start[i]);
	}
}

static int
open_pipes(struct pipes *p, struct err *e)
{
	*p = (struct pipes){ { -1, -1 }, { -1, -1 }, { -1, -1 } };
	if (pipe2(p->out, O_CLOEXEC) || pipe2(p->err, O_CLOEXEC) || pipe2(p->start, O_CLOEXEC)) {
		int code = errno;
		close_pipes(p);
		return err_set(e, code, "cannot make a pipe");
	}
	return 0;
}

/* Between fork and exec: only what is safe there, and no memory. */
static void __attribute__((noreturn))
become(const struct process *p, struct pipes *pipes, pid_t parent)
{
	sigset_t none;
	int null = open("/dev/null", O_RDONLY);

	sigemptyset(&none);
	sigprocmask(SIG_SETMASK, &none, NULL);
	signal(SIGPIPE, SIG_DFL);
	prctl(PR_SET_PDEATHSIG, SIGTERM); /* a download does not outlive a killed build */
	if (getppid() != parent)
		_exit(126);
	if (null >= 0 && dup2(null, 0) == 0 && dup2(pipes->out[1], 1) == 1 && dup2(pipes->err[1], 2) == 2 &&
	    (!p->cwd || chdir(p->cwd) == 0))
		execvpe(p->argv[0], (char *const *)p->argv, (char *const *)p->env);
	int code = errno;
	ssize_t n = write(pipes->start[1], &code, sizeof code);
	_exit(n == (ssize_t)sizeof code ? 127 : 126);
}

/* Takes what is there into the growing buffer. False at the end of the stream. */
static bool
take(int fd, char **buf, size_t *size, size_t *room)
{
	if (*room - *size < 4096) {
		*room = *room ? *room * 2 : 16384;
		*buf = xrealloc(*buf, *room + 1);
	}
	ssize_t n = read(fd, *buf + *size, *room - *size);
	if (n < 0)
		return errno == EINTR || errno == EAGAIN;
	*size += (size_t)n;
	return n > 0;
}

/* Of standard error the end matters: the beginning goes. */
static void
keep_tail(struct process *p)
{
	if (p->err_size <= 2 * ERR_MAX)
		return;
	memmove(p->err, p->err + p->err_size - ERR_MAX, ERR_MAX);
	p->err_size = ERR_MAX;
}

static int
collect(struct process *p, struct pipes *pipes, struct err *e)
{
	struct pollfd fds[2] = { { .fd = pipes->out[0], .events = POLLIN }, { .fd = pipes->err[0], .events = POLLIN } };
	size_t out_room = 0, err_room = 0;

	while (fds[0].fd >= 0 || fds[1].fd >= 0) {
		int n = poll(fds, 2, p->tick ? TICK_MS : -1);
		if (n < 0 && errno != EINTR)
			return err_set(e, errno, "cannot wait for %s", p->argv[0]);
		if (p->tick)
			p->tick(p->arg);
		if (n <= 0)
			continue;
		if (fds[0].revents && !take(fds[0].fd, &p->out, &p->out_size, &out_room))
			fds[0].fd = -1;
		if (fds[1].revents && !take(fds[1].fd, &p->err, &p->err_size, &err_room))
			fds[1].fd = -1;
		keep_tail(p);
		if (p->out_size > OUT_MAX)
			return err_set(e, 0, "%s writes more than %u MiB: that is not the answer it was asked for", p->argv[0],
				       OUT_MAX >> 20);
	}
	return 0;
}

/* The errno of a failed exec, 0 where the program runs. */
static int
start_code(struct pipes *pipes)
{
	int code = 0;
	ssize_t n;

	close_end(&pipes->out[1]);
	close_end(&pipes->err[1]);
	close_end(&pipes->start[1]);
	do
		n = read(pipes->start[0], &code, sizeof code);
	while (n < 0 && errno == EINTR);
	return n == (ssize_t)sizeof code ? code : 0;
}

static void
reap(struct process *p, pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	p->status = WIFSIGNALED(status) ? 128 + WTERMSIG(status) : WEXITSTATUS(status);
}

int
process_run(struct process *p, struct err *e)
{
	struct pipes pipes;

	p->out = xcalloc(1, 1);
	p->err = xcalloc(1, 1);
	p->out_size = p->err_size = 0;
	if (open_pipes(&pipes, e))
		return -1;
	pid_t self = getpid(), pid = fork();
	if (pid < 0) {
		err_set(e, errno, "cannot start %s", p->argv[0]);
		close_pipes(&pipes);
		return -1;
	}
	if (pid == 0)
		become(p, &pipes, self);
	int code = start_code(&pipes), r = 0;
	if (code)
		r = err_set(e, code, "cannot start %s", p->argv[0]);
	else
		r = collect(p, &pipes, e);
	if (r && !code)
		kill(pid, SIGKILL);
	close_pipes(&pipes);
	reap(p, pid);
	p->out[p->out_size] = '\0';
	p->err[p->err_size] = '\0';
	return r;
}

void
process_release(struct process *p)
{
	free(p->out);
	free(p->err);
	p->out = p->err = NULL;
}
