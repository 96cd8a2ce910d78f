/* SPDX-License-Identifier: MIT
 *
 * The namespaces that a service has again at its next start: to make them anew is most of what a start costs, or takes
 * PID 1's own hand.
 */
#ifndef INGOT_KEPT_NS_H
#define INGOT_KEPT_NS_H

#include "init.h"

/* The launch begins: *given gets what there is, and a user namespace in any case. Returns 0, or -1 with errno where
 * that cannot be made. */
int kept_ns_give(struct init *in, uint32_t i, struct spawn_given *given);

/* Whether the child was to send the namespace that it made; and here it is, ours from now on. */
bool kept_ns_expected(const struct init *in, uint32_t i);
void kept_ns_take(struct init *in, uint32_t i, int net);

/* The run has ended, or did not begin: they are kept for a while, unless it was stopped. kept_ns_due is the end of
 * it. */
void kept_ns_rest(struct init *in, uint32_t i);
uint64_t kept_ns_due(const struct svc_run *r);
void kept_ns_timers(struct init *in, uint32_t i);

/* The service is none any more. */
void kept_ns_gone(struct svc_run *r);

#endif
