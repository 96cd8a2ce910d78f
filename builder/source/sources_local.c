/* SPDX-License-Identifier: MIT
 *
 * Sources from the host: files, folders, inline texts, links, busybox. Owner and times never come from the host; of the
 * permissions only whether something is executable.
 */
#include <dirent.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assemble.h"
#include "content.h"
#include "guest.h"
#include "progress.h"

#define LONG_HASH (64 << 20)

/* Where a source is put. */
struct place {
	struct arena *arena;
	struct tree *tree;
	const char *root;
	struct tree_put how;
};

static const char *
below(struct place *at, const char *path)
{
	return arena_printf(at->arena, "%s%s", at->root, strcmp(path, "/") == 0 ? "" : path);
}

/* A large file takes long enough to be worth a bar. */
static int
hash_file(struct content *c, const char *host, struct err *e)
{
	const char *slash = strrchr(host, '/');
	char what[72];
	struct stat st;

	if (stat(host, &st) || st.st_size < LONG_HASH)
		return content_of_file(c, host, e);
	snprintf(what, sizeof what, "hashing %s", slash ? slash + 1 : host);
	progress_begin(what, (uint64_t)st.st_size, PROGRESS_BYTES);
	int r = content_of_file(c, host, e);
	if (r)
		progress_cancel();
	else
		progress_end();
	return r;
}

static int
put_host_file(struct place *at, const char *host, const char *to, uint32_t mode, struct err *e)
{
	struct content c;
	struct tree_put how = at->how;

	how.meta.mode = mode;
	return hash_file(&c, host, e) || tree_put_file(at->tree, to, &c, &how, e) ? -1 : 0;
}

static int
put_text(struct place *at, const struct src_text *s, struct err *e)
{
	struct content c;

	content_of_mem(&c, s->content, strlen(s->content));
	at->how.meta.mode = (uint32_t)s->mode;
	return tree_put_file(at->tree, below(at, s->to), &c, &at->how, e);
}

static int
put_host_link(struct place *at, const char *host, const char *to, struct err *e)
{
	char target[4096];
	ssize_t n = readlink(host, target, sizeof target - 1);

	if (n < 0)
		return err_set(e, errno, "cannot read the link %s", host);
	target[n] = '\0';
	return tree_put_symlink(at->tree, to, target, &at->how, e);
}

static int put_host_folder(struct place *at, const char *host, const char *to, struct err *e);

static int
put_host_entry(struct place *at, const char *host, const char *to, struct err *e)
{
	struct stat st;

	if (lstat(host, &st))
		return err_set(e, errno, "cannot read %s", host);
	if (S_ISLNK(st.st_mode))
		return put_host_link(at, host, to, e);
	if (S_ISREG(st.st_mode))
		return put_host_file(at, host, to, st.st_mode & 0111 ? 0755 : 0644, e);
	if (S_ISDIR(st.st_mode))
		return put_host_folder(at, host, to, e);
	return err_set(e, 0, "%s is neither file, folder nor symbolic link", host);
}

static int
not_dots(const struct dirent *d)
{
	return strcmp(d->d_name, ".") != 0 && strcmp(d->d_name, "..") != 0;
}

static int
by_bytes(const struct dirent **a, const struct dirent **b)
{
	return strcmp((*a)->d_name, (*b)->d_name); /* whatever the locale */
}

static int
put_host_folder(struct place *at, const char *host, const char *to, struct err *e)
{
	struct dirent **names;
	/* sorted: where two names meet in one place (bin/x and usr/bin/x) the order decides */
	int n = scandir(host, &names, not_dots, by_bytes), r;
	struct tree_put how = at->how;

	if (n < 0)
		return err_set(e, errno, "cannot read the folder %s", host);
	how.meta.mode = 0755;
	how.conflict = TREE_KEEP; /* a folder that is only passed through keeps its mode */
	r = tree_put_dir(at->tree, to, &how, e);
	for (int i = 0; i < n; i++) {
		if (r == 0)
			r = put_host_entry(at, arena_printf(at->arena, "%s/%s", host, names[i]->d_name),
					   arena_printf(at->arena, "%s/%s", to, names[i]->d_name), e);
		free(names[i]);
	}
	free(names);
	return r;
}

static int
put_busybox(struct place *at, const struct src_busybox *s, struct err *e)
{
	const char *const *links;
	struct content c;
	size_t n;

	if (guest_busybox(at->arena, &c, &links, &n, e))
		return -1;
	at->how.meta.mode = 0755;
	if (tree_put_file(at->tree, below(at, s->to), &c, &at->how, e))
		return -1;
	at->how.conflict = TREE_KEEP; /* a program that is there already is meant */
	for (size_t i = 0; s->applets && i < n; i++)
		if (tree_put_symlink(at->tree, below(at, links[i]), s->to, &at->how, e))
			return -1;
	return 0;
}

int
put_local(struct arena *a, const struct plan_source *ps, const char *root, struct tree *t, struct err *e)
{
	const struct source *s = ps->source;
	struct place at = { a, t, root, { .origin = ps->origin, .conflict = s->override ? TREE_OVERRIDE : TREE_STRICT } };

	if (s->file)
		return put_host_file(&at, s->file->path, below(&at, s->file->to), (uint32_t)s->file->mode, e);
	if (s->folder)
		return put_host_folder(&at, s->folder->path, below(&at, s->folder->to), e);
	if (s->text)
		return put_text(&at, s->text, e);
	if (s->link)
		return tree_put_symlink(t, below(&at, s->link->to), s->link->target, &at.how, e);
	if (s->dir) {
		at.how.meta.mode = (uint32_t)s->dir->mode;
		return tree_put_dir(t, below(&at, s->dir->to), &at.how, e);
	}
	return put_busybox(&at, s->busybox, e);
}
