/* SPDX-License-Identifier: MIT
 *
 * bench_writers WRITER LEVEL FOLDER OUTPUT: a folder of the host as a tree, and the tree through one of the builder's
 * writers, so that they can be timed against other programs that are given the same folder. Owners, modes and times
 * are the folder's; what no tree can hold (devices and the like) is passed over. Digests come from FOLDER.sha256, as
 * sha256sum writes it, where that is there: a build has them from the cache's index and hashes nothing beforehand.
 * Contents are held against them as in a build.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <ftw.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/xattr.h>
#include <unistd.h>

#include "cache.h"
#include "content.h"
#include "mem.h"
#include "out_cpio.h"
#include "out_squashfs.h"
#include "out_tar.h"
#include "progress.h"
#include "tree.h"

static int
drop(const char *path, const struct stat *st, int type, struct FTW *at)
{
	(void)st;
	(void)type;
	(void)at;
	return remove(path);
}

/* With a cache that is new, so that every part is compressed, and that goes away. */
static int
cpio(struct tree *t, int fd, int level, struct out_size *size, struct err *e)
{
	char dir[] = "build/bench/cache-XXXXXX";
	struct cache *c = mkdtemp(dir) ? cache_open(dir, e) : NULL;

	if (!c)
		return err_set(e, errno, "%s", dir);
	int r = out_cpio_zst(t, c, fd, level, size, e);
	cache_close(c);
	nftw(dir, drop, 16, FTW_PHYS | FTW_DEPTH);
	return r;
}

/* Another writer is another line. */
static const struct {
	const char *word;
	int (*write)(struct tree *t, int fd, int level, struct out_size *size, struct err *e);
} writers[] = {
	{ "squashfs", out_squashfs },
	{ "cpio", cpio },
	{ "tar", out_tar_zst },
};

/* Names of files that have several, by device and inode. */
struct link {
	dev_t dev;
	ino_t ino;
	const char *path;
};

struct known {
	const char *path; /* below the folder, with a slash before it */
	uint8_t sha256[DIGEST_SIZE];
};

struct reading {
	struct tree *tree;
	struct arena *arena;
	struct link *links;
	size_t n_links, room;
	struct known *known; /* sorted */
	size_t n_known, known_room;
	size_t from; /* what of a host path is the folder's own */
};

#define XATTR_LIST_MAX 4096

static int
by_path(const void *a, const void *b)
{
	return strcmp(((const struct known *)a)->path, ((const struct known *)b)->path);
}

/* "DIGEST  ./path" on each line; none where there is no such file. */
static void
read_known(struct reading *r, const char *folder)
{
	char *name = xprintf("%s.sha256", folder), line[DIGEST_HEX + 4096];
	FILE *f = fopen(name, "re");
	struct known k;

	while (f && fgets(line, sizeof line, f)) {
		line[strcspn(line, "\n")] = '\0';
		line[DIGEST_HEX - 1] = '\0';
		if (!digest_parse(line, k.sha256))
			continue;
		k.path = arena_strdup(r->arena, line + DIGEST_HEX + 2);
		r->known = grow(r->known, r->n_known, &r->known_room, sizeof *r->known);
		r->known[r->n_known++] = k;
	}
	if (f)
		fclose(f);
	qsort(r->known, r->n_known, sizeof *r->known, by_path);
	free(name);
}

static int
find_content(const struct reading *r, struct content *c, const char *path, const struct stat *st, struct err *e)
{
	struct known key = { .path = path + r->from };
	const struct known *k = bsearch(&key, r->known, r->n_known, sizeof key, by_path);

	if (!k)
		return content_of_file(c, path, e);
	*c = (struct content){ .size = (uint64_t)st->st_size, .path = path };
	memcpy(c->sha256, k->sha256, DIGEST_SIZE);
	return 0;
}

