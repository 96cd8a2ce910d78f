/* SPDX-License-Identifier: MIT
 *
 * What differs between two manifests, as a list that can be printed.
 */
#ifndef INGOT_MANIFEST_DIFF_H
#define INGOT_MANIFEST_DIFF_H

#include <stddef.h>

#include "manifest_read.h"

/* A key whose value differs; NULL where one side lacks it. */
struct change {
	const char *key, *from, *to;
};

struct changes {
	struct change *v;
	size_t n, room;
};

/* A path that differs: `from` NULL was added, `to` NULL removed; else `changes` says what. */
struct path_change {
	const struct manifest_path *from, *to;
	struct changes changes;
};

struct manifest_diff {
	struct arena *arena;
	struct changes packages; /* key: the name; several versions of one stand with spaces between */
	struct changes image;    /* the tree's digest, the kernel, the command line */
	struct path_change *paths;
	size_t n_paths, room;
	size_t added, removed, changed;
};

/* Borrows from both. */
void manifest_compare(const struct manifest *a, const struct manifest *b, struct manifest_diff *out);
void manifest_diff_release(struct manifest_diff *d);
/* Whether there is nothing to say. */
int manifest_same(const struct manifest_diff *d);

#endif
