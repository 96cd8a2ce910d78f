/* SPDX-License-Identifier: MIT
 *
 * From nodes to structs by a key table: the one place that decides whether a key is known and its value of the right
 * form. What the values mean together is check.c's work.
 */
#include "keys.h"

#include <assert.h>
#include <stdlib.h>
#include <string.h>

#include "value.h"

struct binder {
	struct arena *arena;
	struct diags *diags;
};

static const char *const kind_names[] = {
	[NODE_SCALAR] = "a single value", [NODE_LIST] = "a list", [NODE_MAP] = "a mapping"
};

static bool
is_kind(struct binder *b, const struct node *n, enum node_kind kind, const char *name)
{
	if (n->kind == kind)
		return true;
	diag(b->diags, n, "`%s` must be %s, not %s", name, kind_names[kind], kind_names[n->kind]);
	return false;
}

static bool
in_range(struct binder *b, const struct key *k, const struct node *n, uint64_t v)
{
	if (v >= k->min && (k->max == 0 || v <= k->max))
		return true;
	if (k->max)
		diag(b->diags, n, "`%s` must be between %llu and %llu, not %s", k->name, (unsigned long long)k->min,
		     (unsigned long long)k->max, n->text);
	else
		diag(b->diags, n, "`%s` must be at least %llu, not %s", k->name, (unsigned long long)k->min, n->text);
	return false;
}

static const struct {
	bool (*read)(const char *text, uint64_t *out);
	const char *form;
} numbers[] = {
	[KEY_INT] = { value_int, "a whole number" },
	[KEY_SIZE] = { value_size, "a size such as 512K, 64M or 2G" },
	[KEY_TIME] = { value_time, "a time such as 100ms, 30s, 5m, 2h or 1d (at most 49 days)" },
	[KEY_PERCENT] = { value_percent, "a percentage such as 50%" },
	[KEY_TENTHS] = { value_tenths, "a number with one digit behind the point, such as 0.4" },
	[KEY_OCTAL] = { value_octal, "an octal mode such as 0644" },
	[KEY_IPV4] = { value_ipv4, "an IPv4 address such as 10.0.2.15" },
};

static void
bind_number(struct binder *b, const struct key *k, const struct node *n, uint64_t *into)
{
	uint64_t v;

	if (!numbers[k->type].read(n->text, &v))
		diag(b->diags, n, "`%s` must be %s, not `%s`", k->name, numbers[k->type].form, n->text);
	else if (in_range(b, k, n, v))
		*into = v;
}

/* The word's index, -1 where it is none. */
static int
bind_word(struct binder *b, const struct key *k, const struct node *n)
{
	const char *known[KEY_WORDS_MAX + 1];
	size_t count = 0;
	char list[1024] = "";

	for (const struct key_word *w = k->words; w->text; w++) {
		if (strcmp(w->text, n->text) == 0) {
			if (w->later)
				diag(b->diags, n, "`%s: %s` is not supported yet", k->name, n->text);
			return (int)(w - k->words);
		}
		assert(count < KEY_WORDS_MAX);
		known[count++] = w->text;
		if (count > 1)
			strncat(list, ", ", sizeof list - strlen(list) - 1);
		strncat(list, w->text, sizeof list - strlen(list) - 1);
	}
	known[count] = NULL;
	const char *meant = nearest(n->text, known);
	if (meant)
		diag(b->diags, n, "`%s` cannot be `%s`: did you mean `%s`?", k->name, n->text, meant);
	else
		diag(b->diags, n, "`%s` cannot be `%s`: it is one of %s", k->name, n->text, list);
	return -1;
}

static const char *
host_path(struct binder *b, const struct node *n)
{
	const char *slash = strrchr(n->file, '/');

	if (n->text[0] == '/' || !slash)
		return n->text;
	return arena_printf(b->arena, "%.*s/%s", (int)(slash - n->file), n->file, n->text);
}

static void
bind_text(struct binder *b, const struct key *k, const struct node *n, const char **into)
{
	if (k->type == KEY_NAME && !value_is_name(n->text))
		diag(b->diags, n, "`%s` must be a name: small letters, digits and -, at most 31, not `%s`", k->name, n->text);
	else if (k->type == KEY_PATH && !value_is_path(n->text))
		diag(b->diags, n, "`%s` must be an absolute path without `.` and `..`, not `%s`", k->name, n->text);
	else if (k->type == KEY_HOSTPATH && !n->text[0])
		diag(b->diags, n, "`%s` must not be empty", k->name);
	else
		*into = k->type == KEY_HOSTPATH ? host_path(b, n) : n->text;
}

static void
bind_scalar(struct binder *b, const struct key *k, const struct node *n, void *into)
{
	if (!is_kind(b, n, NODE_SCALAR, k->name))
		return;
	switch (k->type) {
	case KEY_BOOL:
		if (n->quoted || !value_bool(n->text, into))
			diag(b->diags, n, "`%s` must be true or false, not `%s`", k->name, n->text);
		break;
	case KEY_WORD: {
		int word = bind_word(b, k, n);
		if (word >= 0)
			*(int *)into = word;
		break;
	}
	case KEY_INT:
	case KEY_SIZE:
	case KEY_TIME:
	case KEY_PERCENT:
	case KEY_TENTHS:
	case KEY_OCTAL:
	case KEY_IPV4:
		bind_number(b, k, n, into);
		break;
	default:
		bind_text(b, k, n, into);
	}
}

