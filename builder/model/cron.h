/* SPDX-License-Identifier: MIT
 *
 * Schedules as people write them: cron's five fields or its short names, and POSIX's text of a time zone. Pure.
 */
#ifndef INGOT_CRON_H
#define INGOT_CRON_H

#include "calendar.h"
#include "err.h"

/* "0 3 * * 1-5", "@daily". The error says which field is wrong. */
int cron_parse(const char *text, struct calendar *out, struct err *e);

/* "UTC0", "CET-1CEST,M3.5.0,M10.5.0/3": what TZ may hold, with rules of the M kind alone. */
int zone_parse(const char *text, struct zone *out, struct err *e);

#endif
