/* SPDX-License-Identifier: MIT
 *
 * The bytes of files: read, checked against their digests, compressed on all processors, and written in the order in
 * which they were given. Files with blocks of their own are read here, one after the other; small files are read by
 * whichever thread packs their fragment. What is held at a time is a window of blocks, however large a file is.
 */
#include "squashfs.h"

#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "mem.h"
#include "pool.h"
#include "progress.h"

#define PATH_CAP    4096
#define QUICK_LEVEL 1

/* One block: the next of a file, or a fragment. */
struct job {
	struct sqfs_file *file;         /* NULL for */
	struct sqfs_fragment *fragment; /* a fragment */
	uint8_t *in, *out;
	size_t size, packed; /* the same: stored as it is; packed 0: all zeros */
	bool failed;
	struct err e;
};

struct writer {
	struct sqfs *s;
	struct packer {
		ZSTD_CCtx *best, *quick;
	} *packers; /* of each thread */
	unsigned n_packers;
	struct pool *pool;
	struct job *jobs; /* a ring, as the pool gives them back in order */
	size_t window, put;
	struct job *open; /* the block that the file being read fills */
	uint8_t *tails;   /* of the fragment that is filled meanwhile */
	size_t n_tails;
	uint64_t done;
};

/* ---- in the threads ---- */

static int
name_file(const struct sqfs_file *f, struct err *e)
{
	char path[PATH_CAP];

	tree_path(f->entry, path, sizeof path);
	return err_wrap(e, "%.300s", path);
}

static int
append(void *arg, const void *data, size_t size, struct err *e)
{
	uint8_t **at = arg;

	(void)e;
	memcpy(*at, data, size); /* content_read never gives more than the content's size */
	*at += size;
	return 0;
}

static int
load_small(const struct sqfs *s, struct job *j)
{
	uint8_t *at = j->in;

	for (uint32_t i = 0; i < j->fragment->n; i++) {
		const struct sqfs_file *f = &s->files[s->small[j->fragment->first + i]];
		if (content_read(f->content, append, &at, &j->e))
			return name_file(f, &j->e);
	}
	return 0;
}

static bool
all_zeros(const uint8_t *p, size_t n)
{
	return p[0] == 0 && memcmp(p, p + 1, n - 1) == 0;
}

/* Noise that the quickest level makes no shorter is not tried at a slow one: packages and sites hold much that is
 * compressed already. */
static int
pack(const struct packer *p, struct job *j)
{
	if (sqfs_looks_random(j->in, j->size)) {
		int r = sqfs_pack(p->quick, j->out, &j->packed, j->in, j->size, &j->e);
		if (r || j->packed == j->size)
			return r;
	}
	return sqfs_pack(p->best, j->out, &j->packed, j->in, j->size, &j->e);
}

static void
run(void *arg, void *job, unsigned thread)
{
	struct writer *w = arg;
	struct job *j = job;

	j->failed = j->fragment && j->fragment->n && load_small(w->s, j);
	if (j->failed)
		return;
	if (j->file && all_zeros(j->in, j->size))
		j->packed = 0;
	else
		j->failed = pack(&w->packers[thread], j) != 0;
}

/* ---- in the thread that writes ---- */

static int
store(struct writer *w, const struct job *j, struct err *e)
{
	bool raw = j->packed == j->size;
	uint64_t at = w->s->out.at;

	if (j->failed) {
		*e = j->e;
		return -1;
	}
	uint32_t size = (uint32_t)j->packed | (raw ? SQFS_DATA_RAW : 0);
	if (j->fragment) {
		j->fragment->start = at;
		j->fragment->size = size;
	} else {
		if (!j->file->n_done)
			j->file->start = at;
		j->file->blocks[j->file->n_done++] = size;
		j->file->sparse += j->packed ? 0 : j->size;
	}
	w->done += j->size;
	progress_update(w->done);
	return sqfs_write(&w->s->out, raw ? j->in : j->out, j->packed, e);
}

/* A job to fill: of the ring, the one after the last that was put. */
static struct job *
next_job(struct writer *w, struct sqfs_file *file, struct sqfs_fragment *fragment, struct err *e)
{
	if (pool_full(w->pool) && store(w, pool_take(w->pool), e))
		return NULL;
	struct job *j = &w->jobs[w->put++ % w->window];
	j->file = file;
	j->fragment = fragment;
	j->size = 0;
	return j;
}

