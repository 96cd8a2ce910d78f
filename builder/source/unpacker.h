/* SPDX-License-Identifier: MIT
 *
 * An archive being unpacked: what the readers of the formats (deb_unpack.c, unpack_any.c) share with unpack.c.
 */
#ifndef INGOT_UNPACKER_H
#define INGOT_UNPACKER_H

#include <archive_entry.h>

#include "unpack.h"
#include "unpack_pipe.h"

#define UNPACK_PATH_MAX 4096u

struct unpacker {
	struct cache *cache;
	const struct unpack_format *format;
	const struct content *from;
	struct unpacked *to;
	struct unpack_pipe pipe;
	struct archive *reader;  /* of the entries */
	size_t room;
	bool ended;              /* behind the last file nothing comes, not even what ends a tar */
	uint64_t total;          /* bytes of all files so far */
	uint64_t text;           /* bytes of all names, targets and xattrs so far */
	size_t *by_path;         /* hash table of entry numbers plus one, for hard links */
	size_t n_slots;
	char data[UNPACK_PIECE]; /* of the file that is being stored */
};

/* Reads all entries of u->reader, which is open, into u->to. */
int unpack_entries(struct unpacker *u, struct err *e);
/* The next header: 1 with *x set, 0 at the end, -1 with *e set. */
int unpack_header(struct unpacker *u, struct archive_entry **x, struct err *e);
/* Reads what comes decompressed out of the pipe: tar and cpio, as `formats` makes u->reader take them. */
int unpack_plain(struct unpacker *u, const int *filters, void (*formats)(struct archive *a),
		 int (*read)(struct unpacker *u, struct err *e), struct err *e);

/* unpack_path.c: "./usr//bin/" becomes "usr/bin", in the arena; empty is the root itself. NULL with *e set where the
 * name is not one that an archive may use; `what` is what messages call it. */
char *unpack_path(struct arena *a, const char *name, const char *what, struct err *e);
/* Names and targets may come as bytes, or as UTF-8 that the locale cannot express. */
const char *unpack_name(struct archive_entry *x);
const char *unpack_symlink(struct archive_entry *x);
const char *unpack_hardlink(struct archive_entry *x);
bool unpack_target_ok(const char *target);
bool unpack_text_ok(const char *text); /* it has no control character: it may be shown, and kept */

/* unpack_meta.c: owner, mode, time and extended attributes; what cannot be kept is an error. */
int unpack_metadata(struct unpacker *u, struct archive_entry *x, struct unpacked_entry *to, struct err *e);

#endif
