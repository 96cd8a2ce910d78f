/* SPDX-License-Identifier: MIT
 *
 * A tar stream in pax format (POSIX.1-2001): ustar headers, with an extended header before those entries that need one.
 * Numeric ids alone, the modification time alone, and only what the caller states: nothing of the host.
 */
#ifndef INGOT_TAR_WRITE_H
#define INGOT_TAR_WRITE_H

#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "tree.h"

struct tar_out {
	/* Takes the stream, in order. */
	int (*take)(void *arg, const void *data, size_t size, struct err *e);
	void *arg;
	uint64_t size; /* bytes so far */
	/* Instead of contents their digests go out: not a tar stream, but one that differs whenever the stream would. */
	bool describe;
};

enum tar_type { TAR_FILE = '0', TAR_HARDLINK = '1', TAR_SYMLINK = '2', TAR_DIR = '5' };

struct tar_member {
	const char *name; /* relative; a folder's ends with a slash */
	enum tar_type type;
	const char *link; /* what a link leads to */
	struct tree_meta meta;
	uint64_t size; /* of a file: as many bytes follow by tar_data, then tar_pad */
	const struct tree_xattr *xattrs;
	size_t n_xattrs;
};

int tar_header(struct tar_out *o, const struct tar_member *m, struct err *e);
int tar_data(struct tar_out *o, const void *data, size_t size, struct err *e);
/* Fills the last block of a member's data. */
int tar_pad(struct tar_out *o, struct err *e);
/* The two empty blocks. */
int tar_end(struct tar_out *o, struct err *e);

/* A whole file: its header and content. */
int tar_file(struct tar_out *o, const struct tar_member *m, const struct content *c, struct err *e);
/* Everything from `top` down, itself as "./", by names relative to it: hard links are kept where their names are below
 * it. Does not write the end, and changes the inodes' id. */
int tar_tree(struct tar_out *o, struct tree_entry *top, struct err *e);

#endif
