/* SPDX-License-Identifier: MIT
 *
 * The parts of the squashfs writer, in the order of their work: plan, data, xattrs, inodes with directories, tables.
 * For builder/squashfs_*.c and out_squashfs.c alone; others include out_squashfs.h.
 */
#ifndef INGOT_SQUASHFS_H
#define INGOT_SQUASHFS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <zstd.h>

#include "err.h"
#include "squashfs_format.h"
#include "tree.h"

/* ---- squashfs_pack.c: compression, and bytes to the file ---- */

#define SQFS_PACKED_MAX ZSTD_COMPRESSBOUND(SQFS_BLOCK) /* room that sqfs_pack needs for a block */

ZSTD_CCtx *sqfs_cctx(int level, struct err *e);
/* *packed is how many bytes of `out` hold the `size` bytes, or `size` itself where compressing does not pay: then the
 * bytes are stored as they are. Same bytes and level, same result, whatever the context packed before. */
int sqfs_pack(ZSTD_CCtx *c, void *out, size_t *packed, const void *in, size_t size, struct err *e);

/* Whether a sample of the bytes has each value about as often as noise would: a guess that costs microseconds. */
bool sqfs_looks_random(const uint8_t *p, size_t size);

struct sqfs_sink {
	int fd;
	uint64_t at; /* where the next bytes go */
};

int sqfs_write(struct sqfs_sink *o, const void *bytes, size_t size, struct err *e);

/* ---- squashfs_meta.c: metadata, in packed blocks of 8 KiB ---- */

/* Metadata being packed into memory. */
struct sqfs_meta {
	ZSTD_CCtx *cctx; /* borrowed */
	uint8_t *packed; /* malloc'ed: whole blocks, each with its header */
	size_t size, room;
	uint64_t raw;    /* bytes put */
	size_t fill;
	uint8_t block[SQFS_META];
};

int sqfs_meta_put(struct sqfs_meta *m, const void *bytes, size_t size, struct err *e);
/* Where the next byte will be: the block's place among the packed ones, shifted by 16, and the offset in it. */
uint64_t sqfs_meta_ref(const struct sqfs_meta *m);
int sqfs_meta_end(struct sqfs_meta *m, struct err *e); /* packs what is left */

/* Writes a lookup table: its blocks, then a header where it has one, then where the blocks are. *start is the place
 * behind the blocks. */
int sqfs_table(struct sqfs_sink *o, ZSTD_CCtx *c, const void *bytes, size_t size, const void *header,
	       size_t header_size, uint64_t *start, struct err *e);

/* ---- what is known of the image while it is made ---- */

/* One content, stored once however many inodes hold it. */
struct sqfs_file {
	const struct content *content;
	const struct tree_entry *entry; /* its first name */
	uint64_t start;     /* of its blocks */
	uint64_t sparse;    /* bytes of blocks that are all zeros */
	uint32_t *blocks;   /* their sizes on disk, 0 for zeros */
	uint32_t n_blocks;
	uint32_t n_done;    /* blocks that are written */
	uint32_t fragment;  /* which holds its tail; SQFS_NONE32 */
	uint32_t offset;    /* in it */
};

/* One block of tails: of files that end in it, or small files as a whole. */
struct sqfs_fragment {
	uint64_t start;
	uint32_t size;      /* on disk */
	uint32_t raw;       /* bytes in it */
	uint32_t first, n;  /* of sqfs.small; n is 0 where it holds the tails of larger files */
};

/* By number - 1; tree_inode.id is the number. */
struct sqfs_inode {
	uint64_t ref;       /* where it is in the inode table; SQFS_NONE64 until it is there */
	uint32_t file;      /* into sqfs.files; SQFS_NONE32 for what has no bytes */
	uint32_t xattrs;    /* into sqfs.sets; SQFS_NONE32 */
};

struct sqfs {
	struct tree *tree;
	int level;
	struct sqfs_sink out;
	ZSTD_CCtx *cctx; /* for metadata */
	struct sqfs_inode *inodes;
	uint32_t n_inodes;
	uint32_t *ids;   /* user and group ids, sorted */
	size_t n_ids;
	struct sqfs_file *files; /* in the order of the walk */
	size_t n_files;
	uint32_t *small; /* files without a block of their own, in the order in which they are packed */
	size_t n_small;
	struct sqfs_fragment *fragments;
	size_t n_fragments;
	const struct tree_inode **sets; /* one inode for each set of extended attributes */
	size_t n_sets;
	uint64_t data;   /* bytes of all files, each content once */
	uint64_t raw;    /* and of all metadata */
};

/* squashfs_plan.c: numbers the inodes, finds equal contents, decides which tail goes where; refuses what a squashfs
 * cannot hold. It reads no content. */
int sqfs_plan(struct sqfs *s, struct err *e);
/* squashfs_order.c: the order of small files in which like stands by like. */
void sqfs_order_small(struct sqfs *s);

/* squashfs_data.c: writes blocks and fragments, on all processors. */
int sqfs_data(struct sqfs *s, struct err *e);

/* squashfs_inode.c, squashfs_dir.c: the inode and the directory table. */
struct sqfs_tables {
	struct sqfs *s;
	struct sqfs_meta inodes, dirs;
	uint8_t *run;    /* what is below one directory header, being put together */
	uint8_t *index;  /* of the directory being written; malloc'ed */
	size_t index_size, index_room;
	uint32_t n_index;
};

/* A directory's listing as it was written. */
struct sqfs_listing {
	uint64_t ref;
	uint64_t size;
};

int sqfs_inodes(struct sqfs_tables *t, struct err *e);
/* The children's inodes are written. Leaves the index in t. */
int sqfs_listing(struct sqfs_tables *t, const struct tree_entry *dir, struct sqfs_listing *l, struct err *e);

/* squashfs_xattr.c */
/* Which prefix of squashfs the name begins with, and what is left of it; -1: none. */
int sqfs_xattr_prefix(const char *name, const char **rest);
/* Writes all sets, and their table, whose place is *start; SQFS_NONE64 where there is none. */
int sqfs_xattrs(struct sqfs *s, uint64_t *start, struct err *e);

#endif
