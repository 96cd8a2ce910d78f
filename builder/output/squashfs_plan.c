/* SPDX-License-Identifier: MIT
 *
 * What the image will hold, decided before anything is written: the inodes' numbers, the ids, which inodes share which
 * bytes, and which fragment a tail goes to. It is a pure function of the tree, so that jobs may end in any order.
 */
#include "squashfs.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define PATH_CAP 4096

struct planning {
	struct sqfs *s;
	size_t inode_room, id_room, file_room, set_room;
	uint32_t *slots; /* of a hash table: index + 1 */
	size_t n_slots;  /* a power of two */
	struct err *e;
};

static int
refuse(struct planning *p, const struct tree_entry *x, const char *what)
{
	char path[PATH_CAP];

	tree_path(x, path, sizeof path);
	return err_set(p->e, 0, "%.300s: a squashfs cannot hold %s", path, what);
}

static int
refuse_xattr(struct planning *p, const struct tree_entry *x, const char *name)
{
	char what[200];

	snprintf(what, sizeof what, "the extended attribute %.80s: only those of user, trusted and security", name);
	return refuse(p, x, what);
}

static int
check_entry(struct planning *p, const struct tree_entry *x)
{
	const struct tree_inode *i = x->inode;
	const char *rest;

	if (strlen(x->name) > SQFS_NAME_MAX)
		return refuse(p, x, "a name of more than 255 bytes");
	if (i->meta.mtime < 0 || i->meta.mtime > UINT32_MAX)
		return refuse(p, x, "a time before 1970 or after 2106");
	if (i->type == TREE_SYMLINK && strlen(i->target) > SQFS_TARGET_MAX)
		return refuse(p, x, "a symbolic link of more than 4095 bytes");
	for (size_t k = 0; k < i->n_xattrs; k++)
		if (sqfs_xattr_prefix(i->xattrs[k].name, &rest) < 0)
			return refuse_xattr(p, x, i->xattrs[k].name);
	return 0;
}

/* ---- numbers: those of one directory stand together, so that its listing needs few headers ---- */

static void
add_id(struct planning *p, uint32_t id)
{
	struct sqfs *s = p->s;

	/* most are the same few: what is left twice goes when they are sorted */
	for (size_t k = s->n_ids; k > 0 && k + 8 > s->n_ids; k--)
		if (s->ids[k - 1] == id)
			return;
	s->ids = grow(s->ids, s->n_ids, &p->id_room, sizeof *s->ids);
	s->ids[s->n_ids++] = id;
}

static int
add_inode(struct planning *p, struct tree_entry *x)
{
	struct sqfs *s = p->s;

	if (check_entry(p, x))
		return -1;
	if (x->inode->id)
		return 0;
	if (s->n_inodes == UINT32_MAX - 1)
		return refuse(p, x, "so many files");
	s->inodes = grow(s->inodes, s->n_inodes, &p->inode_room, sizeof *s->inodes);
	s->inodes[s->n_inodes++] = (struct sqfs_inode){ SQFS_NONE64, SQFS_NONE32, SQFS_NONE32 };
	x->inode->id = s->n_inodes;
	add_id(p, x->inode->meta.uid);
	add_id(p, x->inode->meta.gid);
	return 0;
}

static int
number_children(struct tree_entry *x, void *arg)
{
	struct planning *p = arg;
	int r = x->parent ? 0 : add_inode(p, x);

	for (size_t i = 0; i < x->n_children && r == 0; i++)
		r = add_inode(p, x->children[i]);
	return r;
}

static int
by_number(const void *a, const void *b)
{
	uint32_t x = *(const uint32_t *)a, y = *(const uint32_t *)b;

	return (x > y) - (x < y);
}

static int
sort_ids(struct planning *p)
{
	struct sqfs *s = p->s;
	size_t n = 0;

	qsort(s->ids, s->n_ids, sizeof *s->ids, by_number);
	for (size_t i = 0; i < s->n_ids; i++)
		if (!n || s->ids[n - 1] != s->ids[i])
			s->ids[n++] = s->ids[i];
	s->n_ids = n;
	return n <= SQFS_IDS_MAX ? 0 : err_set(p->e, 0, "the tree has %zu different user and group ids: a squashfs holds "
								"at most %u", n, SQFS_IDS_MAX);
}

/* ---- what is alike: contents, and sets of extended attributes ---- */

static void
start_slots(struct planning *p)
{
	free(p->slots);
	p->n_slots = 64;
	while (p->n_slots < 2 * (size_t)p->s->n_inodes)
		p->n_slots *= 2;
	p->slots = xcalloc(p->n_slots, sizeof *p->slots);
}

static size_t
next_slot(const struct planning *p, size_t at)
{
	return (at + 1) & (p->n_slots - 1);
}

