/* SPDX-License-Identifier: MIT
 *
 * The end of the machine: services in reverse order under one deadline, then everything else, then reboot(2).
 */
#ifndef INGOT_SHUTDOWN_H
#define INGOT_SHUTDOWN_H

#include "init.h"

/* Begins it, unless it has begun. why: who asked, for the console. */
void shutdown_begin(struct init *in, enum down_kind kind, const char *why);

/* The same with an exit status for the VM's host, 0 to 255. */
void shutdown_with(struct init *in, enum down_kind kind, const char *why, int status);

/* Stops what may stop now; once nothing runs, ends the machine (ending.h) and does not return. */
void shutdown_settle(struct init *in);

/* The deadline for the services: ends the machine when it is reached. */
void shutdown_timers(struct init *in);
uint64_t shutdown_due(const struct init *in);

#endif
