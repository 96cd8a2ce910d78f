/* SPDX-License-Identifier: MIT
 *
 * First every request of the plan is listed and looked for in the lock, so that one run says all that is missing; only
 * then is anything resolved, and only then fetched.
 */
#include "fetch.h"

#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "guest.h"
#include "oci.h"
#include "progress.h"

/* A request for packages, and where its answer goes. */
struct wanted {
	struct lock_ask ask;
	const struct node *node;  /* where it stands */
	const char *origin;       /* the same for an error's beginning */
	const char *unit, *recipe; /* names that --update knows it by, or NULL */
	const struct deb_list **out;
};

struct fetcher {
	struct plan *plan;
	struct lock *lock;
	struct cache *cache;
	const struct fetch_options *options;
	struct apt *apt; /* opened on first need: a build whose inputs are all pinned and cached needs no apt */
	struct arena *arena;
	struct diags *diags;
	const char *mend;
	struct wanted *wanted;
	size_t n_wanted, room;
};

/* ---- what the plan asks for ---- */

static void
want(struct fetcher *f, const struct wanted *w)
{
	f->wanted = grow(f->wanted, f->n_wanted, &f->room, sizeof *f->wanted);
	f->wanted[f->n_wanted++] = *w;
}

static void
want_kernel(struct fetcher *f)
{
	const struct plan *p = f->plan;
	const struct node *node = p->kernel->head.node;
	struct wanted w = { .ask = { .kind = LOCK_KERNEL, .packages = &p->kernel->package, .n_packages = 1 },
			    .node = node_place(node, "package"), .recipe = p->project->image.kernel.recipe,
			    .out = &f->plan->kernel_pins };

	w.origin = arena_printf(f->arena, "%s:%u", node->file, node->line);
	want(f, &w);
}

static void
want_root(struct fetcher *f, struct plan_root *root, const char *unit)
{
	for (size_t i = 0; i < root->n_sources; i++) {
		struct plan_source *s = &root->sources[i];
		const struct src_debian *d = s->source->debian;
		struct wanted w = { .node = s->source->head.node, .origin = s->origin->text, .unit = unit,
				    .recipe = s->recipe, .out = &s->pins };
		if (!d)
			continue;
		w.ask = (struct lock_ask){ .kind = LOCK_DEBIAN, .packages = d->packages.v, .n_packages = d->packages.n,
					   .drop = d->drop.v, .n_drop = d->drop.n };
		want(f, &w);
	}
}

static void
want_all(struct fetcher *f)
{
	want_kernel(f);
	want_root(f, &f->plan->machine, NULL);
	for (size_t i = 0; i < f->plan->n_units; i++)
		want_root(f, &f->plan->units[i].root, f->plan->units[i].unit->head.name);
}

/* ---- what the lock has of it ---- */

static bool
is_named(const struct wanted *w, const struct deb_list *pins, const char *name)
{
	if ((w->unit && strcmp(w->unit, name) == 0) || (w->recipe && strcmp(w->recipe, name) == 0))
		return true;
	for (size_t i = 0; i < w->ask.n_packages; i++)
		if (strcmp(w->ask.packages[i], name) == 0)
			return true;
	for (size_t i = 0; pins && i < pins->count; i++)
		if (strcmp(pins->pins[i].name, name) == 0)
			return true;
	return false;
}

