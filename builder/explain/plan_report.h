/* SPDX-License-Identifier: MIT
 *
 * A plan as a text for people or as JSON: what a build would do, and what it would have to fetch for that.
 */
#ifndef INGOT_PLAN_REPORT_H
#define INGOT_PLAN_REPORT_H

#include "build.h"

/* What one request for packages comes to before anything is fetched. */
struct plan_pins {
	const struct deb_list *pins; /* NULL: the lock has no answer, it must be resolved */
	uint64_t bytes;
	size_t missing; /* of the pins: not in the cache */
};

/* What the whole plan comes to. A package that several requests share counts once. */
struct plan_fetch {
	struct lock *lock;
	struct cache *cache;         /* NULL: there is none yet */
	size_t requests, unresolved;
	size_t packages;             /* to download */
	uint64_t bytes;              /* of those */
	const uint8_t **missing;     /* their digests */
	size_t room;
};

/* Asks the lock and the cache; adds to the sums in *f. */
struct plan_pins plan_ask(struct plan_fetch *f, const struct lock_ask *ask);

/* plan_json.c, plan_print.c */
void plan_json(struct build *b, struct plan_fetch *f, FILE *to);
void plan_print(struct build *b, struct plan_fetch *f, FILE *to);

/* What a source's node says: the key that makes it what it is ("debian"), and what stands there. */
const char *plan_kind(const struct source *s, const struct node **value);
/* The request that a source is, false where it is none. */
bool plan_request(const struct source *s, struct lock_ask *ask);
struct lock_ask plan_kernel_request(const struct plan *p);
/* "33.1 MiB", "512 bytes" */
const char *size_text(struct arena *a, uint64_t bytes);

#endif
