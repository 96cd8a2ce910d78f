/* SPDX-License-Identifier: MIT
 *
 * Writes the packets of the control protocol (ctl_proto.h). What is in them is for others to say.
 */
#include "control_packet.h"

#include <errno.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "control_port.h"
#include "fmt.h"

static bool
is_port(uint32_t c)
{
	return CFG_HOST_CONTROL && c == CLIENT_PORT;
}

enum sent
control_send(int fd, uint32_t kind, int code, const void *data, size_t size, const int *fds, size_t nfds)
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

enum sent
control_reply(struct init *in, uint32_t c, uint32_t kind, const void *data, size_t size)
{
	if (is_port(c))
		return port_send(in, kind, 0, data, size);
	return control_send(loop_fd(in, control_slot(c)), kind, 0, data, size, NULL, 0);
}

void
control_finish(struct init *in, uint32_t c, int code, const char *text)
{
	if (is_port(c)) {
		port_finish(in, code, text);
		return;
	}
	control_send(loop_fd(in, control_slot(c)), CTL_R_END, code, text, strlen(text), NULL, 0);
	control_drop(in, c);
}

void
control_drop(struct init *in, uint32_t c)
{
	if (is_port(c))
		port_idle(in);
	else
		loop_drop(in, control_slot(c));
}

void
control_want_out(struct init *in, uint32_t c, bool out)
{
	loop_want(in, control_slot(c), EPOLLIN | (out ? EPOLLOUT : 0) | (is_port(c) ? EPOLLET : 0));
}

void
control_fill(const struct init *in, uint32_t i, struct ctl_svc *r)
{
	const struct tbl_svc *t = tbl_svc(&in->table, i);
	const struct svc *v = &in->s->svc[i];

	*r = (struct ctl_svc){
		.kind = t->kind, .state = v->state, .end = v->end.why, .end_value = v->end.value,
		.end_step = v->end.step, .pid = in->s->run[i].pid, .uid = t->uid, .gid = t->gid,
		.restarts = v->restarts, .since_ms = v->since_ms, .now_ms = in->s->now_ms,
	};
	r->seq = in->s->events.head;
	r->boot_ms = in->s->boot_ms;
	r->launch_ms = in->s->run[i].launch_ms;
	r->ready_ms = in->s->run[i].ready_ms;
	r->next_ms = v->next_ms;
	r->runs = v->runs;
	r->skipped = v->skipped;
	r->reason = v->reason;
	if (v->state == SVC_UP && (t->health.kind != TBL_PROBE_NONE || t->watchdog_ms))
		r->health = v->unhealthy ? CTL_HEALTH_SICK : CTL_HEALTH_WELL;
	r->pressure = in->s->run[i].pressure;
	r->flags = tbl_svc(&in->table, i)->flags;
	r->caps = tbl_svc(&in->table, i)->caps;
	r->pressed = in->s->run[i].pressure && in->s->run[i].pressure_ms != SVC_NEVER;
	r->sick = v->sick;
	r->sick_value = v->sick_value;
	if (in->s->run[i].said)
		memcpy(r->said, in->s->said[in->s->run[i].ring], sizeof r->said);
	fmt(r->name, sizeof r->name, "%s", init_name(in, i));
}