static int
unknown_name(struct fetcher *f, struct err *e)
{
	const char *name = f->options->name, **known = NULL;
	size_t n = 0, room = 0;

	for (size_t i = 0; i < f->n_wanted; i++) {
		const struct wanted *w = &f->wanted[i];
		for (size_t k = 0; k < w->ask.n_packages + 2; k++) {
			const char *x = k == 0 ? w->unit : k == 1 ? w->recipe : w->ask.packages[k - 2];
			known = grow(known, n + 1, &room, sizeof *known);
			if (x)
				known[n++] = x;
		}
	}
	known = grow(known, n, &room, sizeof *known);
	known[n] = NULL;
	const char *meant = nearest(name, known);
	free(known);
	return err_set(e, 0, "--update: %s is no package of the lock, and no recipe and no service that asks for packages%s%s"
			     "%s", name, meant ? ": did you mean " : "", meant ? meant : "", meant ? "?" : "");
}

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
		bool anew = o->update && (!o->name || is_named(w, *w->out, o->name));
		named |= anew;
		if (anew)
			*w->out = NULL;
		else if (!*w->out && (o->locked || o->offline))
			say_unpinned(f, w);
	}
	return o->name && !named ? unknown_name(f, e) : 0;
}

/* An input that is what it is, such as a file beside ingot, and cannot be fetched as it was: with --locked it must be
 * what the lock says, else the lock follows it. `what` is its name for people; node may be NULL. */
static void
take_one(struct fetcher *f, const struct lock_ask *ask, const struct lock_one *is, const struct node *node,
	 const char *what)
{
	const struct lock_one *held = lock_find_one(f->lock, ask);
	char is_hex[DIGEST_HEX], held_hex[DIGEST_HEX];
	bool same_version = held && strcmp(held->version ? held->version : "", is->version ? is->version : "") == 0;

	if (held && same_version && held->size == is->size && memcmp(held->sha256, is->sha256, DIGEST_SIZE) == 0)
		return;
	digest_hex(is->sha256, is_hex);
	if (held)
		digest_hex(held->sha256, held_hex);
	if (f->options->locked && held)
		diag(f->diags, lock_place(f->lock, ask), "%s is another one now: %s%ssha256 %.12s, pinned is %s%ssha256 %.12s; "
		     "mend: %s", what, is->version ? is->version : "", is->version ? " " : "", is_hex,
		     held->version ? held->version : "", held->version ? " " : "", held_hex, f->mend);
	else if (f->options->locked && node)
		diag(f->diags, node, "%s has no pin in %s; mend: %s", what, f->lock->file, f->mend);
	else if (f->options->locked)
		diag_at(f->diags, f->lock->file, 0, 0, "%s has no pin here; mend: %s", what, f->mend);
	if (held && !f->options->locked)
		progress_note("%s: %s is another one than when the lock was written: the same inputs may give other bytes",
			      f->lock->file, what);
	if (!f->options->locked)
		lock_put_one(f->lock, ask, is);
}

static void
take_tool(struct fetcher *f)
{
	struct lock_ask ask = { .kind = LOCK_TOOL };
	struct lock_one is = { .version = INGOT_VERSION };

	guest_digest(is.sha256);
	take_one(f, &ask, &is, NULL, "ingot itself");
}

static const struct node *
busybox_in(const struct plan_root *root)
{
	for (size_t i = 0; i < root->n_sources; i++)
		if (root->sources[i].source->busybox)
			return root->sources[i].source->head.node;
	return NULL;
}

static int
take_busybox(struct fetcher *f, struct err *e)
{
	const struct node *node = busybox_in(&f->plan->machine);
	struct content files[GUEST_BUSYBOX_FILES];

	for (size_t i = 0; !node && i < f->plan->n_units; i++)
		node = busybox_in(&f->plan->units[i].root);
	if (!node)
		return 0;
	if (guest_busybox_files(f->arena, files, e))
		return -1;
	for (size_t i = 0; i < GUEST_BUSYBOX_FILES; i++) {
		struct lock_ask ask = { .kind = LOCK_BUSYBOX, .path = guest_busybox_names[i] };
		struct lock_one is = { .size = files[i].size };
		memcpy(is.sha256, files[i].sha256, DIGEST_SIZE);
		take_one(f, &ask, &is, node, arena_printf(f->arena, "%s beside ingot", guest_busybox_names[i]));
	}
	return 0;
}

