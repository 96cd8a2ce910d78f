/* SPDX-License-Identifier: MIT
 *
 * A network namespace takes the kernel longer to make than all else of a start, and to take apart. One that holds a lo
 * that is down alone cannot be changed by what runs in it: nothing of a run is left in it but sockets, which end with
 * their processes. So the next run of the same service may have it. It is never given to another service. A user
 * namespace holds no more than two numbers, costs the kernel little, and is kept for good.
 */
#include "kept_ns.h"

#include <unistd.h>

#include "loop.h"
#include "tally.h"
#include "userns.h"

#define REST_MS 5000 /* a service that is down for longer needs the kernel's 200 KB no more */

int
kept_ns_give(struct init *in, uint32_t i, struct spawn_given *given)
{
	const struct tbl_svc *s = tbl_svc(&in->table, i);
	struct svc_run *r = &in->s->run[i];

	r->net_ms = SVC_NEVER;
	given->net = r->net > 0 ? r->net : -1;
	given->user = -1;
	if (!(s->flags & TBL_SVC_USERNS))
		return 0;
	if (r->user <= 0) {
		int fd = userns_make(s->uid, s->gid);
		if (fd < 0)
			return -1;
		r->user = fd;
	}
	given->user = r->user;
	return 0;
}

bool
kept_ns_expected(const struct init *in, uint32_t i)
{
	return in->s->run[i].net <= 0 && (tbl_svc(&in->table, i)->flags & TBL_SVC_NETNS);
}

static void
drop(int *kept)
{
	int fd = *kept;

	*kept = 0; /* first: a crash shall not find the number of another file here */
	if (fd > 0)
		close(fd);
}

void
kept_ns_take(struct init *in, uint32_t i, int net)
{
	drop(&in->s->run[i].net);
	in->s->run[i].net = net;
}

void
kept_ns_rest(struct init *in, uint32_t i)
{
	const struct svc *v = &in->s->svc[i];
	bool stopped = v->state == SVC_STOPPING && v->after == SVC_AFTER_DOWN; /* for good, as far as anybody knows */

	if (in->s->run[i].net > 0)
		in->s->run[i].net_ms = in->s->now_ms + (stopped ? 0 : REST_MS);
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
	struct svc_run *r = &in->s->run[i];

	if (r->net_ms > in->s->now_ms)
		return;
	r->net_ms = SVC_NEVER;
	drop(&r->net);
}

void
kept_ns_gone(struct svc_run *r)
{
	r->net_ms = SVC_NEVER;
	drop(&r->net);
	drop(&r->user);
}
