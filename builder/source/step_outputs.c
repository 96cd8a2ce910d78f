/* SPDX-License-Identifier: MIT
 *
 * What a build step leaves: files as blobs of the cache, and their list as a text of it. A command's own links are
 * never followed on the way, and of what it made nothing counts but names, bytes, links and whether a file is
 * executable.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <limits.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "content.h"
#include "mem.h"
#include "step.h"

#define DEPTH_MAX 64
#define PIECE     (256u << 10)

struct storing {
	struct cache *cache;
	FILE *list;
	uint64_t mode; /* of a file, where the output says one */
};

/* A line of the list is a kind, a mode, a size, a digest and the path; or the path, a tab, and a link's target. */
static int
check_name(const char *name, struct err *e)
{
	for (const char *p = name; *p; p++)
		if ((unsigned char)*p < 0x20 || *p == 0x7f)
			return err_set(e, 0, "an output's name holds a control character: %.100s", name);
	return 0;
}

static int
store_file(struct storing *s, int fd, const char *path, mode_t mode, struct err *e)
{
	struct blob_writer *w = blob_begin(s->cache, e);
	unsigned bits = s->mode ? (unsigned)s->mode : mode & 0111 ? 0755 : 0644;
	char *buf = w ? xcalloc(1, PIECE) : NULL, hex[DIGEST_HEX];
	struct content c;
	ssize_t n = 1;
	int r = w ? 0 : -1;

	while (r == 0 && n != 0) {
		n = read(fd, buf, PIECE);
		if (n > 0)
			r = blob_write(w, buf, (size_t)n, e);
		else if (n < 0 && errno != EINTR)
			r = err_set(e, errno, "cannot read the output %s", path);
	}
	free(buf);
	if (r || !w) {
		blob_abort(w);
		return -1;
	}
	if (blob_end(w, &c, e))
		return -1;
	digest_hex(c.sha256, hex);
	fprintf(s->list, "f %o %llu %s %s\n", bits, (unsigned long long)c.size, hex, path);
	return 0;
}

static int store_entry(struct storing *s, int dir, const char *name, const char *path, unsigned depth, struct err *e);

static int
by_bytes(const void *a, const void *b)
{
	return strcmp(*(char *const *)a, *(char *const *)b);
}

/* Sorted; malloc'ed, as each of them. */
static char **
names_in(int fd, size_t *count)
{
	DIR *d = fdopendir(dup(fd));
	char **names = NULL;
	struct dirent *x;
	size_t room = 0;

	*count = 0;
	while (d && (x = readdir(d)) != NULL) {
		if (strcmp(x->d_name, ".") == 0 || strcmp(x->d_name, "..") == 0)
			continue;
		names = grow(names, *count, &room, sizeof *names);
		names[(*count)++] = xstrdup(x->d_name);
	}
	if (d)
		closedir(d);
	if (*count)
		qsort(names, *count, sizeof *names, by_bytes);
	return names;
}

static int
store_folder(struct storing *s, int fd, const char *path, unsigned depth, struct err *e)
{
	size_t n;
	char **names = names_in(fd, &n);
	int r = depth > DEPTH_MAX ? err_set(e, 0, "the output %s is more than %d folders deep", path, DEPTH_MAX) : 0;

	if (r == 0)
		fprintf(s->list, "d 755 0 - %s\n", path);
	for (size_t i = 0; i < n; i++) {
		char *below = xprintf("%s/%s", strcmp(path, "/") == 0 ? "" : path, names[i]);
		if (r == 0)
			r = store_entry(s, fd, names[i], below, depth + 1, e);
		free(below);
		free(names[i]);
	}
	free(names);
	return r;
}

static int
store_link(struct storing *s, int dir, const char *name, const char *path, struct err *e)
{
	char target[TREE_PATH_MAX + 1];
	ssize_t n = readlinkat(dir, name, target, sizeof target - 1);

	if (n < 0)
		return err_set(e, errno, "cannot read the output %s", path);
	target[n] = '\0';
	if (check_name(target, e))
		return -1;
	fprintf(s->list, "l 777 0 - %s\t%s\n", path, target);
	return 0;
}

static int
store_entry(struct storing *s, int dir, const char *name, const char *path, unsigned depth, struct err *e)
{
	struct stat st;

	if (check_name(path, e))
		return -1;
	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return err_set(e, errno, "cannot read the output %s", path);
	if (S_ISLNK(st.st_mode))
		return store_link(s, dir, name, path, e);
	if (!S_ISREG(st.st_mode) && !S_ISDIR(st.st_mode))
		return err_set(e, 0, "the output %s is neither file, folder nor symbolic link", path);
	AUTO_FD fd = openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC);
	if (fd < 0)
		return err_set(e, errno, "cannot read the output %s", path);
	return S_ISDIR(st.st_mode) ? store_folder(s, fd, path, depth, e) : store_file(s, fd, path, st.st_mode, e);
}

