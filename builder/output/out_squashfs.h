/* SPDX-License-Identifier: MIT
 *
 * The tree as a squashfs 4.0 of zstd blocks of 128 KiB, as the kernel mounts it. Contents are streamed: what is held at
 * a time is a window of blocks, and what is known of each inode.
 */
#ifndef INGOT_OUT_SQUASHFS_H
#define INGOT_OUT_SQUASHFS_H

#include "err.h"
#include "output.h"
#include "tree.h"

/* Writes to fd, which is the caller's and an empty file that can be seeked in. Same tree and level, same bytes,
 * whatever the number of processors. What a squashfs cannot hold is an error that names the path. */
int out_squashfs(struct tree *t, int fd, int level, struct out_size *size, struct err *e);

#endif
