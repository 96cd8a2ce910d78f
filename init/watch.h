/* SPDX-License-Identifier: MIT
 *
 * Looking after a service that runs: whether it has become ready, and whether it is still well. It tells svc_act what
 * was found; what follows is written in svc_step.
 */
#ifndef INGOT_WATCH_H
#define INGOT_WATCH_H

#include "init.h"

/* Begins to look whether it is ready. */
void watch_ready(struct init *in, uint32_t i);

/* It is up: begins to look whether it is well, if the table says so. */
void watch_health(struct init *in, uint32_t i);

/* Looks no more. */
void watch_end(struct init *in, uint32_t i);

/* The probe's socket or the readiness pipe has something to tell. */
void watch_event(struct init *in, uint32_t i);

/* What is due by now, and when the next is. */
void watch_timers(struct init *in, uint32_t i);
uint64_t watch_due(const struct init *in, uint32_t i);

#endif
