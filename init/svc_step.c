/* SPDX-License-Identifier: MIT
 *
 * The transitions of a service, one small function each, in one table of states and events. Pure: the same service,
 * event and time give the same answer.
 */
#include "svc.h"

#include <assert.h>
#include <errno.h>
#include <stddef.h>

#include "job.h"
#include "svc_steps.h"

static uint64_t
later(uint64_t now, uint32_t ms)
{
	return ms ? now + ms : SVC_NEVER;
}

void
step_enter(struct step *s, enum svc_state state, uint64_t due)
{
	s->svc.state = state;
	s->svc.since_ms = s->now;
	s->svc.due_ms = due;
}

static void
ignore(struct step *s)
{
	(void)s;
}

/* ---- starting ---- */

void
step_want(struct step *s, enum svc_reason reason)
{
	step_enter(s, SVC_DOWN, SVC_NEVER);
	s->svc.wanted = true;
	s->svc.reason = reason;
	s->svc.queued = false;
}

/* Asked for by hand: nothing is held against it. */
static void
want_anew(struct step *s)
{
	s->svc.failures = 0;
	s->svc.again = false;
	step_want(s, SVC_BY_HAND);
}

static void
want_again(struct step *s)
{
	s->svc.again = true;
	step_want(s, SVC_BY_RETRY);
}

static void
unwant(struct step *s)
{
	step_enter(s, SVC_DOWN, SVC_NEVER);
	s->svc.wanted = false;
	s->svc.queued = false;
}

static void
launch(struct step *s)
{
	if (!s->svc.wanted)
		return;
	step_plan_if_due(s);
	step_enter(s, SVC_STARTING, later(s->now, s->conf->ready_timeout_ms));
	s->svc.wanted = false;
	s->svc.restarts += s->svc.again;
	s->svc.again = false;
	s->svc.runs++;
	s->svc.run_ms = s->now;
	s->svc.end_known = false;
	s->svc.watchdog_ms = 0;
	s->actions |= SVC_ACT_LAUNCH;
}

static void
up(struct step *s)
{
	bool job = s->conf->kind == TBL_JOB;

	step_enter(s, SVC_UP, later(s->now, job ? s->conf->run_timeout_ms : step_watchdog_ms(s)));
	s->svc.unwell = s->svc.well = 0;
	s->svc.unhealthy = false;
}

/* A job is up as soon as it runs: it has nothing to be ready for. A oneshot is never up, it is done. */
static void
executed(struct step *s)
{
	if (s->conf->kind == TBL_JOB || s->conf->ready == TBL_READY_NONE)
		up(s);
	else if (s->conf->ready == TBL_READY_PROBE)
		s->actions |= SVC_ACT_PROBE;
}

/* ---- stopping ---- */

void
step_stop_then(struct step *s, enum svc_after after)
{
	step_enter(s, SVC_STOPPING, s->now + s->conf->stop_timeout_ms);
	s->svc.after = after;
	s->svc.end_known = false;
	s->actions |= SVC_ACT_SIGNAL;
}

static void
stop(struct step *s)
{
	step_stop_then(s, SVC_AFTER_DOWN);
}

static void
stop_start(struct step *s)
{
	step_stop_then(s, SVC_AFTER_START);
}

/* Ends it for a reason of our own, which its exit must not hide. */
void
step_condemn(struct step *s, enum ctl_end why)
{
	s->svc.after = SVC_AFTER_POLICY;
	s->svc.end_known = true;
	s->svc.end = (struct svc_end){ .why = why, .value = s->event->kind == SVC_EV_DUE ? ETIMEDOUT : 0 };
}

static void
not_ready(struct step *s)
{
	step_enter(s, SVC_STOPPING, s->now + SVC_KILL_AGAIN_MS);
	step_condemn(s, CTL_END_NOT_READY);
	s->actions |= SVC_ACT_KILL;
}

