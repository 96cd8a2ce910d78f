/* SPDX-License-Identifier: MIT
 *
 * One kernel module as a package holds it: .ko, .ko.xz, .ko.zst or .ko.gz. Unpacked when somebody wants it, and what it
 * says of itself is kept in the cache, so that a second build unpacks nothing.
 */
#ifndef INGOT_KMOD_H
#define INGOT_KMOD_H

#include "cache.h"
#include "mem.h"

struct kmod {
	struct content content; /* the module itself, uncompressed; its path is the cache's */
	char *depends;          /* names with spaces between them, as modprobe knows them; the arena's */
	char *softdeps;         /* the same for what should be loaded before it where there is such a thing */
};

int kmod_read(struct cache *c, const struct content *packed, struct arena *a, struct kmod *out, struct err *e);

/* The module's aliases that are no device's ("crypto-crc32c"), with spaces between them. Nothing is stored. */
int kmod_aliases(const struct content *packed, struct arena *a, char **out, struct err *e);

/* "kernel/fs/foo-bar.ko.xz" gives "foo_bar" in the arena; NULL where the path is no module's. */
char *kmod_name(const char *path, struct arena *a);

#endif
