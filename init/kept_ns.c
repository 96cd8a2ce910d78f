/* SPDX-License-Identifier: MIT
 *
 * A network namespace takes the kernel longer to make than all else of a start, and to take apart. One that holds a lo
 * that is down alone cannot be changed by what runs in it: nothing of a run is left in it but sockets, which end with
 * their processes. So the next run of the same service may have it. It is never given to another service.
 */
#include "kept_ns.h"

#include <unistd.h>

#include "loop.h"
#include "tally.h"

#define REST_MS 5000 /* a service that is down for longer needs the kernel's 200 KB no more */

void
kept_ns_give(struct init *in, uint32_t i, struct spawn_given *given)
{
	struct svc_run *r = &in->s->run[i];

	r->net_ms = SVC_NEVER;
	given->net = r->net > 0 ? r->net : -1;
}

bool
kept_ns_expected(const struct init *in, uint32_t i)
{
	return in->s->run[i].net <= 0 && (tbl_svc(&in->table, i)->flags & TBL_SVC_NETNS);
}

void
kept_ns_take(struct init *in, uint32_t i, int net)
{
	kept_ns_gone(&in->s->run[i]);
	in->s->run[i].net = net;
}

void
kept_ns_rest(struct init *in, uint32_t i)
{
	if (in->s->run[i].net > 0)
		in->s->run[i].net_ms = in->s->now_ms + REST_MS;
	tally_times(in, i);
}

uint64_t
kept_ns_due(const struct svc_run *r)
{
	return r->net_ms;
}

void
kept_ns_timers(struct init *in, uint32_t i)
{
	if (in->s->run[i].net_ms <= in->s->now_ms)
		kept_ns_gone(&in->s->run[i]);
}

void
kept_ns_gone(struct svc_run *r)
{
	int net = r->net;

	r->net_ms = SVC_NEVER;
	r->net = 0; /* first: a crash shall not find the number of another file here */
	if (net > 0)
		close(net);
}
