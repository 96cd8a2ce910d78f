/* SPDX-License-Identifier: MIT
 *
 * While a service starts: one probe after the other with growing pauses, or one pipe. While it is up: a probe at each
 * interval. It decides nothing but ready or not, well or not; time limits and thresholds belong to svc_step.
 */
#include "watch.h"

#include <errno.h>
#include <string.h>

#include "kept.h"
#include "loop.h"
#include "notify.h"
#include "pressure.h"
#include "probe.h"
#include "svc_act.h"

#define PAUSE_FIRST_MS 10
#define PAUSE_MAX_MS   250
#define ATTEMPT_MS     5000 /* one probe for readiness */
#define CLOSED_MS      1000 /* from a closed readiness pipe to the verdict: what ends may be slow to */

static bool
starting(const struct init *in, uint32_t i)
{
	return in->s->svc[i].state == SVC_STARTING;
}

void
watch_ready(struct init *in, uint32_t i)
{
	in->s->run[i].probe.wait_ms = PAUSE_FIRST_MS;
	probe_begin(in, i, ATTEMPT_MS);
}

/* The first one an interval later: it has just shown that it is ready. */
void
watch_health(struct init *in, uint32_t i)
{
	const struct tbl_svc *c = tbl_svc(&in->table, i);

	if (c->health.kind != TBL_PROBE_NONE)
		in->s->run[i].probe.due_ms = in->s->now_ms + c->health_every_ms;
}

void
watch_end(struct init *in, uint32_t i)
{
	probe_end(in, i);
	loop_drop(in, loop_svc_slot(i, SVC_FD_PROBE)); /* the pipe */
}

void
probe_found(struct init *in, uint32_t i, const struct svc_end *sick)
{
	struct probe *p = &in->s->run[i].probe;

	if (starting(in, i)) {
		if (!sick) {
			svc_act_event(in, i, SVC_EV_READY);
			return;
		}
		p->due_ms = in->s->now_ms + p->wait_ms;
		p->wait_ms = p->wait_ms * 2 < PAUSE_MAX_MS ? p->wait_ms * 2 : PAUSE_MAX_MS;
		return;
	}
	watch_health(in, i); /* first: the step may end it */
	if (sick)
		svc_act_ended(in, i, SVC_EV_UNWELL, *sick);
	else
		svc_act_event(in, i, SVC_EV_WELL);
}

static void
pipe_event(struct init *in, uint32_t i)
{
	char buf[64];
	ssize_t n = loop_read(in, loop_svc_slot(i, SVC_FD_PROBE), buf, sizeof buf);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n > 0 && memchr(buf, '\n', (size_t)n)) {
		svc_act_event(in, i, SVC_EV_READY);
	} else if (n <= 0) {
		/* Most likely it is ending, and how it ends says more than that the pipe was closed. */
		loop_drop(in, loop_svc_slot(i, SVC_FD_PROBE));
		in->s->run[i].probe.due_ms = in->s->now_ms + CLOSED_MS;
	}
}

void
watch_event(struct init *in, uint32_t i)
{
	if (loop_fd(in, loop_svc_slot(i, SVC_FD_PROBE)) < 0)
		return;
	if (in->s->run[i].probe.phase != PROBE_IDLE)
		probe_event(in, i);
	else
		pipe_event(in, i);
}

static void
due(struct init *in, uint32_t i)
{
	const struct tbl_svc *c = tbl_svc(&in->table, i);

	if (in->s->run[i].probe.phase != PROBE_IDLE) {
		probe_late(in, i);
	} else if (!starting(in, i)) {
		probe_begin(in, i, c->health_timeout_ms);
	} else if (c->ready == TBL_READY_PROBE) {
		probe_begin(in, i, ATTEMPT_MS);
	} else {
		in->s->run[i].probe.due_ms = SVC_NEVER;
		if (!in->s->run[i].reported) /* otherwise its program has ended, and its end is on the way */
			svc_act_event(in, i, SVC_EV_NOTREADY);
	}
}

void
watch_timers(struct init *in, uint32_t i)
{
	if (in->s->run[i].probe.due_ms <= in->s->now_ms)
		due(in, i);
	if (in->s->run[i].notify_ms <= in->s->now_ms)
		notify_again(in, i);
	if (in->s->run[i].pressure_ms <= in->s->now_ms)
		pressure_look(in, i);
	kept_timers(in, i);
}

uint64_t
watch_due(const struct init *in, uint32_t i)
{
	const struct svc_run *r = &in->s->run[i];

	uint64_t due = r->probe.due_ms < r->notify_ms ? r->probe.due_ms : r->notify_ms;

	due = due < r->pressure_ms ? due : r->pressure_ms;
	return due < kept_due(r) ? due : kept_due(r);
}
