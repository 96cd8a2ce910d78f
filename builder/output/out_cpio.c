/* SPDX-License-Identifier: MIT */
#include "out_cpio.h"

#include <errno.h>
#include <stdlib.h>
#include <unistd.h>

#include "content.h"
#include "cpio_frame.h"
#include "mem.h"
#include "pool.h"
#include "progress.h"

struct cpio {
	struct cpio_parts parts;
	struct cpio_frame *frames; /* as many as parts, in their order */
	_Atomic uint64_t done;
	_Atomic bool stop;
	int fd;
	uint64_t written;
};

/* ---- what is not in the cache is compressed, on all processors ---- */

static void
run(void *arg, void *job, unsigned thread)
{
	(void)arg;
	(void)thread;
	cpio_frame_pack(job);
}

static int
longest_first(const void *a, const void *b)
{
	const struct cpio_frame *x = *(struct cpio_frame *const *)a, *y = *(struct cpio_frame *const *)b;

	if (x->part->raw != y->part->raw)
		return x->part->raw > y->part->raw ? -1 : 1;
	return x < y ? -1 : x > y;
}

/* The longest first: what is left for the end is short, so that no processor waits long for another. */
static size_t
list_missing(struct cpio *c, struct cpio_frame **missing, uint64_t *raw)
{
	size_t n = 0;

	*raw = 0;
	for (size_t i = 0; i < c->parts.n_parts; i++) {
		if (c->frames[i].found)
			continue;
		missing[n++] = &c->frames[i];
		*raw += c->frames[i].part->raw;
	}
	qsort(missing, n, sizeof *missing, longest_first);
	return n;
}

static void
show_done(void *arg)
{
	const struct cpio *c = arg;

	progress_update(c->done);
}

static int
pack_missing(struct cpio *c, struct cpio_frame **missing, size_t n, struct err *e)
{
	struct pool *p = pool_new(run, NULL, n, e);
	struct err first = { .msg = "" }, later;
	struct cpio_frame *f;
	int r = 0;

	if (!p)
		return -1;
	for (size_t i = 0; i < n; i++)
		pool_put(p, missing[i]);
	while ((f = pool_take_watched(p, show_done, c)) != NULL) {
		if (cpio_frame_keep(f, &later)) {
			r = -1;
			c->stop = true;
			if (!first.msg[0]) /* those that were stopped by it have nothing to say */
				first = later;
		}
		progress_update(c->done);
	}
	pool_free(p);
	if (r)
		*e = first;
	return r;
}

static int
compress(struct cpio *c, struct err *e)
{
	struct cpio_frame **missing = xcalloc(c->parts.n_parts, sizeof *missing);
	uint64_t raw;
	size_t n = list_missing(c, missing, &raw);
	int r = 0;

	if (n) {
		progress_begin("compressing", raw, PROGRESS_BYTES);
		if (n < c->parts.n_parts)
			progress_detail("%zu of %zu parts", n, c->parts.n_parts);
		r = pack_missing(c, missing, n, e);
		if (r)
			progress_cancel();
		else
			progress_end();
	}
	free(missing);
	return r;
}

/* ---- then the frames are joined ---- */

struct target {
	struct cpio *c;
	bool failed; /* it is the image that cannot be written */
};

static int
to_image(void *arg, const void *data, size_t size, struct err *e)
{
	struct target *t = arg;

	t->failed = output_put(t->c->fd, data, size, e) != 0;
	return t->failed ? -1 : 0;
}

/* A frame of the cache that is gone, or no longer what it was, is made again: the tree is all that it takes. */
static int
repair(struct cpio *c, struct cpio_frame *f, struct target *t, struct err *e)
{
	progress_note("%s: compressing that part again", e->msg);
	if (ftruncate(c->fd, (off_t)c->written) || lseek(c->fd, (off_t)c->written, SEEK_SET) < 0)
		return err_set(e, errno, "cannot write the image");
	cpio_frame_pack(f);
	return cpio_frame_keep(f, e) ? -1 : content_read(&f->frame, to_image, t, e);
}

static int
join(struct cpio *c, struct err *e)
{
	for (size_t i = 0; i < c->parts.n_parts; i++) {
		struct cpio_frame *f = &c->frames[i];
		struct target t = { c, false };
		int r = content_read(&f->frame, to_image, &t, e);
		if (r && !t.failed)
			r = repair(c, f, &t, e);
		if (r)
			return -1;
		c->written += f->frame.size;
	}
	return 0;
}

static void
say_losses(const struct cpio_parts *p)
{
	char path[TREE_PATH_MAX + 1];

	if (p->n_xattrs) {
		tree_path(p->xattrs, path, sizeof path);
		progress_note("initramfs: the extended attributes of %zu file%s are not in it, as cpio cannot hold them: %s%s",
			      p->n_xattrs, p->n_xattrs == 1 ? "" : "s", path, p->n_xattrs == 1 ? "" : " is the first");
	}
	if (p->n_times) {
		tree_path(p->times, path, sizeof path);
		progress_note("initramfs: %zu time%s before 1970 or after 2106 %s moved there, as cpio cannot hold %s: %s%s",
			      p->n_times, p->n_times == 1 ? "" : "s", p->n_times == 1 ? "is" : "are",
			      p->n_times == 1 ? "it" : "them", path, p->n_times == 1 ? "" : " is the first");
	}
}

int
out_cpio_zst(struct tree *t, struct cache *cache, int fd, int level, struct out_size *size, struct err *e)
{
	struct cpio c = { .fd = fd };
	int r = cpio_parts_make(&c.parts, t, e);

	if (r == 0) {
		say_losses(&c.parts);
		c.frames = xcalloc(c.parts.n_parts, sizeof *c.frames);
		for (size_t i = 0; i < c.parts.n_parts; i++) {
			c.frames[i] = (struct cpio_frame){ .part = &c.parts.parts[i], .cache = cache, .level = level,
							   .done = &c.done, .stop = &c.stop };
			cpio_frame_find(&c.frames[i]);
		}
		r = compress(&c, e);
	}
	if (r == 0)
		r = join(&c, e);
	*size = (struct out_size){ c.parts.raw, c.written };
	for (size_t i = 0; i < c.parts.n_parts && c.frames; i++)
		cpio_frame_release(&c.frames[i]);
	free(c.frames);
	cpio_parts_release(&c.parts);
	return r;
}
