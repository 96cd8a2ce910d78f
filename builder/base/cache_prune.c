/* SPDX-License-Identifier: MIT */
#include "cache_prune.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cache_files.h"
#include "cleanup.h"
#include "mem.h"

#define NOTHING INT64_MIN /* is older */
#define DEPTH_MAX 8       /* of apt's own folders; ours have two */

struct pruning {
	int64_t cutoff; /* what was used last at this time or before goes */
	struct cache_sums *sums;
};

static void
count(struct cache_sum *s, const struct stat *st)
{
	s->files++;
	s->bytes += (uint64_t)st->st_size;
}

/* Takes fd. */
static int
visit(struct pruning *p, int fd, const char *path, unsigned depth, struct err *e)
{
	DIR *d = fdopendir(fd);
	const struct dirent *x;
	struct stat st;
	int r = 0;

	if (!d) {
		close(fd);
		return err_set(e, errno, "cannot read the cache folder %s", path);
	}
	while (r == 0 && (x = readdir(d)) != NULL) {
		if (strcmp(x->d_name, ".") == 0 || strcmp(x->d_name, "..") == 0 ||
		    fstatat(dirfd(d), x->d_name, &st, AT_SYMLINK_NOFOLLOW))
			continue; /* another build has moved it meanwhile */
		if (S_ISDIR(st.st_mode) && depth < DEPTH_MAX) {
			int below = openat(dirfd(d), x->d_name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
			r = below < 0 ? 0 : visit(p, below, path, depth + 1, e);
		} else if (S_ISREG(st.st_mode) && st.st_mtime <= p->cutoff) {
			if (unlinkat(dirfd(d), x->d_name, 0))
				r = err_set(e, errno, "cannot remove %s from the cache folder %s", x->d_name, path);
			else
				count(&p->sums->freed, &st);
		} else if (S_ISREG(st.st_mode)) {
			count(&p->sums->kept, &st);
		}
	}
	closedir(d);
	return r;
}

static int
visit_folder(struct cache *c, struct pruning *p, const char *name, struct err *e)
{
	char *path = xprintf("%s%s%s", c->dir, name[0] ? "/" : "", name);
	int fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = fd < 0 ? err_set(e, errno, "cannot read the cache folder %s", path) : visit(p, fd, path, 0, e);

	free(path);
	return r;
}

int
cache_size(struct cache *c, struct cache_sums *out, struct err *e)
{
	struct pruning p = { .cutoff = NOTHING, .sums = out };

	*out = (struct cache_sums){ .living = 0 };
	return visit_folder(c, &p, "", e);
}

int
cache_prune(struct cache *c, unsigned keep_days, struct cache_sums *out, struct err *e)
{
	struct pruning p = { .cutoff = (int64_t)c->now - (int64_t)keep_days * 86400, .sums = out };
	struct cache_living living;
	struct cache_sums whole;
	AUTO_FD tmp = cache_tmp_lock(c, e);

	*out = (struct cache_sums){ .living = 0 };
	if (tmp < 0)
		return -1;
	cache_tmp_sweep(c, tmp, &living);
	/* what a build uses has a stamp that is at most STAMP_S older than the build itself */
	if (living.n && (int64_t)living.oldest - STAMP_S - 1 < p.cutoff)
		p.cutoff = (int64_t)living.oldest - STAMP_S - 1;
	if (visit_folder(c, &p, "blob", e) || visit_folder(c, &p, "index", e) || cache_size(c, &whole, e))
		return -1;
	out->kept = whole.kept;
	out->freed.bytes += living.freed;
	out->living = living.n;
	return 0;
}
