/* SPDX-License-Identifier: MIT */
#include "out_tar.h"

#include "pool.h"
#include "progress.h"
#include "tar_write.h"
#include "zstd_file.h"

struct writing {
	int fd;
	struct zstd_file *zstd;
	uint64_t raw;
};

static int
to_file(void *arg, const void *data, size_t size, struct err *e)
{
	const struct writing *w = arg;

	return output_put(w->fd, data, size, e);
}

static int
to_zstd(void *arg, const void *data, size_t size, struct err *e)
{
	struct writing *w = arg;

	w->raw += size;
	progress_update(w->raw);
	return zstd_write(w->zstd, data, size, e);
}

static int
count(struct tree_entry *x, void *arg)
{
	uint64_t *total = arg;

	*total += x->inode->type == TREE_FILE ? x->inode->content.size / x->inode->nlink + 512 : 512;
	return 0;
}

int
out_tar_zst(struct tree *t, int fd, int level, struct out_size *size, struct err *e)
{
	struct writing w = { .fd = fd };
	struct tar_out out = { .take = to_zstd, .arg = &w };
	/* at least one worker, as none would give other bytes */
	struct zstd_file_how how = { .level = level, .workers = pool_processors(), .size = ZSTD_FILE_NO_SIZE,
				     .take = to_file, .arg = &w };
	uint64_t about = 0;

	w.zstd = zstd_begin(&how, e);
	if (!w.zstd)
		return -1;
	tree_walk(tree_root(t), count, &about);
	progress_begin("compressing the tar archive", about, PROGRESS_BYTES);
	int r = tar_tree(&out, tree_root(t), e);
	if (r == 0)
		r = tar_end(&out, e);
	size->raw = out.size;
	if (r)
		zstd_abort(w.zstd);
	else
		r = zstd_end(w.zstd, &size->compressed, e);
	if (r)
		progress_cancel();
	else
		progress_end();
	return r;
}
