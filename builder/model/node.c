/* SPDX-License-Identifier: MIT
 *
 * libyaml's events into nodes. It knows nothing of what the keys mean.
 */
#include "node.h"

#include <errno.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>
#include <yaml.h>

struct reader {
	struct arena *arena;
	struct diags *diags;
	const char *file;
	yaml_parser_t parser;
	size_t nodes;
	size_t said; /* what diags held before */
	bool stopped; /* reading cannot go on: after a syntax error libyaml gives empty events for ever */
};

static bool
failed(const struct reader *r)
{
	return diags_count(r->diags) > r->said;
}

static bool
next_event(struct reader *r, yaml_event_t *ev)
{
	if (r->stopped)
		return false;
	if (yaml_parser_parse(&r->parser, ev))
		return true;
	r->stopped = true;
	const yaml_parser_t *p = &r->parser;
	unsigned line = (unsigned)p->problem_mark.line + 1, col = (unsigned)p->problem_mark.column + 1;
	const char *what = p->problem ? p->problem : "unreadable";
	diag_at(r->diags, r->file, line, col, "not valid YAML: %s%s%s", what, p->context ? ", " : "",
		p->context ? p->context : "");
	return false;
}

static struct node *
node_new(struct reader *r, const yaml_event_t *ev, enum node_kind kind)
{
	struct node *n = arena_alloc(r->arena, sizeof *n);

	n->kind = kind;
	n->file = r->file;
	n->line = (unsigned)ev->start_mark.line + 1;
	n->col = (unsigned)ev->start_mark.column + 1;
	n->text = "";
	if (++r->nodes > YAML_NODES_MAX)
		diag(r->diags, n, "more than %d values in one file", YAML_NODES_MAX);
	return n;
}

static void
refuse_tricks(struct reader *r, const struct node *n, const void *anchor, const void *tag)
{
	if (anchor)
		diag(r->diags, n, "anchors are not supported: write the value where it is used");
	if (tag)
		diag(r->diags, n, "tags are not supported: write the plain value");
}

static void
copy_nodes(struct reader *r, struct node *n, struct node **keys, struct node **items, size_t count)
{
	size_t bytes = count * sizeof *items;

	if (!count)
		return;
	n->count = count;
	n->items = arena_alloc(r->arena, bytes);
	memcpy(n->items, items, bytes);
	if (keys) {
		n->keys = arena_alloc(r->arena, bytes);
		memcpy(n->keys, keys, bytes);
	}
}

static struct node *read_node(struct reader *r, yaml_event_t *ev, unsigned depth);

static struct node *
read_scalar(struct reader *r, const yaml_event_t *ev)
{
	struct node *n = node_new(r, ev, NODE_SCALAR);
	const char *text = (const char *)ev->data.scalar.value;
	size_t len = ev->data.scalar.length;

	refuse_tricks(r, n, ev->data.scalar.anchor, ev->data.scalar.tag);
	if (memchr(text, '\0', len))
		diag(r->diags, n, "a NUL character inside a text");
	n->text = arena_strndup(r->arena, text, len);
	n->quoted = ev->data.scalar.style != YAML_PLAIN_SCALAR_STYLE;
	return n;
}

static struct node *
read_list(struct reader *r, const yaml_event_t *start, unsigned depth)
{
	struct node *n = node_new(r, start, NODE_LIST), **items = NULL;
	size_t count = 0, room = 0;
	yaml_event_t ev;

	refuse_tricks(r, n, start->data.sequence_start.anchor, start->data.sequence_start.tag);
	while (next_event(r, &ev)) {
		bool end = ev.type == YAML_SEQUENCE_END_EVENT;
		struct node *item = end ? NULL : read_node(r, &ev, depth);
		yaml_event_delete(&ev);
		if (end || !item)
			break;
		items = grow(items, count, &room, sizeof *items);
		items[count++] = item;
	}
	copy_nodes(r, n, NULL, items, count);
	free(items);
	return n;
}

static int
by_text(const void *a, const void *b)
{
	const struct node *const *x = a, *const *y = b;
	int c = strcmp((*x)->text, (*y)->text);

	if (c == 0)
		c = ((*x)->line > (*y)->line) - ((*x)->line < (*y)->line);
	return c ? c : ((*x)->col > (*y)->col) - ((*x)->col < (*y)->col);
}

/* By sorting: comparing each key with each other one takes minutes where a hostile file holds many. */
static void
check_keys(struct reader *r, struct node *const *keys, size_t count)
{
	struct node **sorted = xcalloc(count, sizeof *sorted), *first = NULL;
	size_t n = 0;

	for (size_t i = 0; i < count; i++) {
		if (keys[i]->kind == NODE_SCALAR)
			sorted[n++] = keys[i];
		else
			diag(r->diags, keys[i], "a key must be a plain text");
	}
	qsort(sorted, n, sizeof *sorted, by_text);
	for (size_t i = 0; i < n; i++) {
		if (first && strcmp(first->text, sorted[i]->text) == 0)
			diag(r->diags, sorted[i], "the key `%s` stands here twice (first on line %u)", first->text, first->line);
		else
			first = sorted[i];
	}
	free(sorted);
}

