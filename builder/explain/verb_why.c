/* SPDX-License-Identifier: MIT
 *
 * `ingot why IMAGE.yml PATH`: what a path is, and where it comes from. The tree is built in memory; nothing but a lock
 * that is not there yet is written.
 */
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "effective.h"
#include "plan_report.h"
#include "value.h"
#include "verbs.h"
#include "why.h"

#define NAMES_SHOWN 20

const struct plan_root *
why_root(const struct build *b, size_t i)
{
	if (i == 0)
		return &b->plan.machine;
	return i <= b->plan.n_units ? &b->plan.units[i - 1].root : NULL;
}

bool
why_in_root(const struct plan_root *root, const char *path)
{
	size_t n = strlen(root->path);

	return strncmp(path, root->path, n) == 0 && (path[n] == '\0' || path[n] == '/');
}

const struct plan_root *
why_root_of(const struct build *b, const char *path)
{
	const struct plan_root *root;

	for (size_t i = 1; (root = why_root(b, i)) != NULL; i++)
		if (why_in_root(root, path))
			return root;
	return why_root(b, 0);
}

/* Each link that the path goes through, as far as it is spelt out in it. */
static void
print_links(struct build *b, const char *path)
{
	struct arena *a = b->project.arena;

	for (const char *at = strchr(path + 1, '/'); at; at = strchr(at + 1, '/')) {
		const char *folder = arena_strndup(a, path, (size_t)(at - path));
		const struct tree_entry *x = tree_find(b->tree, folder);
		if (x && x->inode->type == TREE_SYMLINK)
			printf("  by way of %s, a link to %s  # %s\n", folder, x->inode->target, x->origin->text);
	}
}

struct names {
	struct build *b;
	const struct tree_entry *of;
	size_t n;
};

static int
print_name(struct tree_entry *x, void *arg)
{
	struct names *n = arg;
	char path[TREE_PATH_MAX + 1];

	if (x == n->of || x->inode != n->of->inode || n->n++ >= NAMES_SHOWN)
		return 0;
	tree_path(x, path, sizeof path);
	printf("  one file with %s  # %s\n", safe_text(n->b->project.arena, path), x->origin->text);
	return 0;
}

/* What lies below a folder, by origin. */
struct part {
	const char *origin;
	size_t files;
	uint64_t bytes;
};

struct parts {
	struct part *v;
	size_t n, room, entries;
};

static int
add_part(struct tree_entry *x, void *arg)
{
	struct parts *p = arg;
	size_t i = 0;

	p->entries++;
	if (x->inode->type != TREE_FILE)
		return 0;
	while (i < p->n && strcmp(p->v[i].origin, x->origin->text) != 0)
		i++;
	if (i == p->n) {
		p->v = grow(p->v, p->n, &p->room, sizeof *p->v);
		p->v[p->n++] = (struct part){ x->origin->text, 0, 0 };
	}
	p->v[i].files++;
	p->v[i].bytes += x->inode->content.size;
	return 0;
}

static int
by_bytes(const void *a, const void *b)
{
	const struct part *x = a, *y = b;

	if (x->bytes != y->bytes)
		return x->bytes < y->bytes ? 1 : -1;
	return strcmp(x->origin, y->origin);
}

static void
print_folder(struct build *b, struct tree_entry *x)
{
	struct parts p = { .v = NULL };

	tree_walk(x, add_part, &p);
	if (p.n)
		qsort(p.v, p.n, sizeof *p.v, by_bytes);
	printf("  %zu entries below it; their files by origin:\n", p.entries - 1);
	for (size_t i = 0; i < p.n; i++)
		printf("    %s: %zu file%s, %s\n", p.v[i].origin, p.v[i].files, p.v[i].files == 1 ? "" : "s",
		       size_text(b->project.arena, p.v[i].bytes));
	free(p.v);
}

static void
print_inode(struct build *b, struct tree_entry *x)
{
	static const char *const types[] = { [TREE_DIR] = "folder", [TREE_FILE] = "file", [TREE_SYMLINK] = "symbolic link" };
	const struct tree_inode *i = x->inode;
	struct names names = { b, x, 0 };
	char hex[DIGEST_HEX];

	printf("  %s, mode %04o, owner %u:%u, time %lld\n", types[i->type], i->meta.mode, i->meta.uid, i->meta.gid,
	       (long long)i->meta.mtime);
	for (size_t k = 0; k < i->n_xattrs; k++)
		printf("  extended attribute %s, %zu bytes\n", safe_text(b->project.arena, i->xattrs[k].name), i->xattrs[k].size);
	if (i->type == TREE_SYMLINK)
		printf("  to %s\n", safe_text(b->project.arena, i->target));
	if (i->type != TREE_FILE)
		return;
	digest_hex(i->content.sha256, hex);
	printf("  %llu bytes, sha256 %s\n", (unsigned long long)i->content.size, hex);
	tree_walk(tree_root(b->tree), print_name, &names);
	if (names.n > NAMES_SHOWN)
		printf("  and with %zu more\n", names.n - NAMES_SHOWN);
}

static int
explain(struct build *b, const char *path, struct err *e)
{
	struct tree_entry *x = tree_find(b->tree, path);
	const struct plan_root *root;
	char real[TREE_PATH_MAX + 1];

	if (!x)
		return why_missing(b, path, stdout, e) ? VERB_FAILED : VERB_DIFFERS;
	tree_path(x, real, sizeof real);
	printf("%s\n", real);
	print_links(b, path);
	print_inode(b, x);
	root = why_root_of(b, real);
	printf("  in the root of %s\n", root->path[0] ? strrchr(root->path, '/') + 1 : "the machine");
	printf("  from %s\n", x->origin->text);
	if (why_origin(b, real, x->origin->text, stdout, e))
		return VERB_FAILED;
	if (x->inode->type == TREE_DIR)
		print_folder(b, x);
	return VERB_OK;
}

/* A path that the machine's own root does not have may be meant as a service sees it. */
static int
explain_in_roots(struct build *b, const char *path, struct err *e)
{
	const struct plan_root *root;
	int r = VERB_DIFFERS;

	for (size_t i = 1; (root = why_root(b, i)) != NULL && r != VERB_FAILED; i++) {
		const char *at = arena_printf(b->project.arena, "%s%s", root->path, path);
		if (tree_find(b->tree, at))
			r = explain(b, at, e);
	}
	return r == VERB_DIFFERS ? explain(b, path, e) : r;
}

int
verb_why(const struct options *o, struct build *b, struct err *e)
{
	const char *path = o->args[1];

	if (!value_is_path(path))
		return err_set(e, 0, "why wants an absolute path of the image without `.` and `..`, not %s", path), VERB_USAGE;
	if (build_load(b, &o->build) || build_prepare(b, &o->build, e))
		return VERB_FAILED;
	return tree_find(b->tree, path) ? explain(b, path, e) : explain_in_roots(b, path, e);
}
