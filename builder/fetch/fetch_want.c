/* SPDX-License-Identifier: MIT
 *
 * Which requests for packages a plan makes, and by which names people know them. Nothing is looked up here.
 */
#include <stdlib.h>
#include <string.h>

#include "fetcher.h"

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

/* The tools, and each source package among the inputs. */
static void
want_step(struct fetcher *f, struct plan_source *s, const struct wanted *base)
{
	const struct src_build *b = s->source->build;
	struct wanted w = *base;

	w.step = s;
	w.ask = (struct lock_ask){ .kind = LOCK_DEBIAN, .packages = b->tools.v, .n_packages = b->tools.n, .drop = b->drop.v,
				   .n_drop = b->drop.n };
	want(f, &w);
	s->input_pins = arena_alloc(f->arena, (b->inputs.n + 1) * sizeof *s->input_pins);
	for (size_t i = 0; i < b->inputs.n; i++) {
		const struct src_debian_source *d = b->inputs.v[i].debian_source;
		if (!d)
			continue;
		w.ask = (struct lock_ask){ .kind = LOCK_SOURCE, .packages = &d->package, .n_packages = 1 };
		w.node = d->head.node;
		w.out = &s->input_pins[i];
		want(f, &w);
	}
}

static void
want_root(struct fetcher *f, struct plan_root *root, const char *unit)
{
	for (size_t i = 0; i < root->n_sources; i++) {
		struct plan_source *s = &root->sources[i];
		const struct src_debian *d = s->source->debian;
		struct wanted w = { .node = s->source->head.node, .origin = s->origin->text, .unit = unit,
				    .recipe = s->recipe, .out = &s->pins };
		if (s->source->build)
			want_step(f, s, &w);
		if (!d)
			continue;
		w.ask = (struct lock_ask){ .kind = LOCK_DEBIAN, .packages = d->packages.v, .n_packages = d->packages.n,
					   .drop = d->drop.v, .n_drop = d->drop.n };
		want(f, &w);
	}
}

void
fetch_want(struct fetcher *f)
{
	want_kernel(f);
	want_root(f, &f->plan->machine, NULL);
	for (size_t i = 0; i < f->plan->n_units; i++)
		want_root(f, &f->plan->units[i].root, f->plan->units[i].unit->head.name);
}

bool
fetch_is_named(const struct wanted *w, const struct deb_list *pins, const char *name)
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

int
fetch_unknown_name(struct fetcher *f, struct err *e)
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
