/* SPDX-License-Identifier: MIT
 *
 * How large the cache is, and making it smaller.
 */
#ifndef INGOT_CACHE_PRUNE_H
#define INGOT_CACHE_PRUNE_H

#include "cache.h"

struct cache_sum {
	uint64_t files, bytes;
};

/* What lies in the folder: everything, and what of it was freed. */
struct cache_sums {
	struct cache_sum kept, freed;
	size_t living; /* other builds that are at work in it */
};

/* Everything is kept. */
int cache_size(struct cache *c, struct cache_sums *out, struct err *e);
/* Removes what no build has used for so many days, and what dead builds left. What a build that is at work may be using
 * stays, and none begins meanwhile. */
int cache_prune(struct cache *c, unsigned keep_days, struct cache_sums *out, struct err *e);

#endif
