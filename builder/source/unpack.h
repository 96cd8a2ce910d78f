/* SPDX-License-Identifier: MIT
 *
 * What is inside an archive that nobody here made: a .deb's data.tar, an archive of the user's, a layer of an OCI
 * image. It is read once, within bounds, its files' bytes going into the cache as blobs; from then on an index of it in
 * the cache is enough, keyed by the archive's digest.
 */
#ifndef INGOT_UNPACK_H
#define INGOT_UNPACK_H

#include <stdbool.h>
#include <stddef.h>

#include "cache.h"
#include "put.h"

enum unpacked_type { UNPACKED_DIR, UNPACKED_FILE, UNPACKED_SYMLINK, UNPACKED_HARDLINK };

struct unpacked_entry {
	enum unpacked_type type;
	struct tree_meta meta;
	char *path;             /* relative, clean: no "." or ".." components, no doubled slashes */
	char *target;           /* UNPACKED_SYMLINK: as the archive says; UNPACKED_HARDLINK of a layer: the path it links to */
	size_t file;            /* UNPACKED_HARDLINK but of a layer: the entry, before this one, that has the bytes */
	struct content content; /* UNPACKED_FILE; its path is the cache's */
	struct tree_xattr *xattrs; /* sorted by name, each name once */
	size_t n_xattrs;
};

struct unpacked {
	struct arena *arena; /* of the strings and xattrs */
	struct unpacked_entry *entries; /* in the archive's order; each path once, but in a layer and for folders */
	size_t count;
	char *note;        /* a package's scripts, "postinst, prerm"; NULL where there are none; the arena's */
	uint64_t left_out; /* a layer's device nodes below /dev, which are not in entries */
	uint8_t plain[DIGEST_SIZE]; /* of a layer: the SHA-256 of its tar, uncompressed */
};

struct unpacker;

/* A kind of archive: how it is read, and what may be in it. */
struct unpack_format {
	const char *key;  /* of its indexes in the cache */
	const char *noun; /* as messages call it */
	/* A layer of an image: entries may come twice, hard links may lead to what is below it, nodes below /dev are
	 * left out. Elsewhere each of these is an error. */
	bool layer;
	int filter; /* a layer's compression, as libarchive numbers it */
	int (*read)(struct unpacker *u, struct err *e); /* fills u->to */
};

extern const struct unpack_format format_deb;     /* deb_unpack.c */
extern const struct unpack_format format_archive; /* unpack_any.c: tar, cpio, zip and the like, compressed or not */
extern const struct unpack_format format_layer_tar, format_layer_gzip, format_layer_zstd;

/* Opens the index, made now if the cache does not hold it with every blob that it names. `from` may have neither mem
 * nor path where the index alone may do. `what` names it on the progress line. */
int unpacked_open(struct cache *c, const struct content *from, const struct unpack_format *format, const char *what,
		  struct unpacked *out, struct err *e);
void unpacked_release(struct unpacked *x);

/* The last entry with that path; NULL where there is none. */
const struct unpacked_entry *unpacked_find(const struct unpacked *x, const char *path);
/* The bytes of an entry that is a file, or another name of one; NULL for all else. */
const struct content *unpacked_bytes(const struct unpacked *x, const struct unpacked_entry *entry);

/* Puts all entries, without the first `strip` components of their paths, below the folder `to` of the root ("" or
 * relative). Not for layers. */
int unpacked_put(const struct unpacked *x, struct put *p, const char *to, unsigned strip, struct err *e);

/* unpack.c, for whoever has no index: reads it now. */
int unpack(struct cache *c, const struct content *from, const struct unpack_format *format, struct unpacked *out,
	   struct err *e);

#endif
