/* SPDX-License-Identifier: MIT
 *
 * The transitions of a service's health while it is up: what its checks and its watchdog have found, and what is done
 * about it; and of what it says of its own times by sd_notify. Pure.
 */
#include <errno.h>

#include "svc_steps.h"

static void
recover(struct step *s)
{
	s->svc.unhealthy = false;
	s->svc.unwell = s->svc.well = 0;
}

static bool
by_its_word(const struct step *s)
{
	return s->svc.sick == CTL_SICK_SILENT || s->svc.sick == CTL_SICK_SAID;
}

/* It has been up, however it ends now: after a healthy while its failure is a new one. */
static void
forget_old_failures(struct step *s)
{
	if (s->now - s->svc.since_ms >= s->conf->healthy_ms)
		s->svc.failures = 0;
}

static void
fall_ill(struct step *s, struct svc_end end)
{
	s->svc.unhealthy = true;
	s->svc.sick = end.step;
	s->svc.sick_value = end.value;
	s->svc.well = 0;
	if (s->conf->health_action != TBL_HEALTH_RESTART)
		return;
	forget_old_failures(s);
	step_stop_then(s, SVC_AFTER_POLICY);
	step_condemn(s, CTL_END_UNHEALTHY);
	s->svc.end = end;
}

void
step_well(struct step *s)
{
	s->svc.unwell = 0;
	if (s->svc.unhealthy && !by_its_word(s) && ++s->svc.well >= s->conf->health_successes)
		recover(s);
}

void
step_unwell(struct step *s)
{
	s->svc.well = 0;
	if (s->svc.unwell < UINT32_MAX)
		s->svc.unwell++;
	if (!s->svc.unhealthy && s->svc.unwell >= s->conf->health_failures)
		fall_ill(s, s->event->end);
}

uint32_t
step_watchdog_ms(const struct step *s)
{
	return s->svc.watchdog_ms ? s->svc.watchdog_ms : s->conf->watchdog_ms;
}

/* A watchdog has no thresholds: one word is enough, either way. What it made sick, a check does not make well, nor the
 * other way round. */
void
step_alive(struct step *s)
{
	if (!s->conf->watchdog_ms)
		return;
	s->svc.due_ms = s->now + step_watchdog_ms(s);
	if (s->svc.unhealthy && by_its_word(s))
		recover(s);
}

void
step_sick(struct step *s)
{
	fall_ill(s, s->event->end);
}

void
step_silent(struct step *s)
{
	s->svc.due_ms = SVC_NEVER;
	fall_ill(s, (struct svc_end){ .why = CTL_END_UNHEALTHY, .value = ETIMEDOUT, .step = CTL_SICK_SILENT });
}

/* It ends by itself: nothing is asked of it any more, and its end is as good as it is. */
static void
leave(struct step *s)
{
	forget_old_failures(s);
	step_stop_then(s, SVC_AFTER_POLICY);
	s->actions = 0;
}

void
step_word(struct step *s)
{
	bool up = s->svc.state == SVC_UP;
	uint64_t due = s->now + s->event->end.value;

	switch ((enum svc_word)s->event->end.step) {
	case SVC_WORD_EXTEND: /* where there is no limit there is none to move */
		if (!up && due > s->svc.due_ms)
			s->svc.due_ms = due;
		break;
	case SVC_WORD_PERIOD:
		if (!s->conf->watchdog_ms)
			break;
		s->svc.watchdog_ms = s->event->end.value;
		if (up)
			s->svc.due_ms = s->now + step_watchdog_ms(s);
		break;
	case SVC_WORD_LEAVES:
		if (up)
			leave(s);
		break;
	}
}