static int
read_xattrs(struct reading *r, const char *path, struct tree_put *how, struct err *e)
{
	char names[XATTR_LIST_MAX];
	ssize_t size = llistxattr(path, names, sizeof names);
	struct tree_xattr *x = arena_alloc(r->arena, TREE_XATTRS_MAX * sizeof *x);

	how->xattrs = x;
	for (const char *n = names; size > 0 && n < names + size && how->n_xattrs < TREE_XATTRS_MAX; n += strlen(n) + 1) {
		ssize_t len = lgetxattr(path, n, NULL, 0);
		void *value = arena_alloc(r->arena, len > 0 ? (size_t)len : 1);
		if (len < 0 || lgetxattr(path, n, value, (size_t)len) != len)
			return err_set(e, errno, "%s: %s", path, n);
		x[how->n_xattrs++] = (struct tree_xattr){ arena_strdup(r->arena, n), value, (size_t)len };
	}
	return 0;
}

static int
put_file(struct reading *r, const char *path, const struct stat *st, const struct tree_put *how, struct err *e)
{
	const char *name = path + r->from;
	struct content c;

	for (size_t i = 0; i < r->n_links && st->st_nlink > 1; i++)
		if (r->links[i].dev == st->st_dev && r->links[i].ino == st->st_ino)
			return tree_put_hardlink(r->tree, name, r->links[i].path + r->from, how, e);
	char *copy = arena_strdup(r->arena, path);
	if (st->st_nlink > 1) {
		r->links = grow(r->links, r->n_links, &r->room, sizeof *r->links);
		r->links[r->n_links++] = (struct link){ st->st_dev, st->st_ino, copy };
	}
	return find_content(r, &c, copy, st, e) || tree_put_file(r->tree, name, &c, how, e) ? -1 : 0;
}

static int read_folder(struct reading *r, const char *path, struct err *e);

static int
read_entry(struct reading *r, const char *path, struct err *e)
{
	static const struct origin origin = { "the folder" };
	struct tree_put how = { .origin = &origin };
	struct stat st;

	if (lstat(path, &st))
		return err_set(e, errno, "%s", path);
	how.meta = (struct tree_meta){ st.st_mode & 07777, st.st_uid, st.st_gid, st.st_mtime };
	if (read_xattrs(r, path, &how, e))
		return -1;
	if (S_ISREG(st.st_mode))
		return put_file(r, path, &st, &how, e);
	if (S_ISDIR(st.st_mode))
		return tree_put_dir(r->tree, path[r->from] ? path + r->from : "/", &how, e) || read_folder(r, path, e) ? -1 : 0;
	if (S_ISLNK(st.st_mode)) {
		char target[4096];
		ssize_t n = readlink(path, target, sizeof target - 1);
		if (n < 0)
			return err_set(e, errno, "%s", path);
		target[n] = '\0';
		return tree_put_symlink(r->tree, path + r->from, target, &how, e);
	}
	return 0;
}

static int
read_folder(struct reading *r, const char *path, struct err *e)
{
	DIR *d = opendir(path);
	int status = 0;

	if (!d)
		return err_set(e, errno, "%s", path);
	for (struct dirent *x; status == 0 && (x = readdir(d));) {
		if (strcmp(x->d_name, ".") == 0 || strcmp(x->d_name, "..") == 0)
			continue;
		char *child = xprintf("%s/%s", path, x->d_name);
		status = read_entry(r, child, e);
		free(child);
	}
	closedir(d);
	return status;
}

int
main(int argc, char **argv)
{
	struct out_size size;
	struct err e;
	size_t w = 0;

	while (argc == 5 && w < sizeof writers / sizeof *writers && strcmp(argv[1], writers[w].word) != 0)
		w++;
	if (argc != 5 || w == sizeof writers / sizeof *writers) {
		fputs("usage: bench_writers squashfs|cpio|tar LEVEL FOLDER OUTPUT\n", stderr);
		return 2;
	}
	struct reading r = { .tree = tree_new(), .arena = arena_new(), .from = strlen(argv[3]) };
	int fd = open(argv[4], O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);
	progress_mode(PROGRESS_QUIET);
	read_known(&r, argv[3]);
	int status = fd < 0 ? err_set(&e, errno, "%s", argv[4]) : read_entry(&r, argv[3], &e);
	if (status == 0)
		status = writers[w].write(r.tree, fd, atoi(argv[2]), &size, &e);
	if (status)
		fprintf(stderr, "bench_writers: %s\n", e.msg);
	else
		printf("%llu %llu\n", (unsigned long long)size.raw, (unsigned long long)size.compressed);
	free(r.links);
	free(r.known);
	tree_free(r.tree);
	arena_free(r.arena);
	return status ? 1 : 0;
}
