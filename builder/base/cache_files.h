/* SPDX-License-Identifier: MIT
 *
 * What the files of the cache share, and nobody else sees.
 */
#ifndef INGOT_CACHE_FILES_H
#define INGOT_CACHE_FILES_H

#include <sys/stat.h>
#include <time.h>

#include "cache.h"
#include "content.h"

/* A file's modification time is when a build last used it, to this many seconds: that costs one system call a day for
 * each file, and does not rest on atime, which a mount may leave alone. */
#define STAMP_S 86400

struct cache {
	char *dir;
	time_t now; /* when it was opened; decides about stamps alone */
	struct arena *arena;
	struct known **slots; /* by the digest's first bytes; a power of two of them */
	size_t n_slots, n_known;
	/* CACHE/tmp/build-SECONDS-XXXXXX: this build's own folder. A lock on it tells that the build lives. */
	struct {
		char *path; /* NULL: it could not be made, as error says; reading goes on */
		int error, lock;
	} tmp;
};

struct blob_writer {
	struct cache *cache;
	struct sha256 hash;
	uint64_t size;
	int fd;
	char *path; /* below the build's own folder */
};

void blob_free(struct blob_writer *w);

/* cache_folders.c */
int cache_make_folder(const char *path, struct err *e);
int cache_make_folders(const char *dir, struct err *e);
/* Makes this build's folder, and removes those of builds that live no longer. */
int cache_tmp_enter(struct cache *c, struct err *e);
void cache_tmp_leave(struct cache *c);
/* Opens CACHE/tmp and locks out builds that begin; -1 with *e set. */
int cache_tmp_lock(const struct cache *c, struct err *e);
struct cache_living {
	size_t n;       /* other builds that live */
	time_t oldest;  /* when the first of them began */
	uint64_t freed; /* bytes that dead ones had left */
};
/* With the lock held: removes what dead builds left. */
void cache_tmp_sweep(const struct cache *c, int tmp, struct cache_living *out);

/* Notes that the file is in use, if the last such note is old. */
void cache_stamp(const struct cache *c, const char *path, const struct stat *st);

#endif
