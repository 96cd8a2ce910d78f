/* SPDX-License-Identifier: MIT
 *
 * The cache's folders, and who is at work in it. Each build has a folder of its own below CACHE/tmp with a lock on it,
 * which the kernel lets go of however the build ends; the next build to begin removes what has no lock. While a folder
 * is made or looked at, CACHE/tmp itself is locked, so that none is taken for dead between its making and its lock.
 */
#include "cache_files.h"

#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <unistd.h>

#include "cleanup.h"
#include "mem.h"

#define BUILD "build-"

int
cache_make_folder(const char *path, struct err *e)
{
	if (mkdir(path, 0777) && errno != EEXIST)
		return err_set(e, errno, "cannot make the cache folder %s", path);
	return 0;
}

static int
make_parents(const char *dir, struct err *e)
{
	char *copy = xstrdup(dir);
	int r = 0;

	for (char *p = strchr(copy + 1, '/'); p && r == 0; p = strchr(p + 1, '/')) {
		*p = '\0';
		r = cache_make_folder(copy, e);
		*p = '/';
	}
	free(copy);
	return r;
}

int
cache_make_folders(const char *dir, struct err *e)
{
	static const char *const below[] = { "", "/blob", "/index", "/tmp" };
	int r = make_parents(dir, e);

	for (size_t i = 0; i < sizeof below / sizeof *below && r == 0; i++) {
		char *path = xprintf("%s%s", dir, below[i]);
		r = cache_make_folder(path, e);
		free(path);
	}
	return r;
}

int
cache_tmp_lock(const struct cache *c, struct err *e)
{
	char *path = xprintf("%s/tmp", c->dir);
	AUTO_FD fd = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	int r = 0;

	if (fd < 0)
		r = err_set(e, errno, "cannot use the cache folder %s", path);
	while (r == 0 && flock(fd, LOCK_EX))
		if (errno != EINTR)
			r = err_set(e, errno, "cannot lock the cache folder %s", path);
	free(path);
	return r ? -1 : take_fd(&fd);
}

/* Removes a folder of files; returns their bytes. One that belongs to somebody else stays. */
static uint64_t
remove_folder(int tmp, const char *name, int fd)
{
	DIR *d = fdopendir(fcntl(fd, F_DUPFD_CLOEXEC, 0));
	const struct dirent *x;
	uint64_t bytes = 0;
	struct stat st;

	while (d && (x = readdir(d)) != NULL)
		if (fstatat(fd, x->d_name, &st, AT_SYMLINK_NOFOLLOW) == 0 && S_ISREG(st.st_mode) &&
		    unlinkat(fd, x->d_name, 0) == 0)
			bytes += (uint64_t)st.st_size;
	if (d)
		closedir(d);
	unlinkat(tmp, name, AT_REMOVEDIR);
	return bytes;
}

/* Another build's folder: removed if that build is dead, else counted. */
static void
sweep_one(int tmp, const char *name, struct cache_living *out)
{
	AUTO_FD fd = openat(tmp, name, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	time_t began = (time_t)strtoll(name + strlen(BUILD), NULL, 10);

	if (fd >= 0 && flock(fd, LOCK_EX | LOCK_NB) == 0) {
		out->freed += remove_folder(tmp, name, fd);
		return;
	}
	if (!out->n++ || began < out->oldest)
		out->oldest = began;
}

void
cache_tmp_sweep(const struct cache *c, int tmp, struct cache_living *out)
{
	const char *own = c->tmp.path ? strrchr(c->tmp.path, '/') + 1 : "";
	DIR *d = fdopendir(fcntl(tmp, F_DUPFD_CLOEXEC, 0));
	const struct dirent *x;

	*out = (struct cache_living){ .n = 0 };
	while (d && (x = readdir(d)) != NULL)
		if (strncmp(x->d_name, BUILD, strlen(BUILD)) == 0 && strcmp(x->d_name, own) != 0)
			sweep_one(tmp, x->d_name, out);
	if (d)
		closedir(d);
}

int
cache_tmp_enter(struct cache *c, struct err *e)
{
	AUTO_FD tmp = cache_tmp_lock(c, e);
	struct cache_living ignored;

	if (tmp < 0)
		return -1;
	cache_tmp_sweep(c, tmp, &ignored);
	char *path = xprintf("%s/tmp/" BUILD "%lld-XXXXXX", c->dir, (long long)c->now);
	if (mkdtemp(path))
		c->tmp.lock = open(path, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (c->tmp.lock < 0 || flock(c->tmp.lock, LOCK_EX | LOCK_NB)) {
		c->tmp.error = errno; /* a cache of somebody else's that holds everything needs no writing */
		free(path);
		return 0;
	}
	c->tmp.path = path;
	return 0;
}

void
cache_tmp_leave(struct cache *c)
{
	if (c->tmp.path)
		remove_folder(AT_FDCWD, c->tmp.path, c->tmp.lock);
	free(c->tmp.path);
	fd_cleanup(&c->tmp.lock);
	c->tmp.path = NULL;
}

void
cache_stamp(const struct cache *c, const char *path, const struct stat *st)
{
	if (st->st_mtime < c->now - STAMP_S)
		utimensat(AT_FDCWD, path, NULL, 0); /* where it is somebody else's that is theirs to keep */
}
