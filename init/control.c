/* SPDX-License-Identifier: MIT
 *
 * Serves ingotctl: accepts, checks who asks, and gives each client a place. What is asked is for control_serve.c. It
 * waits for no client.
 */
#include "control.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "console.h"
#include "control_packet.h"
#include "control_port.h"
#include "control_pump.h"
#include "control_serve.h"
#include "control_vsock.h"
#include "control_wait.h"
#include "fmt.h"
#include "loop.h"
#include "pass.h"

#define BACKLOG 16
#define ACCEPT_MAX 16         /* in one wake-up */
#define REQUEST_MS 5000       /* from the connection to the request */
#define UNREAD_MS 1000        /* who takes no packet for so long makes way for another */
#define LISTEN_AGAIN_MS 1000

static int
listen_on(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	AUTO_FD fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	fmt(a.sun_path, sizeof a.sun_path, "%s", path);
	unlink(path); /* of a try that failed behind its bind */
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || chmod(path, 0600) < 0 || listen(fd, BACKLOG) < 0)
		return -1;
	return take_fd(&fd);
}

static bool
make_socket(struct init *in)
{
	int fd = listen_on(CTL_SOCKET);
	bool made = fd >= 0 && loop_add(in, WATCH_LISTEN, fd, EPOLLIN) == 0;

	in->s->listen_ms = made ? SVC_NEVER : in->s->now_ms + LISTEN_AGAIN_MS;
	return made;
}

void
control_init(struct init *in)
{
	in->s->port.look_ms = SVC_NEVER;
	if (!make_socket(in))
		warn("control socket: %s; trying again each second", err_text(errno));
}

void
control_event(struct init *in, uint32_t c, uint32_t events)
{
	struct client *cl = &in->s->client[c];
	struct ctl_request q;

	if (CFG_HOST_CONTROL && c == CLIENT_PORT) {
		port_event(in, events);
		return;
	}
	if (events & ~(uint32_t)EPOLLOUT) {
		ssize_t n = pass_receive(loop_fd(in, control_slot(c)), &q, sizeof q, &in->given);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (cl->phase == CLIENT_REQUEST && n == (ssize_t)sizeof q)
			control_serve(in, c, &q);
		else if (cl->phase == CLIENT_REQUEST && n > 0)
			control_finish(in, c, EPROTO, "a request of the wrong size");
		else
			control_drop(in, c); /* gone, or it asks twice */
		fd_cleanup(&in->given);
		in->given = -1;
		return;
	}
	cl->unread_ms = SVC_NEVER;
	control_pump(in, c);
}

static bool
is_root(int fd)
{
	struct ucred u = { .uid = (uid_t)-1 };
	socklen_t n = sizeof u;

	return (CFG_VSOCK && vsock_trusts(fd)) ||
	       (getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &n) == 0 && u.uid == 0);
}

/* Its request is read away first: closing a socket that holds unread data would take the reply from the client. */
static void
refuse(int fd, int code, const char *text)
{
	struct ctl_request q;

	if (recv(fd, &q, sizeof q, MSG_DONTWAIT) >= 0 || errno == EAGAIN)
		control_send(fd, CTL_R_END, code, text, strlen(text), NULL, 0);
	close(fd);
}

/* A free place, else that of the client that has not read for longest, or CFG_MAX_CLIENTS. A pager may well leave a log
 * unread for hours: it loses its place only when that is wanted. */
static uint32_t
place(struct init *in)
{
	uint32_t out = CFG_MAX_CLIENTS;
	uint64_t since = SVC_NEVER;

	for (uint32_t c = 0; c < CFG_MAX_CLIENTS; c++) {
		if (loop_fd(in, control_slot(c)) < 0)
			return c;
		if (in->s->client[c].unread_ms < since) {
			out = c;
			since = in->s->client[c].unread_ms;
		}
	}
	if (out == CFG_MAX_CLIENTS || in->s->now_ms - since < UNREAD_MS)
		return CFG_MAX_CLIENTS;
	control_drop(in, out);
	return out;
}

