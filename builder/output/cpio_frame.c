/* SPDX-License-Identifier: MIT */
#include "cpio_frame.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "content.h"
#include "mem.h"
#include "pool.h"
#include "zstd_file.h"

/* Another number where the same key would stand for other bytes. */
#define FORMAT "ingot-cpio 1"

/* A part of more bytes, which a huge file makes, is left to zstd's own workers: one thread would be waited for. */
#define PART_HUGE (64u << 20)

static void
make_key(const struct cpio_frame *f, char hex[DIGEST_HEX])
{
	char head[CPIO_HEAD_MAX];
	uint8_t digest[DIGEST_SIZE];
	struct sha256 h;
	int n = snprintf(head, sizeof head, FORMAT " level %d zstd %u\n", f->level, ZSTD_versionNumber());

	sha256_init(&h);
	sha256_update(&h, head, (size_t)n);
	for (size_t i = 0; i < f->part->n_members; i++) {
		const struct cpio_member *m = &f->part->members[i];
		const struct tree_inode *inode = m->entry->inode;
		sha256_update(&h, head, cpio_head(m, head)); /* with its length in it, and with that of what follows */
		if (inode->type == TREE_SYMLINK)
			sha256_update(&h, inode->target, strlen(inode->target));
		else if (m->data)
			sha256_update(&h, inode->content.sha256, DIGEST_SIZE);
	}
	sha256_final(&h, digest);
	digest_hex(digest, hex);
}

void
cpio_frame_find(struct cpio_frame *f)
{
	char hex[DIGEST_HEX];
	uint8_t digest[DIGEST_SIZE];
	uint64_t size;

	make_key(f, hex);
	f->key = xprintf("cpio-%s", hex);
	char *text = cache_get_text(f->cache, f->key);
	f->found = text && sscanf(text, "%64s %" SCNu64, hex, &size) == 2 && digest_parse(hex, digest) &&
		   cache_lookup(f->cache, digest, &f->frame) && f->frame.size == size;
	free(text);
}

static int
to_blob(void *arg, const void *data, size_t size, struct err *e)
{
	return blob_write(arg, data, size, e);
}

/* An error of reading is about the member; one of writing is not. */
static int
put_content(struct cpio_frame *f, struct zstd_file *z, const struct tree_entry *x)
{
	struct content_stream *s = content_open(&x->inode->content, &f->err);
	char path[TREE_PATH_MAX + 1];
	const void *data;
	ssize_t n = s ? 1 : -1;
	int r = 0;

	while (r == 0 && s && (n = content_next(s, &data, &f->err)) > 0) {
		r = *f->stop ? -1 : zstd_write(z, data, (size_t)n, &f->err);
		*f->done += (uint64_t)n;
	}
	content_close(s);
	if (n >= 0)
		return r;
	tree_path(x, path, sizeof path);
	return err_wrap(&f->err, "%s", path + 1);
}

static int
put_member(struct cpio_frame *f, struct zstd_file *z, const struct cpio_member *m)
{
	static const char zeros[4];
	char head[CPIO_HEAD_MAX];
	const struct tree_inode *i = m->entry->inode;
	size_t n = cpio_head(m, head);
	uint64_t size = 0;

	if (zstd_write(z, head, n, &f->err))
		return -1;
	*f->done += n;
	if (i->type == TREE_SYMLINK) {
		size = strlen(i->target);
		*f->done += size;
		if (zstd_write(z, i->target, size, &f->err))
			return -1;
	} else if (m->data) {
		size = i->content.size;
		if (put_content(f, z, m->entry))
			return -1;
	}
	*f->done += cpio_padding(size);
	return zstd_write(z, zeros, cpio_padding(size), &f->err);
}

static int
put_part(struct cpio_frame *f, struct zstd_file *z)
{
	char trailer[CPIO_HEAD_MAX];
	size_t n = cpio_trailer(trailer);

	for (size_t i = 0; i < f->part->n_members; i++)
		if (put_member(f, z, &f->part->members[i]))
			return -1;
	*f->done += n;
	return zstd_write(z, trailer, n, &f->err);
}

void
cpio_frame_pack(struct cpio_frame *f)
{
	uint64_t written;

	f->failed = true;
	f->err.msg[0] = '\0';
	if (*f->stop)
		return;
	f->blob = blob_begin(f->cache, &f->err);
	if (f->blob) {
		struct zstd_file_how how = { .level = f->level, .size = f->part->raw, .take = to_blob, .arg = f->blob,
					     .workers = f->part->raw > PART_HUGE ? pool_processors() : 0 };
		struct zstd_file *z = zstd_begin(&how, &f->err);
		if (z && put_part(f, z))
			zstd_abort(z);
		else if (z)
			f->failed = zstd_end(z, &written, &f->err) != 0;
	}
	if (f->failed)
		*f->stop = true;
}

int
cpio_frame_keep(struct cpio_frame *f, struct err *e)
{
	char hex[DIGEST_HEX];

	struct blob_writer *w = f->blob;
	f->blob = NULL;
	if (f->failed) {
		blob_abort(w);
		*e = f->err;
		return -1;
	}
	if (blob_end(w, &f->frame, e))
		return -1;
	digest_hex(f->frame.sha256, hex);
	char *text = xprintf("%s %" PRIu64 "\n", hex, f->frame.size);
	int r = cache_put_text(f->cache, f->key, text, e);
	free(text);
	return r;
}

void
cpio_frame_release(struct cpio_frame *f)
{
	blob_abort(f->blob);
	f->blob = NULL;
	free(f->key);
	f->key = NULL;
}
