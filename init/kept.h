/* SPDX-License-Identifier: MIT
 *
 * What a service has again at its next start, its namespaces and its cgroup: to make them anew, and to take the old
 * ones apart, is most of what a start costs, or takes PID 1's own hand.
 */
#ifndef INGOT_KEPT_H
#define INGOT_KEPT_H

#include "init.h"

/* The launch begins: whether it has the cgroup of the run before. */
bool kept_again(struct init *in, uint32_t i);

/* After that: *given gets what there is, and a user namespace in any case. Returns 0, or -1 with errno where
 * that cannot be made. */
int kept_give(struct init *in, uint32_t i, struct spawn_given *given);

/* Its program is executed: the network namespace that the launch made is kept from now on. In a boot that is put off,
 * and kept_nets does it afterwards: each launch copies PID 1's descriptors. */
void kept_net(struct init *in, uint32_t i);
void kept_nets(struct init *in);

/* The run, a job's, has ended: what it has used. */
void kept_usage(struct init *in, uint32_t i);

/* Before its end is told: whether its cgroup is kept; otherwise that is the caller's to remove. */
bool kept_group(struct init *in, uint32_t i);

/* The service has changed its state: what will not run again by itself is left without a cgroup. */
void kept_settle(struct init *in, uint32_t i);

/* The run has ended, or did not begin: what there is is kept for a while, unless it was stopped. kept_due is the end of
 * it. */
void kept_rest(struct init *in, uint32_t i);
uint64_t kept_due(const struct svc_run *r);
void kept_timers(struct init *in, uint32_t i);

/* The service is none any more. */
void kept_gone(struct svc_run *r);

#endif