static struct node *
read_map(struct reader *r, const yaml_event_t *start, unsigned depth)
{
	struct node *n = node_new(r, start, NODE_MAP), **keys = NULL, **items = NULL;
	size_t count = 0, key_room = 0, item_room = 0;
	yaml_event_t ev;

	refuse_tricks(r, n, start->data.mapping_start.anchor, start->data.mapping_start.tag);
	while (next_event(r, &ev)) {
		bool end = ev.type == YAML_MAPPING_END_EVENT;
		struct node *key = end ? NULL : read_node(r, &ev, depth), *item = NULL;
		yaml_event_delete(&ev);
		if (!key || !next_event(r, &ev))
			break;
		item = read_node(r, &ev, depth);
		yaml_event_delete(&ev);
		if (!item)
			break;
		keys = grow(keys, count, &key_room, sizeof *keys);
		items = grow(items, count, &item_room, sizeof *items);
		keys[count] = key;
		items[count++] = item;
	}
	check_keys(r, keys, count);
	copy_nodes(r, n, keys, items, count);
	free(keys);
	free(items);
	return n;
}

/* The node that begins with *ev, which the caller deletes; NULL where reading cannot go on. */
static struct node *
read_node(struct reader *r, yaml_event_t *ev, unsigned depth)
{
	unsigned line = (unsigned)ev->start_mark.line + 1, col = (unsigned)ev->start_mark.column + 1;

	if (depth >= YAML_DEPTH_MAX)
		diag_at(r->diags, r->file, line, col, "nested deeper than %d levels", YAML_DEPTH_MAX);
	r->stopped = depth >= YAML_DEPTH_MAX || r->nodes > YAML_NODES_MAX;
	if (r->stopped)
		return NULL;
	switch (ev->type) {
	case YAML_SCALAR_EVENT:
		return read_scalar(r, ev);
	case YAML_SEQUENCE_START_EVENT:
		return read_list(r, ev, depth + 1);
	case YAML_MAPPING_START_EVENT:
		return read_map(r, ev, depth + 1);
	case YAML_ALIAS_EVENT:
		diag_at(r->diags, r->file, line, col, "aliases are not supported: write the value where it is used");
		return node_new(r, ev, NODE_SCALAR);
	default:
		diag_at(r->diags, r->file, line, col, "not valid YAML here");
		r->stopped = true;
		return NULL;
	}
}

static struct node *
read_document(struct reader *r)
{
	struct node *root = NULL;
	yaml_event_t ev;
	unsigned documents = 0;
	bool end = false;

	while (!end && next_event(r, &ev)) {
		end = ev.type == YAML_STREAM_END_EVENT;
		if (ev.type == YAML_DOCUMENT_START_EVENT && ++documents > 1) {
			diag_at(r->diags, r->file, (unsigned)ev.start_mark.line + 1, 1, "a second document in one file");
			end = true;
		} else if (ev.type == YAML_SCALAR_EVENT || ev.type == YAML_SEQUENCE_START_EVENT ||
			   ev.type == YAML_MAPPING_START_EVENT || ev.type == YAML_ALIAS_EVENT) {
			root = read_node(r, &ev, 0);
			end = !root;
		}
		yaml_event_delete(&ev);
	}
	if (!root && !failed(r))
		diag_at(r->diags, r->file, 1, 1, "the file is empty");
	return failed(r) ? NULL : root;
}

struct node *
yaml_parse(struct arena *a, struct diags *d, const char *file, const void *data, size_t size)
{
	struct reader r = { .arena = a, .diags = d, .file = arena_strdup(a, file), .said = diags_count(d) };

	if (size > YAML_SIZE_MAX) {
		diag_at(d, r.file, 0, 0, "larger than %u bytes", YAML_SIZE_MAX);
		return NULL;
	}
	if (!yaml_parser_initialize(&r.parser)) {
		diag_at(d, r.file, 0, 0, "no memory for the YAML reader");
		return NULL;
	}
	yaml_parser_set_input_string(&r.parser, data, size);
	struct node *root = read_document(&r);
	yaml_parser_delete(&r.parser);
	return root;
}

struct node *
yaml_load(struct arena *a, struct diags *d, const char *file)
{
	FILE *f = fopen(file, "re");

	if (!f) {
		diag_at(d, arena_strdup(a, file), 0, 0, "cannot read it: %s", strerror(errno));
		return NULL;
	}
	char *data = xcalloc(1, YAML_SIZE_MAX + 1);
	size_t n = fread(data, 1, YAML_SIZE_MAX + 1, f);
	bool bad = ferror(f) != 0;
	fclose(f);
	struct node *root = NULL;
	if (bad)
		diag_at(d, arena_strdup(a, file), 0, 0, "cannot read it: is it a file?");
	else
		root = yaml_parse(a, d, file, data, n);
	free(data);
	return root;
}

struct node *
node_get(const struct node *map, const char *key)
{
	if (!map || map->kind != NODE_MAP)
		return NULL;
	for (size_t i = 0; i < map->count; i++)
		if (strcmp(map->keys[i]->text, key) == 0)
			return map->items[i];
	return NULL;
}

const struct node *
node_place(const struct node *map, const char *key)
{
	const struct node *n = node_get(map, key);

	return n ? n : map;
}
