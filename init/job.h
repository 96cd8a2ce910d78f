/* SPDX-License-Identifier: MIT
 *
 * When a job runs next: by interval on the monotonic clock, or by its calendar. Pure, like svc_step, which calls it.
 */
#ifndef INGOT_JOB_H
#define INGOT_JOB_H

#include "svc.h"

/* Plans the first run of a job at boot: at once by an interval without jitter, else it waits. */
void job_begin(const struct tbl_svc *conf, struct svc *svc, const struct svc_clock *clock);

/* Sets next_ms to the first regular run after now; `skipped` counts those that had been due before. */
void job_plan(const struct tbl_svc *conf, struct svc *svc, const struct svc_clock *clock);

/* The clock was set: plans anew. Returns how many runs were due in the time that was left out, 0 where it went back. */
uint32_t job_replan(const struct tbl_svc *conf, struct svc *svc, const struct svc_clock *clock);

#endif
