/* SPDX-License-Identifier: MIT
 *
 * The pipeline as one object: load, plan, fetch, assemble, then write. The verbs are thin users of it.
 */
#ifndef INGOT_BUILD_H
#define INGOT_BUILD_H

#include "cache.h"
#include "fetch.h"
#include "plan.h"
#include "project.h"

struct build_options {
	const char *image_file;
	const char *out_dir;    /* images go to OUT/NAME */
	const char *cache_dir;
	const char *recipe_dir; /* NULL: only the usual places */
	struct fetch_options fetch;
};

struct build {
	struct project project;
	struct plan plan;
	struct cache *cache;
	struct tree *tree;     /* complete, with the service table in it */
	struct kernel kernel;
	void *table;           /* the service table's bytes */
	size_t table_size;
	void *digests;         /* with `drift`: the list of the tree's digests */
	const char *dir;       /* OUT/NAME */
	int level;             /* of compression, zstd's */
	bool for_run;          /* the initramfs alone, below OUT/.run */
};

/* Reads and checks the files and makes the plan; fetches nothing. On failure b->project.diags holds something; release
 * in both cases. */
int build_load(struct build *b, const struct build_options *o);
/* The lock's file: web.yml has its lock in web.lock. */
const char *build_lock_file(const struct build *b);
/* From there up to the tree. On failure either b->project.diags holds something or *e does; release in both cases. */
int build_prepare(struct build *b, const struct build_options *o, struct err *e);
void build_release(struct build *b);

/* outputs.c: whether the image file asks for this output, by its word. */
bool build_wants(const struct build *b, const char *output);
/* Prepares and writes what is to be booted: the outputs where they are there already from the same input, else an
 * initramfs alone, at a fast level, in OUT/.run/NAME. b->dir tells which; *written whether anything was written. */
int build_to_run(struct build *b, const struct build_options *o, bool *written, struct err *e);
/* Whether the outputs are there already from the same input. */
int build_is_current(const struct build *b, bool *current, struct err *e);
/* Writes the outputs to b->dir unless they are there already from the same input; *written tells. Where it fails,
 * what was there before stays. */
int build_write(struct build *b, bool *written, struct err *e);
/* A file of the outputs, as a path in b's arena. */
const char *build_file(const struct build *b, const char *name);

#define BUILD_KERNEL    "kernel"
#define BUILD_INITRAMFS "initramfs.cpio.zst"
#define BUILD_SQUASHFS  "root.squashfs"
#define BUILD_CMDLINE   "cmdline"
#define BUILD_MANIFEST  "manifest.json"

/* manifest.c: what is in the tree, every path with its digest and where it came from. */
void manifest_write(const struct build *b, FILE *to); /* ferror tells of failure */

#endif
