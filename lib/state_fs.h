/* SPDX-License-Identifier: MIT
 *
 * The file system that holds state: how it is made, the same on the host and in the machine.
 */
#ifndef INGOT_STATE_FS_H
#define INGOT_STATE_FS_H

#include <stdbool.h>
#include <stdint.h>

#include "superblock.h"

#define STATE_FS_SIZE_MIN ((uint64_t)16 << 20) /* smaller, nothing is left beside journal and inodes */
#define STATE_FS_ENV      "MKE2FS_CONFIG=/dev/null" /* what a computer presets shall not matter */
#define STATE_FS_ARGS     24

/* The words for mke2fs, argv[0] and the closing NULL included: an ext4 of `size` bytes in `file`, which is `empty`
 * where it holds nothing but zeros. They are borrowed. */
void state_fs_argv(const char *argv[STATE_FS_ARGS], const char *label, const char *file, uint64_t size, bool empty);

enum state_fs { STATE_FS_OTHER, STATE_FS_WHOLE, STATE_FS_DAMAGED };

/* What a device or a file is: one whose own superblock is gone is still known by a copy that has the label, so that
 * another's disk is never taken for a damaged one. *out is the superblock, or the copy; untouched with OTHER. */
enum state_fs state_fs_probe(int fd, const char *label, struct superblock *out);

#endif
