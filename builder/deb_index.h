/* SPDX-License-Identifier: MIT
 *
 * What is inside a Debian package: read from the archive once, then from a small text of the cache. The files'
 * bytes are blobs of the cache by then.
 */
#ifndef INGOT_DEB_INDEX_H
#define INGOT_DEB_INDEX_H

#include <stddef.h>

#include "sources.h"

enum deb_type { DEB_DIR, DEB_FILE, DEB_SYMLINK, DEB_HARDLINK };

struct deb_entry {
	enum deb_type type;
	struct tree_meta meta;
	char *path;             /* relative, clean: no "." or ".." components, no doubled slashes */
	char *target;           /* DEB_SYMLINK: as the package says */
	size_t file;            /* DEB_HARDLINK: the entry, before this one, that has the bytes */
	struct content content; /* DEB_FILE; its path is the cache's */
};

struct deb_index {
	struct arena *arena; /* of the strings */
	struct deb_entry *entries;
	size_t count;
	char *scripts; /* "postinst, prerm", or NULL: the arena's */
};

/* The package must be in the cache under its digest (apt_fetch sees to that). Errors name the package. */
int deb_index_open(struct cache *c, const struct deb_pin *pin, struct deb_index *out, struct err *e);
void deb_index_release(struct deb_index *ix);

/* For deb_unpack.c, which reads the archive: fills an empty index and stores the files' bytes as blobs. */
int deb_unpack(struct cache *c, const struct content *deb, struct deb_index *ix, struct err *e);

#endif
