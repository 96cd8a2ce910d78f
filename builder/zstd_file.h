/* SPDX-License-Identifier: MIT
 *
 * A zstd frame being written to a descriptor, on all processors. The kernel's decoder sets the rules: a window of at
 * most 2^27, a size that is known beforehand, one frame for a complete archive; and as 0 workers give other bytes than
 * 1 or more, there is always at least one.
 */
#ifndef INGOT_ZSTD_FILE_H
#define INGOT_ZSTD_FILE_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"

struct zstd_file;

/* `size` is what will be written in all, exactly. fd stays the caller's. */
struct zstd_file *zstd_begin(int fd, int level, uint64_t size, struct err *e);
int zstd_write(struct zstd_file *z, const void *data, size_t size, struct err *e);
/* Ends the frame; *written is the frame's size. Frees z whatever happens, as zstd_abort does. */
int zstd_end(struct zstd_file *z, uint64_t *written, struct err *e);
void zstd_abort(struct zstd_file *z);

/* How much a file unpacks to, as its frame says; 0 where it cannot be read or says nothing. */
uint64_t zstd_unpacked(const char *path);

#endif
