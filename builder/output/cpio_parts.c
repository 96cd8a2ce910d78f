/* SPDX-License-Identifier: MIT */
#include "cpio_parts.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define FILE_MAX   UINT32_MAX /* the field has eight hexadecimal digits */
#define TARGET_MAX 4095       /* the kernel leaves a longer one out, without a word */
#define CUT_MASK   15u        /* one path in 16 may begin a part */

/* Where the names are collected before they are put into the parts' order. */
struct name {
	const struct tree_entry *entry;
	uint32_t group; /* 0: a folder or link; the number of a file with several names; GROUP_SINGLE */
	size_t walk;    /* its place in the walk */
};

#define GROUP_SINGLE UINT32_MAX

struct collector {
	struct name *names;
	size_t n, room;
	uint32_t groups;
	struct cpio_parts *parts;
	struct err *e;
};

/* What the archive would lose, and the kernel not say. */
static int
check(struct collector *c, const struct tree_entry *x)
{
	char path[TREE_PATH_MAX + 1];
	const struct tree_inode *i = x->inode;

	tree_path(x, path, sizeof path);
	if (i->type == TREE_FILE && i->content.size > FILE_MAX)
		return err_set(c->e, 0, "%s has %llu bytes: a cpio archive holds at most 4 GiB - 1 in one file", path + 1,
			       (unsigned long long)i->content.size);
	if (i->type == TREE_SYMLINK && strlen(i->target) > TARGET_MAX)
		return err_set(c->e, 0, "%.300s: the link's target has more than %d bytes: no kernel makes such a link", path,
			       TARGET_MAX);
	if (strcmp(path + 1, CPIO_TRAILER) == 0)
		return err_set(c->e, 0, "a file called %s ends a cpio archive: give it another name", path);
	return 0;
}

static void
count_losses(struct cpio_parts *p, const struct tree_entry *x)
{
	const struct tree_inode *i = x->inode;

	if (i->n_xattrs && !p->n_xattrs++)
		p->xattrs = x;
	if ((i->meta.mtime < 0 || i->meta.mtime > UINT32_MAX) && !p->n_times++)
		p->times = x;
}

static int
collect(struct tree_entry *x, void *arg)
{
	struct collector *c = arg;
	struct tree_inode *i = x->inode;
	struct name n = { x, GROUP_SINGLE, c->n };

	if (!x->parent)
		return 0;
	if (check(c, x))
		return -1;
	count_losses(c->parts, x);
	if (i->type != TREE_FILE)
		n.group = 0;
	else if (i->nlink > 1)
		n.group = i->id = i->id ? i->id : ++c->groups;
	c->names = grow(c->names, c->n, &c->room, sizeof *c->names);
	c->names[c->n++] = n;
	return 0;
}

static int
by_group(const void *a, const void *b)
{
	const struct name *x = a, *y = b;

	if (x->group != y->group)
		return x->group < y->group ? -1 : 1;
	return x->walk < y->walk ? -1 : x->walk > y->walk;
}

static uint64_t
hash_path(const struct tree_entry *x)
{
	uint64_t h = x->parent ? hash_path(x->parent) : 14695981039346656037u; /* FNV-1a */

	for (const char *s = x->name; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return (h ^ '/') * 1099511628211u;
}

/* Whether a new part begins with this name, while the open one has so many bytes. Names of one file stay together: the
 * kernel links them by a number that it forgets at each archive's end. */
static bool
begins_part(const struct name *before, const struct name *x, uint64_t raw)
{
	if (!before || (before->group == x->group && x->group != GROUP_SINGLE))
		return false;
	if (before->group == 0 || raw >= CPIO_PART_MAX)
		return true;
	/* the high bits: the low ones of this hash are poor */
	return raw >= CPIO_PART_MIN && (hash_path(x->entry) >> 32 & CUT_MASK) == 0;
}

static uint64_t
member_size(const struct cpio_member *m)
{
	const struct tree_inode *i = m->entry->inode;
	uint64_t head = 110 + m->entry->path_len, data = 0; /* the path without its slash, with a NUL */

	if (i->type == TREE_SYMLINK)
		data = strlen(i->target);
	else if (m->data)
		data = i->content.size;
	return head + cpio_padding(head) + data + cpio_padding(data);
}

static uint64_t
trailer_size(void)
{
	char out[CPIO_HEAD_MAX];

	return cpio_trailer(out);
}

static void
cut(struct cpio_parts *p, const struct name *names, size_t n)
{
	struct cpio_part *part = NULL;
	size_t room = 0;
	uint32_t ino = 0;

	p->members = xcalloc(n + 1, sizeof *p->members);
	for (size_t i = 0; i < n; i++) {
		const struct name *x = &names[i], *before = i ? x - 1 : NULL;
		struct cpio_member *m = &p->members[p->n_members++];
		bool again = before && x->group && x->group != GROUP_SINGLE && x->group == before->group;
		if (!part || begins_part(before, x, part->raw)) {
			p->parts = grow(p->parts, p->n_parts, &room, sizeof *p->parts);
			part = &p->parts[p->n_parts++];
			*part = (struct cpio_part){ .members = m };
			ino = 0;
		}
		*m = (struct cpio_member){ x->entry, again ? ino : ++ino, !again && x->entry->inode->type == TREE_FILE };
		part->n_members++;
		part->raw += member_size(m);
	}
}

int
cpio_parts_make(struct cpio_parts *p, struct tree *t, struct err *e)
{
	struct collector c = { .parts = p, .e = e };

	*p = (struct cpio_parts){ .n_parts = 0 };
	tree_clear_ids(tree_root(t));
	int r = tree_walk(tree_root(t), collect, &c);
	if (r == 0) {
		if (c.n)
			qsort(c.names, c.n, sizeof *c.names, by_group);
		cut(p, c.names, c.n);
		if (!p->n_parts) { /* an empty tree is one archive with nothing in it */
			p->parts = xcalloc(1, sizeof *p->parts);
			p->n_parts = 1;
		}
		for (size_t i = 0; i < p->n_parts; i++) {
			p->parts[i].raw += trailer_size();
			p->raw += p->parts[i].raw;
		}
	}
	free(c.names);
	return r;
}

void
cpio_parts_release(struct cpio_parts *p)
{
	free(p->parts);
	free(p->members);
	*p = (struct cpio_parts){ .n_parts = 0 };
}
