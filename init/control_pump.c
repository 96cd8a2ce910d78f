/* SPDX-License-Identifier: MIT
 *
 * How far a longer reply has come stands in struct client; PID 1 keeps no copy of what is still to be sent.
 */
#include "control_pump.h"

#include "control_packet.h"
#include "control_runs.h"
#include "events.h"
#include "fmt.h"
#include "logger.h"

#define PACKETS_MAX 16 /* to one client in one wake-up */

static enum sent
send_state(struct init *in, uint32_t c)
{
	struct ctl_state r = { .kind = in->s->state_kind, .lacks = in->s->lacks };

	fmt(r.text, sizeof r.text, "%s", in->s->state_text);
	return control_reply(in, c, CTL_R_STATE, &r, sizeof r);
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
		control_fill(in, cl->svc, &r);
		enum sent sent = control_reply(in, c, CTL_R_SVC, &r, sizeof r);
		if (sent != SENT)
			return sent;
	}
	return SENT;
}

static enum sent
send_log(struct init *in, uint32_t c)
{
	struct client *cl = &in->s->client[c];
	uint32_t place = in->s->run[cl->svc].ring;
	const struct logring *ring = &in->book.svc[place].ring;
	uint8_t data[CTL_DATA_MAX];

	for (int n = 0; n < PACKETS_MAX; n++) {
		uint64_t pos = cl->pos, lost;
		size_t size = logring_get(ring, logbook_ring(&in->book, place), LOG_RING_SIZE, &pos, data, sizeof data,
					  &lost);
		if (size == 0 && lost == 0)
			return SENT;
		enum sent sent = lost ? control_reply(in, c, CTL_R_LOST, &lost, sizeof lost) :
					control_reply(in, c, CTL_R_DATA, data, size);
		if (sent != SENT)
			return sent;
		cl->pos = lost ? pos : pos + size;
	}
	return SENT_LATER;
}

static enum sent
send_event(struct init *in, uint32_t c, const struct svc_change *x, uint64_t number)
{
	struct ctl_event r = {
		.kind = tbl_svc(&in->table, x->svc)->kind, .from = x->from, .to = x->to, .end = x->end.why,
		.end_value = x->end.value, .end_step = x->end.step, .seq = number, .at_ms = x->at_ms,
	};

	fmt(r.name, sizeof r.name, "%s", init_name(in, x->svc));
	return control_reply(in, c, CTL_R_EVENT, &r, sizeof r);
}

static enum sent
send_events(struct init *in, uint32_t c)
{
	struct client *cl = &in->s->client[c];

	for (int n = 0; n < PACKETS_MAX;) {
		uint64_t pos = cl->pos, lost;
		const struct svc_change *x = events_next(&in->s->events, &pos, &lost);
		enum sent sent = SENT;
		if (!x && !lost)
			return SENT;
		if (x && x->svc == UINT32_MAX && cl->svc == UINT32_MAX) /* of a service that another table took away */
			lost = 1;
		if (lost)
			sent = control_reply(in, c, CTL_R_LOST, &lost, sizeof lost);
		else if (cl->svc == UINT32_MAX || cl->svc == x->svc)
			sent = send_event(in, c, x, pos);
		else
			n--; /* not asked for: no packet */
		if (sent != SENT)
			return sent;
		cl->pos = pos;
		n++;
	}
	return SENT_LATER;
}

static enum sent
send_more(struct init *in, uint32_t c)
{
	switch ((enum client_phase)in->s->client[c].phase) {
	case CLIENT_STATUS: return send_status(in, c);
	case CLIENT_LOGS: return send_log(in, c);
	case CLIENT_EVENTS: return send_events(in, c);
	case CLIENT_RUNS: return CFG_JOBS ? control_runs_send(in, c) : SENT;
	case CLIENT_REQUEST:
	case CLIENT_WAIT:
	case CLIENT_END: break;
	}
	return SENT;
}

void
control_pump(struct init *in, uint32_t c)
{
	struct client *cl = &in->s->client[c];

	if (cl->phase != CLIENT_STATUS && cl->phase != CLIENT_LOGS && cl->phase != CLIENT_EVENTS &&
	    cl->phase != CLIENT_RUNS)
		return;
	enum sent sent = send_more(in, c);

	if (sent == SENT_GONE) {
		control_drop(in, c);
	} else if (sent == SENT_LATER) {
		control_want_out(in, c, true);
		if (cl->unread_ms == SVC_NEVER)
			cl->unread_ms = in->s->now_ms;
	} else if (cl->follow || (cl->phase == CLIENT_LOGS && !control_log_ends(in, c))) {
		control_want_out(in, c, false);
	} else {
		control_finish(in, c, 0, "");
	}
}

bool
control_behind(const struct init *in, uint32_t c)
{
	const struct client *cl = &in->s->client[c];

	if (cl->phase == CLIENT_EVENTS)
		return cl->pos < in->s->events.head;
	if (CFG_JOBS && cl->phase == CLIENT_RUNS)
		return control_runs_behind(in, cl);
	return cl->phase == CLIENT_LOGS && cl->pos < in->book.svc[in->s->run[cl->svc].ring].ring.head;
}

bool
control_log_ends(const struct init *in, uint32_t c)
{
	const struct client *cl = &in->s->client[c];

	return !cl->follow && logger_drained(in, cl->svc) && !control_behind(in, c);
}
