/* SPDX-License-Identifier: MIT
 *
 * A tree, or what is below one of its folders, as the members of a tar stream.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "mem.h"
#include "tar_write.h"

struct walk {
	struct tar_out *out;
	size_t skip;                      /* of each path: the top's own, and a slash */
	const struct tree_entry **firsts; /* by inode number: the name that carried the data */
	size_t n_firsts, room;
	struct err *e;
};

static int
put_content(void *arg, const void *data, size_t size, struct err *e)
{
	return tar_data(arg, data, size, e);
}

int
tar_file(struct tar_out *o, const struct tar_member *m, const struct content *c, struct err *e)
{
	if (tar_header(o, m, e))
		return -1;
	if (o->describe)
		return tar_data(o, c->sha256, DIGEST_SIZE, e);
	if (content_read(c, put_content, o, e))
		return err_wrap(e, "%.300s", m->name);
	return tar_pad(o, e);
}

/* The name in the archive: without what is above the top, a folder's with a slash behind it. */
static const char *
member_name(const struct walk *w, const struct tree_entry *x, char buf[TREE_PATH_MAX + 2])
{
	size_t n = tree_path(x, buf, TREE_PATH_MAX + 1);

	if (n < w->skip || (n == 1 && buf[0] == '/'))
		return "./";
	if (x->inode->type == TREE_DIR)
		strcpy(buf + n, "/");
	return buf + w->skip;
}

/* Of several names of one file the first has the bytes, the others lead to it. */
static int
put_entry(struct tree_entry *x, void *arg)
{
	static const enum tar_type types[] = { [TREE_DIR] = TAR_DIR, [TREE_FILE] = TAR_FILE, [TREE_SYMLINK] = TAR_SYMLINK };
	struct walk *w = arg;
	struct tree_inode *i = x->inode;
	char name[TREE_PATH_MAX + 2], first[TREE_PATH_MAX + 2];
	struct tar_member m = { .type = types[i->type], .meta = i->meta, .link = i->target, .xattrs = i->xattrs,
				.n_xattrs = i->n_xattrs };

	m.name = member_name(w, x, name);
	if (i->type != TREE_FILE)
		return tar_header(w->out, &m, w->e);
	if (i->id) {
		m.type = TAR_HARDLINK;
		m.link = member_name(w, w->firsts[i->id - 1], first);
		m.n_xattrs = 0; /* are the first's */
		return tar_header(w->out, &m, w->e);
	}
	if (i->nlink > 1) {
		w->firsts = grow(w->firsts, w->n_firsts, &w->room, sizeof *w->firsts);
		w->firsts[w->n_firsts++] = x;
		i->id = (uint32_t)w->n_firsts;
	}
	m.size = i->content.size;
	return tar_file(w->out, &m, &i->content, w->e);
}

int
tar_tree(struct tar_out *o, struct tree_entry *top, struct err *e)
{
	struct walk w = { .out = o, .skip = top->path_len + 1, .e = e };

	tree_clear_ids(top);
	int r = tree_walk(top, put_entry, &w);
	free(w.firsts);
	return r;
}
