/* SPDX-License-Identifier: MIT
 *
 * Two locks side by side: what `ingot lock --update` changed, in versions and sizes. A package that several requests
 * came to is one thing here. It only reads.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "lock.h"

/* One thing that a lock pins. */
struct item {
	const char *label; /* "nginx-light", or the request's text */
	const char *value; /* its version; the digest's first digits where it has none */
	uint64_t size;
	uint8_t sha256[DIGEST_SIZE];
	bool package;
};

struct items {
	struct item *v;
	size_t n, room;
};

static int
by_item(const void *a, const void *b)
{
	const struct item *x = a, *y = b;
	int r = strcmp(x->label, y->label);

	if (r == 0)
		r = strcmp(x->value, y->value);
	return r ? r : memcmp(x->sha256, y->sha256, DIGEST_SIZE);
}

static void
add(struct items *to, const char *label, const char *value, uint64_t size, const uint8_t sha256[DIGEST_SIZE],
    bool package)
{
	to->v = grow(to->v, to->n, &to->room, sizeof *to->v);
	struct item *x = &to->v[to->n++];
	*x = (struct item){ label, value, size, { 0 }, package };
	memcpy(x->sha256, sha256, DIGEST_SIZE);
}

static void
add_held(struct items *to, struct arena *a, const struct lock_held *h)
{
	char hex[DIGEST_HEX];

	for (size_t i = 0; i < h->pins.count; i++) {
		const struct deb_pin *p = &h->pins.pins[i];
		add(to, p->name, p->version, p->size, p->sha256, true);
	}
	if (lock_kinds[h->ask.kind].needs & LOCK_F_PINS)
		return;
	digest_hex(h->one.sha256, hex);
	const char *digest = arena_printf(a, "sha256:%.12s", hex);
	const char *value = h->one.version ? arena_printf(a, "%s %s", h->one.version, digest) : digest;
	add(to, lock_ask_text(a, &h->ask), value, h->one.size, h->one.sha256, false);
}

/* Sorted, each once. */
static struct items
items_of(const struct lock *l, bool all)
{
	struct items x = { NULL, 0, 0 };
	size_t n = 0;

	for (size_t i = 0; i < l->count; i++)
		if (all || l->held[i]->used)
			add_held(&x, l->arena, l->held[i]);
	if (x.n)
		qsort(x.v, x.n, sizeof *x.v, by_item);
	for (size_t i = 0; i < x.n; i++)
		if (n == 0 || by_item(&x.v[n - 1], &x.v[i]) != 0)
			x.v[n++] = x.v[i];
	x.n = n;
	return x;
}

static struct lock_sum
sum_of(const struct items *x)
{
	struct lock_sum s = { 0, 0, 0 };

	for (size_t i = 0; i < x->n; i++) {
		s.packages += x->v[i].package;
		s.others += !x->v[i].package;
		s.bytes += x->v[i].size;
	}
	return s;
}

struct lock_sum
lock_sum(const struct lock *l)
{
	struct items x = items_of(l, false);
	struct lock_sum s = sum_of(&x);

	free(x.v);
	return s;
}

void
lock_size_text(uint64_t bytes, char out[24])
{
	uint64_t kib = (bytes + 512) >> 10;

	if (bytes < 1024)
		snprintf(out, 24, "%llu bytes", (unsigned long long)bytes);
	else if (kib < 10240)
		snprintf(out, 24, "%llu KiB", (unsigned long long)kib);
	else
		snprintf(out, 24, "%llu.%llu MiB", (unsigned long long)(kib >> 10), (unsigned long long)((kib & 1023) * 10 >> 10));
}

/* How many from `from` on have the same label. */
static size_t
run_of(const struct items *x, size_t from)
{
	size_t n = 0;

	while (from + n < x->n && strcmp(x->v[from].label, x->v[from + n].label) == 0)
		n++;
	return n;
}

static void
print_one(FILE *to, const struct item *x, const char *word)
{
	char size[24];

	lock_size_text(x->size, size);
	fprintf(to, "%s %s %s  (%s)\n", word, x->label, x->value, size);
}

static void
print_changed(FILE *to, const struct item *a, const struct item *b)
{
	char before[24], after[24];

	lock_size_text(a->size, before);
	lock_size_text(b->size, after);
	if (strcmp(a->value, b->value) == 0)
		fprintf(to, "%s %s: other bytes under the same version  (%s -> %s)\n", a->label, a->value, before, after);
	else
		fprintf(to, "%s %s -> %s  (%s -> %s)\n", a->label, a->value, b->value, before, after);
}

static bool
holds(const struct items *x, size_t from, size_t n, const struct item *wanted)
{
	for (size_t i = from; i < from + n; i++)
		if (by_item(&x->v[i], wanted) == 0)
			return true;
	return false;
}

/* All of one label on both sides; either may be none. */
static size_t
print_label(FILE *to, const struct items *a, size_t i, size_t n, const struct items *b, size_t k, size_t m)
{
	size_t said = 0;

	if (n == 1 && m == 1) {
		if (by_item(&a->v[i], &b->v[k]) == 0)
			return 0;
		print_changed(to, &a->v[i], &b->v[k]);
		return 1;
	}
	for (size_t x = i; x < i + n; x++)
		if (!holds(b, k, m, &a->v[x])) {
			print_one(to, &a->v[x], "removed");
			said++;
		}
	for (size_t x = k; x < k + m; x++)
		if (!holds(a, i, n, &b->v[x])) {
			print_one(to, &b->v[x], "added");
			said++;
		}
	return said;
}

static void
print_sum(FILE *to, const struct items *a, const struct items *b, size_t changes)
{
	struct lock_sum x = sum_of(a), y = sum_of(b);
	char before[24], after[24];

	lock_size_text(x.bytes, before);
	lock_size_text(y.bytes, after);
	fprintf(to, "%zu change%s: %zu -> %zu packages, %s -> %s\n", changes, changes == 1 ? "" : "s", x.packages, y.packages,
		before, after);
}

size_t
lock_changes(const struct lock *before, const struct lock *after, FILE *to)
{
	struct items a = items_of(before, true), b = items_of(after, false);
	size_t changes = 0;

	for (size_t i = 0, k = 0; i < a.n || k < b.n;) {
		int r = i == a.n ? 1 : k == b.n ? -1 : strcmp(a.v[i].label, b.v[k].label);
		size_t n = r <= 0 ? run_of(&a, i) : 0, m = r >= 0 ? run_of(&b, k) : 0;
		changes += print_label(to, &a, i, n, &b, k, m);
		i += n;
		k += m;
	}
	if (changes)
		print_sum(to, &a, &b, changes);
	free(a.v);
	free(b.v);
	return changes;
}
