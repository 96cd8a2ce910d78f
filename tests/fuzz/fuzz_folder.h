/* SPDX-License-Identifier: MIT
 *
 * For fuzzers of what needs files: a folder in memory, emptied now and then, gone at the end.
 */
#ifndef INGOT_FUZZ_FOLDER_H
#define INGOT_FUZZ_FOLDER_H

#include <ftw.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cache.h"

#define FOLDER_RUNS 2000 /* runs until it is emptied */

static char folder[64];

static inline int
folder_remove_one(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static inline void
folder_remove(void)
{
	if (folder[0])
		nftw(folder, folder_remove_one, 16, FTW_DEPTH | FTW_PHYS);
	folder[0] = '\0';
}

static inline const char *
folder_get(void)
{
	static unsigned runs;

	if (runs++ % FOLDER_RUNS == 0) {
		if (runs == 1)
			atexit(folder_remove);
		folder_remove();
		strcpy(folder, access("/dev/shm", W_OK) == 0 ? "/dev/shm/ingot-fuzz-XXXXXX" : "/tmp/ingot-fuzz-XXXXXX");
		if (!mkdtemp(folder))
			abort();
	}
	return folder;
}

static inline struct cache *
folder_cache(void)
{
	char path[96];
	struct err e;

	snprintf(path, sizeof path, "%s/cache", folder_get());
	struct cache *c = cache_open(path, &e);
	if (!c)
		abort();
	return c;
}

static inline void
folder_write(const char *name, const void *bytes, size_t size)
{
	char path[256];

	snprintf(path, sizeof path, "%s/%s", folder, name);
	FILE *f = fopen(path, "we");
	if (!f || fwrite(bytes, 1, size, f) != size || fclose(f))
		abort();
}

#endif
