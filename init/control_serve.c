/* SPDX-License-Identifier: MIT
 *
 * Requests: checked, then handed to svc_act, shutdown or control_pump. Nothing is changed by any other way.
 */
#include "control_serve.h"

#include <errno.h>
#include <fcntl.h>
#include <string.h>

#include "cleanup.h"
#include "console.h"
#include "control_packet.h"
#include "control_pump.h"
#include "control_runs.h"
#include "control_vsock.h"
#include "control_wait.h"
#include "events.h"
#include "reexec.h"
#include "reload.h"
#include "shutdown.h"
#include "svc_act.h"

/* The filter that the service runs under, in a pipe that ends behind it: larger than a filter can be. -1: errno. */
static int
pipe_filter(struct init *in, uint32_t i)
{
	const struct tbl_svc *s = tbl_svc(&in->table, i);
	size_t size = s->filter.count * sizeof(struct sock_filter);
	int ends[2];

	if (pipe2(ends, O_CLOEXEC | O_NONBLOCK))
		return -1;
	AUTO_FD from = ends[0], to = ends[1];
	return write(to, tbl_filter(&in->table, s), size) == (ssize_t)size ? take_fd(&from) : -1;
}

static void
give_pidfd(struct init *in, uint32_t c, uint32_t i, bool privileged)
{
	struct ctl_svc r;

	if ((CFG_HOST_CONTROL && c == CLIENT_PORT) || (CFG_VSOCK && vsock_is(loop_fd(in, control_slot(c))))) {
		control_finish(in, c, EOPNOTSUPP, "that is for the machine itself: descriptors do not reach the host");
		return;
	}
	int pidfd = loop_fd(in, loop_svc_slot(i, SVC_FD_PID));
	if (pidfd < 0 || in->s->svc[i].state == SVC_STOPPING) {
		control_finish(in, c, ESRCH, "it does not run");
		return;
	}
	/* Until its program is executed it may stand in the machine's root still, with PID 1's environment. */
	if (loop_fd(in, loop_svc_slot(i, SVC_FD_ERROR)) >= 0) {
		control_finish(in, c, EAGAIN, "it is being launched");
		return;
	}
	AUTO_FD folder = openat(in->launcher.cgroups, init_name(in, i), O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	AUTO_FD filter = pipe_filter(in, i);
	int fds[] = { pidfd, folder, filter };
	if (folder < 0 || filter < 0) {
		control_finish(in, c, errno, "its cgroup or its filter cannot be opened");
		return;
	}
	if (privileged)
		say("service %s: entered as root, with all privileges and no filter", init_name(in, i));
	control_fill(in, i, &r);
	if (control_send(loop_fd(in, control_slot(c)), CTL_R_SVC, 0, &r, sizeof r, fds, 3) == SENT)
		control_finish(in, c, 0, "");
	else
		control_drop(in, c);
}

static void
act_on(struct init *in, uint32_t c, uint32_t i)
{
	struct client *cl = &in->s->client[c];

	cl->phase = CLIENT_WAIT;
	cl->svc = i;
	cl->pos = control_awaited_run(in, i, cl->verb);
	if (cl->verb == CTL_STOP) {
		svc_act_event(in, i, SVC_EV_STOP);
	} else if (in->s->down != DOWN_NOT) {
		control_finish(in, c, ESHUTDOWN, "the machine is going down");
	} else if (!CFG_JOBS && tbl_svc(&in->table, i)->kind == TBL_JOB) {
		control_finish(in, c, ENOSYS, "this ingot-init was built without jobs");
	} else {
		svc_act_start(in, i, cl->verb == CTL_START ? SVC_EV_START : SVC_EV_RESTART);
	}
}

/* Of one service, or of all (UINT32_MAX). */
static void
tell_events(struct init *in, uint32_t c, const struct ctl_request *q, uint32_t i)
{
	struct client *cl = &in->s->client[c];

	cl->phase = CLIENT_EVENTS;
	cl->svc = i;
	cl->follow = q->flags & CTL_F_FOLLOW;
	cl->pos = q->flags & CTL_F_SINCE ? q->since : events_first(&in->s->events);
	control_pump(in, c);
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
		control_pump(in, c);
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
		cl->pos = q->since;
		control_pump(in, c);
		break;
	case CTL_PIDFD:
		give_pidfd(in, c, i, q->flags & CTL_F_PRIVILEGED);
		break;
	case CTL_EVENTS:
		tell_events(in, c, q, i);
		break;
	case CTL_RUN:
		if (in->s->down != DOWN_NOT)
			control_finish(in, c, ESHUTDOWN, "the machine is going down");
		else
			control_run(in, c, i, q->flags & CTL_F_FOLLOW);
		break;
	case CTL_HISTORY:
		control_history(in, c, i);
		break;
	case CTL_POWEROFF:
	case CTL_REBOOT:
	case CTL_REEXEC:
	case CTL_RELOAD:
	case CTL_IDLE:
	case CTL_VERBS:
	default:
		control_finish(in, c, EINVAL, "this request takes no name");
	}
}

