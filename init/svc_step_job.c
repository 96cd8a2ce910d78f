/* SPDX-License-Identifier: MIT
 *
 * The transitions of a job's hours: what is due, too late, in the way of the last run, or was missed. Pure.
 */
#include "job.h"
#include "svc_steps.h"

void
step_plan_if_due(struct step *s)
{
	if (s->conf->kind == TBL_JOB && s->svc.next_ms <= s->now)
		job_plan(s->conf, &s->svc, s->clock);
}

void
step_skip(struct step *s)
{
	s->svc.skipped++;
	step_plan_if_due(s);
}

static void
wait_for_next(struct step *s)
{
	step_enter(s, SVC_WAITING, s->svc.next_ms);
	s->svc.wanted = false;
}

void
step_due(struct step *s)
{
	uint32_t late = s->conf->late_ms;
	uint64_t planned = s->svc.next_ms;

	if (late && s->now > planned && s->now - planned > late) {
		step_skip(s);
		wait_for_next(s);
		return;
	}
	s->svc.failures = 0;
	step_want(s, SVC_BY_SCHEDULE);
	s->svc.due_ms = late ? planned + late + 1 : SVC_NEVER;
	step_plan_if_due(s); /* what it waits for now is this run: the next one that comes is another */
}

/* In DOWN alone a job has a due time: until then its needs had to be ready. */
void
step_too_late(struct step *s)
{
	if (s->svc.due_ms > s->now)
		return;
	step_skip(s);
	wait_for_next(s);
}

void
step_tick_running(struct step *s)
{
	bool first = !s->svc.queued;

	if (s->conf->overlap == TBL_OVERLAP_SKIP || !first)
		s->svc.skipped++;
	else
		s->svc.queued = true;
	step_plan_if_due(s);
	if (s->conf->overlap != TBL_OVERLAP_REPLACE || !first)
		return;
	if (s->svc.state == SVC_STOPPING)
		s->svc.after = SVC_AFTER_START;
	else
		step_stop_then(s, SVC_AFTER_START);
}

void
step_tick_backoff(struct step *s)
{
	step_plan_if_due(s);
	s->svc.failures = 0;
	s->svc.again = false;
	step_want(s, SVC_BY_SCHEDULE);
}

void
svc_seen(struct svc *svc, int64_t seen_s)
{
	svc->last_wall_s = seen_s;
	svc->next_wall_s = 0;
}

void
step_clock_set(struct step *s)
{
	if (s->conf->kind != TBL_JOB)
		return;
	uint32_t missed = job_replan(s->conf, &s->svc, s->clock);
	bool once = missed && s->conf->missed == TBL_MISSED_ONCE && s->svc.state == SVC_WAITING;
	s->svc.skipped += missed - once;
	if (once)
		step_want(s, SVC_BY_CATCH_UP);
	else if (s->svc.state == SVC_WAITING)
		s->svc.due_ms = s->svc.next_ms;
}
