/* SPDX-License-Identifier: MIT
 *
 * The tree's names and inodes: putting, finding, removing, walking. It reads no file and writes none.
 */
#include "tree.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define LINKS_MAX 40 /* symlinks followed in one path, as the kernel's limit */
#define PATH_CAP  4096

struct tree {
	struct arena *arena; /* entries, inodes and strings; child arrays are malloc'ed, as they grow */
	struct tree_entry *root;
};

static const struct origin nowhere = { "a folder that something below it needs" };
static const struct tree_meta parent_meta = { .mode = 0755 };

static struct tree_inode *
inode_new(struct tree *t, enum tree_type type, const struct tree_meta *meta)
{
	struct tree_inode *i = arena_alloc(t->arena, sizeof *i);

	i->type = type;
	i->meta = *meta;
	i->nlink = 1;
	return i;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct tree_xattr *)a)->name, ((const struct tree_xattr *)b)->name);
}

static int
set_xattrs(struct tree *t, struct tree_inode *i, const struct tree_put *how, const char *path, struct err *e)
{
	size_t bytes = 0, n = how->n_xattrs;

	if (!n)
		return 0;
	struct tree_xattr *x = arena_alloc(t->arena, n * sizeof *x);
	for (size_t k = 0; k < n; k++) {
		const struct tree_xattr *from = &how->xattrs[k];
		bytes += strlen(from->name) + from->size;
		void *value = arena_alloc(t->arena, from->size + 1);
		memcpy(value, from->value, from->size);
		x[k] = (struct tree_xattr){ arena_strdup(t->arena, from->name), value, from->size };
	}
	if (n > TREE_XATTRS_MAX || bytes > TREE_XATTR_BYTES_MAX)
		return err_set(e, 0, "%.300s: more than %d extended attributes, or %u bytes of them", path, TREE_XATTRS_MAX,
			       TREE_XATTR_BYTES_MAX);
	qsort(x, n, sizeof *x, by_name);
	for (size_t k = 1; k < n; k++)
		if (strcmp(x[k - 1].name, x[k].name) == 0)
			return err_set(e, 0, "%.300s: the extended attribute %.100s is there twice", path, x[k].name);
	i->xattrs = x;
	i->n_xattrs = n;
	return 0;
}

struct tree *
tree_new(void)
{
	struct tree *t = xcalloc(1, sizeof *t);

	t->arena = arena_new();
	t->root = arena_alloc(t->arena, sizeof *t->root);
	t->root->name = "";
	t->root->origin = &nowhere;
	t->root->inode = inode_new(t, TREE_DIR, &parent_meta);
	return t;
}

static void
drop_children(struct tree_entry *x)
{
	for (size_t i = 0; i < x->n_children; i++) {
		drop_children(x->children[i]);
		x->children[i]->inode->nlink--;
	}
	free(x->children);
	x->children = NULL;
	x->n_children = 0;
}

void
tree_free(struct tree *t)
{
	if (!t)
		return;
	drop_children(t->root);
	arena_free(t->arena);
	free(t);
}

struct tree_entry *
tree_root(struct tree *t)
{
	return t->root;
}

/* Where the name stands among the children, or would stand. */
static size_t
position(const struct tree_entry *dir, const char *name, size_t len, bool *found)
{
	size_t lo = 0, hi = dir->n_children;

	while (lo < hi) {
		size_t mid = lo + (hi - lo) / 2;
		const char *other = dir->children[mid]->name;
		int d = strncmp(other, name, len);
		if (d == 0)
			d = (unsigned char)other[len];
		if (d == 0) {
			*found = true;
			return mid;
		}
		if (d < 0)
			lo = mid + 1;
		else
			hi = mid;
	}
	*found = false;
	return lo;
}

static struct tree_entry *
child(const struct tree_entry *dir, const char *name, size_t len)
{
	bool found;
	size_t i = position(dir, name, len, &found);

	return found ? dir->children[i] : NULL;
}

