/* SPDX-License-Identifier: MIT
 *
 * What a service's file asks of its cgroup beyond the limits that every service has.
 */
#ifndef INGOT_KNOBS_H
#define INGOT_KNOBS_H

#include "err.h"
#include "table.h"

/* Writes each knob of the service and reads it back; the error names the file. A controller that is not on yet is
 * switched on for all services. cgroups: their folder; cgroup: the service's, fresh. */
int knobs_set(int cgroups, int cgroup, const struct tbl *t, const struct tbl_svc *s, struct err *e);

#endif
