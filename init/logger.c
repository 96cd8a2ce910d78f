/* SPDX-License-Identifier: MIT
 *
 * Pipes and the life of ingot-log. It reads nothing of what is logged, and trusts nothing that ingot-log wrote.
 */
#include "logger.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/eventfd.h>
#include <sys/ioctl.h>
#include <sys/wait.h>
#include <unistd.h>

#include "console.h"
#include "control_pump.h"
#include "fmt.h"
#include "loop.h"
#include "sys.h"

#define LOGGER_PATH  "/ingot/log"
#define AGAIN_MS     25u /* doubled at each failure in a row */
#define WELL_MS      10000 /* who lives so long has not failed at its start */
#define FAILURES_MAX 8     /* in a row; then nobody shall wait for it any more */
#define FINISH_MS    400
#define FINISH_YOUNG_MS 1000 /* for one that may have to begin first */
#define YOUNG_MS     1000

/* ---- pipes ---- */

int
logger_outputs(struct init *in, uint32_t i, int out[LOG_STREAMS])
{
	const struct tbl_svc *s = tbl_svc(&in->table, i);

	for (int k = 0; k < LOG_STREAMS; k++) {
		int *pair = in->s->run[i].log_pipe[k];
		if (!pair[1]) {
			in->s->logger.stale = true;
			if (pipe2(pair, O_CLOEXEC) < 0)
				return -1;
		}
		/* An earlier run may have made it non-blocking, for itself and for all that come. The owner may open
		 * /dev/stdout, which is this pipe by name. */
		if (fcntl(pair[1], F_SETFL, 0) < 0 || fchown(pair[1], s->uid, s->gid) < 0)
			return -1;
		out[k] = pair[1];
	}
	return 0;
}

void
logger_gone(const struct svc_run *r)
{
	for (int k = 0; k < 2 * LOG_STREAMS; k++)
		if (r->log_pipe[k / 2][k % 2])
			close(r->log_pipe[k / 2][k % 2]);
}

void
logger_services(struct init *in)
{
	int out[LOG_STREAMS];

	for (uint32_t i = 0; i < in->s->services; i++)
		if (!in->s->run[i].log_pipe[LOG_STREAMS - 1][1]) /* or what runs would find its flags changed */
			logger_outputs(in, i, out); /* one that failed is made at the launch */
	in->s->logger.stale = true;
}

/* ---- the process ---- */

__attribute__((noreturn)) static void
run_logger(const struct init *in)
{
	static char *const none[] = { NULL };
	char number[16];
	char *argv[] = { "ingot-log", number, NULL };

	for (uint32_t i = 0; i < in->s->services; i++)
		for (int k = 0; k < LOG_STREAMS; k++)
			fcntl(in->s->run[i].log_pipe[k][0], F_SETFD, 0);
	fcntl(loop_fd(in, WATCH_LOG), F_SETFD, 0);
	fcntl(in->s->logger.memory, F_SETFD, 0);
	fmt(number, sizeof number, "%d", in->s->logger.memory);
	fcntl(in->book.h->table, F_SETFD, 0);
	execve(LOGGER_PATH, argv, none);
	_exit(127);
}

/* Which pipes there are, and whose. It may be written while no ingot-log runs. */
static void
fill_book(struct init *in)
{
	struct logger *l = &in->s->logger;

	for (uint32_t k = 0; k < l->places; k++)
		in->book.svc[k].name[0] = '\0';
	for (uint32_t i = 0; i < in->s->services; i++) {
		uint32_t place = in->s->run[i].ring;
		struct log_svc *v = &in->book.svc[place];
		fmt(v->name, sizeof v->name, "%s", init_name(in, i));
		v->svc = i;
		for (int k = 0; k < LOG_STREAMS; k++)
			v->pipe[k] = in->s->run[i].log_pipe[k][0];
		if (place >= l->places)
			l->places = place + 1;
	}
	in->book.h->places = l->places;
	in->book.h->wake = loop_fd(in, WATCH_LOG);
	in->book.h->table = in->s->reload.own ? in->s->reload.table : -1;
	in->book.h->console = in->s->cmdline.log_console;
}

