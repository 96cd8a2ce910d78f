/* SPDX-License-Identifier: MIT
 *
 * Readiness: one connection attempt at a time, with growing pauses, or one pipe. It decides nothing but ready or not;
 * the time limit belongs to svc_step.
 */
#include "ready.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "loop.h"
#include "svc_act.h"

#define PROBE_FIRST_MS 10
#define PROBE_MAX_MS 250
#define CLOSED_MS 100 /* from a closed readiness pipe to the verdict */

void
ready_begin(struct init *in, uint32_t i)
{
	if (tbl_svc(&in->table, i)->ready != TBL_READY_TCP)
		return; /* the pipe is watched since the launch */
	in->s->run[i].probe_wait_ms = PROBE_FIRST_MS;
	ready_try(in, i);
}

void
ready_end(struct init *in, uint32_t i)
{
	in->s->run[i].probe_ms = SVC_NEVER;
	loop_drop(in, loop_svc_slot(i, SVC_FD_READY));
}

static void
try_later(struct init *in, uint32_t i)
{
	struct svc_run *r = &in->s->run[i];

	loop_drop(in, loop_svc_slot(i, SVC_FD_READY));
	r->probe_ms = in->s->now_ms + r->probe_wait_ms;
	r->probe_wait_ms = r->probe_wait_ms * 2 < PROBE_MAX_MS ? r->probe_wait_ms * 2 : PROBE_MAX_MS;
}

static void
connect_once(struct init *in, uint32_t i)
{
	struct svc_run *r = &in->s->run[i];
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	AUTO_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	to.sin_port = htons((uint16_t)tbl_svc(&in->table, i)->ready_port);
	r->probe_ms = SVC_NEVER;
	if (fd < 0 || (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) ||
	    loop_add(in, loop_svc_slot(i, SVC_FD_READY), take_fd(&fd), EPOLLOUT) < 0)
		try_later(in, i);
}

void
ready_try(struct init *in, uint32_t i)
{
	if (tbl_svc(&in->table, i)->ready == TBL_READY_TCP)
		connect_once(in, i);
	else
		svc_act_event(in, i, SVC_EV_NOTREADY);
}

/* A client's own port may be drawn equal to the one it asks for: TCP then connects the socket to itself. */
static bool
connected(int fd)
{
	struct sockaddr_in here, there;
	socklen_t n = sizeof here, m = sizeof there;

	return getsockname(fd, (struct sockaddr *)&here, &n) == 0 && getpeername(fd, (struct sockaddr *)&there, &m) == 0 &&
	       here.sin_port != there.sin_port;
}

static void
tcp_event(struct init *in, uint32_t i, int fd)
{
	if (connected(fd))
		svc_act_event(in, i, SVC_EV_READY);
	else
		try_later(in, i);
}

static void
pipe_event(struct init *in, uint32_t i, int fd)
{
	char buf[64];
	ssize_t n = read(fd, buf, sizeof buf);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && memchr(buf, '\n', (size_t)n)) {
		svc_act_event(in, i, SVC_EV_READY);
	} else if (n <= 0) {
		/* Most likely it is ending, and how it ends says more than that the pipe was closed. */
		loop_drop(in, loop_svc_slot(i, SVC_FD_READY));
		in->s->run[i].probe_ms = in->s->now_ms + CLOSED_MS;
	}
}

void
ready_event(struct init *in, uint32_t i)
{
	int fd = loop_fd(in, loop_svc_slot(i, SVC_FD_READY));

	if (fd < 0)
		return;
	if (tbl_svc(&in->table, i)->ready == TBL_READY_TCP)
		tcp_event(in, i, fd);
	else
		pipe_event(in, i, fd);
}
