/* SPDX-License-Identifier: MIT */
#include "state_fs.h"

#include <assert.h>
#include <stddef.h>
#include <string.h>
#include <unistd.h>

/* From here on a block of 4 KiB leaves room for a second group, which holds the first copy of the superblock; below,
 * blocks of 1 KiB do. */
#define LARGE ((uint64_t)256 << 20)

/* All that the ext4 of a kernel from 6.1 on takes, and nothing newer, whatever mke2fs presets. */
#define FEATURES \
	"none,has_journal,ext_attr,resize_inode,dir_index,filetype,extent,64bit,flex_bg,sparse_super,large_file," \
	"huge_file,dir_nlink,extra_isize,metadata_csum,quota,project"
#define EXTENDED "quotatype=prjquota,root_owner=0:0,lazy_itable_init=0,lazy_journal_init=0"

void
state_fs_argv(const char *argv[STATE_FS_ARGS], const char *label, const char *file, uint64_t size, bool empty)
{
	const char *const words[] = {
		"mke2fs", "-q", "-F", "-b", size < LARGE ? "1024" : "4096", "-I", "256", "-i", "16384",
		"-m", "5", /* of the blocks, in percent, are root's: PID 1 can make folders on a full disk */
		"-e", "remount-ro", "-O", FEATURES,
		/* all is written now: the kernel would write what is left in the background, for minutes */
		"-E", empty ? EXTENDED ",assume_storage_prezeroed=1" : EXTENDED, "-L", label, file, NULL,
	};

	static_assert(sizeof words <= STATE_FS_ARGS * sizeof *words, "there is room for all words");
	for (size_t i = 0; i < sizeof words / sizeof *words; i++)
		argv[i] = words[i];
}

static bool
read_super(int fd, uint64_t at, struct superblock *out)
{
	uint8_t bytes[SUPERBLOCK_SIZE];

	return pread(fd, bytes, sizeof bytes, (off_t)at) == (ssize_t)sizeof bytes && superblock_read(out, bytes);
}

enum state_fs
state_fs_probe(int fd, const char *label, struct superblock *out)
{
	/* the first copies, for both of the block sizes: 8 * block size blocks on, and one further where the boot block
	 * fills a block of its own */
	static const uint64_t copies[] = { (uint64_t)32768 * 4096, (uint64_t)8193 * 1024 };
	struct superblock s;

	if (read_super(fd, SUPERBLOCK_AT, &s)) {
		if (strcmp(s.label, label) != 0)
			return STATE_FS_OTHER;
		*out = s;
		return STATE_FS_WHOLE;
	}
	for (size_t i = 0; i < sizeof copies / sizeof *copies; i++)
		if (read_super(fd, copies[i], &s) && strcmp(s.label, label) == 0) {
			*out = s;
			return STATE_FS_DAMAGED;
		}
	return STATE_FS_OTHER;
}