static void
begin_reexec(struct init *in, uint32_t c, const struct ctl_request *q)
{
	const char *why;
	int code = reexec_begin(in, q->path, &why);

	in->s->client[c].phase = CLIENT_WAIT;
	if (code)
		control_finish(in, c, code, why);
}

static void
begin_reload(struct init *in, uint32_t c)
{
	struct tbl next;
	struct err e;

	in->s->client[c].phase = CLIENT_WAIT;
	if (!CFG_RELOAD) {
		control_finish(in, c, ENOSYS, "this ingot-init was built without reload");
		return;
	}
	if (reload_open(&next, in->given, &e) == 0 && reload_begin(in, &next, take_fd(&in->given), &e) == 0)
		return;
	warn("table: %s; the one that runs stays", e.msg);
	control_finish(in, c, EINVAL, e.msg);
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
		control_pump(in, c);
		break;
	case CTL_POWEROFF:
	case CTL_REBOOT:
		control_finish(in, c, 0, "");
		shutdown_with(in, q->verb == CTL_REBOOT ? DOWN_REBOOT : DOWN_POWEROFF,
			      CFG_HOST_CONTROL && c == CLIENT_PORT ? "the host" : "ingotctl", (int)(q->since & 255));
		break;
	case CTL_IDLE:
		control_finish(in, c, 0, "");
		break;
	case CTL_EVENTS:
		tell_events(in, c, q, UINT32_MAX);
		break;
	case CTL_HISTORY:
		control_history(in, c, UINT32_MAX);
		break;
	case CTL_REEXEC:
		begin_reexec(in, c, q);
		break;
	case CTL_RELOAD:
		begin_reload(in, c);
		break;
	case CTL_START:
	case CTL_STOP:
	case CTL_RESTART:
	case CTL_LOGS:
	case CTL_PIDFD:
	case CTL_RUN:
	case CTL_VERBS:
	default:
		control_finish(in, c, EINVAL, "this request takes a service's name");
	}
}

void
control_serve(struct init *in, uint32_t c, const struct ctl_request *q)
{
	struct client *cl = &in->s->client[c];
	uint32_t i = 0;

	cl->due_ms = SVC_NEVER;
	cl->verb = q->verb;
	if (q->version != CTL_VERSION) {
		control_finish(in, c, EPROTO, "PID 1 speaks another version of the control protocol");
	} else if (q->verb >= CTL_VERBS || (q->flags & ~CTL_FLAGS) || memchr(q->name, '\0', sizeof q->name) == NULL ||
		   memchr(q->path, '\0', sizeof q->path) == NULL) {
		control_finish(in, c, EINVAL, "no such request");
	} else if (q->name[0] == '\0') {
		serve_unnamed(in, c, q);
	} else {
		while (i < in->s->services && strcmp(init_name(in, i), q->name) != 0)
			i++;
		if (i == in->s->services)
			control_finish(in, c, ENOENT, "no service of this name");
		else
			serve_named(in, c, q, i);
	}
}
