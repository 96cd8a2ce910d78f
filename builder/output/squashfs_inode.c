/* SPDX-License-Identifier: MIT
 *
 * The inode table, with the directory table beside it: children first, as a listing says where its inodes are, and a
 * directory's inode where its listing is. The smaller of the two forms of an inode is taken where it can say all.
 */
#include "squashfs.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define PATH_CAP  4096
#define INODE_MAX 64u /* without names, targets and block lists */

static const uint32_t *
find_id(const struct sqfs *s, uint32_t id)
{
	size_t lo = 0, hi = s->n_ids;

	while (hi - lo > 1) {
		size_t mid = lo + (hi - lo) / 2;
		if (s->ids[mid] <= id)
			lo = mid;
		else
			hi = mid;
	}
	return &s->ids[lo];
}

/* What all inodes begin with; the inode's place becomes known. */
static uint8_t *
put_head(struct sqfs_tables *t, const struct tree_inode *i, unsigned type, uint8_t *p)
{
	struct sqfs *s = t->s;

	s->inodes[i->id - 1].ref = sqfs_meta_ref(&t->inodes);
	p = sqfs_put16(sqfs_put16(p, type), i->meta.mode & 07777);
	p = sqfs_put16(p, (uint32_t)(find_id(s, i->meta.uid) - s->ids));
	p = sqfs_put16(p, (uint32_t)(find_id(s, i->meta.gid) - s->ids));
	return sqfs_put32(sqfs_put32(p, (uint32_t)i->meta.mtime), i->id);
}

static int
put_file(struct sqfs_tables *t, const struct tree_inode *i, struct err *e)
{
	static const struct sqfs_file empty = { .fragment = SQFS_NONE32 };
	const struct sqfs_inode *own = &t->s->inodes[i->id - 1];
	const struct sqfs_file *f = own->file == SQFS_NONE32 ? &empty : &t->s->files[own->file];
	uint64_t size = i->content.size;
	bool extended = i->nlink > 1 || own->xattrs != SQFS_NONE32 || f->sparse || f->start > UINT32_MAX || size > UINT32_MAX;
	uint8_t buf[INODE_MAX], *p = put_head(t, i, SQFS_FILE + (extended ? SQFS_EXTENDED : 0), buf);

	if (extended) {
		p = sqfs_put64(sqfs_put64(sqfs_put64(p, f->start), size), f->sparse);
		p = sqfs_put32(sqfs_put32(sqfs_put32(sqfs_put32(p, i->nlink), f->fragment), f->offset), own->xattrs);
	} else {
		p = sqfs_put32(sqfs_put32(sqfs_put32(p, (uint32_t)f->start), f->fragment), f->offset);
		p = sqfs_put32(p, (uint32_t)size);
	}
	if (sqfs_meta_put(&t->inodes, buf, (size_t)(p - buf), e))
		return -1;
	for (uint32_t k = 0; k < f->n_blocks; k++) {
		sqfs_put32(buf, f->blocks[k]);
		if (sqfs_meta_put(&t->inodes, buf, 4, e))
			return -1;
	}
	return 0;
}

static int
put_symlink(struct sqfs_tables *t, const struct tree_inode *i, struct err *e)
{
	uint32_t xattrs = t->s->inodes[i->id - 1].xattrs, n = (uint32_t)strlen(i->target);
	bool extended = xattrs != SQFS_NONE32;
	uint8_t buf[INODE_MAX], *p = put_head(t, i, SQFS_SYMLINK + (extended ? SQFS_EXTENDED : 0), buf);

	p = sqfs_put32(sqfs_put32(p, i->nlink), n);
	if (sqfs_meta_put(&t->inodes, buf, (size_t)(p - buf), e) || sqfs_meta_put(&t->inodes, i->target, n, e))
		return -1;
	sqfs_put32(buf, xattrs);
	return extended ? sqfs_meta_put(&t->inodes, buf, 4, e) : 0;
}

static int
put_dir(struct sqfs_tables *t, const struct tree_entry *x, struct err *e)
{
	const struct tree_inode *i = x->inode;
	uint32_t xattrs = t->s->inodes[i->id - 1].xattrs, nlink = 2;
	/* nobody asks for the root's parent; mksquashfs too puts the first number that no inode has */
	uint32_t parent = x->parent ? x->parent->inode->id : t->s->n_inodes + 1;
	struct sqfs_listing l;

	if (sqfs_listing(t, x, &l, e))
		return -1;
	for (size_t k = 0; k < x->n_children; k++)
		nlink += x->children[k]->inode->type == TREE_DIR;
	uint64_t size = l.size + SQFS_DIR_EXTRA;
	if (size > UINT32_MAX) {
		char path[PATH_CAP];
		tree_path(x, path, sizeof path);
		return err_set(e, 0, "%.300s: a squashfs cannot hold so large a folder", path);
	}
	/* one or two blocks are searched as fast as an index */
	bool indexed = l.size > SQFS_META && t->n_index;
	bool extended = indexed || size > UINT16_MAX || xattrs != SQFS_NONE32;
	uint8_t buf[INODE_MAX], *p = put_head(t, i, SQFS_DIR + (extended ? SQFS_EXTENDED : 0), buf);
	if (extended) {
		p = sqfs_put32(sqfs_put32(sqfs_put32(p, nlink), (uint32_t)size), (uint32_t)(l.ref >> 16));
		p = sqfs_put16(sqfs_put16(sqfs_put32(p, parent), indexed ? t->n_index : 0), l.ref & 0xffff);
		p = sqfs_put32(p, xattrs);
	} else {
		p = sqfs_put32(sqfs_put32(p, (uint32_t)(l.ref >> 16)), nlink);
		p = sqfs_put32(sqfs_put16(sqfs_put16(p, (uint32_t)size), l.ref & 0xffff), parent);
	}
	if (sqfs_meta_put(&t->inodes, buf, (size_t)(p - buf), e))
		return -1;
	return indexed ? sqfs_meta_put(&t->inodes, t->index, t->index_size, e) : 0;
}

static int
put_entry(struct sqfs_tables *t, const struct tree_entry *x, struct err *e)
{
	const struct tree_inode *i = x->inode;

	if (t->s->inodes[i->id - 1].ref != SQFS_NONE64)
		return 0; /* a further name */
	switch (i->type) {
	case TREE_FILE:
		return put_file(t, i, e);
	case TREE_SYMLINK:
		return put_symlink(t, i, e);
	case TREE_DIR:
		break;
	}
	for (size_t k = 0; k < x->n_children; k++)
		if (put_entry(t, x->children[k], e))
			return -1;
	return put_dir(t, x, e);
}

int
sqfs_inodes(struct sqfs_tables *t, struct err *e)
{
	t->run = xcalloc(1, SQFS_META);
	int r = put_entry(t, tree_root(t->s->tree), e);
	free(t->run);
	free(t->index);
	return r || sqfs_meta_end(&t->inodes, e) || sqfs_meta_end(&t->dirs, e) ? -1 : 0;
}
