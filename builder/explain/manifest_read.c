/* SPDX-License-Identifier: MIT */
#include "manifest_read.h"

#include <errno.h>
#include <jansson.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "tree.h"

#define FIELDS_MAX 256
#define KEY_MAX    1024


struct reader {
	struct manifest *m;
	const char *file;
	struct manifest_field fields[FIELDS_MAX]; /* of what is being read */
	size_t n;
	struct err *e;
};

static int add_value(struct reader *r, const char *key, json_t *v);

static int
add_field(struct reader *r, const char *key, const char *value)
{
	if (r->n == FIELDS_MAX)
		return err_set(r->e, 0, "%s: more than %d values in one place", r->file, FIELDS_MAX);
	r->fields[r->n++] = (struct manifest_field){ key, value };
	return 0;
}

static int
add_members(struct reader *r, const char *key, json_t *object)
{
	const char *name;
	json_t *v;

	json_object_foreach(object, name, v) {
		if (strlen(key) + strlen(name) > KEY_MAX) /* also the bound of the depth */
			return err_set(r->e, 0, "%s: this is no manifest of ingot: a key is longer than %d", r->file, KEY_MAX);
		if (add_value(r, arena_printf(r->m->arena, "%s%s%s", key, key[0] ? "." : "", name), v))
			return -1;
	}
	return 0;
}

/* The words of an array, which are texts; the room is counted first, as there may be thousands. */
static const char *
join(struct reader *r, json_t *array)
{
	size_t size = 1, i;
	json_t *v;

	json_array_foreach(array, i, v) {
		if (!json_is_string(v))
			return NULL;
		size += json_string_length(v) + 1;
	}
	char *text = arena_alloc(r->m->arena, size), *to = text;
	json_array_foreach(array, i, v)
		to = stpcpy(i ? stpcpy(to, " ") : to, json_string_value(v));
	return text;
}

static int
add_value(struct reader *r, const char *key, json_t *v)
{
	const char *text = NULL;

	switch (json_typeof(v)) {
	case JSON_OBJECT:
		return add_members(r, key, v);
	case JSON_STRING:
		text = arena_strdup(r->m->arena, json_string_value(v));
		break;
	case JSON_INTEGER:
		text = arena_printf(r->m->arena, "%lld", (long long)json_integer_value(v));
		break;
	case JSON_TRUE:
	case JSON_FALSE:
		text = json_is_true(v) ? "true" : "false";
		break;
	case JSON_ARRAY:
		text = join(r, v);
		break;
	default:
		break;
	}
	return text ? add_field(r, key, text) :
		      err_set(r->e, 0, "%s: this is no manifest of ingot: `%.100s` is of another kind", r->file, key);
}

static int
by_key(const void *a, const void *b)
{
	return strcmp(((const struct manifest_field *)a)->key, ((const struct manifest_field *)b)->key);
}

/* Sorts what was collected into *out, and begins anew. */
static void
take_fields(struct reader *r, struct manifest_fields *out)
{
	out->n = r->n;
	out->v = arena_alloc(r->m->arena, (r->n + 1) * sizeof *out->v);
	memcpy(out->v, r->fields, r->n * sizeof *out->v);
	qsort(out->v, out->n, sizeof *out->v, by_key);
	r->n = 0;
}

const char *
manifest_get(const struct manifest_fields *f, const char *key)
{
	struct manifest_field wanted = { .key = key }, *found;

	found = f->n ? bsearch(&wanted, f->v, f->n, sizeof *f->v, by_key) : NULL;
	return found ? found->value : "";
}

/* A slash sorts before everything else: what is in a folder comes before what only begins with its name. */
int
manifest_order(const char *a, const char *b)
{
	while (*a && *a == *b) {
		a++;
		b++;
	}
	int x = *a == '/' ? 1 : (unsigned char)*a + (*a != 0), y = *b == '/' ? 1 : (unsigned char)*b + (*b != 0);
	return (x > y) - (x < y);
}

static int
by_path(const void *a, const void *b)
{
	return manifest_order(((const struct manifest_path *)a)->path, ((const struct manifest_path *)b)->path);
}

