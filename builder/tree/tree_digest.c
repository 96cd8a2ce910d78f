/* SPDX-License-Identifier: MIT
 *
 * The tree's digest: a walk in sorted order, every field with a fixed width or a length before it, so that no two trees
 * feed the same bytes.
 */
#include <string.h>

#include "content.h"
#include "tree.h"

#define PATH_CAP 4096

struct digest {
	struct sha256 h;
	uint32_t inodes;
};

static void
add_number(struct digest *d, uint64_t v)
{
	uint8_t bytes[8];

	for (int i = 0; i < 8; i++)
		bytes[i] = (uint8_t)(v >> (8 * i));
	sha256_update(&d->h, bytes, sizeof bytes);
}

static void
add_text(struct digest *d, const char *text)
{
	size_t n = strlen(text);

	add_number(d, n);
	sha256_update(&d->h, text, n);
}

static int
add_entry(struct tree_entry *x, void *arg)
{
	struct digest *d = arg;
	struct tree_inode *i = x->inode;
	char path[PATH_CAP];
	bool first = !i->id;

	if (first)
		i->id = ++d->inodes;
	tree_path(x, path, sizeof path);
	add_text(d, path);
	add_number(d, i->id); /* hard links: the same number again */
	if (!first)
		return 0;
	add_number(d, i->type);
	add_number(d, i->meta.mode);
	add_number(d, i->meta.uid);
	add_number(d, i->meta.gid);
	add_number(d, (uint64_t)i->meta.mtime);
	add_number(d, i->n_xattrs);
	for (size_t k = 0; k < i->n_xattrs; k++) {
		add_text(d, i->xattrs[k].name);
		add_number(d, i->xattrs[k].size);
		sha256_update(&d->h, i->xattrs[k].value, i->xattrs[k].size);
	}
	if (i->type == TREE_SYMLINK)
		add_text(d, i->target);
	if (i->type == TREE_FILE)
		sha256_update(&d->h, i->content.sha256, DIGEST_SIZE);
	return 0;
}

void
tree_digest(struct tree *t, uint8_t out[DIGEST_SIZE])
{
	struct digest d = { .inodes = 0 };

	sha256_init(&d.h);
	tree_clear_ids(tree_root(t));
	tree_walk(tree_root(t), add_entry, &d);
	sha256_final(&d.h, out);
}
