/* SPDX-License-Identifier: MIT
 *
 * The tree cut into the parts of an initramfs: which names stand in which part, in which order, with which inode
 * number, and how long each part becomes. A pure function of the tree, made so that a small change of the tree changes
 * few parts. It reads no content.
 */
#ifndef INGOT_CPIO_PARTS_H
#define INGOT_CPIO_PARTS_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "tree.h"

/* A part ends before a file whose path says so once it has CPIO_PART_MIN bytes, and before any once it has
 * CPIO_PART_MAX. A single file longer than that makes a longer part, as an archive holds its files whole. */
#define CPIO_PART_MIN (8u << 20)
#define CPIO_PART_MAX (32u << 20)

#define CPIO_TRAILER "TRAILER!!!"

struct cpio_member {
	const struct tree_entry *entry;
	uint32_t ino; /* counted from 1 in each part, as the kernel forgets all numbers at an archive's end */
	bool data;    /* of several names of one file the first carries the bytes */
};

struct cpio_part {
	const struct cpio_member *members;
	size_t n_members;
	uint64_t raw; /* bytes, header to trailer, padded to a multiple of 4 */
};

struct cpio_parts {
	struct cpio_part *parts; /* the first holds all folders and links: a folder comes before what is in it */
	size_t n_parts;
	struct cpio_member *members;
	size_t n_members;
	uint64_t raw;
	/* What cpio has no place for: an entry that has it, the first of so many. */
	const struct tree_entry *xattrs, *times;
	size_t n_xattrs, n_times;
};

/* The tree must outlive it. Release in every case. An error where the tree holds what would be lost without a word. */
int cpio_parts_make(struct cpio_parts *p, struct tree *t, struct err *e);
void cpio_parts_release(struct cpio_parts *p);

/* A member's header with its name, padded; returns its length. A part is these, each with the bytes it announces. */
#define CPIO_HEAD_MAX (110 + TREE_PATH_MAX + 1 + 4)
size_t cpio_head(const struct cpio_member *m, char out[CPIO_HEAD_MAX]);
size_t cpio_trailer(char out[CPIO_HEAD_MAX]);

/* The bytes to the next multiple of 4. */
static inline unsigned
cpio_padding(uint64_t n)
{
	return (unsigned)(-n & 3);
}

#endif
