/* SPDX-License-Identifier: MIT
 *
 * The tree as one tar archive in pax format, compressed with zstd. Streamed.
 */
#ifndef INGOT_OUT_TAR_H
#define INGOT_OUT_TAR_H

#include "err.h"
#include "output.h"
#include "tree.h"

/* Writes to fd, which the caller owns. Same tree and level, same bytes, whatever the number of processors. */
int out_tar_zst(struct tree *t, int fd, int level, struct out_size *size, struct err *e);

#endif
