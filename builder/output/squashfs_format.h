/* SPDX-License-Identifier: MIT
 *
 * Squashfs 4.0 on disk, after the kernel's Documentation/filesystems/squashfs.rst and fs/squashfs/squashfs_fs.h:
 * numbers, limits, and how integers are put down. Nothing here allocates or writes.
 */
#ifndef INGOT_SQUASHFS_FORMAT_H
#define INGOT_SQUASHFS_FORMAT_H

#include <stdint.h>

#define SQFS_MAGIC       0x73717368u
#define SQFS_SUPER_SIZE  96u
#define SQFS_MAJOR       4
#define SQFS_ZSTD        6
#define SQFS_BLOCK_LOG   17
#define SQFS_BLOCK       (1u << SQFS_BLOCK_LOG) /* of data */
#define SQFS_META        8192u                  /* of metadata, unpacked */
#define SQFS_PAD         4096u                  /* what a loop device may read at the end */

/* Flags of the superblock. */
#define SQFS_FLAG_ALWAYS_FRAGMENTS 0x020u
#define SQFS_FLAG_DUPLICATES       0x040u
#define SQFS_FLAG_EXPORT           0x080u
#define SQFS_FLAG_OPTIONS          0x400u

/* Where a table or a fragment is not there. */
#define SQFS_NONE32 UINT32_MAX
#define SQFS_NONE64 UINT64_MAX

/* Stored as it is, in the size of a block: of metadata, of data. */
#define SQFS_META_RAW 0x8000u
#define SQFS_DATA_RAW (1u << 24)

/* Inode types; the extended one is 7 above. Directory entries name the basic type alone. */
enum { SQFS_DIR = 1, SQFS_FILE = 2, SQFS_SYMLINK = 3, SQFS_EXTENDED = 7 };

#define SQFS_NAME_MAX    255u  /* of a component, as Linux' own limit */
#define SQFS_TARGET_MAX  4095u /* of a symbolic link: the kernel reads it into one page */
#define SQFS_IDS_MAX     65535u
#define SQFS_RUN_MAX     256u   /* entries below one directory header */
#define SQFS_DELTA_MAX   32767  /* of an entry's inode number against its header's */
#define SQFS_INDEXES_MAX 65535u /* of one directory */
#define SQFS_DIR_EXTRA   3u     /* what a directory's size counts for "." and ".." */

/* Extended attributes: the prefix is a number, and the value may stand elsewhere. */
#define SQFS_XATTR_ELSEWHERE 256u

/* Each puts the number in little endian and returns the place behind it. */
static inline uint8_t *
sqfs_put16(uint8_t *p, uint32_t v)
{
	p[0] = (uint8_t)v;
	p[1] = (uint8_t)(v >> 8);
	return p + 2;
}

static inline uint8_t *
sqfs_put32(uint8_t *p, uint32_t v)
{
	return sqfs_put16(sqfs_put16(p, v & 0xffff), v >> 16);
}

static inline uint8_t *
sqfs_put64(uint8_t *p, uint64_t v)
{
	return sqfs_put32(sqfs_put32(p, (uint32_t)v), (uint32_t)(v >> 32));
}

#endif
