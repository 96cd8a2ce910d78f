/* SPDX-License-Identifier: MIT
 *
 * One look at a service: a connection, a request for a page, or a question to its stub. It never waits, and decides
 * nothing: watch.c is told what was found.
 */
#ifndef INGOT_PROBE_H
#define INGOT_PROBE_H

#include "init.h"

/* Begins one, of which probe_found() tells the end, perhaps at once: for health where the service is up, else for
 * readiness. No other may run. */
void probe_begin(struct init *in, uint32_t i, uint32_t timeout_ms);

/* Forgets the one that runs, if one does. */
void probe_end(struct init *in, uint32_t i);

/* The socket can go on; the stub has reported; the time is over. */
void probe_event(struct init *in, uint32_t i);
void probe_report(struct init *in, uint32_t i, const struct stub_status *report);
void probe_late(struct init *in, uint32_t i);

/* In watch.c. NULL: all is well, else as what end a run would have it that ended for it. */
void probe_found(struct init *in, uint32_t i, const struct svc_end *sick);

#endif
