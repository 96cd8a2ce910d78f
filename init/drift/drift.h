/* SPDX-License-Identifier: MIT
 *
 * What the files of ingot-drift share. Each thing that is not as the image has it is one finding: what it is, where,
 * what was expected and what was found.
 */
#ifndef INGOT_DRIFT_H
#define INGOT_DRIFT_H

#include <stdbool.h>
#include <stddef.h>

#include "ctl_proto.h"
#include "digests.h"
#include "err.h"
#include "table.h"

enum drift_exit { DRIFT_NONE, DRIFT_FOUND, DRIFT_ERROR };

#define DRIFT_BASELINE "/state/.ingot/1/baseline" /* the folder is PID 1's own: see state.h */

/* report.c. what: file, state, mount, process, capability, limit, port; service: NULL for the machine. Control
 * characters of names that others made are shown, not obeyed. */
void report_open(bool json);
void finding(const char *what, const char *service, const char *where, const char *expected, const char *found);
/* Prints the end; what could not be compared is *e then. Returns an exit code. */
int report_close(struct err *e);

#define DRIFT_COVERED UINT32_MAX /* as a mode: something is mounted on the folder, which hides its own */

/* scan.c: the folder, as path "", and all below it, sorted. skip: a path from there that is left out, with what is
 * below it, or NULL. across: what is mounted below it is looked at too; otherwise it counts as covered. */
int scan(const char *folder, const char *skip, bool across, struct digests *out, struct err *e);
void scan_release(struct digests *d);

/* compare.c: one finding for each path that is otherwise; paths of both count from `top`. */
void compare(const char *what, const char *top, const struct digests *expect, const struct digests *found);

/* files.c: the machine's root with those of all services, or one service's, against the image's own list. */
int drift_files(const struct tbl *t, const struct tbl_svc *only, struct err *e);
/* The same for what services keep, against the baseline; without one nothing is compared. */
int drift_state(const struct tbl *t, const struct tbl_svc *only, struct err *e);
/* Writes the baseline, whole or not at all. */
int drift_keep(struct err *e);

/* service.c, limits.c, ports.c: what runs in a service's cgroup, against the table. r: as PID 1 tells of it. */
void drift_service(const struct tbl *t, const struct tbl_svc *s, const struct ctl_svc *r);
void drift_limits(const struct tbl *t, const struct tbl_svc *s);
void drift_ports(const struct tbl *t, const struct tbl_svc *s, const struct ctl_svc *r);
/* machine.c: what is mounted over the machine's own root. */
int drift_mounts(struct err *e);

#endif