static int
put_fragment(struct writer *w, struct sqfs_fragment *f, struct err *e)
{
	struct job *j = next_job(w, NULL, f, e);

	if (!j)
		return -1;
	j->size = f->raw;
	if (!f->n)
		memcpy(j->in, w->tails, f->raw);
	w->n_tails = 0;
	pool_put(w->pool, j);
	return 0;
}

static int
fill_blocks(struct writer *w, struct sqfs_file *f, const uint8_t *data, size_t size, struct err *e)
{
	while (size) {
		if (!w->open && !(w->open = next_job(w, f, NULL, e)))
			return -1;
		struct job *j = w->open;
		size_t room = SQFS_BLOCK - j->size, n = size < room ? size : room;
		memcpy(j->in + j->size, data, n);
		j->size += n;
		data += n;
		size -= n;
		if (j->size == SQFS_BLOCK) {
			pool_put(w->pool, j);
			w->open = NULL;
		}
	}
	return 0;
}

struct reading {
	struct writer *w;
	struct sqfs_file *file;
	uint64_t blocks; /* bytes that still go to blocks; the rest is tail */
};

static int
take_piece(void *arg, const void *data, size_t size, struct err *e)
{
	struct reading *r = arg;
	size_t n = r->blocks < size ? (size_t)r->blocks : size;

	if (fill_blocks(r->w, r->file, data, n, e))
		return -1;
	r->blocks -= n;
	memcpy(r->w->tails + r->w->n_tails, (const uint8_t *)data + n, size - n);
	r->w->n_tails += size - n;
	return 0;
}

static int
put_file(struct writer *w, struct sqfs_file *f, struct err *e)
{
	struct reading r = { w, f, (uint64_t)f->n_blocks << SQFS_BLOCK_LOG };

	/* the fragment before this tail's is full: it goes first, as nothing may stand between a file's blocks */
	if (f->fragment != SQFS_NONE32 && f->offset == 0 && w->n_tails &&
	    put_fragment(w, &w->s->fragments[f->fragment - 1], e))
		return -1;
	return content_read(f->content, take_piece, &r, e) ? name_file(f, e) : 0;
}

static int
put_all(struct writer *w, struct err *e)
{
	struct sqfs *s = w->s;
	size_t k = 0;

	for (size_t i = 0; i < s->n_files; i++)
		if (s->files[i].n_blocks && put_file(w, &s->files[i], e))
			return -1;
	while (k < s->n_fragments && !s->fragments[k].n)
		k++;
	if (k && put_fragment(w, &s->fragments[k - 1], e)) /* the last one of tails */
		return -1;
	for (; k < s->n_fragments; k++)
		if (put_fragment(w, &s->fragments[k], e))
			return -1;
	for (struct job *j; (j = pool_take(w->pool));)
		if (store(w, j, e))
			return -1;
	return 0;
}

static int
prepare(struct writer *w, struct err *e)
{
	w->n_packers = pool_processors();
	w->window = 4 * w->n_packers; /* so that a slow block at the front keeps none waiting */
	w->packers = xcalloc(w->n_packers, sizeof *w->packers);
	for (unsigned i = 0; i < w->n_packers; i++)
		if (!(w->packers[i].best = sqfs_cctx(w->s->level, e)) || !(w->packers[i].quick = sqfs_cctx(QUICK_LEVEL, e)))
			return -1;
	w->jobs = xcalloc(w->window, sizeof *w->jobs);
	for (size_t i = 0; i < w->window; i++) {
		w->jobs[i].in = xcalloc(1, SQFS_BLOCK);
		w->jobs[i].out = xcalloc(1, SQFS_PACKED_MAX);
	}
	w->tails = xcalloc(1, SQFS_BLOCK);
	w->pool = pool_new(run, w, w->window, e);
	return w->pool ? 0 : -1;
}

static void
release(struct writer *w)
{
	pool_free(w->pool);
	for (size_t i = 0; w->jobs && i < w->window; i++) {
		free(w->jobs[i].in);
		free(w->jobs[i].out);
	}
	for (unsigned i = 0; i < w->n_packers; i++) {
		ZSTD_freeCCtx(w->packers[i].best);
		ZSTD_freeCCtx(w->packers[i].quick);
	}
	free(w->jobs);
	free(w->packers);
	free(w->tails);
}

int
sqfs_data(struct sqfs *s, struct err *e)
{
	struct writer w = { .s = s };
	int r = prepare(&w, e);

	progress_begin("compressing", s->data, PROGRESS_BYTES);
	if (r == 0)
		r = put_all(&w, e);
	if (r)
		progress_cancel();
	else
		progress_end();
	release(&w);
	return r;
}
