/* SPDX-License-Identifier: MIT
 *
 * Keeps when services changed. It decides nothing and tells nobody: control_pump.c reads the ring.
 */
#include "events.h"

static struct svc_change *
place(struct event_ring *r, uint64_t number)
{
	return &r->change[(number - 1) % CFG_EVENTS_KEPT];
}

static bool
running(uint32_t state)
{
	return svc_runs(&(struct svc){ .state = state });
}

static void
put(struct init *in, uint32_t i, uint32_t from, struct svc_end end)
{
	struct event_ring *ring = &in->s->events;

	*place(ring, ++ring->head) = (struct svc_change){
		.at_ms = in->s->now_ms, .svc = i, .from = (uint16_t)from, .to = (uint16_t)in->s->svc[i].state, .end = end,
	};
}

void
events_note(struct init *in, uint32_t i, uint32_t before)
{
	const struct svc *v = &in->s->svc[i];
	struct svc_run *r = &in->s->run[i];

	if (v->state == before)
		return;
	put(in, i, before, running(before) && !svc_runs(v) ? v->end : (struct svc_end){ .why = CTL_END_NONE });
	if (!r->launch_ms && svc_runs(v))
		r->launch_ms = in->s->now_ms;
	if (!r->ready_ms && svc_ready(tbl_svc(&in->table, i), v))
		r->ready_ms = in->s->now_ms;
}

void
events_pressure(struct init *in, uint32_t i)
{
	put(in, i, in->s->svc[i].state,
	    (struct svc_end){ .why = CTL_END_PRESSURE, .value = in->s->run[i].pressure });
}

uint64_t
events_first(const struct event_ring *r)
{
	return r->head > CFG_EVENTS_KEPT ? r->head - CFG_EVENTS_KEPT : 0;
}

const struct svc_change *
events_next(const struct event_ring *r, uint64_t *pos, uint64_t *lost)
{
	uint64_t first = events_first(r);

	*lost = 0;
	if (*pos < first) {
		*lost = first - *pos;
		*pos = first;
		return NULL;
	}
	if (*pos >= r->head) {
		*pos = r->head; /* beyond it: of another boot, or a client's invention */
		return NULL;
	}
	return place((struct event_ring *)r, ++*pos);
}

void
events_move(struct init *in, const uint32_t *to, uint32_t n)
{
	for (uint32_t k = 0; k < CFG_EVENTS_KEPT; k++) {
		struct svc_change *x = &in->s->events.change[k];
		if (x->svc < n)
			x->svc = to[x->svc];
	}
}
