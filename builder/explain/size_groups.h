/* SPDX-License-Identifier: MIT
 *
 * An image's bytes, counted by recipe, by origin, by root and by top folder. A file with several names counts once, for
 * the first of them, as every output holds it once.
 */
#ifndef INGOT_SIZE_GROUPS_H
#define INGOT_SIZE_GROUPS_H

#include "build.h"

struct size_group {
	const char *name;
	size_t files;
	uint64_t bytes, packed; /* packed: an estimate */
};

struct size_list {
	struct size_group *v; /* the largest first */
	size_t n, room;
};

enum size_by { SIZE_BY_RECIPE, SIZE_BY_ORIGIN, SIZE_BY_ROOT, SIZE_BY_FOLDER, SIZE_LISTS };

struct sizes {
	struct size_list by[SIZE_LISTS];
	struct size_group all;
	uint64_t shared;       /* bytes that the names which do not count would take */
	size_t names;          /* so many of them */
	const char *output;    /* the file that the estimate is scaled to; NULL: it is not built, and nothing is scaled */
	uint64_t output_bytes;
};

/* Compresses each file alone, fast, unless the cache knows what that came to; then scales the sum to the size of the
 * first output, where it was built from this tree. Release in both cases. */
int sizes_count(struct sizes *s, struct build *b, struct err *e);
void sizes_release(struct sizes *s);

/* size_estimate.c: what the contents come to alone, remembered by digest for one image. */
struct estimates;
struct estimates *estimates_open(struct cache *c, const char *image);
int estimate(struct estimates *x, const struct content *c, uint64_t *packed, struct err *e);
/* Keeps those that were asked for; frees x. */
int estimates_close(struct estimates *x, struct err *e);

#endif