static void
not_executed(struct step *s)
{
	step_enter(s, SVC_STOPPING, s->now + SVC_KILL_AGAIN_MS);
	step_condemn(s, CTL_END_LAUNCH);
	s->svc.end = s->event->end;
	s->actions |= SVC_ACT_KILL;
}

/* A job's time is over, or a service's watchdog was not fed. */
static void
up_too_long(struct step *s)
{
	if (s->conf->kind == TBL_SERVICE) {
		step_silent(s);
		return;
	}
	step_stop_then(s, SVC_AFTER_POLICY);
	step_condemn(s, CTL_END_TIMEOUT);
}

static void
kill_now(struct step *s)
{
	s->svc.due_ms = s->now + SVC_KILL_AGAIN_MS;
	s->actions |= SVC_ACT_KILL;
}

static void
after_down(struct step *s)
{
	s->svc.after = SVC_AFTER_DOWN;
}

static void
after_start(struct step *s)
{
	s->svc.after = SVC_AFTER_START;
}

static void
late_no_exec(struct step *s)
{
	if (s->svc.end_known)
		return;
	s->svc.end_known = true;
	s->svc.end = s->event->end;
}

/* ---- ended ---- */

static uint64_t
backoff(struct step *s)
{
	const struct tbl_svc *c = s->conf;
	uint64_t ms = c->backoff_first_ms, max = c->backoff_max_ms;

	for (uint32_t i = 1; i < s->svc.failures && ms < max; i++)
		ms *= 2;
	if (ms > max)
		ms = max;
	if (ms < SVC_BACKOFF_MIN_MS)
		ms = SVC_BACKOFF_MIN_MS;
	return c->backoff_jitter ? ms + svc_draw(&s->svc, ms * c->backoff_jitter / 100 + 1) : ms;
}

/* After a healthy while the failure is a new one, not one more in a row. */
static void
count_failure(struct step *s, bool was_up)
{
	if (was_up && s->now - s->svc.since_ms >= s->conf->healthy_ms)
		s->svc.failures = 0;
	if (s->svc.failures < UINT32_MAX)
		s->svc.failures++;
}

/* Whether the policy starts it again after such an end. */
static bool
restarts(const struct step *s)
{
	const struct tbl_svc *c = s->conf;
	const struct svc_end *end = &s->svc.end;

	if (c->restart == TBL_RESTART_NEVER)
		return false;
	if (c->restart_signals && (end->why != CTL_END_SIGNAL || !(c->restart_signals >> (end->value - 1) % 64 & 1)))
		return false;
	return !c->restart_limit || s->svc.failures <= c->restart_limit;
}

static void
by_policy_job(struct step *s, bool good, bool was_up)
{
	bool queued = s->svc.queued;

	if (good)
		s->svc.failures = 0;
	else
		count_failure(s, was_up);
	step_plan_if_due(s);
	uint64_t retry = s->now + backoff(s);
	if (queued)
		step_want(s, SVC_BY_QUEUE);
	else if (good || !restarts(s) || retry >= s->svc.next_ms)
		step_enter(s, SVC_WAITING, s->svc.next_ms);
	else
		step_enter(s, SVC_BACKOFF, retry);
}

static void
by_policy(struct step *s, bool good, bool was_up)
{
	s->svc.ran_well |= good;
	if (s->conf->kind == TBL_JOB) {
		by_policy_job(s, good, was_up);
		return;
	}
	if (good && s->conf->restart != TBL_RESTART_ALWAYS) {
		step_enter(s, SVC_DONE, SVC_NEVER);
		return;
	}
	/* under `always` a good end counts too, or a program that ends at once would be started without pause */
	count_failure(s, was_up);
	if (!restarts(s))
		step_enter(s, SVC_FAILED, SVC_NEVER);
	else
		step_enter(s, SVC_BACKOFF, s->now + backoff(s));
	s->actions |= SVC_ACT_FAILED;
}

static void
not_spawned(struct step *s)
{
	s->svc.end = s->event->end;
	by_policy(s, false, false);
}

