/* SPDX-License-Identifier: MIT
 *
 * The order of a squashfs: superblock, the compressor's options, data, inodes, directories, and the tables of
 * fragments, of inodes by number, of ids and of extended attributes. The superblock is written last, as it says where
 * they are. Its time is 0: when an image was made is no part of it.
 */
#include "out_squashfs.h"

#include <stdlib.h>

#include "mem.h"
#include "squashfs.h"

#define DEFAULT_LEVEL 15 /* of readers that find no options */

/* Where the tables are. */
struct places {
	uint64_t root, inodes, dirs, fragments, export, ids, xattrs, end;
};

static int
write_options(struct sqfs *s, struct err *e)
{
	uint8_t bytes[6];

	if (s->level == DEFAULT_LEVEL)
		return 0;
	sqfs_put32(sqfs_put16(bytes, SQFS_META_RAW | 4), (uint32_t)s->level);
	return sqfs_write(&s->out, bytes, sizeof bytes, e);
}

static int
write_inodes(struct sqfs *s, struct places *at, struct err *e)
{
	struct sqfs_tables *t = xcalloc(1, sizeof *t);

	t->s = s;
	t->inodes.cctx = t->dirs.cctx = s->cctx;
	int r = sqfs_inodes(t, e);
	if (r == 0) {
		at->root = s->inodes[tree_root(s->tree)->inode->id - 1].ref;
		at->inodes = s->out.at;
		at->dirs = at->inodes + t->inodes.size;
		r = sqfs_write(&s->out, t->inodes.packed, t->inodes.size, e) ||
		    sqfs_write(&s->out, t->dirs.packed, t->dirs.size, e) ? -1 : 0;
	}
	s->raw += t->inodes.raw + t->dirs.raw;
	free(t->inodes.packed);
	free(t->dirs.packed);
	free(t);
	return r;
}

/* A table whose entries are made one by one. */
static int
write_table(struct sqfs *s, size_t n, size_t size, uint8_t *(*put)(const struct sqfs *s, size_t i, uint8_t *p),
	    uint64_t *start, struct err *e)
{
	uint8_t *bytes = xcalloc(n, size), *p = bytes;

	for (size_t i = 0; i < n; i++)
		p = put(s, i, p);
	int r = sqfs_table(&s->out, s->cctx, bytes, n * size, NULL, 0, start, e);
	s->raw += n * size;
	free(bytes);
	return r;
}

static uint8_t *
put_fragment(const struct sqfs *s, size_t i, uint8_t *p)
{
	return sqfs_put32(sqfs_put32(sqfs_put64(p, s->fragments[i].start), s->fragments[i].size), 0);
}

static uint8_t *
put_export(const struct sqfs *s, size_t i, uint8_t *p)
{
	return sqfs_put64(p, s->inodes[i].ref);
}

static uint8_t *
put_id(const struct sqfs *s, size_t i, uint8_t *p)
{
	return sqfs_put32(p, s->ids[i]);
}

static int
write_super(struct sqfs *s, const struct places *at, struct err *e)
{
	uint32_t flags = SQFS_FLAG_ALWAYS_FRAGMENTS | SQFS_FLAG_DUPLICATES | SQFS_FLAG_EXPORT;
	uint8_t bytes[SQFS_SUPER_SIZE], *p = bytes;

	if (s->level != DEFAULT_LEVEL)
		flags |= SQFS_FLAG_OPTIONS;
	p = sqfs_put32(sqfs_put32(sqfs_put32(p, SQFS_MAGIC), s->n_inodes), 0);
	p = sqfs_put32(sqfs_put32(p, SQFS_BLOCK), (uint32_t)s->n_fragments);
	p = sqfs_put16(sqfs_put16(p, SQFS_ZSTD), SQFS_BLOCK_LOG);
	p = sqfs_put16(sqfs_put16(p, flags), (uint32_t)s->n_ids);
	p = sqfs_put16(sqfs_put16(p, SQFS_MAJOR), 0);
	p = sqfs_put64(sqfs_put64(p, at->root), at->end);
	p = sqfs_put64(sqfs_put64(p, at->ids), at->xattrs);
	p = sqfs_put64(sqfs_put64(p, at->inodes), at->dirs);
	sqfs_put64(sqfs_put64(p, at->fragments), at->export);
	s->out.at = 0;
	return sqfs_write(&s->out, bytes, sizeof bytes, e);
}

static int
write_all(struct sqfs *s, struct out_size *size, struct err *e)
{
	static const uint8_t zeros[SQFS_PAD];
	struct places at;

	s->out.at = SQFS_SUPER_SIZE;
	if (write_options(s, e) || sqfs_data(s, e) || write_inodes(s, &at, e) ||
	    write_table(s, s->n_fragments, 16, put_fragment, &at.fragments, e) ||
	    write_table(s, s->n_inodes, 8, put_export, &at.export, e) ||
	    write_table(s, s->n_ids, 4, put_id, &at.ids, e) || sqfs_xattrs(s, &at.xattrs, e))
		return -1;
	at.end = s->out.at;
	if (sqfs_write(&s->out, zeros, (SQFS_PAD - at.end % SQFS_PAD) % SQFS_PAD, e))
		return -1;
	*size = (struct out_size){ .raw = s->data + s->raw, .compressed = s->out.at };
	return write_super(s, &at, e);
}

int
out_squashfs(struct tree *t, int fd, int level, struct out_size *size, struct err *e)
{
	struct sqfs s = { .tree = t, .level = level, .out = { .fd = fd } };
	int r = -1;

	s.cctx = sqfs_cctx(level, e);
	if (s.cctx && sqfs_plan(&s, e) == 0)
		r = write_all(&s, size, e);
	for (size_t i = 0; i < s.n_files; i++)
		free(s.files[i].blocks);
	free(s.inodes);
	free(s.ids);
	free(s.files);
	free(s.small);
	free(s.fragments);
	free(s.sets);
	ZSTD_freeCCtx(s.cctx);
	return r;
}
