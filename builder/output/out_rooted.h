/* SPDX-License-Identifier: MIT
 *
 * The initramfs whose root is a file: it holds /init, the service table, the modules that are needed before there is a
 * root, and the tree as one squashfs, which PID 1 mounts.
 */
#ifndef INGOT_OUT_ROOTED_H
#define INGOT_OUT_ROOTED_H

#include "build.h"
#include "output.h"

#define ROOTED_FILE "/root.squashfs" /* in the initramfs; the table names it */

/* Writes to fd, which the caller owns. The squashfs goes to the file `scratch` first, which is gone afterwards. */
int out_rooted(const struct build *b, const char *scratch, int fd, struct out_size *size, struct err *e);

#endif
