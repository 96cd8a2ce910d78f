/* SPDX-License-Identifier: MIT
 *
 * What the transitions of svc_step.c, of a job's hours (svc_step_job.c) and of health (svc_step_health.c) have in
 * common; for these three files alone.
 */
#ifndef INGOT_SVC_STEPS_H
#define INGOT_SVC_STEPS_H

#include "svc.h"

struct step {
	const struct tbl_svc *conf;
	const struct svc_event *event;
	const struct svc_clock *clock;
	uint64_t now; /* the clock's */
	struct svc svc; /* becomes the answer */
	uint32_t actions;
};

typedef void step_fn(struct step *s);

/* svc_step.c */
void step_enter(struct step *s, enum svc_state state, uint64_t due);
void step_want(struct step *s, enum svc_reason reason);
void step_stop_then(struct step *s, enum svc_after after);
void step_condemn(struct step *s, enum ctl_end why);

/* svc_step_job.c: transitions, and what follows a launch or an end */
step_fn step_plan_if_due, step_skip, step_due, step_too_late, step_tick_running, step_tick_backoff, step_clock_set;

/* svc_step_health.c: the transitions of what is up */
step_fn step_well, step_unwell, step_alive, step_sick, step_silent, step_word;
uint32_t step_watchdog_ms(const struct step *s);

#endif
