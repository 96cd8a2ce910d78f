/* SPDX-License-Identifier: MIT
 *
 * What the 1024 bytes of an ext4 superblock say. It makes no system call; the bytes may be anything.
 */
#ifndef INGOT_SUPERBLOCK_H
#define INGOT_SUPERBLOCK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "table.h"

#define SUPERBLOCK_AT   1024 /* bytes from the start of the device; its copies stand at the start of a block */
#define SUPERBLOCK_SIZE 1024

struct superblock {
	char label[TBL_LABEL_MAX + 1];
	bool errors;  /* the kernel has found it inconsistent and nobody has repaired it */
	bool foreign; /* it has features that are not known here: a newer kernel's, and nothing that is damaged */
	bool limited; /* it keeps project quotas */
};

/* False where these are not the bytes of an ext4 superblock; then nothing is written to *out. */
bool superblock_read(struct superblock *out, const uint8_t bytes[SUPERBLOCK_SIZE]);

#endif
