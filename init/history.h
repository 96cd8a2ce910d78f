/* SPDX-License-Identifier: MIT
 *
 * What became of each job's runs: kept in PID 1's state, and on the state disk where there is one. Whatever touches the
 * disk is done by a child with a deadline.
 */
#ifndef INGOT_HISTORY_H
#define INGOT_HISTORY_H

#include "init.h"

/* At boot, once /state is there: takes what earlier boots kept on the disk, within a few seconds or not at all. */
void history_init(struct init *in);

/* A service was `before`, and has been stepped on by such an event. Services are passed over. */
void history_note(struct init *in, uint32_t i, const struct svc *before, uint32_t event);

/* Up to when a job's due times are known to have been dealt with, where its misses count; 0: nothing is known. */
int64_t history_seen_s(const struct init *in, uint32_t i);

/* From now on the job's misses count, if the clock is set and there is a disk. */
void history_known(struct init *in, uint32_t i);

/* Writes what is not on the disk yet. */
void history_timers(struct init *in);
uint64_t history_due(const struct init *in);

/* A child that was reaped; it may have been the one that writes. */
void history_reaped(struct init *in, pid_t pid, int status);

/* In a child, at the end, before the disk is unmounted. It may hang. */
void history_last(const struct init *in);

#endif
