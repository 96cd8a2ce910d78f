/* SPDX-License-Identifier: MIT
 *
 * First every request of the plan is listed and looked for in the lock, so that one run says all that is missing; only
 * then is anything resolved, and only then fetched.
 */
#include <stdlib.h>
#include <string.h>

#include "fetcher.h"
#include "step.h"

/* ---- what the lock has of it ---- */

static void
say_unpinned(struct fetcher *f, const struct wanted *w)
{
	const char *what = lock_ask_text(f->arena, &w->ask);

	if (f->options->locked)
		diag(f->diags, w->node, "%s has no pin in %s; mend: %s", what, f->lock->file, f->mend);
	else
		diag(f->diags, w->node, "%s has no pin in %s, and --offline resolves nothing; mend: %s, with the network",
		     what, f->lock->file, f->mend);
}

/* Leaves *out NULL where there is something to resolve. */
static int
find_all(struct fetcher *f, struct err *e)
{
	const struct fetch_options *o = f->options;
	bool named = false;

	for (size_t i = 0; i < f->n_wanted; i++) {
		const struct wanted *w = &f->wanted[i];
		*w->out = lock_find(f->lock, &w->ask);
		bool anew = o->update && (!o->name || fetch_is_named(w, *w->out, o->name));
		named |= anew;
		if (anew)
			*w->out = NULL;
		else if (!*w->out && (o->locked || o->offline))
			say_unpinned(f, w);
	}
	return o->name && !named ? fetch_unknown_name(f, e) : 0;
}

/* ---- resolving and fetching ---- */

/* The apt that answers this request; NULL with *e set. */
static struct apt *
apt_for(struct fetcher *f, const struct lock_ask *ask, struct err *e)
{
	if (ask->kind == LOCK_SOURCE)
		return f->apt_source ? f->apt_source : (f->apt_source = apt_new_source(f->cache, "amd64", e));
	return f->apt ? f->apt : (f->apt = apt_new(f->cache, "amd64", e));
}

static int
resolve(struct fetcher *f, const struct wanted *w, struct err *e)
{
	const struct lock_ask *ask = &w->ask;
	struct deb_list pins = { NULL, 0 };
	struct apt *a = apt_for(f, ask, e);
	int r;

	if (!a || (f->options->update ? apt_update(a, e) : apt_refresh(a, e)))
		return -1;
	if (ask->kind == LOCK_KERNEL)
		r = apt_resolve_kernel(a, ask->packages[0], &pins, e);
	else if (ask->kind == LOCK_SOURCE)
		r = apt_resolve_source(a, ask->packages[0], &pins, e);
	else
		r = apt_resolve(a, ask->packages, ask->n_packages, ask->drop, ask->n_drop, &pins, e);
	if (r == 0)
		*w->out = lock_put(f->lock, ask, &pins);
	deb_list_release(&pins);
	return r;
}

static int
resolve_all(struct fetcher *f, struct err *e)
{
	for (size_t i = 0; i < f->n_wanted; i++) {
		const struct wanted *w = &f->wanted[i];
		for (size_t k = 0; k < i && !*w->out; k++) /* two services with one recipe ask the same */
			if (lock_compare(&f->wanted[k].ask, &w->ask) == 0)
				*w->out = *f->wanted[k].out;
		if (!*w->out && resolve(f, w, e))
			return err_wrap(e, "%s", w->origin);
	}
	return 0;
}

static bool
is_cached(struct cache *c, const struct deb_pin *pin)
{
	struct content held;

	return cache_lookup(c, pin->sha256, &held) && held.size == pin->size;
}

static bool
all_cached(struct cache *c, const struct deb_list *l)
{
	for (size_t i = 0; i < l->count; i++)
		if (!is_cached(c, &l->pins[i]))
			return false;
	return true;
}

/* The result of a build step is enough: neither its tools nor its inputs are needed then. */
static bool
is_needed(const struct fetcher *f, const struct wanted *w)
{
	return !w->step || !step_cached(f->cache, w->step->step);
}

/* A package that several requests share is named once. */
static bool
is_pinned_before(const struct fetcher *f, size_t wanted, const struct deb_pin *pin)
{
	for (size_t i = 0; i < wanted; i++)
		for (size_t k = 0; k < (*f->wanted[i].out)->count; k++)
			if (memcmp((*f->wanted[i].out)->pins[k].sha256, pin->sha256, DIGEST_SIZE) == 0)
				return true;
	return false;
}

static void
say_uncached(struct fetcher *f)
{
	char size[24];

	for (size_t i = 0; i < f->n_wanted; i++) {
		const struct deb_list *l = *f->wanted[i].out;
		for (size_t k = 0; k < l->count && is_needed(f, &f->wanted[i]); k++) {
			const struct deb_pin *pin = &l->pins[k];
			if (is_cached(f->cache, pin) || is_pinned_before(f, i, pin))
				continue;
			lock_size_text(pin->size, size);
			diag(f->diags, f->wanted[i].node, "%s %s (%s) is not in the cache %s; mend: build once without --offline",
			     pin->name, pin->version, size, cache_dir(f->cache));
		}
	}
}

static int
fetch_one(struct fetcher *f, const struct wanted *w, struct err *e)
{
	struct apt *a;

	if (!is_needed(f, w) || all_cached(f->cache, *w->out))
		return 0;
	a = apt_for(f, &w->ask, e);
	if (!a)
		return -1;
	return w->ask.kind == LOCK_SOURCE ? apt_fetch_source(a, w->ask.packages[0], *w->out, e) : apt_fetch(a, *w->out, e);
}

static int
fetch_all(struct fetcher *f, struct err *e)
{
	for (size_t i = 0; i < f->n_wanted; i++)
		if (f->wanted[i].step && !f->wanted[i].step->step && step_key(f->arena, f->wanted[i].step, e))
			return -1;
	if (f->options->offline)
		say_uncached(f);
	if (diags_count(f->diags))
		return -1;
	for (size_t i = 0; i < f->n_wanted; i++)
		if (fetch_one(f, &f->wanted[i], e))
			return err_wrap(e, "%s", f->wanted[i].origin);
	return 0;
}

static int
take_inputs(struct fetcher *f, struct err *e)
{
	const struct fetch_options *o = f->options;

	if (o->locked && !f->lock->version)
		return err_set(e, 0, "there is no %s, and --locked takes only what is pinned there; mend: %s", f->lock->file,
			       f->mend);
	fetch_want(f);
	if (find_all(f, e) || fetch_own(f, e) || fetch_files(f, e))
		return -1;
	if (o->locked)
		lock_say_unused(f->lock, f->diags, f->mend);
	if (diags_count(f->diags) || resolve_all(f, e))
		return -1;
	return o->pins_only ? 0 : fetch_all(f, e);
}

int
fetch_inputs(struct plan *p, struct lock *l, struct cache *c, const struct fetch_options *o, struct err *e)
{
	struct fetcher f = { .plan = p, .lock = l, .cache = c, .options = o, .arena = p->arena, .diags = p->project->diags };

	f.mend = arena_printf(p->arena, "ingot lock %s", p->project->file);
	int r = take_inputs(&f, e);
	apt_free(f.apt);
	apt_free(f.apt_source);
	free(f.wanted);
	return r;
}
