/* SPDX-License-Identifier: MIT */
#include "put.h"

#include <string.h>

#define PATH_CAP 4096

/* The folders that are links into /usr on a merged system. */
static const char *const merged[] = { "bin", "sbin", "lib", "lib32", "lib64", "libx32" };
#define N_MERGED (sizeof merged / sizeof *merged)

/* Whether path is prefix or below it; slashes around the prefix do not matter. */
static bool
is_below(const char *path, const char *prefix)
{
	while (*prefix == '/')
		prefix++;
	size_t n = strlen(prefix);
	while (n && prefix[n - 1] == '/')
		n--;
	return n && strncmp(path, prefix, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

static bool
is_excluded(const struct put *p, const char *path)
{
	for (size_t i = 0; i < p->n_exclude; i++)
		if (is_below(path, p->exclude[i]))
			return true;
	return false;
}

/* The merged folder that the path is or begins with, or NULL. */
static const char *
merged_folder(const char *path)
{
	for (size_t i = 0; i < N_MERGED; i++)
		if (is_below(path, merged[i]))
			return merged[i];
	return NULL;
}

/* Resolves a target lexically from the folder that holds the link, without a leading slash, clamped at the root as the
 * kernel does. True where that went by way of the root. */
static bool
lexical(const char *folder, const char *target, char out[PATH_CAP])
{
	size_t n = 0;
	bool root = target[0] == '/' || folder[0] == '\0';

	out[0] = '\0';
	if (target[0] != '/') {
		n = strlen(folder);
		memcpy(out, folder, n + 1);
	}
	for (const char *s = target; *s;) {
		size_t len = strcspn(s, "/");
		if (len == 2 && s[0] == '.' && s[1] == '.') {
			char *slash = strrchr(out, '/');
			n = slash ? (size_t)(slash - out) : 0;
			out[n] = '\0';
			root = root || n == 0;
		} else if (len && !(len == 1 && s[0] == '.')) {
			if (n + len + 2 > PATH_CAP)
				return root; /* cut: too long to be followed anyway */
			if (n)
				out[n++] = '/';
			memcpy(out + n, s, len);
			n += len;
			out[n] = '\0';
		}
		s += len + (s[len] == '/');
	}
	return root;
}

/* A relative link that moved from lib/... to usr/lib/... and went up to the root must go up by one folder more.
 * Returns the target to use, in the arena where it had to change. */
static const char *
moved_target(struct put *p, const char *path, const char *target)
{
	char folder[PATH_CAP], to[PATH_CAP], up[PATH_CAP] = "../";
	size_t n = strlen(path), len = 3;

	if (target[0] == '/' || n >= PATH_CAP)
		return target;
	memcpy(folder, path, n + 1);
	char *slash = strrchr(folder, '/');
	if (slash)
		*slash = '\0';
	else
		folder[0] = '\0';
	if (!lexical(folder, target, to))
		return target;
	for (const char *s = folder[0] ? folder : NULL; s && len + 4 < sizeof up; s = strchr(s, '/')) {
		memcpy(up + len, "../", 4);
		len += 3;
		s++;
	}
	return arena_printf(p->arena, "%s%s", up, to);
}

/* Whether the link, once merged, would lead to itself: usr/lib/x -> /lib/x was how packages bridged both places. */
static bool
leads_to_itself(const char *path, const char *from, const char *target)
{
	char folder[PATH_CAP], to[PATH_CAP];
	size_t n = strlen(from);

	if (n >= PATH_CAP)
		return false;
	memcpy(folder, from, n + 1);
	char *slash = strrchr(folder, '/');
	folder[slash ? slash - folder : 0] = '\0';
	lexical(folder, target, to);
	if (merged_folder(to))
		return strncmp(path, "usr/", 4) == 0 && strcmp(path + 4, to) == 0;
	return strcmp(path, to) == 0;
}

static char *
join(struct arena *a, const char *dir, const char *name)
{
	return dir[0] ? arena_printf(a, "%s/%s", dir, name) : arena_strdup(a, name);
}

/* Makes /bin -> usr/bin and the folder it leads to, unless the root has it. */
static int
put_merge(struct put *p, const char *name, struct err *e)
{
	static const struct origin origin = { "the merge of /bin, /sbin and /lib into /usr" };
	struct tree_put how = { .meta = { .mode = 0755 }, .origin = &origin, .conflict = TREE_KEEP };
	char *from = join(p->arena, p->root, name);
	char *to = join(p->arena, p->root, arena_printf(p->arena, "usr/%s", name));
	const struct tree_entry *x = tree_find(p->tree, from);

	if (x && x->inode->type != TREE_SYMLINK)
		return err_set(e, 0, "/%s is a folder of its own (from %s), but packages need it to be a link to usr/%s: put "
			       "its files into /usr/%s instead", name, x->origin->text, name, name);
	if (!tree_find(p->tree, to) && tree_put_dir(p->tree, to, &how, e))
		return -1;
	how.meta.mode = 0777;
	return x ? 0 : tree_put_symlink(p->tree, from, arena_printf(p->arena, "usr/%s", name), &how, e);
}

/* The first name of a file that is put holds its bytes; the others become names of it. */
static int
put_file(struct put *p, const struct put_entry *x, const char *path, struct err *e)
{
	char *at = join(p->arena, p->root, path);

	if (*x->placed)
		return tree_put_hardlink(p->tree, at, *x->placed, &p->how, e);
	*x->placed = at;
	return tree_put_file(p->tree, at, x->content, &p->how, e);
}

static int
put_at(struct put *p, const struct put_entry *x, const char *path, const char *target, struct err *e)
{
	p->how.meta = x->meta;
	p->how.xattrs = x->xattrs;
	p->how.n_xattrs = x->n_xattrs;
	p->count++;
	switch (x->type) {
	case TREE_DIR:
		return tree_put_dir(p->tree, join(p->arena, p->root, path), &p->how, e);
	case TREE_FILE:
		return put_file(p, x, path, e);
	case TREE_SYMLINK:
		if (leads_to_itself(path, x->path, x->target))
			return 0;
		return tree_put_symlink(p->tree, join(p->arena, p->root, path), target, &p->how, e);
	}
	return 0;
}

int
put_entry(struct put *p, const struct put_entry *x, struct err *e)
{
	const char *folder = merged_folder(x->path), *path = x->path, *target = x->target;

	if (folder) {
		if (is_excluded(p, x->path))
			return 0;
		path = arena_printf(p->arena, "usr/%s", x->path);
		if (strcmp(x->path, folder) == 0 && x->type == TREE_SYMLINK &&
		    strcmp(target + (target[0] == '/'), path) == 0)
			return put_merge(p, folder, e); /* an archive that brings the merged links itself */
		if (x->type == TREE_SYMLINK)
			target = moved_target(p, x->path, target);
	}
	if (is_excluded(p, path))
		return 0;
	if (folder && put_merge(p, folder, e))
		return -1;
	return put_at(p, x, path, target, e);
}

char *
put_root(struct arena *a, const char *root)
{
	while (*root == '/')
		root++;
	size_t n = strlen(root);
	while (n && root[n - 1] == '/')
		n--;
	return arena_strndup(a, root, n);
}
