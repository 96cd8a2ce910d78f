/* SPDX-License-Identifier: MIT
 *
 * Carries out what svc_step decides: the only caller of it, and the only one that launches, signals and kills.
 */
#ifndef INGOT_SVC_ACT_H
#define INGOT_SVC_ACT_H

#include "init.h"

/* Every service down and wanted; jobs only where they are configured in. */
void svc_act_init(struct init *in);

/* At boot: what jobs missed while the machine was off, by what the state disk holds of earlier boots. */
void svc_act_missed(struct init *in);
/* The same of one service, whatever it was. */
void svc_act_fresh(struct init *in, uint32_t i);

/* Begins to watch the wall clock where a service goes by it. */
void svc_act_watch_clock(struct init *in);

/* Whether service k needs or wants service i. */
bool svc_act_behind(const struct init *in, uint32_t k, uint32_t i);

/* Steps a service on; the second carries how it ended. */
void svc_act_event(struct init *in, uint32_t i, enum svc_event_kind kind);
void svc_act_ended(struct init *in, uint32_t i, enum svc_event_kind kind, struct svc_end end);

/* Starts by hand: the service, and those of its dependencies that are not there. */
void svc_act_start(struct init *in, uint32_t i, enum svc_event_kind kind);

/* The wall clock was set. */
void svc_act_clock(struct init *in);

/* Launches what is wanted and has its dependencies ready, but no more than a few: true where there may be more, which
 * can wait until whoever else has something to say has been heard. */
bool svc_act_settle(struct init *in);

/* Does what is due; the second says when something will be, or SVC_NEVER. */
void svc_act_timers(struct init *in);
uint64_t svc_act_due(const struct init *in);

/* Why service i cannot start although it is wanted: the index of a dependency, or of a dependency's own, that will not
 * become ready by itself, or UINT32_MAX. */
uint32_t svc_act_obstacle(const struct init *in, uint32_t i);

#endif
