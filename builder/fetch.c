/* SPDX-License-Identifier: MIT */
#include "fetch.h"

#include "progress.h"

struct fetcher {
	struct plan *plan;
	struct lock *lock;
	struct cache *cache;
	struct apt *apt; /* opened on first need: a build whose inputs are all pinned and cached needs no apt */
};

static int
need_apt(struct fetcher *f, struct err *e)
{
	if (!f->apt)
		f->apt = apt_new(f->cache, "amd64", e);
	return f->apt ? 0 : -1;
}

static int
resolve(struct fetcher *f, const struct lock_ask *ask, const struct deb_list **out, struct err *e)
{
	struct deb_list pins = { NULL, 0 };
	int r;

	if (need_apt(f, e) || apt_refresh(f->apt, e))
		return -1;
	if (ask->kind == LOCK_KERNEL)
		r = apt_resolve_kernel(f->apt, ask->packages[0], &pins, e);
	else
		r = apt_resolve(f->apt, ask->packages, ask->n_packages, ask->drop, ask->n_drop, &pins, e);
	if (r == 0)
		*out = lock_put(f->lock, ask, &pins);
	deb_list_release(&pins);
	return r;
}

static bool
all_cached(struct cache *c, const struct deb_list *l)
{
	struct content held;

	for (size_t i = 0; i < l->count; i++)
		if (!cache_lookup(c, l->pins[i].sha256, &held) || held.size != l->pins[i].size)
			return false;
	return true;
}

static int
fetch(struct fetcher *f, const struct lock_ask *ask, const struct deb_list **out, struct err *e)
{
	*out = lock_find(f->lock, ask);
	if (!*out && resolve(f, ask, out, e))
		return -1;
	if (all_cached(f->cache, *out))
		return 0;
	return need_apt(f, e) ? -1 : apt_fetch(f->apt, *out, e);
}

static int
fetch_root(struct fetcher *f, struct plan_root *root, struct err *e)
{
	for (size_t i = 0; i < root->n_sources; i++) {
		struct plan_source *s = &root->sources[i];
		const struct src_debian *d = s->source->debian;
		if (!d)
			continue;
		struct lock_ask ask = { LOCK_DEBIAN, d->packages.v, d->packages.n, d->drop.v, d->drop.n };
		if (fetch(f, &ask, &s->pins, e))
			return err_wrap(e, "%s", s->origin->text);
	}
	return 0;
}

int
fetch_inputs(struct plan *p, struct lock *l, struct cache *c, struct err *e)
{
	struct fetcher f = { p, l, c, NULL };
	struct lock_ask kernel = { LOCK_KERNEL, &p->kernel->package, 1, NULL, 0 };
	int r = fetch(&f, &kernel, &p->kernel_pins, e);

	if (r)
		err_wrap(e, "%s:%u", p->kernel->head.node->file, p->kernel->head.node->line);
	if (r == 0)
		r = fetch_root(&f, &p->machine, e);
	for (size_t i = 0; r == 0 && i < p->n_units; i++)
		r = fetch_root(&f, &p->units[i].root, e);
	apt_free(f.apt);
	return r;
}
