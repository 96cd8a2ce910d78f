/* SPDX-License-Identifier: MIT
 *
 * The layers of an image, applied to one another in a tree of their own, so that what they take away is theirs alone.
 * A whiteout (.wh.NAME) and an opaque mark (.wh..wh..opq) of a layer take away what lower layers put, whatever their
 * place in the layer's tar; a folder that is there already takes the later layer's metadata; anything else is replaced.
 */
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "content.h"
#include "oci.h"

#define WHITEOUT ".wh."
#define OPAQUE   ".wh..wh..opq"

static const struct origin lower = { "a layer of the image" };

struct merge {
	struct cache *cache;
	const struct oci_image *image;
	struct tree *tree;
	struct unpacked container; /* of a tar: its members, as blobs; its arena is NULL for a folder */
	uint64_t left_out;
};

static const char *
base_name(const char *path)
{
	const char *slash = strrchr(path, '/');

	return slash ? slash + 1 : path;
}

static bool
is_mark(const char *path)
{
	return strncmp(base_name(path), WHITEOUT, strlen(WHITEOUT)) == 0;
}

static void
remove_children(struct tree *t, const char *dir)
{
	struct tree_entry *x = tree_find(t, dir);

	while (x && x->inode->type == TREE_DIR && x->n_children) {
		char path[TREE_PATH_MAX + 1];
		tree_path(x->children[x->n_children - 1], path, sizeof path);
		tree_remove(t, path);
	}
}

/* Carries out one mark. */
static int
apply_mark(struct merge *m, struct arena *a, const char *path, struct err *e)
{
	const char *base = base_name(path), *name = base + strlen(WHITEOUT);
	char *dir = arena_strndup(a, path, (size_t)(base - path));

	if (strcmp(base, OPAQUE) == 0) {
		remove_children(m->tree, dir);
		return 0;
	}
	if (strncmp(name, ".wh.", 4) == 0)
		return 0; /* aufs kept files of its own under such names; they are none of the image's */
	if (!name[0] || strcmp(name, ".") == 0 || strcmp(name, "..") == 0)
		return err_set(e, 0, "%.300s is a whiteout of nothing that can be taken away", path);
	tree_remove(m->tree, arena_printf(a, "%s%s", dir, name));
	return 0;
}

static int
apply_hardlink(struct merge *m, const struct unpacked_entry *x, const struct tree_put *how, struct err *e)
{
	struct tree_entry *to = tree_find(m->tree, x->target), *at = tree_find(m->tree, x->path);

	if (to && at && to->inode == at->inode)
		return 0;
	if (at && tree_root(m->tree) != at)
		tree_remove(m->tree, x->path);
	to = tree_find(m->tree, x->target); /* it may have been below what was removed */
	if (to && to->inode->type == TREE_SYMLINK)
		return tree_put_symlink(m->tree, x->path, to->inode->target, how, e);
	return tree_put_hardlink(m->tree, x->path, x->target, how, e);
}

static int
apply_entry(struct merge *m, const struct unpacked_entry *x, struct err *e)
{
	struct tree_put how = { .meta = x->meta, .xattrs = x->xattrs, .n_xattrs = x->n_xattrs, .origin = &lower,
				.conflict = TREE_OVERRIDE };

	if (x->type == UNPACKED_HARDLINK)
		return apply_hardlink(m, x, &how, e);
	struct tree_entry *old = tree_find(m->tree, x->path);
	if (old && old->parent && !(old->inode->type == TREE_DIR && x->type == UNPACKED_DIR))
		tree_remove(m->tree, x->path);
	switch (x->type) {
	case UNPACKED_DIR:
		return tree_put_dir(m->tree, x->path, &how, e);
	case UNPACKED_FILE:
		return tree_put_file(m->tree, x->path, &x->content, &how, e);
	default:
		return tree_put_symlink(m->tree, x->path, x->target, &how, e);
	}
}

static int
apply_layer(struct merge *m, const struct unpacked *layer, struct err *e)
{
	for (size_t i = 0; i < layer->count; i++)
		if (is_mark(layer->entries[i].path) && apply_mark(m, layer->arena, layer->entries[i].path, e))
			return -1;
	for (size_t i = 0; i < layer->count; i++)
		if (!is_mark(layer->entries[i].path) && apply_entry(m, &layer->entries[i], e))
			return -1;
	m->left_out += layer->left_out;
	return 0;
}

/* ---- where a layer's bytes are ---- */