static void
bind_texts(struct binder *b, const struct key *k, const struct node *n, struct key_list *into)
{
	if (!is_kind(b, n, NODE_LIST, k->name))
		return;
	const char **v = arena_alloc(b->arena, (n->count + 1) * sizeof *v);
	size_t count = 0;
	for (size_t i = 0; i < n->count; i++) {
		const struct node *item = n->items[i];
		if (item->kind != NODE_SCALAR)
			diag(b->diags, item, "each item of `%s` must be a single value", k->name);
		else if (k->type == KEY_NAMES && !value_is_name(item->text))
			diag(b->diags, item, "`%s` is not a name: small letters, digits and -, at most 31", item->text);
		else if (k->type == KEY_UNITS && !value_is_unit(item->text))
			diag(b->diags, item, "`%s` is neither a name nor NAME@N, one of its replicas", item->text);
		else if (k->type != KEY_WORDS || bind_word(b, k, item) >= 0)
			v[count++] = item->text;
	}
	*into = (struct key_list){ v, count };
}

static void
bind_pairs(struct binder *b, const struct key *k, const struct node *n, struct key_list *into)
{
	if (!is_kind(b, n, NODE_MAP, k->name))
		return;
	const char **v = arena_alloc(b->arena, (n->count + 1) * sizeof *v);
	size_t count = 0;
	for (size_t i = 0; i < n->count; i++) {
		const struct node *key = n->keys[i], *item = n->items[i];
		if (item->kind != NODE_SCALAR || strchr(key->text, '=') || !key->text[0])
			diag(b->diags, key, "each entry of `%s` must be NAME: value", k->name);
		else
			v[count++] = arena_printf(b->arena, "%s=%s", key->text, item->text);
	}
	*into = (struct key_list){ v, count };
}

static bool
is_item(struct binder *b, const struct node *n, const char *name, bool named)
{
	if (named || n->kind == NODE_MAP)
		return is_kind(b, n, NODE_MAP, name);
	diag(b->diags, n, "each item of `%s` must be a mapping, not %s", name, kind_names[n->kind]);
	return false;
}

static void
bind_structs(struct binder *b, const struct key *k, const struct node *n, struct key_list *into)
{
	bool named = k->type == KEY_NAMED;

	if (!is_kind(b, n, named ? NODE_MAP : NODE_LIST, k->name))
		return;
	char *v = arena_alloc(b->arena, n->count * k->size + 1);
	for (size_t i = 0; i < n->count; i++) {
		struct key_head *head = (void *)(v + i * k->size);
		if (named && !value_is_name(n->keys[i]->text))
			diag(b->diags, n->keys[i], "`%s` is not a name: small letters, digits and -, at most 31", n->keys[i]->text);
		if (is_item(b, n->items[i], named ? n->keys[i]->text : k->name, named))
			keys_bind(b->arena, b->diags, k->sub, n->items[i], head);
		else
			head->node = n->items[i];
		if (named)
			head->name = n->keys[i]->text;
	}
	*into = (struct key_list){ v, n->count };
}

static void
bind_value(struct binder *b, const struct key *k, const struct node *n, void *into)
{
	switch (k->type) {
	case KEY_LATER:
		diag(b->diags, n, "`%s` is not supported yet", k->name);
		break;
	case KEY_STRUCT:
		if (is_kind(b, n, NODE_MAP, k->name))
			keys_bind(b->arena, b->diags, k->sub, n, into);
		break;
	case KEY_OPTION:
		if (is_kind(b, n, NODE_MAP, k->name)) {
			void *p = arena_alloc(b->arena, k->size);
			keys_bind(b->arena, b->diags, k->sub, n, p);
			*(void **)into = p;
		}
		break;
	case KEY_TEXTS:
	case KEY_NAMES:
	case KEY_UNITS:
	case KEY_WORDS:
		bind_texts(b, k, n, into);
		break;
	case KEY_PAIRS:
		bind_pairs(b, k, n, into);
		break;
	case KEY_STRUCTS:
	case KEY_NAMED:
		bind_structs(b, k, n, into);
		break;
	default:
		bind_scalar(b, k, n, into);
	}
}

static void
bind_absent(struct binder *b, const struct key *k, const struct node *map, void *into)
{
	if (k->flags & KEY_REQUIRED && map)
		diag(b->diags, map, "`%s` is missing: %s", k->name, k->doc);
	if (k->type == KEY_STRUCT) {
		keys_bind(b->arena, b->diags, k->sub, NULL, into);
	} else if (k->preset) {
		const struct node preset = { .kind = NODE_SCALAR, .file = "preset", .text = k->preset };
		bind_scalar(b, k, &preset, into);
	}
}

static void
refuse_unknown(struct binder *b, const struct key *table, const struct node *map)
{
	const char *known[64];
	size_t count = 0;

	for (const struct key *k = table; k->name && count < 63; k++)
		known[count++] = k->name;
	known[count] = NULL;
	for (size_t i = 0; i < map->count; i++) {
		const struct node *key = map->keys[i];
		const struct key *k = table;
		while (k->name && strcmp(k->name, key->text) != 0)
			k++;
		if (k->name)
			continue;
		const char *meant = nearest(key->text, known);
		if (meant)
			diag(b->diags, key, "unknown key `%s`: did you mean `%s`?", key->text, meant);
		else
			diag(b->diags, key, "unknown key `%s`", key->text);
	}
}

void
keys_bind(struct arena *a, struct diags *d, const struct key *table, const struct node *map, void *into)
{
	struct binder b = { a, d };
	struct key_head *head = into;

	head->node = map;
	for (const struct key *k = table; k->name; k++) {
		const struct node *n = node_get(map, k->name);
		void *field = (char *)into + k->offset;
		if (n)
			bind_value(&b, k, n, field);
		else
			bind_absent(&b, k, map, field);
	}
	if (map)
		refuse_unknown(&b, table, map);
}