static int
add_file(struct planning *p, const struct tree_entry *x)
{
	const struct content *c = &x->inode->content;
	struct sqfs *s = p->s;
	uint64_t h;

	memcpy(&h, c->sha256, sizeof h);
	size_t at = (size_t)h & (p->n_slots - 1);
	while (p->slots[at] && memcmp(s->files[p->slots[at] - 1].content->sha256, c->sha256, DIGEST_SIZE) != 0)
		at = next_slot(p, at);
	if (!p->slots[at]) {
		if (c->size >> SQFS_BLOCK_LOG >= UINT32_MAX)
			return refuse(p, x, "so large a file");
		s->files = grow(s->files, s->n_files, &p->file_room, sizeof *s->files);
		s->files[s->n_files++] = (struct sqfs_file){ .content = c, .entry = x, .fragment = SQFS_NONE32 };
		s->data += c->size;
		p->slots[at] = (uint32_t)s->n_files;
	}
	s->inodes[x->inode->id - 1].file = p->slots[at] - 1;
	return 0;
}

static int
find_files(struct tree_entry *x, void *arg)
{
	struct planning *p = arg;

	if (x->inode->type != TREE_FILE || !x->inode->content.size ||
	    p->s->inodes[x->inode->id - 1].file != SQFS_NONE32)
		return 0;
	return add_file(p, x);
}

static uint64_t
hash_bytes(uint64_t h, const void *bytes, size_t size)
{
	for (const uint8_t *p = bytes; size; p++, size--)
		h = (h ^ *p) * 0x100000001b3u; /* FNV-1a */
	return h;
}

static int
find_sets(struct tree_entry *x, void *arg)
{
	const struct tree_inode *i = x->inode;
	struct planning *p = arg;
	struct sqfs *s = p->s;
	uint64_t h = 0xcbf29ce484222325u;

	if (!i->n_xattrs)
		return 0;
	for (size_t k = 0; k < i->n_xattrs; k++) {
		h = hash_bytes(h, i->xattrs[k].name, strlen(i->xattrs[k].name) + 1);
		h = hash_bytes(h, i->xattrs[k].value, i->xattrs[k].size);
	}
	size_t at = (size_t)(h ^ h >> 32) & (p->n_slots - 1);
	while (p->slots[at] && !tree_same_xattrs(s->sets[p->slots[at] - 1], i))
		at = next_slot(p, at);
	if (!p->slots[at]) {
		s->sets = grow(s->sets, s->n_sets, &p->set_room, sizeof *s->sets);
		s->sets[s->n_sets++] = i;
		p->slots[at] = (uint32_t)s->n_sets;
	}
	s->inodes[i->id - 1].xattrs = p->slots[at] - 1;
	return 0;
}

/* ---- blocks and fragments ---- */

/* The fragment that has room for a tail of so many bytes: the last one of its kind, or a new one. */
static struct sqfs_fragment *
fragment_for(struct sqfs *s, size_t *room, size_t first, uint32_t size)
{
	struct sqfs_fragment *f = s->n_fragments > first ? &s->fragments[s->n_fragments - 1] : NULL;

	if (f && SQFS_BLOCK - f->raw >= size)
		return f;
	s->fragments = grow(s->fragments, s->n_fragments, room, sizeof *s->fragments);
	f = &s->fragments[s->n_fragments++];
	*f = (struct sqfs_fragment){ .raw = 0 };
	return f;
}

static void
join(struct sqfs *s, struct sqfs_file *file, struct sqfs_fragment *f, uint32_t size)
{
	file->fragment = (uint32_t)(f - s->fragments);
	file->offset = f->raw;
	f->raw += size;
}

static void
lay_out(struct sqfs *s)
{
	size_t room = 0;

	s->small = xcalloc(s->n_files, sizeof *s->small);
	for (size_t i = 0; i < s->n_files; i++) {
		struct sqfs_file *file = &s->files[i];
		uint32_t tail = (uint32_t)(file->content->size & (SQFS_BLOCK - 1));
		file->n_blocks = (uint32_t)(file->content->size >> SQFS_BLOCK_LOG);
		file->blocks = xcalloc(file->n_blocks, sizeof *file->blocks);
		if (!file->n_blocks)
			s->small[s->n_small++] = (uint32_t)i;
		else if (tail)
			join(s, file, fragment_for(s, &room, 0, tail), tail);
	}
	sqfs_order_small(s);
	size_t first = s->n_fragments; /* small files never join the tails of others */
	for (uint32_t i = 0; i < s->n_small; i++) {
		struct sqfs_file *file = &s->files[s->small[i]];
		uint32_t size = (uint32_t)file->content->size;
		struct sqfs_fragment *f = fragment_for(s, &room, first, size);
		if (!f->n++)
			f->first = i;
		join(s, file, f, size);
	}
}

int
sqfs_plan(struct sqfs *s, struct err *e)
{
	struct planning p = { .s = s, .e = e };
	struct tree_entry *root = tree_root(s->tree);

	tree_clear_ids(root);
	if (tree_walk(root, number_children, &p) || sort_ids(&p))
		return -1;
	start_slots(&p);
	int r = tree_walk(root, find_files, &p);
	start_slots(&p);
	tree_walk(root, find_sets, &p);
	free(p.slots);
	if (r == 0)
		lay_out(s);
	return r;
}
