/* SPDX-License-Identifier: MIT
 *
 * Images that differ from what their file says in one thing, to be booted and looked at: beside, never in place of,
 * what `build` and `run` write.
 */
#ifndef INGOT_VARIANT_H
#define INGOT_VARIANT_H

#include "build.h"
#include "options.h"

/* The service or job of that name, with its uid; NULL with *e set, and the nearest name, where there is none. */
struct model_service *variant_unit(const struct build *b, const char *name, uint32_t *uid, struct err *e);
bool variant_is_job(const struct build *b, const struct model_service *s);
/* What a unit of the variant does once it is up is looked at, not when it runs and what comes of it: it begins with the
 * machine, and is not started again. Before variant_plan. */
void variant_run_once(struct model_service *s);
/* The plan anew, for a changed project, with ingot-probe in it; s is who is watched, NULL: all are. None of them is a
 * job there. */
void variant_plan(struct build *b, const struct model_service *s, enum plan_probe probe);
/* Writes what is to be booted, an initramfs alone, to OUT/.KIND/NAME. */
int variant_write(struct build *b, const struct options *o, const char *kind, struct err *e);
/* --seconds, as milliseconds; *ms stays as it is without. */
int variant_settle(const struct options *o, uint64_t *ms, struct err *e);

#endif
