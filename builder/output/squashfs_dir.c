/* SPDX-License-Identifier: MIT
 *
 * Directory listings: runs of entries below a header, each run of inodes that stand in one block of the inode table.
 * A run ends with its block of the directory table, so that every such block begins with a header soon: the index of a
 * large directory leads to these.
 */
#include "squashfs.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define HEADER_SIZE 12u
#define ENTRY_SIZE  8u
#define INDEX_SIZE  12u

/* Entries that share a header. */
struct run {
	uint64_t block;     /* of the inode table */
	uint32_t first;     /* inode number */
	uint32_t n;
	const char *name;   /* of the first */
	size_t size;
};

static const uint8_t basic_types[] = { [TREE_DIR] = SQFS_DIR, [TREE_FILE] = SQFS_FILE, [TREE_SYMLINK] = SQFS_SYMLINK };

/* Where a lookup begins for names from this run's first on: its place in the listing, and its block. */
static void
add_index(struct sqfs_tables *t, const struct run *r, uint64_t at, uint64_t block)
{
	size_t n = strlen(r->name);

	if (t->index_room - t->index_size < INDEX_SIZE + n) {
		t->index_room = 2 * t->index_room + INDEX_SIZE + n;
		t->index = xrealloc(t->index, t->index_room);
	}
	uint8_t *p = t->index + t->index_size;
	p = sqfs_put32(sqfs_put32(sqfs_put32(p, (uint32_t)at), (uint32_t)block), (uint32_t)n - 1);
	memcpy(p, r->name, n);
	t->index_size += INDEX_SIZE + n;
	t->n_index++;
}

static int
end_run(struct sqfs_tables *t, struct run *r, struct sqfs_listing *l, uint64_t *block, struct err *e)
{
	uint64_t here = sqfs_meta_ref(&t->dirs) >> 16;

	if (!r->n)
		return 0;
	if (here != *block && t->n_index < SQFS_INDEXES_MAX)
		add_index(t, r, l->size, here);
	*block = here;
	sqfs_put32(sqfs_put32(sqfs_put32(t->run, r->n - 1), (uint32_t)r->block), r->first);
	l->size += r->size;
	r->n = 0;
	return sqfs_meta_put(&t->dirs, t->run, r->size, e);
}

/* Whether the inode may stand below the run's header, and the run still begins and ends in one block. */
static bool
fits(const struct sqfs_tables *t, const struct run *r, uint64_t block, uint32_t number, size_t size)
{
	int64_t delta = (int64_t)number - (int64_t)r->first;

	return r->n && r->n < SQFS_RUN_MAX && r->block == block && delta >= -SQFS_DELTA_MAX && delta <= SQFS_DELTA_MAX &&
	       t->dirs.fill + r->size + size <= SQFS_META;
}

int
sqfs_listing(struct sqfs_tables *t, const struct tree_entry *dir, struct sqfs_listing *l, struct err *e)
{
	uint64_t block = sqfs_meta_ref(&t->dirs) >> 16;
	struct run r = { .n = 0 };

	*l = (struct sqfs_listing){ .ref = sqfs_meta_ref(&t->dirs) };
	t->index_size = t->n_index = 0;
	for (size_t i = 0; i < dir->n_children; i++) {
		const struct tree_entry *x = dir->children[i];
		uint32_t number = x->inode->id;
		uint64_t ref = t->s->inodes[number - 1].ref;
		size_t n = strlen(x->name);
		if (!fits(t, &r, ref >> 16, number, ENTRY_SIZE + n)) {
			if (end_run(t, &r, l, &block, e))
				return -1;
			r = (struct run){ ref >> 16, number, 0, x->name, HEADER_SIZE };
		}
		uint8_t *p = sqfs_put16(t->run + r.size, ref & 0xffff);
		p = sqfs_put16(p, (number - r.first) & 0xffff);
		p = sqfs_put16(sqfs_put16(p, basic_types[x->inode->type]), (uint32_t)n - 1);
		memcpy(p, x->name, n);
		r.size += ENTRY_SIZE + n;
		r.n++;
	}
	return end_run(t, &r, l, &block, e);
}
