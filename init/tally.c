/* SPDX-License-Identifier: MIT
 *
 * The soonest time is kept for each block of services, and told anew for those blocks alone in which one has changed.
 */
#include "tally.h"

#include "watch.h"

static uint64_t
sooner(uint64_t a, uint64_t b)
{
	return a < b ? a : b;
}

/* All that svc_act_timers looks at. During a shutdown no job is due any more. */
static uint64_t
service_ms(const struct init *in, uint32_t i)
{
	const struct svc *v = &in->s->svc[i];
	uint64_t tick = in->s->down == DOWN_NOT ? svc_tick_ms(tbl_svc(&in->table, i), v) : SVC_NEVER;

	return sooner(sooner(v->due_ms, tick), watch_due(in, i));
}

static uint64_t
block_ms(struct init *in, uint32_t block)
{
	struct tally *t = &in->s->tally;
	uint32_t first = block << t->shift, end = (block + 1) << t->shift;

	if (!(t->stale >> block & 1))
		return t->due_ms[block];
	t->stale &= ~(1ull << block);
	t->due_ms[block] = SVC_NEVER;
	for (uint32_t i = first; i < end && i < in->s->services; i++)
		t->due_ms[block] = sooner(t->due_ms[block], service_ms(in, i));
	return t->due_ms[block];
}

static bool
waits(const struct svc *v)
{
	return v->state == SVC_DOWN && v->wanted;
}

static bool
job_runs(const struct init *in, uint32_t i, const struct svc *v)
{
	return tbl_svc(&in->table, i)->kind == TBL_JOB && svc_runs(v);
}

void
tally_begin(struct init *in)
{
	struct tally *t = &in->s->tally;

	*t = (struct tally){ .stale = ~0ull };
	while (TALLY_BLOCKS << t->shift < in->s->services)
		t->shift++;
	for (uint32_t i = 0; i < in->s->services; i++) {
		const struct svc *v = &in->s->svc[i];
		marks_set(&t->waiting, i, waits(v));
		t->jobs_running += job_runs(in, i, v);
	}
}

void
tally_note(struct init *in, uint32_t i, const struct svc *before)
{
	struct tally *t = &in->s->tally;
	const struct svc *v = &in->s->svc[i];

	marks_set(&t->waiting, i, waits(v));
	t->jobs_running += (uint32_t)job_runs(in, i, v) - (uint32_t)job_runs(in, i, before);
	tally_times(in, i);
}

void
tally_times(struct init *in, uint32_t i)
{
	in->s->tally.stale |= 1ull << (i >> in->s->tally.shift);
}

void
tally_all_times(struct init *in)
{
	in->s->tally.stale = ~0ull;
}

uint32_t
tally_due(struct init *in, uint32_t i)
{
	uint32_t shift = in->s->tally.shift;

	for (; i < in->s->services; i++) {
		if (block_ms(in, i >> shift) > in->s->now_ms) {
			i |= (1u << shift) - 1;
			continue;
		}
		tally_times(in, i); /* told anew afterwards, or a time that is wrong would be due again and again */
		if (service_ms(in, i) <= in->s->now_ms)
			return i;
	}
	return UINT32_MAX;
}

uint64_t
tally_next_ms(struct init *in)
{
	uint64_t due = SVC_NEVER;

	for (uint32_t b = 0; b << in->s->tally.shift < in->s->services; b++)
		due = sooner(due, block_ms(in, b));
	return due;
}