static struct tree_entry *
add_child(struct tree *t, struct tree_entry *dir, const char *name, size_t len, struct tree_inode *inode,
	  const struct origin *origin)
{
	struct tree_entry *x = arena_alloc(t->arena, sizeof *x);
	bool found;
	size_t i = position(dir, name, len, &found);

	/* room grows by doubling: it is full whenever the count is a power of two */
	if ((dir->n_children & (dir->n_children - 1)) == 0)
		dir->children = xrealloc(dir->children, (dir->n_children ? dir->n_children * 2 : 1) * sizeof *dir->children);
	memmove(dir->children + i + 1, dir->children + i, (dir->n_children - i) * sizeof *dir->children);
	dir->children[i] = x;
	dir->n_children++;
	x->name = arena_strndup(t->arena, name, len);
	x->inode = inode;
	x->origin = origin;
	x->parent = dir;
	x->path_len = dir->path_len + 1 + len;
	return x;
}

/* A path being walked: what is left of it, and how many links were followed. */
struct walk {
	char left[PATH_CAP];
	unsigned links;
};

static bool
is_dot(const char *part, size_t n)
{
	return n == 1 && part[0] == '.';
}

static bool
is_dotdot(const char *part, size_t n)
{
	return n == 2 && part[0] == '.' && part[1] == '.';
}

/* Cuts the next component off w->left: its length, 0 at the end. *part points into w->left. */
static size_t
next_part(const char **left, const char **part)
{
	while (**left == '/')
		++*left;
	*part = *left;
	*left += strcspn(*left, "/");
	return (size_t)(*left - *part);
}

/* Puts a link's target before what is left of the path. */
static int
splice(struct walk *w, const char *target, const char *left, struct err *e)
{
	char rest[PATH_CAP];

	strcpy(rest, left);
	if (++w->links > LINKS_MAX)
		return err_set(e, 0, "too many symbolic links");
	if (strlen(target) + 1 + strlen(rest) >= sizeof w->left)
		return err_set(e, 0, "the path becomes too long");
	strcpy(w->left, target);
	strcat(w->left, "/");
	strcat(w->left, rest);
	return 0;
}

static bool
last_part(const char *left)
{
	return left[strspn(left, "/")] == '\0';
}

/* Walks the path to the directory that holds its last component. Links on the way are followed inside the tree; the
 * last component is only with follow_last. Missing directories are made if make is not NULL. On success *dir is that
 * directory and the name's copy is in `name` (empty: the path leads to *dir itself). *dir is NULL where a component
 * is missing and make is NULL. */
static int
walk_to(struct tree *t, const char *path, const struct origin *make, bool follow_last, struct tree_entry **dir,
	char name[PATH_CAP], struct err *e)
{
	struct walk w = { .links = 0 };
	struct tree_entry *at = t->root, *top = t->root;
	const char *left, *part;
	size_t n;

	if (strlen(path) >= sizeof w.left)
		return err_set(e, 0, "the path is too long");
	strcpy(w.left, path);
	left = w.left;
	name[0] = '\0';
	while ((n = next_part(&left, &part)) != 0) {
		if (is_dot(part, n))
			continue;
		if (is_dotdot(part, n)) {
			at = at == top ? at : at->parent;
			continue;
		}
		struct tree_entry *x = child(at, part, n);
		if (last_part(left) && !(follow_last && x && x->inode->type == TREE_SYMLINK)) {
			memcpy(name, part, n);
			name[n] = '\0';
			break;
		}
		if (!x && !make) {
			*dir = NULL;
			return 0;
		}
		if (!x && at->path_len + 1 + n > TREE_PATH_MAX)
			return err_set(e, 0, "by the links on its way the path becomes too long");
		if (!x)
			x = add_child(t, at, part, n, inode_new(t, TREE_DIR, &parent_meta), make);
		if (x->inode->type == TREE_FILE)
			return err_set(e, 0, "%.*s is a file, not a folder (from %s)", (int)n, part, x->origin->text);
		if (x->inode->type == TREE_SYMLINK) {
			if (splice(&w, x->inode->target, left, e))
				return -1;
			if (x->inode->target[0] == '/')
				at = top;
			left = w.left;
			continue;
		}
		at = x;
		if (x->top)
			top = x;
	}
	*dir = at;
	return 0;
}