static int
read_path(struct reader *r, json_t *v, struct manifest_path *to)
{
	const char *path = json_string_value(json_object_get(v, "path"));
	uint8_t digest[DIGEST_SIZE];

	if (!path || path[0] != '/' || strlen(path) > TREE_PATH_MAX)
		return err_set(r->e, 0, "%s: this is no manifest of ingot: an entry has no absolute path", r->file);
	to->path = arena_strdup(r->m->arena, path);
	json_object_del(v, "path");
	if (add_members(r, "", v))
		return err_wrap(r->e, "%.200s", to->path); /* path is gone */
	take_fields(r, &to->fields);
	const char *type = manifest_get(&to->fields, "type"), *sha256 = manifest_get(&to->fields, "sha256");
	if (!type[0] || (strcmp(type, "file") == 0 && !digest_parse(sha256, digest)))
		return err_set(r->e, 0, "%s: %.200s: this entry has no type, or a file no SHA-256", r->file, to->path);
	return 0;
}

struct inode {
	const char *number;
	struct manifest_path *path;
};

static int
by_number(const void *a, const void *b)
{
	const struct inode *x = a, *y = b;
	int c = strcmp(x->number, y->number);

	return c ? c : (x->path > y->path) - (x->path < y->path);
}

/* The number of an inode becomes the first name that has it. */
static void
name_inodes(struct manifest *m)
{
	struct inode *all = xcalloc(m->n_paths, sizeof *all);
	size_t n = 0, first = 0;

	for (size_t i = 0; i < m->n_paths; i++) {
		const char *number = manifest_get(&m->paths[i].fields, "inode");
		if (number[0])
			all[n++] = (struct inode){ number, &m->paths[i] };
	}
	qsort(all, n, sizeof *all, by_number);
	for (size_t i = 0; i < n; i++) {
		struct manifest_fields *f = &all[i].path->fields;
		if (strcmp(all[first].number, all[i].number) != 0)
			first = i;
		for (size_t k = 0; k < f->n; k++)
			if (strcmp(f->v[k].key, "inode") == 0)
				f->v[k] = (struct manifest_field){ "shared with", all[first].path->path };
		qsort(f->v, f->n, sizeof *f->v, by_key);
	}
	free(all);
}

static int
read_all(struct reader *r, json_t *root)
{
	json_t *paths = json_object_get(root, "paths");
	struct manifest *m = r->m;

	if (!json_is_array(paths) || !json_is_string(json_object_get(root, "tree")))
		return err_set(r->e, 0, "%s: this is no manifest of ingot: it has no `tree` or no `paths`", r->file);
	m->paths = arena_alloc(m->arena, (json_array_size(paths) + 1) * sizeof *m->paths);
	for (size_t i = 0; i < json_array_size(paths); i++, m->n_paths++)
		if (read_path(r, json_array_get(paths, i), &m->paths[i]))
			return -1;
	qsort(m->paths, m->n_paths, sizeof *m->paths, by_path);
	for (size_t i = 1; i < m->n_paths; i++)
		if (strcmp(m->paths[i - 1].path, m->paths[i].path) == 0)
			return err_set(r->e, 0, "%s: %.200s stands there twice", r->file, m->paths[i].path);
	name_inodes(m);
	json_object_del(root, "paths");
	if (add_members(r, "", root))
		return -1;
	take_fields(r, &m->fields);
	return 0;
}

int
manifest_parse(struct manifest *m, const char *file, const void *data, size_t size, struct err *e)
{
	struct reader r = { .m = m, .file = file, .e = e };
	json_error_t why;

	*m = (struct manifest){ .arena = arena_new() };
	json_t *root = json_loadb(data, size, JSON_REJECT_DUPLICATES, &why);
	if (!root)
		return err_set(e, 0, "%s:%d:%d: not valid JSON: %s", file, why.line, why.column, why.text);
	int res = json_is_object(root) ? read_all(&r, root) :
					 err_set(e, 0, "%s: this is no manifest of ingot: it is no object", file);
	json_decref(root);
	return res;
}

int
manifest_read(struct manifest *m, const char *file, struct err *e)
{
	struct content c;

	*m = (struct manifest){ .arena = NULL };
	if (content_of_file(&c, file, e))
		return -1;
	if (c.size > MANIFEST_SIZE_MAX)
		return err_set(e, 0, "%s is larger than %u MiB", file, MANIFEST_SIZE_MAX >> 20);
	void *data = content_load(&c, e);
	int r = data ? manifest_parse(m, file, data, (size_t)c.size, e) : -1;
	free(data);
	return r;
}

void
manifest_release(struct manifest *m)
{
	if (m->arena)
		arena_free(m->arena);
	*m = (struct manifest){ .arena = NULL };
}
