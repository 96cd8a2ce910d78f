/* SPDX-License-Identifier: MIT
 *
 * PID 1's side of the control protocol (ctl_proto.h). A client that is slow, hostile or gone costs a place in a small
 * table for a while, and nothing else.
 */
#ifndef INGOT_CONTROL_H
#define INGOT_CONTROL_H

#include "init.h"

/* Makes the socket. Failing, it is a line on the console: the services do not need it. */
void control_init(struct init *in);

/* After an exec: who asked for something that a crash interrupted is let go. */
void control_resume(struct init *in);

/* Of those that wait at one of the places where PID 1 listens. */
void control_accept(struct init *in, enum watch_slot at);
void control_event(struct init *in, uint32_t client, uint32_t events);

/* After the services have settled: answers who waits for them, and who follows a log. */
void control_settle(struct init *in);

/* Drops clients that do not ask. */
void control_timers(struct init *in);
uint64_t control_due(const struct init *in);

/* Services have other places: see loop_move. Who waits for one that is gone is told so. */
void control_move(struct init *in, const uint32_t *to, uint32_t n);

#endif
