/* SPDX-License-Identifier: MIT
 *
 * The lock in memory. It never resolves and never decides whether a difference is an error.
 */
#include "lock.h"

#include <stdlib.h>
#include <string.h>

const struct lock_kind_form lock_kinds[LOCK_KINDS] = {
	[LOCK_KERNEL] = { "kernel", LOCK_F_PACKAGES | LOCK_F_PINS, 0 },
	[LOCK_DEBIAN] = { "debian", LOCK_F_PACKAGES | LOCK_F_PINS, LOCK_F_DROP },
	[LOCK_SOURCE] = { "debian-source", LOCK_F_PACKAGES | LOCK_F_PINS, 0 },
	[LOCK_ARCHIVE] = { "archive", LOCK_F_SIZE | LOCK_F_SHA256, LOCK_F_URL | LOCK_F_PATH },
	[LOCK_OCI] = { "oci", LOCK_F_PATH | LOCK_F_SHA256, LOCK_F_REF | LOCK_F_PLATFORM },
	[LOCK_BUSYBOX] = { "busybox", LOCK_F_PATH | LOCK_F_SIZE | LOCK_F_SHA256, 0 },
	[LOCK_TOOL] = { "tool", LOCK_F_VERSION | LOCK_F_SHA256, 0 },
};

const struct lock_text lock_texts[LOCK_TEXTS] = {
	{ LOCK_F_URL, "url", offsetof(struct lock_ask, url) },
	{ LOCK_F_PATH, "path", offsetof(struct lock_ask, path) },
	{ LOCK_F_REF, "ref", offsetof(struct lock_ask, ref) },
	{ LOCK_F_PLATFORM, "platform", offsetof(struct lock_ask, platform) },
};

const char *
lock_ask_field(const struct lock_ask *ask, size_t i)
{
	return *(const char *const *)((const char *)ask + lock_texts[i].offset);
}

void
lock_release(struct lock *l)
{
	if (l)
		free(l->held);
}

static int
compare_texts(const char *a, const char *b)
{
	return a && b ? strcmp(a, b) : (a != NULL) - (b != NULL);
}

static int
compare_lists(const char *const *a, size_t n, const char *const *b, size_t m)
{
	for (size_t i = 0; i < n && i < m; i++) {
		int r = strcmp(a[i], b[i]);
		if (r)
			return r;
	}
	return (n > m) - (n < m);
}

int
lock_compare(const struct lock_ask *a, const struct lock_ask *b)
{
	int r = (int)a->kind - (int)b->kind;

	if (r == 0)
		r = compare_lists(a->packages, a->n_packages, b->packages, b->n_packages);
	if (r == 0)
		r = compare_lists(a->drop, a->n_drop, b->drop, b->n_drop);
	for (size_t i = 0; r == 0 && i < LOCK_TEXTS; i++)
		r = compare_texts(lock_ask_field(a, i), lock_ask_field(b, i));
	return r;
}

static struct lock_held *
look(const struct lock *l, const struct lock_ask *ask)
{
	for (size_t i = 0; i < l->count; i++)
		if (lock_compare(&l->held[i]->ask, ask) == 0)
			return l->held[i];
	return NULL;
}

static struct lock_held *
find(struct lock *l, const struct lock_ask *ask)
{
	struct lock_held *h = look(l, ask);

	if (h)
		h->used = true;
	return h;
}

const struct node *
lock_place(const struct lock *l, const struct lock_ask *ask)
{
	const struct lock_held *h = look(l, ask);

	return h ? h->node : NULL;
}

const struct deb_list *
lock_find(struct lock *l, const struct lock_ask *ask)
{
	const struct lock_held *h = find(l, ask);

	return h ? &h->pins : NULL;
}

const struct lock_one *
lock_find_one(struct lock *l, const struct lock_ask *ask)
{
	const struct lock_held *h = find(l, ask);

	return h ? &h->one : NULL;
}

static struct lock_held *
place_for(struct lock *l, const struct lock_ask *ask)
{
	struct lock_held *h = find(l, ask);

	l->changed = true;
	if (h)
		return h;
	l->held = grow(l->held, l->count, &l->room, sizeof(struct lock_held *));
	h = l->held[l->count++] = arena_alloc(l->arena, sizeof *h);
	h->ask = *ask;
	h->used = true;
	return h;
}

const struct deb_list *
lock_put(struct lock *l, const struct lock_ask *ask, const struct deb_list *pins)
{
	struct lock_held *h = place_for(l, ask);

	h->pins.pins = arena_alloc(l->arena, pins->count * sizeof *pins->pins + 1);
	h->pins.count = pins->count;
	for (size_t i = 0; i < pins->count; i++) {
		struct deb_pin *to = &h->pins.pins[i];
		*to = pins->pins[i];
		to->name = arena_strdup(l->arena, to->name);
		to->version = arena_strdup(l->arena, to->version);
		to->arch = arena_strdup(l->arena, to->arch);
	}
	return &h->pins;
}

const struct lock_one *
lock_put_one(struct lock *l, const struct lock_ask *ask, const struct lock_one *one)
{
	struct lock_held *h = place_for(l, ask);

	h->one = *one;
	h->one.version = one->version ? arena_strdup(l->arena, one->version) : NULL;
	return &h->one;
}

const char *
lock_ask_text(struct arena *a, const struct lock_ask *ask)
{
	const char *text = lock_kinds[ask->kind].word;

	for (size_t i = 0; i < ask->n_packages; i++)
		text = arena_printf(a, "%s%s%s", text, i ? ", " : " ", ask->packages[i]);
	for (size_t i = 0; i < LOCK_TEXTS; i++)
		if (lock_ask_field(ask, i))
			text = arena_printf(a, "%s %s", text, lock_ask_field(ask, i));
	return text;
}

void
lock_say_unused(const struct lock *l, struct diags *d, const char *mend)
{
	for (size_t i = 0; i < l->count; i++)
		if (!l->held[i]->used)
			diag(d, l->held[i]->node, "%s is pinned, but nothing asks for it any more; mend: %s",
			     lock_ask_text(l->arena, &l->held[i]->ask), mend);
}
