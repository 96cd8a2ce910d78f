/* SPDX-License-Identifier: MIT
 *
 * Serves ingotctl: accepts, checks who asks, answers, and keeps how far a longer reply has come. It changes nothing
 * itself but by svc_act and shutdown, and waits for no client.
 */
#include "control.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/stat.h>
#include <sys/un.h>
#include <unistd.h>

#include "cleanup.h"
#include "console.h"
#include "control_wait.h"
#include "fmt.h"
#include "loop.h"
#include "shutdown.h"
#include "svc_act.h"

#define BACKLOG 16
#define ACCEPT_MAX 16         /* in one wake-up */
#define PACKETS_MAX 16        /* to one client in one wake-up */
#define REQUEST_MS 5000       /* from the connection to the request */
#define UNREAD_MS 1000        /* who takes no packet for so long makes way for another */
#define LISTEN_AGAIN_MS 1000

enum sent { SENT, SENT_LATER, SENT_GONE };

static uint32_t
slot_of(uint32_t c)
{
	return WATCH_CLIENT + c;
}

static int
listen_on(const char *path)
{
	struct sockaddr_un a = { .sun_family = AF_UNIX };
	AUTO_FD fd = socket(AF_UNIX, SOCK_SEQPACKET | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	fmt(a.sun_path, sizeof a.sun_path, "%s", path);
	if (fd < 0 || bind(fd, (struct sockaddr *)&a, sizeof a) < 0 || chmod(path, 0600) < 0 || listen(fd, BACKLOG) < 0)
		return -1;
	return take_fd(&fd);
}

void
control_init(struct init *in)
{
	int fd = listen_on(CTL_SOCKET);

	in->s->listen_ms = SVC_NEVER;
	if (fd < 0 || loop_add(in, WATCH_LISTEN, fd, EPOLLIN) < 0)
		warn("control socket: %s", err_text(errno));
}

/* ---- packets ---- */

static enum sent
send_packet(int fd, uint32_t kind, int code, const void *data, size_t size, const int *fds, size_t nfds)
{
	struct ctl_reply r = { .version = CTL_VERSION, .kind = kind, .code = code, .size = (uint32_t)size };
	struct iovec iov[2] = { { &r, sizeof r }, { (void *)data, size } };
	union {
		struct cmsghdr h;
		char space[CMSG_SPACE(2 * sizeof(int))];
	} c = { 0 };
	struct msghdr m = { .msg_iov = iov, .msg_iovlen = size ? 2 : 1 };

	if (nfds > 0) {
		m.msg_control = &c;
		m.msg_controllen = CMSG_SPACE(nfds * sizeof(int));
		c.h.cmsg_level = SOL_SOCKET;
		c.h.cmsg_type = SCM_RIGHTS;
		c.h.cmsg_len = CMSG_LEN(nfds * sizeof(int));
		memcpy(CMSG_DATA(&c.h), fds, nfds * sizeof(int));
	}
	if (sendmsg(fd, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0)
		return SENT;
	return errno == EAGAIN || errno == EINTR || errno == ENOBUFS ? SENT_LATER : SENT_GONE;
}

static enum sent
reply(struct init *in, uint32_t c, uint32_t kind, const void *data, size_t size)
{
	return send_packet(loop_fd(in, slot_of(c)), kind, 0, data, size, NULL, 0);
}

/* The last packet; a client that cannot take it has lost it. */
static void
finish(struct init *in, uint32_t c, int code, const char *text)
{
	send_packet(loop_fd(in, slot_of(c)), CTL_R_END, code, text, strlen(text), NULL, 0);
	loop_drop(in, slot_of(c));
}

static void
fill(const struct init *in, uint32_t i, struct ctl_svc *r)
{
	const struct tbl_svc *t = tbl_svc(&in->table, i);
	const struct svc *v = &in->s->svc[i];

	*r = (struct ctl_svc){
		.kind = t->kind, .state = v->state, .end = v->end.why, .end_value = v->end.value,
		.end_step = v->end.step, .pid = in->s->run[i].pid, .uid = t->uid, .gid = t->gid,
		.restarts = v->restarts, .since_ms = v->since_ms, .now_ms = in->s->now_ms,
	};
	fmt(r->name, sizeof r->name, "%s", init_name(in, i));
}

/* ---- longer replies: as much as the client takes, the rest when it can take more ---- */

static enum sent
send_state(struct init *in, uint32_t c)
{
	struct ctl_state r = { .kind = in->s->state_kind };

	fmt(r.text, sizeof r.text, "%s", in->s->state_text);
	return reply(in, c, CTL_R_STATE, &r, sizeof r);
}

static enum sent
send_status(struct init *in, uint32_t c)
{
	struct client *cl = &in->s->client[c];
	struct ctl_svc r;

	if (cl->state_first) {
		enum sent sent = send_state(in, c);
		if (sent != SENT)
			return sent;
		cl->state_first = false;
	}
	for (; cl->svc < cl->last; cl->svc++) {
		fill(in, cl->svc, &r);
		enum sent sent = reply(in, c, CTL_R_SVC, &r, sizeof r);
		if (sent != SENT)
			return sent;
	}
	return SENT;
}

static enum sent
send_log(struct init *in, uint32_t c)
{
	struct client *cl = &in->s->client[c];
	const struct logring *ring = &in->s->run[cl->svc].log;

	for (int n = 0; n < PACKETS_MAX; n++) {
		const uint8_t *data;
		uint64_t pos = cl->pos, lost;
		size_t size = logring_get(ring, init_ring(in, cl->svc), LOG_RING_SIZE, &pos, CTL_DATA_MAX, &data, &lost);
		if (size == 0)
			return SENT;
		enum sent sent = lost ? reply(in, c, CTL_R_LOST, &lost, sizeof lost) :
					reply(in, c, CTL_R_DATA, data, size);
		if (sent != SENT)
			return sent;
		cl->pos = lost ? pos : pos + size;
	}
	return SENT_LATER;
}

static void
pump(struct init *in, uint32_t c)
{
	struct client *cl = &in->s->client[c];
	enum sent sent = cl->phase == CLIENT_STATUS ? send_status(in, c) : send_log(in, c);

	if (sent == SENT_GONE) {
		loop_drop(in, slot_of(c));
	} else if (sent == SENT_LATER) {
		loop_want(in, slot_of(c), EPOLLIN | EPOLLOUT);
		if (cl->unread_ms == SVC_NEVER)
			cl->unread_ms = in->s->now_ms;
	} else if (cl->phase == CLIENT_LOGS && cl->follow) {
		loop_want(in, slot_of(c), EPOLLIN);
	} else {
		finish(in, c, 0, "");
	}
}

/* ---- requests ---- */

static void
give_pidfd(struct init *in, uint32_t c, uint32_t i)
{
	struct ctl_svc r;
	AUTO_FD folder = openat(in->launcher.cgroups, init_name(in, i), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int fds[2] = { loop_fd(in, loop_svc_slot(i, SVC_FD_PID)), folder };

	if (fds[0] < 0 || in->s->svc[i].state == SVC_STOPPING) {
		finish(in, c, ESRCH, "it does not run");
		return;
	}
	/* Until its program is executed it may stand in the machine's root still, with PID 1's environment. */
	if (loop_fd(in, loop_svc_slot(i, SVC_FD_ERROR)) >= 0) {
		finish(in, c, EAGAIN, "it is being launched");
		return;
	}
	if (folder < 0) {
		finish(in, c, errno, "its cgroup cannot be opened");
		return;
	}
	fill(in, i, &r);
	if (send_packet(loop_fd(in, slot_of(c)), CTL_R_SVC, 0, &r, sizeof r, fds, 2) == SENT)
		finish(in, c, 0, "");
	else
		loop_drop(in, slot_of(c));
}

static void
act_on(struct init *in, uint32_t c, uint32_t i)
{
	struct client *cl = &in->s->client[c];

	cl->phase = CLIENT_WAIT;
	cl->svc = i;
	if (cl->verb == CTL_STOP) {
		svc_act_event(in, i, SVC_EV_STOP);
	} else if (in->s->down != DOWN_NOT) {
		finish(in, c, ESHUTDOWN, "the machine is going down");
	} else if (!CFG_JOBS && tbl_svc(&in->table, i)->kind == TBL_JOB) {
		finish(in, c, ENOSYS, "this ingot-init was built without jobs");
	} else {
		svc_act_start(in, i, cl->verb == CTL_START ? SVC_EV_START : SVC_EV_RESTART);
	}
}

static void
serve_named(struct init *in, uint32_t c, const struct ctl_request *q, uint32_t i)
{
	struct client *cl = &in->s->client[c];

	switch ((enum ctl_verb)q->verb) {
	case CTL_STATUS:
		cl->phase = CLIENT_STATUS;
		cl->svc = i;
		cl->last = i + 1;
		pump(in, c);
		break;
	case CTL_START:
	case CTL_STOP:
	case CTL_RESTART:
		act_on(in, c, i);
		break;
	case CTL_LOGS:
		cl->phase = CLIENT_LOGS;
		cl->svc = i;
		cl->follow = q->flags & CTL_F_FOLLOW;
		cl->pos = logring_first_line(&in->s->run[i].log, init_ring(in, i), LOG_RING_SIZE);
		pump(in, c);
		break;
	case CTL_PIDFD:
		give_pidfd(in, c, i);
		break;
	case CTL_POWEROFF:
	case CTL_REBOOT:
	case CTL_VERBS:
	default:
		finish(in, c, EINVAL, "this request takes no name");
	}
}

static void
serve_unnamed(struct init *in, uint32_t c, const struct ctl_request *q)
{
	struct client *cl = &in->s->client[c];

	switch ((enum ctl_verb)q->verb) {
	case CTL_STATUS:
		cl->phase = CLIENT_STATUS;
		cl->svc = 0;
		cl->last = in->s->services;
		cl->state_first = true;
		pump(in, c);
		break;
	case CTL_POWEROFF:
	case CTL_REBOOT:
		finish(in, c, 0, "");
		shutdown_begin(in, q->verb == CTL_REBOOT ? DOWN_REBOOT : DOWN_POWEROFF, "ingotctl");
		break;
	case CTL_START:
	case CTL_STOP:
	case CTL_RESTART:
	case CTL_LOGS:
	case CTL_PIDFD:
	case CTL_VERBS:
	default:
		finish(in, c, EINVAL, "this request takes a service's name");
	}
}

static void
serve(struct init *in, uint32_t c, const struct ctl_request *q)
{
	struct client *cl = &in->s->client[c];
	uint32_t i = 0;

	cl->due_ms = SVC_NEVER;
	cl->verb = q->verb;
	if (q->version != CTL_VERSION) {
		finish(in, c, EPROTO, "PID 1 speaks another version of the control protocol");
	} else if (q->verb >= CTL_VERBS || (q->flags & ~CTL_F_FOLLOW) || memchr(q->name, '\0', sizeof q->name) == NULL) {
		finish(in, c, EINVAL, "no such request");
	} else if (q->name[0] == '\0') {
		serve_unnamed(in, c, q);
	} else {
		while (i < in->s->services && strcmp(init_name(in, i), q->name) != 0)
			i++;
		if (i == in->s->services)
			finish(in, c, ENOENT, "no service of this name");
		else
			serve_named(in, c, q, i);
	}
}

void
control_event(struct init *in, uint32_t c, uint32_t events)
{
	struct client *cl = &in->s->client[c];
	struct ctl_request q;

	if (events & ~(uint32_t)EPOLLOUT) {
		ssize_t n = recv(loop_fd(in, slot_of(c)), &q, sizeof q, MSG_DONTWAIT | MSG_TRUNC);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (cl->phase == CLIENT_REQUEST && n == (ssize_t)sizeof q)
			serve(in, c, &q);
		else if (cl->phase == CLIENT_REQUEST && n > 0)
			finish(in, c, EPROTO, "a request of the wrong size");
		else
			loop_drop(in, slot_of(c)); /* gone, or it asks twice */
		return;
	}
	if (cl->phase == CLIENT_STATUS || cl->phase == CLIENT_LOGS) {
		cl->unread_ms = SVC_NEVER;
		pump(in, c);
	}
}

static bool
is_root(int fd)
{
	struct ucred u = { .uid = (uid_t)-1 };
	socklen_t n = sizeof u;

	return getsockopt(fd, SOL_SOCKET, SO_PEERCRED, &u, &n) == 0 && u.uid == 0;
}

/* Its request is read away first: closing a socket that holds unread data would take the reply from the client. */
static void
refuse(int fd, int code, const char *text)
{
	struct ctl_request q;

	if (recv(fd, &q, sizeof q, MSG_DONTWAIT) >= 0 || errno == EAGAIN)
		send_packet(fd, CTL_R_END, code, text, strlen(text), NULL, 0);
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
		if (loop_fd(in, slot_of(c)) < 0)
			return c;
		if (in->s->client[c].unread_ms < since) {
			out = c;
			since = in->s->client[c].unread_ms;
		}
	}
	if (out == CFG_MAX_CLIENTS || in->s->now_ms - since < UNREAD_MS)
		return CFG_MAX_CLIENTS;
	loop_drop(in, slot_of(out));
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
	else if (loop_add(in, slot_of(c), fd, EPOLLIN) == 0)
		in->s->client[c] = (struct client){ .due_ms = in->s->now_ms + REQUEST_MS, .unread_ms = SVC_NEVER };
}

void
control_accept(struct init *in)
{
	for (int n = 0; n < ACCEPT_MAX; n++) {
		int fd = accept4(loop_fd(in, WATCH_LISTEN), NULL, NULL, SOCK_NONBLOCK | SOCK_CLOEXEC);
		if (fd >= 0) {
			admit(in, fd);
			continue;
		}
		if (errno != EAGAIN && errno != EINTR && errno != ECONNABORTED) {
			/* no descriptor or no memory: who waits stays readable, and must not keep PID 1 awake */
			loop_want(in, WATCH_LISTEN, 0);
			in->s->listen_ms = in->s->now_ms + LISTEN_AGAIN_MS;
		}
		return;
	}
}

void
control_settle(struct init *in)
{
	char text[CONTROL_TEXT_MAX];

	for (uint32_t c = 0; c < CFG_MAX_CLIENTS; c++) {
		struct client *cl = &in->s->client[c];
		const struct watch *w = &in->s->watch[slot_of(c)];
		int code;
		if (w->fd < 0)
			continue;
		if (cl->phase == CLIENT_LOGS && cl->pos < in->s->run[cl->svc].log.head && !(w->events & EPOLLOUT))
			pump(in, c);
		else if (cl->phase == CLIENT_WAIT && control_done(in, cl, &code, text))
			finish(in, c, code, text);
	}
}

void
control_timers(struct init *in)
{
	if (in->s->listen_ms <= in->s->now_ms) {
		in->s->listen_ms = SVC_NEVER;
		loop_want(in, WATCH_LISTEN, EPOLLIN);
	}
	for (uint32_t c = 0; c < CFG_MAX_CLIENTS; c++)
		if (loop_fd(in, slot_of(c)) >= 0 && in->s->client[c].due_ms <= in->s->now_ms)
			loop_drop(in, slot_of(c));
}

uint64_t
control_due(const struct init *in)
{
	uint64_t due = in->s->listen_ms;

	for (uint32_t c = 0; c < CFG_MAX_CLIENTS; c++)
		if (loop_fd(in, slot_of(c)) >= 0 && in->s->client[c].due_ms < due)
			due = in->s->client[c].due_ms;
	return due;
}
