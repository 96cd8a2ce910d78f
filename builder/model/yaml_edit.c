/* SPDX-License-Identifier: MIT */
#include "yaml_edit.h"

#include <stdbool.h>
#include <string.h>

struct editor {
	struct arena *arena;
	const char *file, *text;
	const struct node *map; /* that holds the key, or shall */
	const char *key, *value;
};

static bool
goes_on(char c)
{
	return ((unsigned char)c & 0xc0) == 0x80; /* in UTF-8, behind a character's first byte */
}

/* Lines and columns are counted from 1, columns in characters. */
static const char *
place_of(const char *text, unsigned line, unsigned col)
{
	for (; line > 1 && *text; text++)
		line -= *text == '\n';
	for (; col > 1 && *text && *text != '\n'; col--)
		for (text++; goes_on(*text); text++)
			;
	return text;
}

/* Behind the closing quote. */
static const char *
quoted_end(const char *at)
{
	char quote = *at++;

	while (*at && *at != quote)
		at += quote == '"' && *at == '\\' && at[1] ? 2 : 1;
	return *at ? at + 1 : at;
}

/* Behind the bracket that closes the one at `at`. */
static const char *
bracket_end(const char *at)
{
	unsigned depth = 0;

	for (; *at; at++) {
		if (*at == '{' || *at == '[')
			depth++;
		else if ((*at == '}' || *at == ']') && --depth == 0)
			return at + 1;
		else if ((*at == '"' || *at == '\'') && strchr(" ,[{:\t", at[-1]))
			at = quoted_end(at) - 1;
		else if (*at == '#' && strchr(" \t\n", at[-1]))
			at += strcspn(at, "\n") - 1;
	}
	return at;
}

/* Behind a value; NULL where it is in no brackets and no scalar on one line. */
static const char *
value_end(const char *at, const struct node *v)
{
	if (*at == '{' || *at == '[')
		return bracket_end(at);
	if (v->kind != NODE_SCALAR)
		return NULL;
	if (v->quoted)
		return *at == '"' || *at == '\'' ? quoted_end(at) : NULL;
	return strncmp(at, v->text, strlen(v->text)) == 0 ? at + strlen(v->text) : NULL;
}

static const char *
spliced(const struct editor *x, const char *from, const char *to, const char *new)
{
	return arena_printf(x->arena, "%.*s%s%s", (int)(from - x->text), x->text, new, to);
}

static const char *
replaced(const struct editor *x, const struct node *v)
{
	const char *at = place_of(x->text, v->line, v->col), *end = value_end(at, v);

	return end ? spliced(x, at, end, x->value) : NULL;
}

/* In brackets: before the closing one. In lines of its own: behind the first key whose value ends on a line, in a line
 * of its own, so that no comment is parted from what it is about. */
static const char *
inserted(const struct editor *x)
{
	const char *first = place_of(x->text, x->map->line, x->map->col);

	if (*first == '{') {
		const char *end = bracket_end(first) - 1, *before = end;
		while (before > first && strchr(" \t\n", before[-1]))
			before--;
		return spliced(x, before, before, arena_printf(x->arena, "%s%s: %s", x->map->count ? ", " : "", x->key, x->value));
	}
	for (size_t i = 0; i < x->map->count; i++) {
		const char *at = place_of(x->text, x->map->items[i]->line, x->map->items[i]->col);
		const char *end = value_end(at, x->map->items[i]);
		if (!end)
			continue;
		end += strcspn(end, "\n");
		int indent = (int)x->map->keys[0]->col - 1;
		return spliced(x, end, end, arena_printf(x->arena, "\n%*s%s: %s", indent, "", x->key, x->value));
	}
	return NULL;
}

static const struct node *
walk(const struct node *n, const char *const *path, size_t count)
{
	for (size_t i = 0; n && i < count; i++)
		n = node_get(n, path[i]);
	return n && n->kind == NODE_MAP ? n : NULL;
}

static bool
same(const struct node *a, const struct node *b)
{
	if (!a || !b || a->kind != b->kind || a->count != b->count)
		return false;
	if (a->kind == NODE_SCALAR)
		return strcmp(a->text, b->text) == 0;
	for (size_t i = 0; i < a->count; i++)
		if ((a->kind == NODE_MAP && !same(a->keys[i], b->keys[i])) || !same(a->items[i], b->items[i]))
			return false;
	return true;
}

/* The text that was made says what it should, or it is not used. */
static bool
holds(const struct editor *x, struct diags *d, const char *made, const char *const *path, size_t n)
{
	const char *alone = arena_printf(x->arena, "v: %s\n", x->value);
	const struct node *whole = yaml_parse(x->arena, d, x->file, made, strlen(made));
	const struct node *wanted = yaml_parse(x->arena, d, x->file, alone, strlen(alone));

	return whole && wanted && same(node_get(walk(whole, path, n), x->key), node_get(wanted, "v"));
}

const char *
yaml_set(struct arena *a, const char *file, const char *text, const char *const *path, size_t n, const char *key,
	 const char *value, struct err *e)
{
	struct editor x = { .arena = a, .file = file, .text = text, .key = key, .value = value };
	struct diags *d = diags_new();
	const struct node *root = yaml_parse(a, d, file, text, strlen(text)), *old;
	const char *made = NULL;

	x.map = walk(root, path, n);
	if (x.map) {
		old = node_get(x.map, key);
		made = old ? replaced(&x, old) : inserted(&x);
		if (made && !holds(&x, d, made, path, n))
			made = NULL;
	}
	diags_free(d);
	if (!made && x.map)
		err_set(e, 0, "%s:%u:%u: `%s` is not written in a way that can be changed here: write `%s: %s` yourself", file,
			node_place(x.map, key)->line, node_place(x.map, key)->col, key, key, value);
	else if (!made)
		err_set(e, 0, "%s has changed meanwhile: nothing was written", file);
	return made;
}