static void
ended_early(struct step *s)
{
	s->svc.end = s->event->end;
	by_policy(s, s->conf->ready == TBL_READY_EXIT && svc_end_good(&s->svc.end), false);
}

static void
ended_up(struct step *s)
{
	s->svc.end = s->event->end;
	by_policy(s, svc_end_good(&s->svc.end), true);
}

static void
ended_stopping(struct step *s)
{
	if (!s->svc.end_known)
		s->svc.end = s->event->end;
	s->svc.end_known = false;
	switch (s->svc.after) {
	case SVC_AFTER_START:
		if (s->svc.queued)
			step_want(s, SVC_BY_QUEUE);
		else
			want_anew(s);
		break;
	case SVC_AFTER_POLICY: /* what was condemned has no good end */
		by_policy(s, svc_end_good(&s->svc.end), false);
		break;
	case SVC_AFTER_DOWN:
	default:
		unwant(s);
	}
}

/* ---- the table: no entry means that it cannot happen ---- */

static step_fn *const steps[][SVC_EVENTS] = {
	[SVC_DOWN] = {
		[SVC_EV_DEPS] = launch, [SVC_EV_DUE] = step_too_late,
		[SVC_EV_START] = want_anew, [SVC_EV_STOP] = unwant, [SVC_EV_RESTART] = want_anew,
		[SVC_EV_TICK] = step_skip, [SVC_EV_CLOCK] = step_clock_set,
	},
	[SVC_STARTING] = {
		[SVC_EV_DEPS] = ignore, [SVC_EV_NOSPAWN] = not_spawned, [SVC_EV_NOEXEC] = not_executed,
		[SVC_EV_EXEC] = executed, [SVC_EV_READY] = up, [SVC_EV_NOTREADY] = not_ready,
		[SVC_EV_ENDED] = ended_early, [SVC_EV_DUE] = not_ready,
		[SVC_EV_START] = ignore, [SVC_EV_STOP] = stop, [SVC_EV_RESTART] = stop_start,
		[SVC_EV_TICK] = step_tick_running, [SVC_EV_CLOCK] = step_clock_set,
		[SVC_EV_ALIVE] = ignore, [SVC_EV_SICK] = ignore,
		[SVC_EV_WORD] = step_word,
	},
	[SVC_UP] = {
		[SVC_EV_DEPS] = ignore, [SVC_EV_EXEC] = ignore, /* it may be ready before we look */
		[SVC_EV_READY] = ignore, [SVC_EV_NOTREADY] = ignore,
		[SVC_EV_ENDED] = ended_up, [SVC_EV_DUE] = up_too_long,
		[SVC_EV_START] = ignore, [SVC_EV_STOP] = stop, [SVC_EV_RESTART] = stop_start,
		[SVC_EV_TICK] = step_tick_running, [SVC_EV_CLOCK] = step_clock_set,
		[SVC_EV_WELL] = step_well, [SVC_EV_UNWELL] = step_unwell,
		[SVC_EV_ALIVE] = step_alive, [SVC_EV_SICK] = step_sick,
		[SVC_EV_WORD] = step_word,
	},
	[SVC_STOPPING] = {
		[SVC_EV_DEPS] = ignore, [SVC_EV_NOEXEC] = late_no_exec, [SVC_EV_EXEC] = ignore,
		[SVC_EV_READY] = ignore, [SVC_EV_NOTREADY] = ignore,
		[SVC_EV_ENDED] = ended_stopping, [SVC_EV_DUE] = kill_now,
		[SVC_EV_START] = after_start, [SVC_EV_STOP] = after_down, [SVC_EV_RESTART] = after_start,
		[SVC_EV_TICK] = step_tick_running, [SVC_EV_CLOCK] = step_clock_set,
		[SVC_EV_ALIVE] = ignore, [SVC_EV_SICK] = ignore,
		[SVC_EV_WORD] = step_word,
	},
	[SVC_BACKOFF] = {
		[SVC_EV_DEPS] = ignore, [SVC_EV_DUE] = want_again,
		[SVC_EV_START] = want_anew, [SVC_EV_STOP] = unwant, [SVC_EV_RESTART] = want_anew,
		[SVC_EV_TICK] = step_tick_backoff, [SVC_EV_CLOCK] = step_clock_set,
	},
	[SVC_WAITING] = {
		[SVC_EV_DEPS] = ignore, [SVC_EV_DUE] = step_due,
		[SVC_EV_START] = want_anew, [SVC_EV_STOP] = unwant, [SVC_EV_RESTART] = want_anew,
		[SVC_EV_CLOCK] = step_clock_set,
	},
	[SVC_DONE] = {
		[SVC_EV_DEPS] = ignore, [SVC_EV_DUE] = ignore,
		[SVC_EV_START] = want_anew, [SVC_EV_STOP] = ignore, [SVC_EV_RESTART] = want_anew,
		[SVC_EV_CLOCK] = ignore,
	},
	[SVC_FAILED] = {
		[SVC_EV_DEPS] = ignore, [SVC_EV_DUE] = ignore,
		[SVC_EV_START] = want_anew, [SVC_EV_STOP] = unwant, [SVC_EV_RESTART] = want_anew,
		[SVC_EV_CLOCK] = ignore,
	},
};

