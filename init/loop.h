/* SPDX-License-Identifier: MIT
 *
 * The event loop: descriptors, one timer, and a wait. Handlers get the place of what is ready and never block.
 */
#ifndef INGOT_LOOP_H
#define INGOT_LOOP_H

#include "init.h"

int loop_init(struct init *in, struct err *e);

/* Makes the places of services ready that are not in use yet: from `first` on, before `end`. */
void loop_services(struct init *in, uint32_t first, uint32_t end);

/* Watches again what an earlier program left, each descriptor in its place. Before anything is opened: a number that a
 * crash has closed already would be taken for what it was. */
int loop_resume(struct init *in, struct err *e);

/* Watches fd, which the place owns from here on, also on failure (it is closed then). A place in use is an
 * inconsistency: the old descriptor is closed first. fd -1 is nothing to watch. */
int loop_add(struct init *in, uint32_t slot, int fd, uint32_t events);

/* Changes what a watched place waits for. */
void loop_want(struct init *in, uint32_t slot, uint32_t events);

/* A place that is watched for changes (EPOLLET) is told once more of what is there. */
void loop_again(struct init *in, uint32_t slot);

/* Gives the descriptors of n services the places of others: to[i] is the index that service i has from here on, or
 * UINT32_MAX (they are closed). What was reported of the old places means nothing any more. */
void loop_move(struct init *in, const uint32_t *to, uint32_t n);

/* Closes a place's descriptor, if it has one. */
void loop_drop(struct init *in, uint32_t slot);

/* The descriptor of a place, or -1. */
int loop_fd(const struct init *in, uint32_t slot);

/* read(2) of a place. An error that is none of waiting is tried once more, as what is in a pipe exists nowhere else. */
ssize_t loop_read(const struct init *in, uint32_t slot, void *buf, size_t size);

static inline uint32_t
loop_svc_slot(uint32_t svc, enum svc_fd which)
{
	return WATCH_SVC + svc * SVC_FDS + which;
}

/* The places in use or free; those behind them are never touched, and cost no memory. */
static inline uint32_t
loop_watches(const struct init *in)
{
	return loop_svc_slot(in->s->services, SVC_FD_PID);
}

uint64_t loop_clock_ms(void);

/* Reads both clocks into the state: what a wake-up goes by. */
void loop_read_clocks(struct init *in);

/* Begins to tell svc_act when the wall clock is set. */
void loop_watch_clock(struct init *in);

/* Runs for good. */
void loop_run(struct init *in);

#endif
