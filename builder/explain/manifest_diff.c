/* SPDX-License-Identifier: MIT */
#include "manifest_diff.h"

#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

static const char package_origin[] = "debian ";

static void
add_change(struct changes *c, const char *key, const char *from, const char *to)
{
	c->v = grow(c->v, c->n, &c->room, sizeof *c->v);
	c->v[c->n++] = (struct change){ key, from, to };
}

/* Both are sorted by key. */
static void
compare_fields(const struct manifest_fields *a, const struct manifest_fields *b, struct changes *out)
{
	size_t i = 0, k = 0;

	while (i < a->n || k < b->n) {
		int c = i == a->n ? 1 : k == b->n ? -1 : strcmp(a->v[i].key, b->v[k].key);
		if (c < 0)
			add_change(out, a->v[i].key, a->v[i].value, NULL);
		else if (c > 0)
			add_change(out, b->v[k].key, NULL, b->v[k].value);
		else if (strcmp(a->v[i].value, b->v[k].value) != 0)
			add_change(out, a->v[i].key, a->v[i].value, b->v[k].value);
		i += c <= 0;
		k += c >= 0;
	}
}

static void
add_path(struct manifest_diff *d, const struct manifest_path *from, const struct manifest_path *to)
{
	struct path_change p = { .from = from, .to = to };

	if (from && to)
		compare_fields(&from->fields, &to->fields, &p.changes);
	if (from && to && !p.changes.n)
		return;
	d->added += !from;
	d->removed += !to;
	d->changed += from && to;
	d->paths = grow(d->paths, d->n_paths, &d->room, sizeof *d->paths);
	d->paths[d->n_paths++] = p;
}

static void
compare_paths(const struct manifest *a, const struct manifest *b, struct manifest_diff *d)
{
	size_t i = 0, k = 0;

	while (i < a->n_paths || k < b->n_paths) {
		int c = i == a->n_paths ? 1 : k == b->n_paths ? -1 : manifest_order(a->paths[i].path, b->paths[k].path);
		add_path(d, c <= 0 ? &a->paths[i] : NULL, c >= 0 ? &b->paths[k] : NULL);
		i += c <= 0;
		k += c >= 0;
	}
}

static int
by_text(const void *a, const void *b)
{
	return strcmp(*(const char *const *)a, *(const char *const *)b);
}

/* The packages that paths come from, by name, as fields: name and version. */
static struct manifest_fields
packages_of(const struct manifest *m, struct arena *a)
{
	const char **all = xcalloc(m->n_paths, sizeof *all), *last = "";
	struct manifest_fields f = { .v = arena_alloc(a, (m->n_paths + 1) * sizeof *f.v) };
	size_t n = 0, skip = strlen(package_origin);

	for (size_t i = 0; i < m->n_paths; i++) {
		const char *origin = manifest_get(&m->paths[i].fields, "origin");
		if (strncmp(origin, package_origin, skip) == 0)
			all[n++] = origin + skip;
	}
	qsort(all, n, sizeof *all, by_text);
	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(all[i], " ");
		const char *version = all[i] + len + (all[i][len] == ' ');
		bool again = strcmp(all[i], last) == 0;
		last = all[i];
		if (again)
			continue;
		struct manifest_field *before = f.n ? &f.v[f.n - 1] : NULL;
		if (before && strlen(before->key) == len && strncmp(before->key, all[i], len) == 0)
			before->value = arena_printf(a, "%s %s", before->value, version);
		else
			f.v[f.n++] = (struct manifest_field){ arena_strndup(a, all[i], len), version };
	}
	free(all);
	return f;
}

static int
field_order(const void *a, const void *b)
{
	return strcmp(((const struct manifest_field *)a)->key, ((const struct manifest_field *)b)->key);
}

void
manifest_compare(const struct manifest *a, const struct manifest *b, struct manifest_diff *out)
{
	*out = (struct manifest_diff){ .arena = arena_new() };
	struct manifest_fields x = packages_of(a, out->arena), y = packages_of(b, out->arena);

	/* "a 1" sorts after "a-b 1", as whole texts; the names alone do not */
	qsort(x.v, x.n, sizeof *x.v, field_order);
	qsort(y.v, y.n, sizeof *y.v, field_order);
	compare_fields(&x, &y, &out->packages);
	compare_fields(&a->fields, &b->fields, &out->image);
	compare_paths(a, b, out);
}

void
manifest_diff_release(struct manifest_diff *d)
{
	for (size_t i = 0; i < d->n_paths; i++)
		free(d->paths[i].changes.v);
	free(d->paths);
	free(d->packages.v);
	free(d->image.v);
	if (d->arena)
		arena_free(d->arena);
	*d = (struct manifest_diff){ .arena = NULL };
}

int
manifest_same(const struct manifest_diff *d)
{
	return !d->packages.n && !d->image.n && !d->n_paths;
}
