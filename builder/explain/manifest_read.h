/* SPDX-License-Identifier: MIT
 *
 * A manifest read back: what it says of the image and of each path, as keys with values. It may have been written by
 * another version, or by a hand: every member is kept, and what is no manifest is refused.
 */
#ifndef INGOT_MANIFEST_READ_H
#define INGOT_MANIFEST_READ_H

#include "err.h"
#include "mem.h"

#define MANIFEST_SIZE_MAX (256u << 20)

/* Values are texts: numbers as they stand, arrays with spaces between, members of members as "kernel.release". */
struct manifest_field {
	const char *key, *value;
};

struct manifest_fields {
	struct manifest_field *v; /* sorted by key */
	size_t n;
};

struct manifest_path {
	const char *path;
	/* Instead of "inode", whose numbers move with every path: "shared with", the first name of the same file. */
	struct manifest_fields fields;
};

struct manifest {
	struct arena *arena;
	struct manifest_fields fields; /* without "paths" */
	struct manifest_path *paths;   /* sorted as a walk goes: a folder, what is in it, what comes after it */
	size_t n_paths;
};

/* Errors name the file. Release in both cases. */
int manifest_read(struct manifest *m, const char *file, struct err *e);
/* The same from memory; `file` is for errors. */
int manifest_parse(struct manifest *m, const char *file, const void *data, size_t size, struct err *e);
void manifest_release(struct manifest *m);

/* "" where it is absent. */
const char *manifest_get(const struct manifest_fields *f, const char *key);
/* The order of a walk. */
int manifest_order(const char *a, const char *b);

#endif
