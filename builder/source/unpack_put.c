/* SPDX-License-Identifier: MIT
 *
 * What was unpacked, into the tree. Layers of images are merged first, elsewhere (oci_layers.c).
 */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "unpack.h"

/* The path without its first components; NULL where it has no more than these. */
static const char *
stripped(const char *path, unsigned strip)
{
	for (; strip; strip--) {
		path = strchr(path, '/');
		if (!path++)
			return NULL;
	}
	return path;
}

static int
put_one(const struct unpacked *ix, size_t i, struct put *p, const char *path, char **placed, struct err *e)
{
	static const enum tree_type types[] = { [UNPACKED_DIR] = TREE_DIR, [UNPACKED_FILE] = TREE_FILE,
						[UNPACKED_SYMLINK] = TREE_SYMLINK, [UNPACKED_HARDLINK] = TREE_FILE };
	const struct unpacked_entry *x = &ix->entries[i];
	size_t file = x->type == UNPACKED_HARDLINK ? x->file : i;
	const struct unpacked_entry *of = &ix->entries[file]; /* a further name's metadata is the file's */
	struct put_entry to = { .type = types[x->type], .path = path, .meta = of->meta, .xattrs = of->xattrs,
				.n_xattrs = of->n_xattrs, .content = &of->content, .target = x->target,
				.placed = &placed[file] };

	return put_entry(p, &to, e);
}

int
unpacked_put(const struct unpacked *ix, struct put *p, const char *to, unsigned strip, struct err *e)
{
	char **placed = xcalloc(ix->count, sizeof *placed);
	int r = 0;

	for (size_t i = 0; i < ix->count && r == 0; i++) {
		const struct unpacked_entry *x = &ix->entries[i];
		const char *rest = stripped(x->path, strip);
		if (!rest && x->type == UNPACKED_DIR)
			continue;
		if (!rest)
			r = err_set(e, 0, "%.300s has no more than %u components: `strip: %u` would lose it", x->path, strip, strip);
		else
			r = put_one(ix, i, p, to[0] ? arena_printf(p->arena, "%s/%s", to, rest) : rest, placed, e);
	}
	free(placed);
	return r;
}
