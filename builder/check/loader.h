/* SPDX-License-Identifier: MIT
 *
 * Where a program's loader would find a library inside one root: glibc's rules and musl's. Nothing is loaded, and the
 * host's own libraries are never looked at.
 */
#ifndef INGOT_LOADER_H
#define INGOT_LOADER_H

#include "program.h"
#include "tree.h"

/* One root, and the loader of the program in question. */
struct loader {
	struct tree *tree;
	struct arena *arena;
	const char *root;         /* "" is the machine's own */
	const char *interpreter;  /* the loader's path in the root */
	const char *library_path; /* LD_LIBRARY_PATH, or NULL */
	const char *const *folders; /* where it looks when nothing else says so; ends with NULL */
	const char *const *cached;  /* glibc: what etc/ld.so.cache holds, name and path in turns; ends with NULL */
	bool musl;
};

/* A file as the loader has it: the chain of `by` ends at the program. */
struct loaded {
	const struct elf *elf;
	const char *path; /* in the root, as it was found: $ORIGIN is its folder */
	const struct loaded *by;
};

/* The rest of *l must be set. Fails where a file of the root that steers the loader cannot be read. */
int loader_init(struct loader *l, struct err *e);

/* Whether the loader answers for this name itself. */
bool loader_is_own(const struct loader *l, const char *name);

/* Calls fn with each path (in the root) that the loader would try for the name, in its order, until fn gives true,
 * which it returns. */
bool loader_find(const struct loader *l, const struct loaded *by, const char *name,
		 bool (*fn)(void *arg, const char *path), void *arg);

#endif
