/* SPDX-License-Identifier: MIT
 *
 * A second opinion on builder/squashfs_*.c, for its unit test and its fuzzer: reads a squashfs 4.0 from memory by the
 * description of the format alone, aborts where a reader could stumble, and lists all that it finds, one line for each
 * name. tree_listing says the same of a tree. Included once, in the test itself.
 */
#ifndef INGOT_SQUASHFS_READER_H
#define INGOT_SQUASHFS_READER_H

#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "content.h"
#include "tree.h"

#define MUST(condition) \
	do { \
		if (!(condition)) { \
			fprintf(stderr, "%s:%d: not so: %s\n", __FILE__, __LINE__, #condition); \
			abort(); \
		} \
	} while (0)

#define NONE32  UINT32_MAX
#define NONE64  UINT64_MAX
#define META    8192u
#define DATA    131072u
#define RAW_BIT (1u << 24)

/* A table of metadata, unpacked: where each block began on disk, and all bytes. */
struct rd_meta {
	uint64_t *begins;
	uint8_t *bytes;
	size_t n, size;
};

struct rd {
	const uint8_t *p;
	uint64_t size, used, data, xattr_start;
	uint32_t n_inodes, n_fragments, n_ids, n_xattrs;
	struct rd_meta inodes, dirs, xattrs;
	uint8_t *fragments, *export, *ids, *sets;
	uint32_t *names;     /* how many lead to each inode */
	char **first;        /* the first of them */
	uint32_t *nlinks;    /* what each inode says */
	uint32_t cached;     /* the fragment that is in: */
	uint8_t *fragment;
	size_t fragment_size;
	FILE *out;
};

static uint64_t
rd_number(const uint8_t *p, unsigned bytes)
{
	uint64_t v = 0;

	while (bytes--)
		v = v << 8 | p[bytes];
	return v;
}

#define N16(p) ((uint32_t)rd_number(p, 2))
#define N32(p) ((uint32_t)rd_number(p, 4))
#define N64(p) rd_number(p, 8)

/* One block of metadata at *at, which moves behind it. */
static size_t
rd_block(const struct rd *r, uint64_t *at, uint8_t out[META])
{
	MUST(*at + 2 <= r->used);
	uint32_t head = N16(r->p + *at), n = head & 0x7fff;
	MUST(n && n <= META && *at + 2 + n <= r->used);
	const uint8_t *in = r->p + *at + 2;
	*at += 2 + n;
	if (head & 0x8000) {
		memcpy(out, in, n);
		return n;
	}
	size_t got = ZSTD_decompress(out, META, in, n);
	MUST(!ZSTD_isError(got) && got > n);
	return got;
}

static void
rd_meta(const struct rd *r, struct rd_meta *m, uint64_t from, uint64_t to)
{
	MUST(from <= to && to <= r->used);
	for (uint64_t at = from; at < to;) {
		m->begins = realloc(m->begins, (m->n + 1) * sizeof *m->begins);
		m->bytes = realloc(m->bytes, (m->n + 1) * META);
		m->begins[m->n] = at - from;
		MUST(m->size % META == 0); /* only the last one may be short */
		m->size += rd_block(r, &at, m->bytes + m->n++ * META);
		MUST(at <= to);
	}
}

/* Where a reference leads, as an offset into m->bytes. */
static size_t
rd_find(const struct rd_meta *m, uint64_t block, uint32_t offset)
{
	size_t lo = 0, hi = m->n;

	MUST(offset < META);
	while (hi - lo > 1) {
		size_t mid = (lo + hi) / 2;
		if (m->begins[mid] <= block)
			lo = mid;
		else
			hi = mid;
	}
	MUST(m->n && m->begins[lo] == block);
	return lo * META + offset;
}

/* Bytes at *at, which moves behind them. */
static const uint8_t *
rd_take(const struct rd_meta *m, size_t *at, size_t n)
{
	MUST(*at + n <= m->size);
	*at += n;
	return m->bytes + *at - n;
}

/* A lookup table whose index stands at `index` and ends at `end`; returns where its blocks begin. */
static uint64_t
rd_table(const struct rd *r, uint64_t index, uint64_t end, size_t size, uint8_t **out)
{
	size_t n = (size + META - 1) / META, got = 0;
	uint64_t at = n ? N64(r->p + index) : index, first = at;

	MUST(index + 8 * n == end && end <= r->used);
	*out = malloc(n * META + 1);
	for (size_t i = 0; i < n; i++) {
		MUST(N64(r->p + index + 8 * i) == at);
		got += rd_block(r, &at, *out + i * META);
	}
	MUST(got == size);
	return first;
}

/* The superblock, and all tables: what the kernel looks at before it mounts. */
static void
rd_open(struct rd *r, const uint8_t *p, size_t size)
{
	uint64_t next;

	*r = (struct rd){ .p = p, .size = size, .cached = NONE32, .fragment = malloc(DATA) };
	MUST(size >= 96 && size % 4096 == 0 && N32(p) == 0x73717368);
	r->n_inodes = N32(p + 4);
	MUST(N32(p + 8) == 0 && N32(p + 12) == DATA && N16(p + 20) == 6 && N16(p + 22) == 17);
	r->n_fragments = N32(p + 16);
	r->n_ids = N16(p + 26);
	MUST(N16(p + 28) == 4 && N16(p + 30) == 0 && r->n_inodes && r->n_ids);
	r->used = next = N64(p + 40);
	MUST(r->used <= size && size - r->used < 4096);
	for (size_t i = r->used; i < size; i++)
		MUST(p[i] == 0);
	r->data = 96;
	if (N16(p + 24) & 0x400) {
		MUST(N16(p + 96) == 0x8004 && N32(p + 98) >= 1 && N32(p + 98) <= 22 && N32(p + 98) != 15);
		r->data += 6;
	}
	uint64_t xattrs = N64(p + 56);
	if (xattrs != NONE64) {
		r->xattr_start = N64(p + xattrs);
		r->n_xattrs = N32(p + xattrs + 8);
		MUST(r->n_xattrs && N32(p + xattrs + 12) == 0);
		next = rd_table(r, xattrs + 16, next, 16ul * r->n_xattrs, &r->sets);
		rd_meta(r, &r->xattrs, r->xattr_start, next);
		next = r->xattr_start;
	}
	next = rd_table(r, N64(p + 48), next, 4ul * r->n_ids, &r->ids);
	next = rd_table(r, N64(p + 88), next, 8ul * r->n_inodes, &r->export);
	next = rd_table(r, N64(p + 80), next, 16ul * r->n_fragments, &r->fragments);
	MUST(N64(p + 64) >= r->data && N64(p + 64) < N64(p + 72));
	rd_meta(r, &r->dirs, N64(p + 72), next);
	rd_meta(r, &r->inodes, N64(p + 64), N64(p + 72));
	r->names = calloc(r->n_inodes + 1ul, sizeof *r->names);
	r->nlinks = calloc(r->n_inodes + 1ul, sizeof *r->nlinks);
	r->first = calloc(r->n_inodes + 1ul, sizeof *r->first);
}

/* A block of data: what `size` says of it lies at `at`. */
static size_t
rd_data(const struct rd *r, uint64_t at, uint32_t size, uint8_t out[DATA])
{
	uint32_t n = size & ~RAW_BIT;

	MUST(at >= r->data && n && at + n <= N64(r->p + 64) && n <= DATA && size >> 25 == 0);
	if (size & RAW_BIT) {
		memcpy(out, r->p + at, n);
		return n;
	}
	/* one frame of known size, so that its window is no larger than the block: the kernel's decoder has no more room */
	size_t got = ZSTD_decompress(out, DATA, r->p + at, n);
	MUST(ZSTD_getFrameContentSize(r->p + at, n) == got);
	MUST(!ZSTD_isError(got) && got > n);
	return got;
}

static void
rd_tail(struct rd *r, struct sha256 *h, uint32_t fragment, uint32_t offset, size_t size)
{
	MUST(fragment < r->n_fragments && size);
	if (fragment != r->cached) {
		const uint8_t *f = r->fragments + 16ul * fragment;
		r->fragment_size = rd_data(r, N64(f), N32(f + 8), r->fragment);
		r->cached = fragment;
		MUST(N32(f + 12) == 0);
	}
	MUST(offset + size <= r->fragment_size);
	sha256_update(h, r->fragment + offset, size);
}

static void
rd_hex(FILE *f, const uint8_t *p, size_t n)
{
	while (n--)
		fprintf(f, "%02x", *p++);
}

/* p is behind what all inodes begin with. */
static void
rd_file(struct rd *r, size_t *at, bool extended, uint32_t number, uint32_t *xattrs)
{
	const uint8_t *p = rd_take(&r->inodes, at, extended ? 40 : 16);
	uint64_t start = extended ? N64(p) : N32(p), size = extended ? N64(p + 8) : N32(p + 12), sparse = 0;
	uint32_t fragment = N32(p + (extended ? 28 : 4)), offset = N32(p + (extended ? 32 : 8));
	uint64_t blocks = fragment == NONE32 ? (size + DATA - 1) / DATA : size / DATA, left = size;
	static uint8_t block[DATA], digest[DIGEST_SIZE];
	struct sha256 h;

	MUST(fragment == NONE32 || size % DATA); /* the kernel refuses a tail of nothing */
	*xattrs = extended ? N32(p + 36) : NONE32;
	r->nlinks[number] = extended ? N32(p + 24) : 1;
	uint64_t said_sparse = extended ? N64(p + 16) : 0;
	sha256_init(&h);
	for (uint64_t i = 0; i < blocks; i++) {
		uint32_t n = N32(rd_take(&r->inodes, at, 4)), want = left < DATA ? (uint32_t)left : DATA;
		if (n)
			MUST(rd_data(r, start, n, block) == want);
		else
			memset(block, 0, sizeof block);
		sparse += n ? 0 : want;
		start += n & ~RAW_BIT;
		sha256_update(&h, block, want);
		left -= want;
	}
	if (fragment != NONE32)
		rd_tail(r, &h, fragment, offset, (size_t)left);
	else
		MUST(left == 0);
	MUST(sparse == said_sparse);
	sha256_final(&h, digest);
	fprintf(r->out, " %llu ", (unsigned long long)size);
	rd_hex(r->out, digest, sizeof digest);
}

static void
rd_xattr(struct rd *r, size_t *at)
{
	static const char *const prefixes[] = { "user.", "trusted.", "security." };
	const uint8_t *p = rd_take(&r->xattrs, at, 4);
	uint32_t type = N16(p), n = N16(p + 2);

	MUST((type & 0xff) < 3 && (type & ~0x1ffu) == 0);
	fprintf(r->out, " %s%.*s=", prefixes[type & 0xff], (int)n, (const char *)rd_take(&r->xattrs, at, n));
	uint32_t size = N32(rd_take(&r->xattrs, at, 4));
	if (type & 0x100) {
		MUST(size == 8);
		uint64_t ref = N64(rd_take(&r->xattrs, at, 8));
		size_t there = rd_find(&r->xattrs, ref >> 16, ref & 0xffff);
		size = N32(rd_take(&r->xattrs, &there, 4));
		rd_hex(r->out, rd_take(&r->xattrs, &there, size), size);
	} else {
		rd_hex(r->out, rd_take(&r->xattrs, at, size), size);
	}
}

static void
rd_xattrs(struct rd *r, uint32_t set)
{
	if (set == NONE32)
		return;
	MUST(set < r->n_xattrs);
	const uint8_t *p = r->sets + 16ul * set;
	size_t at = rd_find(&r->xattrs, N64(p) >> 16, N64(p) & 0xffff), from = at;
	for (uint32_t i = N32(p + 8); i; i--)
		rd_xattr(r, &at);
	MUST(N32(p + 8) && at - from == N32(p + 12));
}

static void rd_inode(struct rd *r, uint64_t ref, uint32_t number, uint32_t type, uint32_t parent, const char *path);

/* Each entry of the index must lead to a header, whose first name is the entry's own. */
static void
rd_index(struct rd *r, size_t *at, uint32_t n, uint32_t offset)
{
	char before[256] = "";

	while (n--) {
		const uint8_t *p = rd_take(&r->inodes, at, 12);
		uint32_t len = N32(p + 8) + 1;
		char name[256] = "";
		MUST(len <= 255);
		memcpy(name, rd_take(&r->inodes, at, len), len);
		size_t there = rd_find(&r->dirs, N32(p + 4), (N32(p) + offset) % META);
		const uint8_t *entry = rd_take(&r->dirs, &there, 12 + 8) + 12;
		MUST(N16(entry + 6) + 1 == len && memcmp(rd_take(&r->dirs, &there, len), name, len) == 0);
		MUST(strcmp(before, name) < 0);
		strcpy(before, name);
	}
}

static void
rd_listing(struct rd *r, uint64_t block, uint32_t offset, uint64_t size, uint32_t number, const char *path,
	   uint32_t *subdirs)
{
	char before[256] = "";

	if (!size)
		return;
	size_t at = rd_find(&r->dirs, block, offset), end = at + size;
	while (at < end) {
		const uint8_t *head = rd_take(&r->dirs, &at, 12);
		uint32_t n = N32(head) + 1;
		MUST(n <= 256);
		while (n--) {
			const uint8_t *x = rd_take(&r->dirs, &at, 8);
			uint32_t len = N16(x + 6) + 1, child = N32(head + 8) + (uint32_t)(int16_t)N16(x + 2);
			char name[256] = "", *full;
			MUST(len <= 255);
			memcpy(name, rd_take(&r->dirs, &at, len), len);
			MUST(strlen(name) == len && !strchr(name, '/') && strcmp(before, name) < 0);
			strcpy(before, name);
			MUST(asprintf(&full, "%s/%s", path, name) > 0);
			*subdirs += N16(x + 4) == 1;
			rd_inode(r, (uint64_t)N32(head + 4) << 16 | N16(x), child, N16(x + 4), number, full);
			free(full);
		}
	}
	MUST(at == end);
}

static void
rd_dir(struct rd *r, size_t at, bool extended, uint32_t number, uint32_t parent, const char *path)
{
	const uint8_t *p = rd_take(&r->inodes, &at, extended ? 24 : 16);
	uint64_t size = extended ? N32(p + 4) : N16(p + 8), block = N32(p + (extended ? 8 : 0));
	uint32_t offset = N16(p + (extended ? 18 : 10)), nlink = N32(p + (extended ? 0 : 4)), subdirs = 0;

	MUST(size >= 3 && N32(p + 12) == parent);
	rd_xattrs(r, extended ? N32(p + 20) : NONE32);
	fputc('\n', r->out);
	if (extended)
		rd_index(r, &at, N16(p + 16), offset);
	rd_listing(r, block, offset, size - 3, number, path, &subdirs);
	MUST(nlink == 2 + subdirs);
	r->nlinks[number] = 1; /* names that lead to it */
}

static void
rd_inode(struct rd *r, uint64_t ref, uint32_t number, uint32_t type, uint32_t parent, const char *path)
{
	static const char letters[] = "?dfl";
	size_t at = rd_find(&r->inodes, ref >> 16, ref & 0xffff);
	const uint8_t *p = rd_take(&r->inodes, &at, 16);
	bool extended = N16(p) > 7;
	uint32_t xattrs = NONE32;

	MUST(number && number <= r->n_inodes && N32(p + 12) == number);
	MUST(N64(r->export + 8ul * (number - 1)) == ref);
	MUST(type >= 1 && type <= 3 && N16(p) == type + (extended ? 7 : 0));
	MUST(N16(p + 4) < r->n_ids && N16(p + 6) < r->n_ids && N16(p + 2) <= 07777);
	if (r->names[number]++) {
		fprintf(r->out, "%s = %s\n", path, r->first[number]);
		return;
	}
	r->first[number] = strdup(path);
	fprintf(r->out, "%s %c %04o %u:%u @%u", path, letters[type], N16(p + 2), N32(r->ids + 4ul * N16(p + 4)),
		N32(r->ids + 4ul * N16(p + 6)), N32(p + 8));
	if (type == 1) {
		rd_dir(r, at, extended, number, parent, path);
		return;
	}
	if (type == 2) {
		rd_file(r, &at, extended, number, &xattrs);
	} else {
		p = rd_take(&r->inodes, &at, 8);
		r->nlinks[number] = N32(p);
		uint32_t n = N32(p + 4);
		fprintf(r->out, " -> %.*s", (int)n, (const char *)rd_take(&r->inodes, &at, n));
		xattrs = extended ? N32(rd_take(&r->inodes, &at, 4)) : NONE32;
	}
	rd_xattrs(r, xattrs);
	fputc('\n', r->out);
}

/* All that the image holds; malloc'ed. */
static char *
image_listing(const uint8_t *p, size_t size)
{
	struct rd r;
	char *text;
	size_t length;

	rd_open(&r, p, size);
	r.out = open_memstream(&text, &length);
	uint64_t root = N64(p + 32);
	size_t at = rd_find(&r.inodes, root >> 16, root & 0xffff);
	rd_inode(&r, root, N32(rd_take(&r.inodes, &at, 16) + 12), 1, r.n_inodes + 1, "");
	fclose(r.out);
	for (uint32_t i = 1; i <= r.n_inodes; i++) {
		MUST(r.names[i] && r.names[i] == r.nlinks[i]);
		free(r.first[i]);
	}
	void *all[] = { r.fragments, r.export, r.ids, r.sets, r.names, r.first, r.nlinks, r.fragment, r.inodes.begins,
			r.inodes.bytes, r.dirs.begins, r.dirs.bytes, r.xattrs.begins, r.xattrs.bytes };
	for (size_t i = 0; i < sizeof all / sizeof *all; i++)
		free(all[i]);
	return text;
}

/* ---- the same of a tree ---- */

struct telling {
	FILE *out;
	char **first; /* by tree_inode.id */
	uint32_t n;
};

static int
clear_id(struct tree_entry *x, void *arg)
{
	(void)arg;
	x->inode->id = 0;
	return 0;
}

static int
tell_entry(struct tree_entry *x, void *arg)
{
	static const char letters[] = { [TREE_DIR] = 'd', [TREE_FILE] = 'f', [TREE_SYMLINK] = 'l' };
	struct telling *t = arg;
	struct tree_inode *i = x->inode;
	char path[4096] = "";

	if (x->parent)
		tree_path(x, path, sizeof path);
	if (i->id) {
		fprintf(t->out, "%s = %s\n", path, t->first[i->id - 1]);
		return 0;
	}
	if (!(t->n & (t->n - 1))) /* twice the room at a time: the sanitizer moves all of it each time */
		t->first = realloc(t->first, (2ul * t->n + 1) * sizeof *t->first);
	t->first[t->n++] = strdup(path);
	i->id = t->n;
	fprintf(t->out, "%s %c %04o %u:%u @%lld", path, letters[i->type], i->meta.mode, i->meta.uid, i->meta.gid,
		(long long)i->meta.mtime);
	if (i->type == TREE_FILE) {
		fprintf(t->out, " %llu ", (unsigned long long)i->content.size);
		rd_hex(t->out, i->content.sha256, DIGEST_SIZE);
	}
	if (i->type == TREE_SYMLINK)
		fprintf(t->out, " -> %s", i->target);
	for (size_t k = 0; k < i->n_xattrs; k++) {
		fprintf(t->out, " %s=", i->xattrs[k].name);
		rd_hex(t->out, i->xattrs[k].value, i->xattrs[k].size);
	}
	fputc('\n', t->out);
	return 0;
}

static char *
tree_listing(struct tree *tree)
{
	struct telling t = { .n = 0 };
	char *text;
	size_t length;

	t.out = open_memstream(&text, &length);
	tree_walk(tree_root(tree), clear_id, NULL);
	tree_walk(tree_root(tree), tell_entry, &t);
	fclose(t.out);
	while (t.n)
		free(t.first[--t.n]);
	free(t.first);
	return text;
}

#endif
