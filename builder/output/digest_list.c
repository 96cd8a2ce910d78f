/* SPDX-License-Identifier: MIT */
#include "digest_list.h"

#include <stdlib.h>
#include <string.h>

#include "digests.h"
#include "mem.h"

struct list {
	struct arena *arena;
	struct digests_entry *v;
	size_t n, room;
};

static int
add(struct tree_entry *x, void *arg)
{
	static const uint32_t types[] = { [TREE_DIR] = DIGESTS_DIR, [TREE_FILE] = DIGESTS_FILE,
					  [TREE_SYMLINK] = DIGESTS_SYMLINK };
	const struct tree_inode *i = x->inode;
	struct list *l = arg;
	char path[TREE_PATH_MAX + 1];

	l->v = grow(l->v, l->n, &l->room, sizeof *l->v);
	tree_path(x, path, sizeof path);
	/* the root is "", as all other paths begin with the slash behind it */
	struct digests_entry *d = &l->v[l->n++];
	*d = (struct digests_entry){ .path = arena_strdup(l->arena, path[1] ? path : ""), .type = types[i->type],
				     .mode = i->meta.mode & 07777, .uid = i->meta.uid, .gid = i->meta.gid,
				     .target = i->target };
	if (i->type == TREE_FILE)
		memcpy(d->sha256, i->content.sha256, SHA256_SIZE);
	return 0;
}

int
digest_list_make(struct tree *t, void **out, size_t *size, struct err *e)
{
	struct list l = { .arena = arena_new() };

	tree_walk(tree_root(t), add, &l);
	int r = digests_encode(l.v, l.n, out, size, e);
	free(l.v);
	arena_free(l.arena);
	return r;
}
