/* SPDX-License-Identifier: MIT
 *
 * Fields as in Documentation/filesystems/ext4/super.rst, all little-endian.
 */
#include "superblock.h"

#include <string.h>

#define MAGIC 0xef53

enum field { AT_BLOCKS = 0x4, AT_LOG_BLOCK = 0x18, AT_MAGIC = 0x38, AT_STATE = 0x3a, AT_REVISION = 0x4c,
	     AT_INCOMPAT = 0x60, AT_RO_COMPAT = 0x64, AT_LABEL = 0x78 };

#define STATE_ERRORS 0x2
#define LOG_BLOCK_MAX 6 /* 64 KiB */

/* What the kernels from 6.1 on can mount for writing; a journal's own device is not among it. */
#define INCOMPAT_KNOWN \
	(0x2u | 0x4 | 0x10 | 0x40 | 0x80 | 0x100 | 0x200 | 0x400 | 0x2000 | 0x4000 | 0x8000 | 0x10000 | 0x20000)
#define RO_QUOTA   0x100u
#define RO_PROJECT 0x2000u
#define RO_COMPAT_KNOWN \
	(0x1u | 0x2 | 0x4 | 0x8 | 0x10 | 0x20 | 0x40 | RO_QUOTA | 0x200 | 0x400 | RO_PROJECT | 0x8000 | 0x10000)

static uint32_t
le16(const uint8_t *p)
{
	return (uint32_t)p[0] | (uint32_t)p[1] << 8;
}

static uint32_t
le32(const uint8_t *p)
{
	return le16(p) | le16(p + 2) << 16;
}

bool
superblock_read(struct superblock *out, const uint8_t bytes[SUPERBLOCK_SIZE])
{
	uint32_t incompat = le32(bytes + AT_INCOMPAT), ro_compat = le32(bytes + AT_RO_COMPAT);

	/* the revision before the first has neither features nor a label */
	if (le16(bytes + AT_MAGIC) != MAGIC || le32(bytes + AT_REVISION) == 0 || le32(bytes + AT_BLOCKS) == 0 ||
	    le32(bytes + AT_LOG_BLOCK) > LOG_BLOCK_MAX)
		return false;
	memcpy(out->label, bytes + AT_LABEL, TBL_LABEL_MAX);
	out->label[TBL_LABEL_MAX] = '\0';
	out->errors = le16(bytes + AT_STATE) & STATE_ERRORS;
	out->foreign = (incompat & ~INCOMPAT_KNOWN) || (ro_compat & ~RO_COMPAT_KNOWN);
	out->limited = (ro_compat & RO_QUOTA) && (ro_compat & RO_PROJECT);
	return true;
}
