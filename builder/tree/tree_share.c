/* SPDX-License-Identifier: MIT
 *
 * Sharing: files that are alike in everything but their names become one inode. It changes no name and no byte.
 */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "tree.h"

struct sharing {
	struct tree_inode **slots;
	size_t n_slots; /* a power of two, more than twice the files */
	uint64_t saved;
};

static int
count_file(struct tree_entry *x, void *arg)
{
	size_t *n = arg;

	*n += x->inode->type == TREE_FILE;
	return 0;
}

static bool
same_file(const struct tree_inode *a, const struct tree_inode *b)
{
	return a->meta.mode == b->meta.mode && a->meta.uid == b->meta.uid && a->meta.gid == b->meta.gid &&
	       a->meta.mtime == b->meta.mtime && tree_same_xattrs(a, b) &&
	       memcmp(a->content.sha256, b->content.sha256, DIGEST_SIZE) == 0;
}

static int
share_entry(struct tree_entry *x, void *arg)
{
	struct sharing *s = arg;
	struct tree_inode *i = x->inode;
	uint64_t h;

	if (i->type != TREE_FILE || !i->content.size)
		return 0;
	memcpy(&h, i->content.sha256, sizeof h);
	size_t at = (size_t)h & (s->n_slots - 1);
	while (s->slots[at] && s->slots[at] != i && !same_file(s->slots[at], i))
		at = (at + 1) & (s->n_slots - 1);
	if (!s->slots[at])
		s->slots[at] = i;
	if (s->slots[at] == i)
		return 0;
	if (--i->nlink == 0)
		s->saved += i->content.size;
	x->inode = s->slots[at];
	x->inode->nlink++;
	return 0;
}

uint64_t
tree_share(struct tree *t)
{
	struct sharing s = { .n_slots = 64 };
	size_t files = 0;

	tree_walk(tree_root(t), count_file, &files);
	while (s.n_slots <= 2 * files)
		s.n_slots *= 2;
	s.slots = xcalloc(s.n_slots, sizeof(struct tree_inode *));
	tree_walk(tree_root(t), share_entry, &s);
	free(s.slots);
	return s.saved;
}
