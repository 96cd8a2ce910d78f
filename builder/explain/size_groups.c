/* SPDX-License-Identifier: MIT */
#include "size_groups.h"

#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "content.h"
#include "manifest_read.h"
#include "output.h"
#include "why.h"

struct counter {
	struct sizes *s;
	struct build *b;
	struct arena *arena;
	struct estimates *estimates;
	struct err *e;
};

static void
add(struct size_list *l, const char *name, uint64_t bytes, uint64_t packed)
{
	size_t i = 0;

	while (i < l->n && strcmp(l->v[i].name, name) != 0)
		i++;
	if (i == l->n) {
		l->v = grow(l->v, l->n, &l->room, sizeof *l->v);
		l->v[l->n++] = (struct size_group){ .name = name };
	}
	l->v[i].files++;
	l->v[i].bytes += bytes;
	l->v[i].packed += packed;
}

/* The file of the line that brought it, for a package the request's: "recipes/nginx/recipe.yml:5" without the line. */
static const char *
recipe_of(const struct counter *c, const struct plan_root *root, const char *origin)
{
	const char *text = origin;

	for (size_t i = 0; i < root->n_sources; i++) {
		const struct plan_source *s = &root->sources[i];
		for (size_t k = 0; s->pins && k < s->pins->count; k++) {
			const struct deb_pin *p = &s->pins->pins[k];
			size_t n = strlen(p->name);
			if (strncmp(origin, "debian ", 7) == 0 && strncmp(origin + 7, p->name, n) == 0 &&
			    origin[7 + n] == ' ' && strcmp(origin + 8 + n, p->version) == 0)
				text = s->origin->text;
		}
	}
	const char *colon = strrchr(text, ':');
	bool line = colon && colon[1] && strspn(colon + 1, "0123456789") == strlen(colon + 1);
	return line ? arena_strndup(c->arena, text, (size_t)(colon - text)) : text;
}

/* "/usr" of the root that the path lies in; what lies at its top is "/". */
static const char *
folder_of(const struct counter *c, const char *in_root)
{
	size_t n = strcspn(in_root + 1, "/") + 1;

	return in_root[n] ? arena_strndup(c->arena, in_root, n) : "/";
}

static int
count_entry(struct tree_entry *x, void *arg)
{
	struct counter *c = arg;
	struct sizes *s = c->s;
	char path[TREE_PATH_MAX + 1];
	uint64_t bytes = x->inode->content.size, packed;

	if (x->inode->type != TREE_FILE)
		return 0;
	if (x->inode->id) { /* another name came first */
		s->shared += bytes;
		s->names++;
		return 0;
	}
	x->inode->id = 1;
	if (estimate(c->estimates, &x->inode->content, &packed, c->e))
		return -1;
	tree_path(x, path, sizeof path);
	const struct plan_root *root = why_root_of(c->b, path);
	add(&s->by[SIZE_BY_ORIGIN], x->origin->text, bytes, packed);
	add(&s->by[SIZE_BY_RECIPE], recipe_of(c, root, x->origin->text), bytes, packed);
	add(&s->by[SIZE_BY_ROOT], root->path[0] ? strrchr(root->path, '/') + 1 : "machine", bytes, packed);
	add(&s->by[SIZE_BY_FOLDER], folder_of(c, path + strlen(root->path)), bytes, packed);
	s->all.files++;
	s->all.bytes += bytes;
	s->all.packed += packed;
	return 0;
}

/* Whether what lies in OUT/NAME holds this very tree. */
static bool
is_built(struct build *b)
{
	uint8_t digest[DIGEST_SIZE];
	char hex[DIGEST_HEX];
	struct manifest m;
	struct err ignored;

	tree_digest(b->tree, digest);
	digest_hex(digest, hex);
	bool same = manifest_read(&m, build_file(b, BUILD_MANIFEST), &ignored) == 0 &&
		    strcmp(manifest_get(&m.fields, "tree"), hex) == 0;
	manifest_release(&m);
	return same;
}

static void
find_output(struct sizes *s, struct build *b)
{
	struct stat st;

	if (!is_built(b))
		return;
	for (const struct output_kind *k = output_kinds; k->word && !s->output; k++) {
		if (!build_wants(b, k->word) || stat(build_file(b, k->file), &st))
			continue;
		s->output = build_file(b, k->file);
		s->output_bytes = (uint64_t)st.st_size;
	}
}

static int
by_bytes(const void *a, const void *b)
{
	const struct size_group *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return strcmp(x->name, y->name);
}

static uint64_t
scaled(uint64_t part, uint64_t whole, uint64_t to)
{
	return whole ? (uint64_t)((__uint128_t)part * to / whole) : 0;
}

int
sizes_count(struct sizes *s, struct build *b, struct err *e)
{
	struct counter c = { s, b, b->project.arena, estimates_open(b->cache, b->project.image.image), e };

	*s = (struct sizes){ .output = NULL };
	find_output(s, b); /* before the walk, which uses the inodes' numbers as the digest does */
	tree_clear_ids(tree_root(b->tree));
	int r = tree_walk(tree_root(b->tree), count_entry, &c) ? -1 : 0;
	struct err late;
	if (estimates_close(c.estimates, r ? &late : e))
		r = -1;
	for (size_t i = 0; i < SIZE_LISTS; i++) {
		struct size_list *l = &s->by[i];
		for (size_t k = 0; s->output && k < l->n; k++)
			l->v[k].packed = scaled(l->v[k].packed, s->all.packed, s->output_bytes);
		if (l->n)
			qsort(l->v, l->n, sizeof *l->v, by_bytes);
	}
	if (s->output)
		s->all.packed = s->output_bytes;
	return r;
}

void
sizes_release(struct sizes *s)
{
	for (size_t i = 0; i < SIZE_LISTS; i++)
		free(s->by[i].v);
}
