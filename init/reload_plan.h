/* SPDX-License-Identifier: MIT
 *
 * What another service table would change: compared service by service, by name. Pure: it reads two tables.
 */
#ifndef INGOT_RELOAD_PLAN_H
#define INGOT_RELOAD_PLAN_H

#include <stdbool.h>

#include "limits.h"
#include "table.h"

#define RELOAD_GONE UINT32_MAX

struct reload_plan {
	uint32_t to[CFG_MAX_SERVICES]; /* of each service that runs: its index in the next table, or RELOAD_GONE */
	bool keeps[CFG_MAX_SERVICES];  /* of each service that runs: nothing changes that it would notice */
	uint32_t kept, changed, removed, added;
};

/* Fails where the next table cannot follow the one that runs without a reboot: it asks for other state of the same
 * name. With `disk` state lies on a disk, whose folders are made at boot alone. */
int reload_plan(const struct tbl *now, const struct tbl *next, bool disk, struct reload_plan *p, struct err *e);

/* reload_machine.c: what the boot alone sets up and the next table has otherwise, in words, or NULL. The name of the
 * image, the shell, the number of jobs and the deadline of the shutdown may change. */
const char *reload_machine_change(const struct tbl *now, const struct tbl *next);

#endif
