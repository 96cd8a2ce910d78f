/* SPDX-License-Identifier: MIT
 *
 * The root of a build step: its tools as their packages hold them, what their install scripts would have done as far as
 * a toolchain needs it, and the inputs. It is a tree like any other, so that it is the same on every host; only then is
 * it written out as files.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assemble.h"
#include "cleanup.h"
#include "content.h"
#include "step.h"

static const struct origin own = { "ingot" };

/* ---- inputs ---- */

static int
put_source_package(struct arena *a, const struct src_debian_source *d, const struct deb_list *pins, struct cache *c,
		   const struct origin *origin, struct tree *t, struct err *e)
{
	struct tree_put put = { .meta = { .mode = 0644 }, .origin = origin, .conflict = TREE_STRICT };

	for (size_t i = 0; i < pins->count; i++) {
		const struct deb_pin *pin = &pins->pins[i];
		struct content file = { .size = pin->size };
		memcpy(file.sha256, pin->sha256, DIGEST_SIZE);
		if (c && !cache_lookup(c, pin->sha256, &file))
			return err_set(e, 0, "%s is gone from the cache %s: build again", pin->name, cache_dir(c));
		if (tree_put_file(t, arena_printf(a, "%s/%s", strcmp(d->to, "/") == 0 ? "" : d->to, pin->name), &file, &put, e))
			return -1;
	}
	return 0;
}

/* Without a cache the files of source packages have a digest and no bytes: enough for a key. */
int
step_put_inputs(struct arena *a, const struct plan_source *s, struct cache *c, struct tree *inputs, struct err *e)
{
	const struct src_build *b = s->source->build;

	for (size_t i = 0; i < b->inputs.n; i++) {
		const struct plan_source input = { .source = &b->inputs.v[i], .origin = s->origin };
		const struct src_debian_source *d = input.source->debian_source;
		if (d ? put_source_package(a, d, s->input_pins[i], c, s->origin, inputs, e) :
			put_local(a, &input, "", inputs, e))
			return -1;
	}
	return 0;
}

struct copying {
	struct tree *to;
	struct err *err;
};

static int
copy_entry(struct tree_entry *x, void *arg)
{
	const struct copying *c = arg;
	const struct tree_inode *i = x->inode;
	struct tree_put how = { .meta = i->meta, .origin = x->origin, .conflict = TREE_STRICT };
	char path[TREE_PATH_MAX + 1];

	tree_path(x, path, sizeof path);
	if (i->type == TREE_FILE)
		return tree_put_file(c->to, path, &i->content, &how, c->err);
	if (i->type == TREE_SYMLINK)
		return tree_put_symlink(c->to, path, i->target, &how, c->err);
	how.conflict = TREE_KEEP; /* passed through: /bin, which is a link among the tools */
	return x->parent ? tree_put_dir(c->to, path, &how, c->err) : 0;
}

/* ---- tools ---- */

/* Read by people alone, and a large part of some packages. */
static const char *const left_out[] = { "/usr/share/doc", "/usr/share/info", "/usr/share/lintian", "/usr/share/locale",
					"/usr/share/man" };

/* What update-alternatives would have made; of two for one name the first whose program is there. */
static const struct {
	const char *link, *target;
} alternatives[] = {
	{ "/usr/bin/cc", "gcc" }, { "/usr/bin/c++", "g++" }, { "/usr/bin/awk", "gawk" }, { "/usr/bin/awk", "mawk" },
	{ "/usr/bin/sh", "dash" }, { "/usr/bin/sh", "bash" },
};

static int
put_alternatives(struct arena *a, struct tree *t, struct err *e)
{
	struct tree_put how = { .meta = { .mode = 0777 }, .origin = &own, .conflict = TREE_KEEP };

	for (size_t i = 0; i < sizeof alternatives / sizeof *alternatives; i++)
		if (tree_resolve(t, arena_printf(a, "/usr/bin/%s", alternatives[i].target)) &&
		    tree_put_symlink(t, alternatives[i].link, alternatives[i].target, &how, e))
			return -1;
	return 0;
}

static int
put_names(struct tree *t, struct err *e)
{
	static const char passwd[] = "root:x:0:0:root:" STEP_HOME ":/bin/sh\n", group[] = "root:x:0:\n",
			  hosts[] = "127.0.0.1 localhost ingot\n";
	static const struct {
		const char *path, *text;
	} files[] = { { "/etc/passwd", passwd }, { "/etc/group", group }, { "/etc/hosts", hosts } };
	struct tree_put how = { .meta = { .mode = 0644 }, .origin = &own, .conflict = TREE_KEEP };
	struct content c;

	for (size_t i = 0; i < sizeof files / sizeof *files; i++) {
		content_of_mem(&c, files[i].text, strlen(files[i].text));
		if (tree_put_file(t, files[i].path, &c, &how, e))
			return -1;
	}
	return 0;
}