static struct tree_entry *
find(struct tree *t, const char *path, bool follow_last)
{
	char name[PATH_CAP];
	struct tree_entry *dir;
	struct err ignored;

	if (walk_to(t, path, NULL, follow_last, &dir, name, &ignored) || !dir)
		return NULL;
	return name[0] ? child(dir, name, strlen(name)) : dir;
}

struct tree_entry *
tree_find(struct tree *t, const char *path)
{
	return find(t, path, false);
}

struct tree_entry *
tree_resolve(struct tree *t, const char *path)
{
	return find(t, path, true);
}

bool
tree_same_xattrs(const struct tree_inode *a, const struct tree_inode *b)
{
	for (size_t i = 0; i < a->n_xattrs && i < b->n_xattrs; i++)
		if (strcmp(a->xattrs[i].name, b->xattrs[i].name) != 0 || a->xattrs[i].size != b->xattrs[i].size ||
		    memcmp(a->xattrs[i].value, b->xattrs[i].value, a->xattrs[i].size) != 0)
			return false;
	return a->n_xattrs == b->n_xattrs;
}

static bool
same(const struct tree_inode *a, const struct tree_inode *b)
{
	if (a->type != b->type || a->meta.mode != b->meta.mode || a->meta.uid != b->meta.uid ||
	    a->meta.gid != b->meta.gid || !tree_same_xattrs(a, b))
		return false;
	if (a->type == TREE_FILE)
		return memcmp(a->content.sha256, b->content.sha256, DIGEST_SIZE) == 0;
	return a->type == TREE_DIR || strcmp(a->target, b->target) == 0;
}

static int
conflict(struct tree_entry *x, const struct tree_inode *inode, const struct tree_put *how, struct err *e)
{
	if (x->inode->type == TREE_DIR && inode->type != TREE_DIR)
		return err_set(e, 0, "there is a folder already, from %s", x->origin->text);
	if (how->conflict == TREE_STRICT && !same(x->inode, inode))
		return err_set(e, 0, "there are two sources for it: %s and %s (write `override: true` where the later one is meant)",
			       x->origin->text, how->origin->text);
	return 0;
}

/* Puts a ready inode under a path, whatever its type. */
static int
put(struct tree *t, const char *path, struct tree_inode *inode, const struct tree_put *how, struct err *e)
{
	char name[PATH_CAP];
	struct tree_entry *dir;

	if (walk_to(t, path, how->origin, inode->type == TREE_DIR, &dir, name, e))
		return err_wrap(e, "%.300s", path); /* so that the reason is not cut */
	struct tree_entry *x = name[0] ? child(dir, name, strlen(name)) : dir;
	if (!x && dir->path_len + 1 + strlen(name) > TREE_PATH_MAX)
		return err_set(e, 0, "%.300s: by the links on its way the path becomes too long", path);
	if (!x) {
		add_child(t, dir, name, strlen(name), inode, how->origin);
		return 0;
	}
	if (x->inode->type == TREE_DIR && inode->type == TREE_DIR) {
		if (how->conflict != TREE_KEEP) {
			x->inode->meta = inode->meta;
			x->inode->xattrs = inode->xattrs;
			x->inode->n_xattrs = inode->n_xattrs;
			x->origin = how->origin;
		}
		return 0;
	}
	if (conflict(x, inode, how, e))
		return err_wrap(e, "%.300s", path);
	if (how->conflict == TREE_OVERRIDE) {
		x->inode->nlink--;
		x->inode = inode;
		x->origin = how->origin;
	} else if (inode->nlink > 1) {
		inode->nlink--; /* a further name that was not taken */
	}
	return 0;
}