static_assert(sizeof steps / sizeof steps[0] == SVC_STATES, "every state has its row");

struct svc_next
svc_step(const struct tbl_svc *conf, const struct svc *svc, const struct svc_event *event,
	 const struct svc_clock *clock)
{
	struct step s = { .conf = conf, .event = event, .clock = clock, .now = clock->now_ms, .svc = *svc };
	step_fn *f = NULL;

	if (svc->state < SVC_STATES && event->kind < SVC_EVENTS)
		f = steps[svc->state][event->kind];
	if (f)
		f(&s);
	else
		s.actions = SVC_ACT_BUG;
	return (struct svc_next){ .svc = s.svc, .actions = s.actions };
}

struct svc
svc_initial(const struct tbl_svc *conf, uint64_t seed, const struct svc_clock *clock)
{
	struct svc v = { .state = SVC_DOWN, .wanted = true, .due_ms = SVC_NEVER, .random = seed ? seed : 1 };

	if (conf->kind == TBL_JOB)
		job_begin(conf, &v, clock);
	return v;
}

/* xorshift64 (Marsaglia, "Xorshift RNGs"): spreads starts, guards nothing. */
uint64_t
svc_draw(struct svc *v, uint64_t below)
{
	v->random ^= v->random << 13;
	v->random ^= v->random >> 7;
	v->random ^= v->random << 17;
	return below ? v->random % below : 0;
}

uint64_t
svc_tick_ms(const struct tbl_svc *conf, const struct svc *svc)
{
	bool idle = svc->state == SVC_WAITING || (svc->state == SVC_DOWN && !svc->wanted);

	/* before the first launch nothing is planned */
	return conf->kind == TBL_JOB && !idle && svc->next_ms ? svc->next_ms : SVC_NEVER;
}

bool
svc_runs(const struct svc *svc)
{
	return svc->state == SVC_STARTING || svc->state == SVC_UP || svc->state == SVC_STOPPING;
}

bool
svc_ready(const struct tbl_svc *conf, const struct svc *svc)
{
	if (conf->kind == TBL_JOB)
		return svc->ran_well;
	return svc->state == SVC_UP || svc->state == SVC_DONE;
}

bool
svc_rises(const struct tbl_svc *conf, const struct svc *svc)
{
	if (svc->failures || svc->ran_well)
		return false;
	return svc->state == SVC_STARTING || (svc->state == SVC_DOWN && svc->wanted) ||
	       (svc->state == SVC_UP && conf->kind == TBL_JOB);
}

bool
svc_end_good(const struct svc_end *end)
{
	return end->why == CTL_END_EXIT && end->value == 0;
}
