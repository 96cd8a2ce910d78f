/* SPDX-License-Identifier: MIT
 *
 * The initramfs: the tree as one newc cpio archive in one zstd frame, streamed; neither the tree nor the archive is
 * ever whole in memory or on disk before it is compressed.
 */
#ifndef INGOT_OUT_CPIO_H
#define INGOT_OUT_CPIO_H

#include <stdint.h>

#include "err.h"
#include "output.h"
#include "tree.h"

/* Writes to fd, which the caller owns. Same tree and level, same bytes, whatever the number of workers. */
int out_cpio_zst(struct tree *t, int fd, int level, struct out_size *size, struct err *e);

#endif
