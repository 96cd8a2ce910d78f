/* SPDX-License-Identifier: MIT
 *
 * The inputs of a plan: each request is taken from the lock or resolved, and everything pinned is brought into the
 * cache. What a lock that differs means is decided here: an error with --locked, else the lock is brought up to date.
 */
#ifndef INGOT_FETCH_H
#define INGOT_FETCH_H

#include "cache.h"
#include "lock.h"
#include "plan.h"

struct fetch_options {
	bool locked;      /* take nothing but what the lock pins, all of it */
	bool offline;     /* run nothing that could use the network */
	bool update;      /* resolve anew what is pinned already: all, or */
	const char *name; /* what this names: a package, a recipe, a service or a job */
	bool pins_only;   /* bring nothing into the cache */
};

/* On failure either the project's diags hold something or *e does. The lock is changed in memory alone. */
int fetch_inputs(struct plan *p, struct lock *l, struct cache *c, const struct fetch_options *o, struct err *e);

/* fetch_archive.c: brings what the URL names into the cache, unless it is there. Another digest is an error that names
 * both, and nothing is kept. This is the one place that asks a server for an archive. */
int fetch_url(struct cache *c, const char *url, const uint8_t sha256[DIGEST_SIZE], struct content *out, struct err *e);
/* The same for an archive source, from its URL or path: fills s->archive. */
int fetch_archive(struct cache *c, struct plan_source *s, struct err *e);

#endif
