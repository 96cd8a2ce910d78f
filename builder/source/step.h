/* SPDX-License-Identifier: MIT
 *
 * A build step: a command that makes outputs of declared inputs, in a root of its own made of pinned packages, in
 * namespaces of its own, without a network. Its result is kept in the cache under a key over everything declared.
 */
#ifndef INGOT_STEP_H
#define INGOT_STEP_H

#include "plan.h"
#include "sources.h"

/* Goes into every key: a change of what a step sees must have another number. */
#define STEP_VERSION 1

/* Folders that the command may write to; each an empty tmpfs. It starts in the first. */
#define STEP_HOME "/build"
#define STEP_OUT  "/out"
#define STEP_TMP  "/tmp"

/* Sets s->step. The pins must be known; nothing needs to be in the cache yet. */
int step_key(struct arena *a, struct plan_source *s, struct err *e);
/* Whether the result is in the cache, whole. */
bool step_cached(struct cache *c, const char *step);
/* Runs the command unless its result is there, and puts the outputs below root. */
int step_put(struct cache *c, struct arena *a, const struct plan_source *s, const char *root, struct tree *t,
	     struct err *e);

/* step_root.c: the root as a tree, and as files below a folder. step_put_inputs reads the inputs, into a tree of their
 * own; without a cache, for their digests alone. step_put_root takes them from there, and reads none again. */
int step_put_inputs(struct arena *a, const struct plan_source *s, struct cache *c, struct tree *inputs, struct err *e);
int step_put_root(struct arena *a, const struct plan_source *s, struct cache *c, struct tree *inputs, struct tree *t,
		  struct err *e);
int step_write_root(struct tree *t, const char *folder, struct err *e);

/* step_run.c: runs the command in the root that the tree says, and stores what it leaves under s->step. */
int step_run(struct cache *c, struct arena *a, const struct plan_source *s, struct tree *root, struct err *e);

/* step_sandbox.c: what a process of the step does to itself. `folder` is where the root is made, on the host. */
int step_enter_namespaces(struct err *e);
int step_make_root(const struct src_build *b, struct tree *root, const char *folder, struct err *e);
/* Returns only where it fails. Standard output and error go to log. */
int step_exec(const struct src_build *b, const char *folder, int log, struct err *e);

/* step_outputs.c: stores the outputs as blobs and their list under the step's name; puts them into a tree. */
int step_store_outputs(struct cache *c, const struct src_build *b, const char *folder, const char *step, struct err *e);
int step_put_outputs(struct cache *c, struct arena *a, const char *text, const struct plan_source *s, const char *root,
		     struct tree *t, struct err *e);
/* Whether every blob that the list names is in the cache. */
bool step_outputs_whole(struct cache *c, const char *text);

#endif
