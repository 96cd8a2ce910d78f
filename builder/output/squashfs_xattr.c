/* SPDX-License-Identifier: MIT
 *
 * Extended attributes: each set once, each long value once, and the table that leads from a set's number to it.
 */
#include "squashfs.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define ID_SIZE        16u
#define HEADER_SIZE    16u
#define ELSEWHERE_SIZE 8u /* a value up to this size is no longer than where it would be */

struct sets {
	struct sqfs *s;
	struct sqfs_meta meta;
	struct value {
		const struct tree_xattr *x;
		uint64_t ref;
	} *values;        /* a hash table of those that are written and may be pointed at */
	size_t n_slots;
};

int
sqfs_xattr_prefix(const char *name, const char **rest)
{
	static const char *const prefixes[] = { "user.", "trusted.", "security." };

	for (int i = 0; i < 3; i++) {
		size_t n = strlen(prefixes[i]);
		if (strncmp(name, prefixes[i], n) == 0 && name[n]) {
			*rest = name + n;
			return i;
		}
	}
	return -1;
}

/* Where this value is, or its free slot. */
static struct value *
find_value(struct sets *t, const struct tree_xattr *x)
{
	uint64_t h = 0xcbf29ce484222325u;

	for (size_t i = 0; i < x->size; i++)
		h = (h ^ ((const uint8_t *)x->value)[i]) * 0x100000001b3u; /* FNV-1a */
	size_t at = (size_t)(h ^ h >> 32) & (t->n_slots - 1);
	while (t->values[at].x &&
	       (t->values[at].x->size != x->size || memcmp(t->values[at].x->value, x->value, x->size) != 0))
		at = (at + 1) & (t->n_slots - 1);
	return &t->values[at];
}

static int
write_xattr(struct sets *t, const struct tree_xattr *x, uint32_t *size, struct err *e)
{
	const char *rest;
	uint32_t type = (uint32_t)sqfs_xattr_prefix(x->name, &rest), n = (uint32_t)strlen(rest);
	struct value *v = x->size > ELSEWHERE_SIZE ? find_value(t, x) : NULL;
	bool elsewhere = v && v->x;
	uint8_t head[4], value[4 + ELSEWHERE_SIZE];

	sqfs_put16(sqfs_put16(head, type | (elsewhere ? SQFS_XATTR_ELSEWHERE : 0)), n);
	if (sqfs_meta_put(&t->meta, head, sizeof head, e) || sqfs_meta_put(&t->meta, rest, n, e))
		return -1;
	if (elsewhere) {
		sqfs_put64(sqfs_put32(value, ELSEWHERE_SIZE), v->ref);
		*size += (uint32_t)sizeof head + n + (uint32_t)sizeof value;
		return sqfs_meta_put(&t->meta, value, sizeof value, e);
	}
	if (v)
		*v = (struct value){ x, sqfs_meta_ref(&t->meta) };
	sqfs_put32(value, (uint32_t)x->size);
	*size += (uint32_t)sizeof head + n + 4 + (uint32_t)x->size;
	return sqfs_meta_put(&t->meta, value, 4, e) || sqfs_meta_put(&t->meta, x->value, x->size, e) ? -1 : 0;
}

static int
write_set(struct sets *t, const struct tree_inode *i, uint8_t id[ID_SIZE], struct err *e)
{
	uint64_t ref = sqfs_meta_ref(&t->meta);
	uint32_t size = 0;

	for (size_t k = 0; k < i->n_xattrs; k++)
		if (write_xattr(t, &i->xattrs[k], &size, e))
			return -1;
	sqfs_put32(sqfs_put32(sqfs_put64(id, ref), (uint32_t)i->n_xattrs), size);
	return 0;
}

static int
write_table(struct sets *t, const uint8_t *ids, uint64_t data, uint64_t *start, struct err *e)
{
	struct sqfs *s = t->s;
	uint8_t header[HEADER_SIZE];

	sqfs_put32(sqfs_put32(sqfs_put64(header, data), (uint32_t)s->n_sets), 0);
	return sqfs_table(&s->out, s->cctx, ids, s->n_sets * ID_SIZE, header, sizeof header, start, e);
}

static size_t
count_values(const struct sqfs *s)
{
	size_t n = 0;

	for (size_t i = 0; i < s->n_sets; i++)
		n += s->sets[i]->n_xattrs;
	return n;
}

int
sqfs_xattrs(struct sqfs *s, uint64_t *start, struct err *e)
{
	struct sets t = { .s = s, .meta = { .cctx = s->cctx }, .n_slots = 64 };
	uint64_t data = s->out.at;

	*start = SQFS_NONE64;
	if (!s->n_sets)
		return 0;
	while (t.n_slots < 2 * count_values(s))
		t.n_slots *= 2;
	t.values = xcalloc(t.n_slots, sizeof *t.values);
	uint8_t *ids = xcalloc(s->n_sets, ID_SIZE);
	int r = 0;
	for (size_t i = 0; i < s->n_sets && r == 0; i++)
		r = write_set(&t, s->sets[i], ids + i * ID_SIZE, e);
	if (r == 0)
		r = sqfs_meta_end(&t.meta, e) || sqfs_write(&s->out, t.meta.packed, t.meta.size, e) ||
		    write_table(&t, ids, data, start, e) ? -1 : 0;
	s->raw += t.meta.raw;
	free(t.meta.packed);
	free(t.values);
	free(ids);
	return r;
}