/* What is mounted over later: folders, and a file for each device. */
static int
put_points(struct tree *t, struct err *e)
{
	static const char *const folders[] = { STEP_HOME, STEP_OUT, STEP_TMP, "/proc", "/dev", "/dev/shm" };
	static const char *const devices[] = { "/dev/null", "/dev/zero", "/dev/full", "/dev/random", "/dev/urandom" };
	static const char *const links[][2] = { { "/dev/fd", "/proc/self/fd" }, { "/dev/stdin", "/proc/self/fd/0" },
						{ "/dev/stdout", "/proc/self/fd/1" }, { "/dev/stderr", "/proc/self/fd/2" } };
	struct tree_put how = { .meta = { .mode = 0755 }, .origin = &own, .conflict = TREE_OVERRIDE };
	struct content empty;

	content_of_mem(&empty, "", 0);
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++)
		if (tree_put_dir(t, folders[i], &how, e))
			return -1;
	for (size_t i = 0; i < sizeof links / sizeof *links; i++)
		if (tree_put_symlink(t, links[i][0], links[i][1], &how, e))
			return -1;
	how.meta.mode = 0644;
	for (size_t i = 0; i < sizeof devices / sizeof *devices; i++)
		if (tree_put_file(t, devices[i], &empty, &how, e))
			return -1;
	return 0;
}

int
step_put_root(struct arena *a, const struct plan_source *s, struct cache *c, struct tree *inputs, struct tree *t,
	      struct err *e)
{
	struct copying copy = { t, e };

	for (size_t i = 0; i < s->pins->count; i++)
		if (deb_put(c, &s->pins->pins[i], t, "", left_out, sizeof left_out / sizeof *left_out, TREE_STRICT, NULL, e))
			return -1;
	if (put_alternatives(a, t, e) || put_names(t, e) || tree_walk(tree_root(inputs), copy_entry, &copy))
		return -1;
	return put_points(t, e);
}

/* ---- writing it out ---- */

struct writing {
	const char *folder;
	struct err *err;
	bool times; /* the second walk: of folders, whose time each new entry changes */
};

static int
write_piece(void *arg, const void *data, size_t size, struct err *e)
{
	const int *fd = arg;

	for (const char *at = data; size;) {
		ssize_t n = write(*fd, at, size);
		if (n < 0 && errno != EINTR)
			return err_set(e, errno, "cannot write the step's root");
		if (n > 0) {
			at += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

static int
write_regular(const struct tree_inode *i, const char *path, struct err *e)
{
	AUTO_FD fd = open(path, O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC, 0600);

	if (fd < 0)
		return err_set(e, errno, "cannot write the step's root: %s", path);
	if (content_read(&i->content, write_piece, &fd, e))
		return -1;
	/* its owner is who runs this: bits that lend his rights are not needed */
	return fchmod(fd, i->meta.mode & 0777) ? err_set(e, errno, "cannot write the step's root: %s", path) : 0;
}

static int
write_entry(struct tree_entry *x, void *arg)
{
	struct writing *w = arg;
	const struct tree_inode *i = x->inode;
	struct timespec times[2] = { { .tv_sec = (time_t)i->meta.mtime }, { .tv_sec = (time_t)i->meta.mtime } };
	char path[2 * TREE_PATH_MAX];
	size_t n = strlen(w->folder);
	int r = 0;

	if (!x->parent)
		return 0;
	if (n > TREE_PATH_MAX)
		return err_set(w->err, ENAMETOOLONG, "%s", w->folder);
	memcpy(path, w->folder, n);
	tree_path(x, path + n, sizeof path - n);
	if (w->times && i->type != TREE_DIR)
		return 0;
	if (!w->times && i->type == TREE_FILE)
		r = write_regular(i, path, w->err);
	else if (!w->times && i->type == TREE_SYMLINK && symlink(i->target, path))
		r = err_set(w->err, errno, "cannot write the step's root: %s", path);
	else if (!w->times && i->type == TREE_DIR && (mkdir(path, 0700) || chmod(path, (i->meta.mode & 0777) | 0700)))
		r = err_set(w->err, errno, "cannot write the step's root: %s", path);
	if (r == 0 && utimensat(AT_FDCWD, path, times, AT_SYMLINK_NOFOLLOW))
		r = err_set(w->err, errno, "cannot set a time in the step's root: %s", path);
	return r;
}

int
step_write_root(struct tree *t, const char *folder, struct err *e)
{
	struct writing w = { folder, e, false };

	if (tree_walk(tree_root(t), write_entry, &w))
		return -1;
	w.times = true;
	return tree_walk(tree_root(t), write_entry, &w);
}
