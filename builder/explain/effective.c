/* SPDX-License-Identifier: MIT
 *
 * The key tables walked over the nodes of an image file: what stands there, what is preset, what is absent. The walk
 * makes lines; two printers show them. A line is a comment where the file could not state it in that place.
 */
#include "effective.h"

#include <stdlib.h>
#include <string.h>

#include "json_out.h"

enum line_kind {
	LINE_VALUE,  /* key: value */
	LINE_OPEN,   /* key: with lines below it */
	LINE_ABSENT, /* a comment */
};

struct line {
	enum line_kind kind;
	unsigned depth;
	bool item;         /* stands in a list by itself, without a key */
	const char *key;   /* as it is printed; NULL for an item */
	const char *path;  /* the whole key */
	const char *value; /* as YAML; NULL: none */
	const char *text;  /* the same without quotes */
	const char *origin;
	const char *empty; /* LINE_OPEN: what it is with nothing below */
	const char *risk;  /* it loosens the default posture: by what; NULL: it does not */
};

struct walk {
	struct arena *arena;
	const struct derived_list *derived;
	struct line *lines;
	size_t n, room;
};

static void walk_table(struct walk *w, const struct key *table, const struct node *map, const char *path,
		       unsigned depth);

static void
add(struct walk *w, struct line l)
{
	w->lines = grow(w->lines, w->n, &w->room, sizeof *w->lines);
	w->lines[w->n++] = l;
}

static const char *
place_of(const struct walk *w, const struct node *n)
{
	return n ? arena_printf(w->arena, "%s:%u:%u", n->file, n->line, n->col) : "default";
}

static const char *
below(const struct walk *w, const char *path, const char *key)
{
	return path[0] ? arena_printf(w->arena, "%s.%s", path, key) : key;
}

static const struct derived *
find_derived(const struct walk *w, const char *path)
{
	for (size_t i = 0; i < w->derived->n; i++)
		if (strcmp(w->derived->v[i].key, path) == 0)
			return &w->derived->v[i];
	return NULL;
}

/* What is risked by the value that stands at the key, or is an item there; NULL: nothing. */
static const char *
risk_of(const struct key *k, const struct node *n)
{
	if (!n || (n->kind == NODE_SCALAR && k->preset && strcmp(n->text, k->preset) == 0))
		return NULL;
	for (const struct key_risk *r = k->risks; r && r->word; r++)
		if (n->kind == NODE_SCALAR && strcmp(r->word, n->text) == 0)
			return r->risk;
	return k->risk;
}

static void
add_scalar(struct walk *w, const struct key *k, const char *key, const char *path, unsigned depth, const struct node *n)
{
	add(w, (struct line){ .kind = LINE_VALUE, .depth = depth, .item = !key,
			      .key = key ? yaml_scalar(w->arena, key, false) : NULL, .path = path,
			      .value = yaml_scalar(w->arena, n->text, n->quoted), .text = n->text,
			      .origin = place_of(w, n), .risk = risk_of(k, n) });
}

static void
add_open(struct walk *w, const char *key, const char *path, unsigned depth, const struct node *n, const char *empty)
{
	add(w, (struct line){ .kind = LINE_OPEN, .depth = depth, .item = !key, .key = key, .path = path,
			      .origin = place_of(w, n), .empty = empty });
}

static void
walk_list(struct walk *w, const struct key *k, const struct node *n, const char *path, unsigned depth)
{
	add_open(w, k->name, path, depth, n, "[]");
	for (size_t i = 0; i < n->count; i++) {
		const char *at = arena_printf(w->arena, "%s[%zu]", path, i);
		if (k->type != KEY_STRUCTS) {
			add_scalar(w, k, NULL, at, depth + 1, n->items[i]);
			continue;
		}
		add_open(w, NULL, at, depth + 1, n->items[i], "{}");
		walk_table(w, k->sub, n->items[i], at, depth + 2);
	}
}

static void
walk_mapping(struct walk *w, const struct key *k, const struct node *n, const char *path, unsigned depth)
{
	add_open(w, k->name, path, depth, n, "{}");
	for (size_t i = 0; i < n->count; i++) {
		const char *name = n->keys[i]->text, *at = below(w, path, name);
		if (k->type == KEY_PAIRS) {
			add_scalar(w, k, name, at, depth + 1, n->items[i]);
			continue;
		}
		add_open(w, yaml_scalar(w->arena, name, false), at, depth + 1, n->items[i], "{}");
		walk_table(w, k->sub, n->items[i], at, depth + 2);
	}
}

/* What stands for a key that the file does not hold. */
static void
walk_absent(struct walk *w, const struct key *k, const char *path, unsigned depth)
{
	const struct derived *d = find_derived(w, path);
	struct line l = { .kind = LINE_ABSENT, .depth = depth, .key = k->name, .path = path, .origin = "absent" };

	if (d) {
		l.kind = d->stated ? LINE_VALUE : LINE_ABSENT;
		l.value = l.text = d->value;
		l.origin = d->origin;
	} else if (k->type == KEY_STRUCT && !(k->flags & KEY_IF_STATED)) {
		add_open(w, k->name, path, depth, NULL, "{}");
		walk_table(w, k->sub, NULL, path, depth + 1);
		return;
	} else if (k->preset) {
		l.kind = LINE_VALUE;
		l.value = l.text = k->preset;
		l.origin = "default";
	}
	add(w, l);
}

