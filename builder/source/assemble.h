/* SPDX-License-Identifier: MIT
 *
 * From the plan to the tree: every root's sources in order, then what the machine itself needs in them.
 */
#ifndef INGOT_ASSEMBLE_H
#define INGOT_ASSEMBLE_H

#include "plan.h"
#include "sources.h"
#include "tree.h"

/* The inputs must have been fetched. *kernel is opened on the way; its release is the caller's. Says on the progress
 * line which maintainer scripts were not run. */
int assemble(const struct plan *p, struct cache *c, struct tree *t, struct kernel *kernel, struct err *e);

/* sources_local.c: one source that is not a package, put below root ("" for the machine's own). */
int put_local(struct arena *a, const struct plan_source *s, const char *root, struct tree *t, struct err *e);
/* sources_archive.c, sources_oci.c */
int put_archive(struct cache *c, const struct plan_source *s, const char *root, struct tree *t, struct err *e);
int put_oci(struct cache *c, const struct plan_source *s, const char *root, struct tree *t, struct err *e);
/* oci_service.c: what a service has by its OCI image's configuration, looked up in its root; checks its cwd. */
int put_service(struct arena *a, struct plan_unit *u, struct tree *t, struct err *e);
/* probe_put.c: ingot-probe in the unit's root, with what it is to find there. */
int put_probe(const struct plan *p, const struct plan_unit *u, struct tree *t, struct err *e);

#endif
