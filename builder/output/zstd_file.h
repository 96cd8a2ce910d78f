/* SPDX-License-Identifier: MIT
 *
 * A zstd frame being made, piece by piece. The kernel's decoder sets the rules: a window of at most 2^27, and one whole
 * frame for each complete archive; and as 0 workers give other bytes than 1 or more, which of the two it is may never
 * depend on the number of processors.
 */
#ifndef INGOT_ZSTD_FILE_H
#define INGOT_ZSTD_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

#define ZSTD_FILE_NO_SIZE UINT64_MAX

struct zstd_file_how {
	int level;
	unsigned workers; /* 0: in the calling thread; how many there are beyond 0 changes no byte */
	uint64_t size;    /* what will be written in all, exactly, or ZSTD_FILE_NO_SIZE */
	/* Takes the frame's bytes, in order, in the calling thread. */
	int (*take)(void *arg, const void *data, size_t size, struct err *e);
	void *arg;
};

struct zstd_file;

struct zstd_file *zstd_begin(const struct zstd_file_how *how, struct err *e);
int zstd_write(struct zstd_file *z, const void *data, size_t size, struct err *e);
/* Ends the frame; *written is the frame's size. Frees z whatever happens, as zstd_abort does. */
int zstd_end(struct zstd_file *z, uint64_t *written, struct err *e);
void zstd_abort(struct zstd_file *z);

/* How much a file unpacks to, as its frames say; 0 where it cannot be read or says nothing. */
uint64_t zstd_unpacked(const char *path);

#endif