static void
walk_key(struct walk *w, const struct key *k, const struct node *n, const char *path, unsigned depth)
{
	switch (k->type) {
	case KEY_STRUCT:
	case KEY_OPTION:
		add_open(w, k->name, path, depth, n, "{}");
		walk_table(w, k->sub, n, path, depth + 1);
		break;
	case KEY_TEXTS:
	case KEY_NAMES:
	case KEY_UNITS:
	case KEY_WORDS:
	case KEY_STRUCTS:
		walk_list(w, k, n, path, depth);
		break;
	case KEY_NAMED:
	case KEY_PAIRS:
		walk_mapping(w, k, n, path, depth);
		break;
	default:
		add_scalar(w, k, k->name, path, depth, n);
	}
}

static void
walk_table(struct walk *w, const struct key *table, const struct node *map, const char *path, unsigned depth)
{
	for (const struct key *k = table; k->name; k++) {
		const struct node *n = node_get(map, k->name);
		const char *at = below(w, path, k->name);
		if (n)
			walk_key(w, k, n, at, depth);
		else if (k->type != KEY_LATER && (k->type != KEY_OPTION || depth == 0)) /* a source's other kinds mean nothing */
			walk_absent(w, k, at, depth);
	}
}

static struct walk
walk_image(const struct plan *p, const struct derived_list *l)
{
	struct walk w = { .arena = p->arena, .derived = l };

	walk_table(&w, image_keys, p->project->image.head.node, "", 0);
	return w;
}

/* Whether nothing but comments stands below the line. */
static bool
is_empty(const struct walk *w, size_t i)
{
	for (size_t k = i + 1; k < w->n && w->lines[k].depth > w->lines[i].depth; k++)
		if (w->lines[k].kind != LINE_ABSENT)
			return false;
	return true;
}

static void
print_line(const struct walk *w, size_t i, FILE *to)
{
	const struct line *l = &w->lines[i];
	const char *value = l->kind != LINE_OPEN ? l->value : is_empty(w, i) ? l->empty : "";

	fprintf(to, "%*s", 2 * (int)l->depth, "");
	if (l->item)
		fprintf(to, "-%s%s", value[0] ? " " : "", value);
	else if (l->kind == LINE_ABSENT)
		fprintf(to, "# %s:%s%s", l->key, value ? " " : "", value ? value : "");
	else
		fprintf(to, "%s:%s%s", l->key, value[0] ? " " : "", value);
	fprintf(to, "  # %s%s%s\n", l->origin, l->risk ? "; LOOSENED: " : "", l->risk ? l->risk : "");
}

/* All of them once more, where they are seen. */
static void
print_loosened(const struct walk *w, FILE *to)
{
	const char *head = "# What loosens the default posture, and what is risked:\n";

	for (size_t i = 0; i < w->n; i++) {
		const struct line *l = &w->lines[i];
		if (!l->risk)
			continue;
		fprintf(to, "%s# %s: %s  # %s\n", head, l->path, l->value ? l->value : "", l->risk);
		head = "";
	}
}

/* Whether it was shown at its key. */
static bool
is_shown(const struct walk *w, const struct derived *d)
{
	for (size_t i = 0; i < w->n; i++)
		if (strcmp(w->lines[i].path, d->key) == 0)
			return true;
	return false;
}

void
effective_print(const struct plan *p, const struct derived_list *l, FILE *to)
{
	struct walk w = walk_image(p, l);

	for (size_t i = 0; i < w.n; i++)
		print_line(&w, i, to);
	fputs("# What the build decides, and no key states:\n", to);
	for (size_t i = 0; i < l->n; i++)
		if (!is_shown(&w, &l->v[i]))
			fprintf(to, "# %s: %s  # %s\n", l->v[i].key, yaml_scalar(p->arena, l->v[i].value, false), l->v[i].origin);
	print_loosened(&w, to);
	free(w.lines);
}

static void
json_value(struct json *j, const char *key, const char *text, const char *origin, const char *risk)
{
	json_object(j);
	json_text(j, "key", key);
	json_key(j, "value");
	if (text)
		json_string(j, text);
	else
		json_null(j);
	json_text(j, "origin", origin);
	if (risk)
		json_text(j, "risk", risk);
	json_object_end(j);
}

void
effective_json(const struct plan *p, const struct derived_list *l, FILE *to)
{
	struct walk w = walk_image(p, l);
	struct json j;

	json_to_file(&j, to);
	json_object(&j);
	json_text(&j, "image", p->project->image.image);
	json_array_at(&j, "values");
	for (size_t i = 0; i < w.n; i++)
		if (w.lines[i].kind != LINE_OPEN)
			json_value(&j, w.lines[i].path, w.lines[i].text, w.lines[i].origin, w.lines[i].risk);
	json_array_end(&j);
	json_array_at(&j, "derived");
	for (size_t i = 0; i < l->n; i++)
		if (!is_shown(&w, &l->v[i]))
			json_value(&j, l->v[i].key, l->v[i].value, l->v[i].origin, NULL);
	json_array_end(&j);
	json_object_end(&j);
	json_end(&j);
	free(w.lines);
}
