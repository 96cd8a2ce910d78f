/* SPDX-License-Identifier: MIT
 *
 * Requests about the runs of jobs: one now, and those that were.
 */
#ifndef INGOT_CONTROL_RUNS_H
#define INGOT_CONTROL_RUNS_H

#include "control_packet.h"

/* CTL_RUN: what becomes of it is told at once; with `wait` the record of the run follows at its end. */
void control_run(struct init *in, uint32_t c, uint32_t i, bool wait);

/* CTL_HISTORY: of one job, or of all (UINT32_MAX). */
void control_history(struct init *in, uint32_t c, uint32_t i);

/* For control_pump.c: the next packets of a client in CLIENT_RUNS, and whether there is one to wait for no longer. */
enum sent control_runs_send(struct init *in, uint32_t c);
bool control_runs_behind(const struct init *in, const struct client *cl);

#endif