static void
failed(struct init *in, const char *what)
{
	struct logger *l = &in->s->logger;

	l->failures = in->s->now_ms - l->since_ms >= WELL_MS ? 1 : l->failures + 1;
	l->at_ms = in->s->now_ms + (AGAIN_MS << (l->failures < FAILURES_MAX ? l->failures : FAILURES_MAX));
	if (l->failures <= FAILURES_MAX)
		warn("logger: %s: %s", what, l->failures < FAILURES_MAX ? "it is started again" :
							       "what services write is lost until one stays");
}

/* Into nothing, so that no service waits for good. */
static void
discard(const struct init *in)
{
	for (uint32_t i = 0; i < in->s->services; i++)
		for (int k = 0; k < LOG_STREAMS; k++)
			sys_drain(in->s->run[i].log_pipe[k][0], STDOUT_FILENO, 1u << 20);
}

static void
start(struct init *in)
{
	struct logger *l = &in->s->logger;

	if (loop_fd(in, WATCH_LOG) < 0)
		loop_add(in, WATCH_LOG, sys_eventfd(EFD_CLOEXEC | EFD_NONBLOCK), EPOLLIN | EPOLLET);
	fill_book(in);
	l->stale = false;
	l->at_ms = SVC_NEVER;
	l->since_ms = in->s->now_ms;
	pid_t pid = fork();
	if (pid == 0)
		run_logger(in);
	l->pid = pid > 0 ? pid : 0;
	if (pid < 0)
		failed(in, "no process for it");
}

void
logger_begin(struct init *in)
{
	logger_services(in);
	in->s->logger.at_ms = in->s->now_ms;
}

void
logger_reaped(struct init *in, pid_t pid)
{
	struct logger *l = &in->s->logger;

	if (pid <= 0 || pid != l->pid)
		return;
	l->pid = 0;
	if (l->stale)
		l->at_ms = in->s->now_ms;
	else
		failed(in, "it has ended");
}

void
logger_timers(struct init *in)
{
	struct logger *l = &in->s->logger;

	if (l->stale && l->pid) /* its successor inherits all pipes, and loses nothing of this one */
		kill(l->pid, SIGKILL);
	if (l->at_ms > in->s->now_ms)
		return;
	if (l->failures >= FAILURES_MAX)
		discard(in);
	start(in);
}

uint64_t
logger_due(const struct init *in)
{
	return in->s->logger.at_ms;
}

void
logger_finish(struct init *in)
{
	const struct logger *l = &in->s->logger;

	if (!l->pid && l->at_ms != SVC_NEVER)
		start(in);
	bool young = in->s->now_ms - l->since_ms < YOUNG_MS;
	pid_t pid = l->pid;
	if (!pid || kill(pid, SIGTERM) < 0)
		return;
	for (int ms = young ? FINISH_YOUNG_MS : FINISH_MS; ms > 0 && waitpid(pid, NULL, WNOHANG) == 0; ms -= 5)
		poll(NULL, 0, 5);
}

/* ---- for who reads along ---- */

bool
logger_drained(const struct init *in, uint32_t i)
{
	const struct svc_run *r = &in->s->run[i];
	int n = 0;

	/* in this order: what has left the pipe is on the stage, and what has left the stage is in the ring */
	for (int k = 0; k < LOG_STREAMS; k++)
		if (r->log_pipe[k][0] && ioctl(r->log_pipe[k][0], FIONREAD, &n) == 0 && n > 0)
			return false;
	return logbook_still(&in->book, r->ring);
}

void
logger_settle(struct init *in)
{
	for (uint32_t c = 0; c < CLIENTS; c++) {
		const struct watch *w = &in->s->watch[WATCH_CLIENT + c];
		if (w->fd < 0 || in->s->client[c].phase != CLIENT_LOGS)
			continue;
		in->book.h->want = 1; /* first, or what comes between the two would not be told */
		if (!(w->events & EPOLLOUT) && (control_behind(in, c) || control_log_ends(in, c)))
			in->s->changed = true;
	}
}
