/* SPDX-License-Identifier: MIT
 *
 * The hardware watchdog: it resets a machine whose PID 1 does not feed it, and PID 1 feeds it only while the critical
 * services are there.
 */
#ifndef INGOT_WATCHDOG_H
#define INGOT_WATCHDOG_H

#include "init.h"

/* Opens the device that the table names, which starts it, and sets its timeout. */
void watchdog_init(struct init *in);

/* Feeds it when that is due; a shutdown is fed up to its deadline. */
void watchdog_timers(struct init *in);
uint64_t watchdog_due(const struct init *in);

#endif