static const struct unpack_format *
sniff(const struct content *c)
{
	unsigned char head[4] = { 0 };
	AUTO_FD fd = open(c->path, O_RDONLY | O_CLOEXEC);

	if (fd >= 0 && read(fd, head, sizeof head) == (ssize_t)sizeof head) {
		if (head[0] == 0x1f && head[1] == 0x8b)
			return &format_layer_gzip;
		if (memcmp(head, "\x28\xb5\x2f\xfd", 4) == 0)
			return &format_layer_zstd;
	}
	return &format_layer_tar;
}

/* docker writes a layer that it has written before as a link to it. */
static const struct content *
member(const struct unpacked *container, const char *name)
{
	for (int links = 0; links < 8; links++) {
		const struct unpacked_entry *x = unpacked_find(container, name);
		if (!x || x->type != UNPACKED_SYMLINK)
			return x ? unpacked_bytes(container, x) : NULL;
		name = strncmp(x->target, "../", 3) == 0 ? x->target + 3 : x->target;
	}
	return NULL;
}

static int
find_layer(struct merge *m, const struct oci_layer *l, struct content *out, struct err *e)
{
	if (m->image->folder) {
		*out = (struct content){ .size = l->size };
		out->path = arena_printf(cache_arena(m->cache), "%s/%s", m->image->path, l->blob);
		memcpy(out->sha256, l->sha256, DIGEST_SIZE);
		return 0;
	}
	const struct content *c = member(&m->container, l->blob);
	if (!c)
		return err_set(e, 0, "it holds no %.200s", l->blob);
	*out = *c;
	if (l->pinned && (c->size != l->size || memcmp(c->sha256, l->sha256, DIGEST_SIZE) != 0))
		return err_set(e, 0, "it does not have the size and the digest that the manifest says: the image is damaged");
	return 0;
}

static int
merge_layer(struct merge *m, size_t i, struct err *e)
{
	const struct oci_layer *l = &m->image->layers[i];
	struct unpacked layer;
	struct content c;
	int r = 0;

	if (find_layer(m, l, &c, e))
		return -1;
	const struct unpack_format *format = l->format ? l->format : sniff(&c);
	if (unpacked_open(m->cache, &c, format, m->image->name, &layer, e))
		return -1;
	if (memcmp(layer.plain, l->plain, DIGEST_SIZE) != 0)
		r = err_set(e, 0, "its tar does not have the digest that the configuration says: the image is damaged");
	else
		r = apply_layer(m, &layer, e);
	unpacked_release(&layer);
	return r;
}

static int
open_container(struct merge *m, struct err *e)
{
	struct content tar;

	if (m->image->folder)
		return 0;
	return content_of_file(&tar, m->image->path, e) ||
	       unpacked_open(m->cache, &tar, &format_archive, m->image->name, &m->container, e) ? -1 : 0;
}

/* ---- out of the image's tree ---- */

struct putting {
	struct put *put;
	char **placed; /* by inode->id - 1 */
	size_t count, room;
	struct err *e;
};

static int
put_merged(struct tree_entry *x, void *arg)
{
	struct putting *p = arg;
	const struct tree_inode *i = x->inode;
	char path[TREE_PATH_MAX + 1];

	if (!x->parent)
		return 0; /* the root is the image's own */
	tree_path(x, path, sizeof path);
	if (!i->id) {
		p->placed = grow(p->placed, p->count, &p->room, sizeof *p->placed);
		p->placed[p->count++] = NULL;
		x->inode->id = (uint32_t)p->count;
	}
	struct put_entry to = { .type = i->type, .path = arena_strdup(p->put->arena, path + 1), .meta = i->meta,
				.xattrs = i->xattrs, .n_xattrs = i->n_xattrs, .content = &i->content, .target = i->target,
				.placed = &p->placed[i->id - 1] };
	return put_entry(p->put, &to, p->e);
}

int
oci_put(struct cache *c, const struct oci_image *image, struct put *p, uint64_t *left_out, struct err *e)
{
	struct merge m = { .cache = c, .image = image, .tree = tree_new() };
	struct putting out = { .put = p, .e = e };
	int r = open_container(&m, e);

	for (size_t i = 0; i < image->n_layers && r == 0; i++) {
		r = merge_layer(&m, i, e);
		if (r)
			err_wrap(e, "layer %zu", i);
	}
	if (r == 0) {
		tree_clear_ids(tree_root(m.tree));
		r = tree_walk(tree_root(m.tree), put_merged, &out);
	}
	*left_out = m.left_out;
	free(out.placed);
	unpacked_release(&m.container);
	tree_free(m.tree);
	return r;
}
