/* SPDX-License-Identifier: MIT
 *
 * What the parts of fetch.c share. Not for other files.
 */
#ifndef INGOT_FETCHER_H
#define INGOT_FETCHER_H

#include "fetch.h"

/* A request for packages, and where its answer goes. */
struct wanted {
	struct lock_ask ask;
	const struct node *node;  /* where it stands */
	const char *origin;       /* the same for an error's beginning */
	const char *unit, *recipe; /* names that --update knows it by, or NULL */
	struct plan_source *step; /* the build step that needs it, or NULL */
	const struct deb_list **out;
};

struct fetcher {
	struct plan *plan;
	struct lock *lock;
	struct cache *cache;
	const struct fetch_options *options;
	struct apt *apt; /* opened on first need: a build whose inputs are all pinned and cached needs no apt */
	struct apt *apt_source;
	struct arena *arena;
	struct diags *diags;
	const char *mend;
	struct wanted *wanted;
	size_t n_wanted, room;
};

/* fetch_want.c: every request for packages that the plan makes. */
void fetch_want(struct fetcher *f);
/* Whether --update's name is this request's: its recipe, its unit, or a package that it asks for or came to. */
bool fetch_is_named(const struct wanted *w, const struct deb_list *pins, const char *name);
int fetch_unknown_name(struct fetcher *f, struct err *e);

/* fetch_own.c: what ingot itself brings into an image. */
int fetch_own(struct fetcher *f, struct err *e);
/* fetch_files.c: archives and OCI images. */
int fetch_files(struct fetcher *f, struct err *e);
/* An input that is what it is, such as a file beside ingot, and cannot be fetched as it was: with --locked it must be
 * what the lock says, else the lock follows it. `what` is its name for people; node, where it is asked for, may be
 * NULL. */
void fetch_take_one(struct fetcher *f, const struct lock_ask *ask, const struct lock_one *is, const struct node *node,
		    const char *what);

#endif