/* The bytes must be there to be put: a URL is fetched unless the cache has what its digest says. */
static int
take_archive(struct fetcher *f, struct plan_source *s, struct err *e)
{
	const struct src_archive *a = s->source->archive;
	struct lock_ask ask = { .kind = LOCK_ARCHIVE, .url = a->url };
	struct lock_one is = { .size = 0 };

	digest_parse(a->sha256, is.sha256); /* check.c has seen to its form */
	if (a->url && f->options->offline && !cache_lookup(f->cache, is.sha256, &s->archive)) {
		diag(f->diags, s->source->head.node, "%s is not in the cache %s; mend: build once without --offline", a->url,
		     cache_dir(f->cache));
		return 0;
	}
	if (fetch_archive(f->cache, s, e))
		return -1;
	if (!a->url) /* as the file has it: a lock does not tell from where ingot was called */
		ask.path = node_get(a->head.node, "path")->text;
	is.size = s->archive.size;
	take_one(f, &ask, &is, s->source->head.node, lock_ask_text(f->arena, &ask));
	return 0;
}

static void
take_oci(struct fetcher *f, const struct plan_source *s)
{
	const struct src_oci *o = s->source->oci;
	struct lock_ask ask = { .kind = LOCK_OCI, .path = node_get(o->head.node, "path")->text, .ref = o->ref,
				.platform = o->platform };
	struct lock_one is = { .size = 0 };

	memcpy(is.sha256, o->image->digest, DIGEST_SIZE);
	take_one(f, &ask, &is, s->source->head.node, lock_ask_text(f->arena, &ask));
}

static int
take_files(struct fetcher *f, struct plan_root *root, struct err *e)
{
	for (size_t i = 0; i < root->n_sources; i++) {
		if (root->sources[i].source->archive && take_archive(f, &root->sources[i], e))
			return -1;
		if (root->sources[i].source->oci)
			take_oci(f, &root->sources[i]);
	}
	return 0;
}

/* ---- resolving and fetching ---- */

static int
need_apt(struct fetcher *f, struct err *e)
{
	if (!f->apt)
		f->apt = apt_new(f->cache, "amd64", e);
	return f->apt ? 0 : -1;
}

static int
resolve(struct fetcher *f, const struct wanted *w, struct err *e)
{
	const struct lock_ask *ask = &w->ask;
	struct deb_list pins = { NULL, 0 };
	int r;

	if (need_apt(f, e) || (f->options->update ? apt_update(f->apt, e) : apt_refresh(f->apt, e)))
		return -1;
	if (ask->kind == LOCK_KERNEL)
		r = apt_resolve_kernel(f->apt, ask->packages[0], &pins, e);
	else
		r = apt_resolve(f->apt, ask->packages, ask->n_packages, ask->drop, ask->n_drop, &pins, e);
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
		for (size_t k = 0; k < l->count; k++) {
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
fetch_all(struct fetcher *f, struct err *e)
{
	if (f->options->offline)
		say_uncached(f);
	if (diags_count(f->diags))
		return -1;
	for (size_t i = 0; i < f->n_wanted; i++) {
		const struct wanted *w = &f->wanted[i];
		if (!all_cached(f->cache, *w->out) && (need_apt(f, e) || apt_fetch(f->apt, *w->out, e)))
			return err_wrap(e, "%s", w->origin);
	}
	return 0;
}

static int
take_inputs(struct fetcher *f, struct err *e)
{
	const struct fetch_options *o = f->options;

	if (o->locked && !f->lock->version)
		return err_set(e, 0, "there is no %s, and --locked takes only what is pinned there; mend: %s", f->lock->file,
			       f->mend);
	want_all(f);
	if (find_all(f, e))
		return -1;
	take_tool(f);
	if (take_busybox(f, e) || take_files(f, &f->plan->machine, e))
		return -1;
	for (size_t i = 0; i < f->plan->n_units; i++)
		if (take_files(f, &f->plan->units[i].root, e))
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
	free(f.wanted);
	return r;
}
