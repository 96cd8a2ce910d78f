/* SPDX-License-Identifier: MIT
 *
 * The initramfs: the tree as newc cpio archives, each whole and in a zstd frame of its own, one behind the other. The
 * frames lie in the cache, so that only those parts are compressed whose content changed. Parts are streamed; neither
 * the tree nor an archive is ever whole in memory.
 */
#ifndef INGOT_OUT_CPIO_H
#define INGOT_OUT_CPIO_H

#include <stdint.h>

#include "cache.h"
#include "err.h"
#include "output.h"
#include "tree.h"

/* Writes to fd, which the caller owns, from its beginning. Same tree and level, same bytes, whatever the number of
 * processors and whatever the cache holds. */
int out_cpio_zst(struct tree *t, struct cache *c, int fd, int level, struct out_size *size, struct err *e);

#endif