int
tree_put_dir(struct tree *t, const char *path, const struct tree_put *how, struct err *e)
{
	struct tree_inode *i = inode_new(t, TREE_DIR, &how->meta);

	return set_xattrs(t, i, how, path, e) ? -1 : put(t, path, i, how, e);
}

int
tree_put_file(struct tree *t, const char *path, const struct content *c, const struct tree_put *how, struct err *e)
{
	struct tree_inode *i = inode_new(t, TREE_FILE, &how->meta);

	i->content = *c;
	if (c->path)
		i->content.path = arena_strdup(t->arena, c->path);
	return set_xattrs(t, i, how, path, e) ? -1 : put(t, path, i, how, e);
}

int
tree_put_symlink(struct tree *t, const char *path, const char *target, const struct tree_put *how, struct err *e)
{
	struct tree_inode *i = inode_new(t, TREE_SYMLINK, &how->meta);

	if (!target[0])
		return err_set(e, 0, "%s: a symbolic link needs a target", path);
	i->meta.mode = 0777;
	i->target = arena_strdup(t->arena, target);
	return set_xattrs(t, i, how, path, e) ? -1 : put(t, path, i, how, e);
}

int
tree_put_hardlink(struct tree *t, const char *path, const char *existing, const struct tree_put *how, struct err *e)
{
	struct tree_entry *x = tree_find(t, existing);

	if (!x || x->inode->type != TREE_FILE)
		return err_set(e, 0, "%s: the file it is a link to is not there: %s", path, existing);
	x->inode->nlink++;
	if (put(t, path, x->inode, how, e)) {
		x->inode->nlink--;
		return -1;
	}
	return 0;
}

int
tree_set_top(struct tree *t, const char *path, struct err *e)
{
	struct tree_put how = { .meta = parent_meta, .origin = &nowhere, .conflict = TREE_KEEP };

	if (tree_put_dir(t, path, &how, e))
		return -1;
	tree_find(t, path)->top = true;
	return 0;
}

bool
tree_remove(struct tree *t, const char *path)
{
	struct tree_entry *x = tree_find(t, path);

	if (!x || !x->parent)
		return false;
	struct tree_entry *dir = x->parent;
	bool found;
	size_t i = position(dir, x->name, strlen(x->name), &found), n = dir->n_children - 1;
	drop_children(x);
	x->inode->nlink--;
	memmove(dir->children + i, dir->children + i + 1, (n - i) * sizeof *dir->children);
	dir->n_children = n;
	/* add_child takes a power of two for "full": keep that true */
	if (n && (n & (n - 1)) == 0)
		dir->children = xrealloc(dir->children, n * sizeof *dir->children);
	return true;
}

size_t
tree_path(const struct tree_entry *x, char *buf, size_t cap)
{
	if (!x->parent) {
		if (cap > 1)
			strcpy(buf, "/");
		return 1;
	}
	size_t n = x->parent->parent ? tree_path(x->parent, buf, cap) : 0, len = strlen(x->name);
	if (n + 1 + len + 1 > cap)
		return n;
	buf[n] = '/';
	memcpy(buf + n + 1, x->name, len + 1);
	return n + 1 + len;
}

int
tree_walk(struct tree_entry *from, int (*fn)(struct tree_entry *x, void *arg), void *arg)
{
	int r = fn(from, arg);

	for (size_t i = 0; r == 0 && i < from->n_children; i++)
		r = tree_walk(from->children[i], fn, arg);
	return r;
}

static int
clear_id(struct tree_entry *x, void *arg)
{
	(void)arg;
	x->inode->id = 0;
	return 0;
}

void
tree_clear_ids(struct tree_entry *from)
{
	tree_walk(from, clear_id, NULL);
}
