/* SPDX-License-Identifier: MIT
 *
 * A service's descriptors: turns what they say into events of its state machine, and its output into its log.
 */
#ifndef INGOT_SVC_IO_H
#define INGOT_SVC_IO_H

#include "init.h"

/* Takes over what a launch left. */
void svc_io_adopt(struct init *in, uint32_t i, const struct spawned *sp);

void svc_io_pidfd(struct init *in, uint32_t i);
void svc_io_error(struct init *in, uint32_t i);
void svc_io_status(struct init *in, uint32_t i);

/* After an exec of PID 1: a service that runs is left alone; what state and processes tell differently is made one. */
void svc_io_reconcile(struct init *in, uint32_t i);

/* Kills all of the service. */
void svc_io_kill(struct init *in, uint32_t i);

/* Removes the service's cgroup, if there is one, which proves that nothing of it is left; false where something is. A
 * group that was killed once is never used again: 6.1 kernels with the kill_seq patch kill whatever is cloned into it
 * later. */
bool svc_io_clean(struct init *in, uint32_t i);

/* Whose stub that is, or UINT32_MAX. */
uint32_t svc_io_of_pid(const struct init *in, pid_t pid);

#endif
