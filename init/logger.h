/* SPDX-License-Identifier: MIT
 *
 * The services' output: PID 1 keeps both ends of two pipes for each service, so that nothing in them is lost whoever
 * dies, and ingot-log, which it starts again whenever that ends, drains them. PID 1 itself has no part in a line.
 */
#ifndef INGOT_LOGGER_H
#define INGOT_LOGGER_H

#include "init.h"

/* Makes the pipes of all services that have none yet; ingot-log gets them, and hears of those that went. */
void logger_services(struct init *in);

/* Starts ingot-log, which is not before late.c says so: the pipes, which launches make, hold what is written until
 * then. */
void logger_begin(struct init *in);

/* The pipes' write ends for a launch, which stay PID 1's. -1 with errno. */
int logger_outputs(struct init *in, uint32_t i, int out[LOG_STREAMS]);

/* The service is not in the table any more. */
void logger_gone(const struct svc_run *r);

/* All that the service has written so far is in its ring. */
bool logger_drained(const struct init *in, uint32_t i);

/* Where clients wait for more output, the next of it wakes PID 1, as does what has come in meanwhile. */
void logger_settle(struct init *in);

/* Before the end: gives ingot-log a moment to store what the services wrote last. */
void logger_finish(struct init *in);

void logger_reaped(struct init *in, pid_t pid);
void logger_timers(struct init *in);
uint64_t logger_due(const struct init *in);

#endif
