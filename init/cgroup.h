/* SPDX-License-Identifier: MIT
 *
 * The services' cgroups: /sys/fs/cgroup/svc/NAME, with limits that are read back after they were written.
 */
#ifndef INGOT_CGROUP_H
#define INGOT_CGROUP_H

#include "err.h"
#include "table.h"

#define CGROUP_ROOT "/sys/fs/cgroup"
#define CGROUP_SVC  CGROUP_ROOT "/svc"

/* Makes the folder of the services' cgroups with its controllers on, in whose groups no more can be made; *fd is the
 * caller's. */
int cgroup_init(int *fd, struct err *e);

/* The controller that nothing but ingotctl top wants, after the boot: a group costs 7 % less to make without. A kernel
 * may do without. */
void cgroup_late(int cgroups);

/* Makes the cgroup of that name, which must be new unless it is had again; *fd is the caller's. */
int cgroup_make(int cgroups, const char *name, bool again, int *fd, struct err *e);

/* Writes every limit of the service into a group that is fresh, or had none but these, and reads it back. */
int cgroup_limit(int cgroup, const struct tbl_svc *s, struct err *e);

#endif
