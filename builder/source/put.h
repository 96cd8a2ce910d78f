/* SPDX-License-Identifier: MIT
 *
 * Putting what is inside an archive below a root of the tree: the excluded paths left out, /bin and its like merged
 * into /usr, symbolic links kept working where they moved, and no path ever leading out of the root.
 */
#ifndef INGOT_PUT_H
#define INGOT_PUT_H

#include "mem.h"
#include "tree.h"

struct put {
	struct tree *tree;
	const char *root; /* as put_root gives it */
	const char *const *exclude; /* path prefixes in the root */
	size_t n_exclude;
	struct tree_put how; /* origin and conflict; the rest is each entry's own */
	struct arena *arena;
	size_t count; /* of entries that were put */
};

/* One entry on its way into the root. */
struct put_entry {
	enum tree_type type;
	const char *path; /* in the root: relative and clean */
	struct tree_meta meta;
	const struct tree_xattr *xattrs;
	size_t n_xattrs;
	const struct content *content; /* TREE_FILE */
	const char *target;            /* TREE_SYMLINK */
	char **placed; /* TREE_FILE: shared by all names of the file, NULL at first; where the file went */
};

/* Without slashes at its ends, in the arena. */
char *put_root(struct arena *a, const char *root);
int put_entry(struct put *p, const struct put_entry *x, struct err *e);

#endif