static void
admit(struct init *in, int fd)
{
	if (!is_root(fd)) {
		refuse(fd, EPERM, "only root is served");
		return;
	}
	uint32_t c = place(in);
	if (c == CFG_MAX_CLIENTS)
		refuse(fd, EBUSY, "too many clients");
	else if (loop_add(in, control_slot(c), fd, EPOLLIN) == 0)
		in->s->client[c] = (struct client){ .due_ms = in->s->now_ms + REQUEST_MS, .unread_ms = SVC_NEVER };
}

void
control_resume(struct init *in)
{
	for (uint32_t c = 0; c < CLIENTS; c++)
		if (in->s->client[c].phase == CLIENT_REQUEST && in->s->client[c].due_ms == SVC_NEVER)
			control_drop(in, c);
}

void
control_accept(struct init *in, enum watch_slot at)
{
	for (int n = 0; n < ACCEPT_MAX; n++) {
		int fd = accept4(loop_fd(in, at), NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			admit(in, fd);
			continue;
		}
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
			/* no descriptor or no memory: who waits stays readable, and must not keep PID 1 awake */
			loop_want(in, at, 0);
			in->s->listen_ms = in->s->now_ms + LISTEN_AGAIN_MS;
		}
		return;
	}
}

void
control_settle(struct init *in)
{
	char text[CONTROL_TEXT_MAX];

	for (uint32_t c = 0; c < CLIENTS; c++) {
		struct client *cl = &in->s->client[c];
		const struct watch *w = &in->s->watch[control_slot(c)];
		int code;
		if (w->fd < 0)
			continue;
		if (!(w->events & EPOLLOUT) && (control_behind(in, c) || (cl->phase == CLIENT_LOGS && !cl->follow)))
			control_pump(in, c);
		else if (cl->phase == CLIENT_WAIT && control_done(in, cl, &code, text))
			control_finish(in, c, code, text);
	}
}

void
control_move(struct init *in, const uint32_t *to, uint32_t n)
{
	for (uint32_t c = 0; c < CLIENTS; c++) {
		struct client *cl = &in->s->client[c];
		bool one = (cl->phase == CLIENT_WAIT && cl->verb < CTL_LOGS) || cl->phase == CLIENT_LOGS ||
			   (cl->phase == CLIENT_EVENTS && cl->svc < n);
		if (loop_fd(in, control_slot(c)) < 0)
			continue;
		if (cl->phase == CLIENT_STATUS)
			control_finish(in, c, EAGAIN, "the table was loaded anew meanwhile: ask again");
		else if (one && to[cl->svc] == UINT32_MAX)
			control_finish(in, c, ENOENT, "it is not in the table any more");
		else if (one)
			cl->svc = to[cl->svc];
	}
}

void
control_timers(struct init *in)
{
	if (in->s->listen_ms <= in->s->now_ms) {
		in->s->listen_ms = SVC_NEVER;
		if (loop_fd(in, WATCH_LISTEN) < 0)
			make_socket(in);
		else
			loop_want(in, WATCH_LISTEN, EPOLLIN);
		if (CFG_VSOCK && loop_fd(in, WATCH_VSOCK) >= 0)
			loop_want(in, WATCH_VSOCK, EPOLLIN);
	}
	if (CFG_HOST_CONTROL)
		port_timers(in);
	for (uint32_t c = 0; c < CFG_MAX_CLIENTS; c++)
		if (loop_fd(in, control_slot(c)) >= 0 && in->s->client[c].due_ms <= in->s->now_ms)
			control_drop(in, c);
}

uint64_t
control_due(const struct init *in)
{
	uint64_t due = in->s->listen_ms;

	if (CFG_HOST_CONTROL && in->s->port.look_ms < due)
		due = in->s->port.look_ms;
	for (uint32_t c = 0; c < CFG_MAX_CLIENTS; c++)
		if (loop_fd(in, control_slot(c)) >= 0 && in->s->client[c].due_ms < due)
			due = in->s->client[c].due_ms;
	return due;
}