/* The folder that holds the path's last component, which *name becomes; no link is followed. */
static int
open_parent(const char *folder, const char *path, const char **name)
{
	int fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	const char *at = path + 1;

	for (const char *slash; fd >= 0 && (slash = strchr(at, '/')) != NULL; at = slash + 1) {
		char part[NAME_MAX + 1];
		AUTO_FD up = fd;
		size_t n = (size_t)(slash - at);
		fd = -1;
		if (n > NAME_MAX)
			continue;
		memcpy(part, at, n);
		part[n] = '\0';
		fd = openat(up, part, O_RDONLY | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);
	}
	*name = at;
	return fd;
}

static int
store_output(struct storing *s, const struct step_output *o, const char *folder, struct err *e)
{
	const char *name;
	AUTO_FD parent = open_parent(folder, o->from, &name);
	struct stat st;

	if (parent < 0 || fstatat(parent, name, &st, AT_SYMLINK_NOFOLLOW))
		return err_set(e, 0, "the build step left no %s, which it declares as an output", o->from);
	if (o->mode && !S_ISREG(st.st_mode))
		return err_set(e, 0, "the output %s is no file: it can have no `mode`", o->from);
	s->mode = o->mode;
	return store_entry(s, parent, name, o->to, 0, e);
}

int
step_store_outputs(struct cache *c, const struct src_build *b, const char *folder, const char *step, struct err *e)
{
	char *text = NULL;
	size_t size;
	struct storing s = { .cache = c, .list = open_memstream(&text, &size) };
	int r = s.list ? 0 : err_set(e, errno, "the list of outputs");

	for (size_t i = 0; i < b->outputs.n && r == 0; i++)
		r = store_output(&s, &b->outputs.v[i], folder, e);
	if (s.list && fclose(s.list) && r == 0)
		r = err_set(e, errno, "the list of outputs");
	if (r == 0)
		r = cache_put_text(c, step, text, e);
	free(text);
	return r;
}

/* ---- the other way ---- */

struct listed {
	char kind;
	unsigned mode;
	struct content content;
	char *path, *target;
};

/* Cuts the line; false where it is none of a list: the cache's text has a digest, so that this cannot be. */
static bool
parse_line(char *line, struct listed *x)
{
	char *save = NULL, *kind = strtok_r(line, " ", &save), *mode = strtok_r(NULL, " ", &save);
	char *size = strtok_r(NULL, " ", &save), *digest = strtok_r(NULL, " ", &save);

	*x = (struct listed){ .kind = kind ? kind[0] : '\0', .path = save };
	if (!kind || !mode || !size || !digest || !save || save[0] != '/')
		return false;
	x->mode = (unsigned)strtoul(mode, NULL, 8);
	x->content.size = strtoull(size, NULL, 10);
	x->target = strchr(x->path, '\t');
	if (x->target)
		*x->target++ = '\0';
	if (x->kind == 'f')
		return digest_parse(digest, x->content.sha256);
	return x->kind == 'd' || (x->kind == 'l' && x->target);
}

bool
step_outputs_whole(struct cache *c, const char *text)
{
	char *copy = xstrdup(text), *save = NULL;
	struct content held;
	struct listed x;
	bool whole = true;

	for (char *line = strtok_r(copy, "\n", &save); line && whole; line = strtok_r(NULL, "\n", &save)) {
		whole = parse_line(line, &x);
		if (whole && x.kind == 'f')
			whole = cache_lookup(c, x.content.sha256, &held) && held.size == x.content.size;
	}
	free(copy);
	return whole;
}

static int
put_line(struct cache *c, const struct listed *x, const char *path, struct tree_put *how, struct tree *t, struct err *e)
{
	struct content held;

	how->meta.mode = x->mode;
	if (x->kind == 'l')
		return tree_put_symlink(t, path, x->target, how, e);
	if (x->kind == 'd') {
		struct tree_put passed = *how;
		passed.conflict = TREE_KEEP; /* a folder that is only passed through keeps its mode */
		return tree_put_dir(t, path, &passed, e);
	}
	if (!cache_lookup(c, x->content.sha256, &held) || held.size != x->content.size)
		return err_set(e, 0, "an output of the build step is gone from the cache %s: build again", cache_dir(c));
	return tree_put_file(t, path, &held, how, e);
}

int
step_put_outputs(struct cache *c, struct arena *a, const char *text, const struct plan_source *s, const char *root,
		 struct tree *t, struct err *e)
{
	struct tree_put how = { .origin = s->origin, .conflict = s->source->override ? TREE_OVERRIDE : TREE_STRICT };
	char *copy = arena_strdup(a, text), *save = NULL;
	struct listed x;

	for (char *line = strtok_r(copy, "\n", &save); line; line = strtok_r(NULL, "\n", &save)) {
		if (!parse_line(line, &x))
			return err_set(e, 0, "the list of a build step's outputs is not understood");
		/* the root itself is the tree's */
		const char *path = arena_printf(a, "%s%s", root, strcmp(x.path, "/") == 0 ? "" : x.path);
		if (path[0] && put_line(c, &x, path, &how, t, e))
			return -1;
	}
	return 0;
}
