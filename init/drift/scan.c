/* SPDX-License-Identifier: MIT
 *
 * Reading a folder with all below it: services may own what is there and change it meanwhile, so every step is by
 * descriptor, no link is followed, nothing that is not a regular file is opened for reading, and depth and count are
 * bounded.
 */
#include <dirent.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "drift.h"

#define DEPTH_MAX 128

struct scanner {
	struct digests *out;
	size_t room;
	const char *skip;
	bool across;
	dev_t device;
	char path[DIGESTS_TEXT_MAX + 1];
	size_t len; /* of path */
	struct err *e;
};

static char *
copy_text(const char *text, size_t n)
{
	char *out = malloc(n + 1);

	if (out) {
		memcpy(out, text, n);
		out[n] = '\0';
	}
	return out;
}

/* NULL with *e set. */
static struct digests_entry *
add(struct scanner *s, const struct stat *st)
{
	struct digests *d = s->out;

	if (d->n == DIGESTS_MAX) {
		err_set(s->e, 0, "more than %u paths to compare", DIGESTS_MAX);
		return NULL;
	}
	if (d->n == s->room) {
		size_t room = s->room ? s->room * 2 : 256;
		struct digests_entry *v = realloc(d->v, room * sizeof *v);
		if (!v) {
			err_set(s->e, ENOMEM, "%s", s->path);
			return NULL;
		}
		d->v = v;
		s->room = room;
	}
	struct digests_entry *x = &d->v[d->n];
	*x = (struct digests_entry){ .path = copy_text(s->path, s->len), .mode = st->st_mode & 07777, .uid = st->st_uid,
				     .gid = st->st_gid };
	x->type = S_ISDIR(st->st_mode) ? DIGESTS_DIR : S_ISREG(st->st_mode) ? DIGESTS_FILE :
		  S_ISLNK(st->st_mode) ? DIGESTS_SYMLINK : DIGESTS_OTHER;
	if (!x->path) {
		err_set(s->e, ENOMEM, "%s", s->path);
		return NULL;
	}
	d->n++;
	return x;
}

static int
hash(struct scanner *s, int fd, uint8_t out[SHA256_SIZE])
{
	static char buf[65536];
	struct sha256_c h;
	ssize_t n;

	sha256_c_init(&h);
	while ((n = read(fd, buf, sizeof buf)) > 0)
		sha256_c_update(&h, buf, (size_t)n);
	sha256_c_final(&h, out);
	return n < 0 ? err_set(s->e, errno, "%s", s->path) : 0;
}

static int
read_link(struct scanner *s, int dir, const char *name, struct digests_entry *x)
{
	char target[DIGESTS_TEXT_MAX + 1];
	ssize_t n = readlinkat(dir, name, target, sizeof target);

	x->target = copy_text(target, n > 0 && n <= DIGESTS_TEXT_MAX ? (size_t)n : 0);
	return x->target ? 0 : err_set(s->e, ENOMEM, "%s", s->path);
}

static int read_folder(struct scanner *s, int fd, unsigned depth);

/* What went away since it was listed is left out. */
static int
read_one(struct scanner *s, int dir, const char *name, unsigned depth)
{
	struct stat st;

	if (fstatat(dir, name, &st, AT_SYMLINK_NOFOLLOW))
		return errno == ENOENT ? 0 : err_set(s->e, errno, "%s", s->path);
	AUTO_FD fd = S_ISDIR(st.st_mode) || S_ISREG(st.st_mode) ?
			     openat(dir, name, O_RDONLY | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC) : -1;
	if (fd >= 0 && fstat(fd, &st))
		return err_set(s->e, errno, "%s", s->path);
	if (fd < 0 && (S_ISDIR(st.st_mode) || S_ISREG(st.st_mode)))
		return errno == ENOENT || errno == ELOOP ? 0 : err_set(s->e, errno, "%s", s->path);
	struct digests_entry *x = add(s, &st);
	if (!x)
		return -1;
	if (S_ISREG(st.st_mode))
		return hash(s, fd, x->sha256);
	if (S_ISLNK(st.st_mode))
		return read_link(s, dir, name, x);
	if (S_ISDIR(st.st_mode) && st.st_dev != s->device && !s->across)
		x->mode = DRIFT_COVERED;
	if (!S_ISDIR(st.st_mode) || x->mode == DRIFT_COVERED)
		return 0;
	if (depth == DEPTH_MAX)
		return err_set(s->e, 0, "%s: more than %u folders deep", s->path, DEPTH_MAX);
	return read_folder(s, fd, depth + 1);
}

static int
read_names(struct scanner *s, DIR *d, unsigned depth)
{
	size_t len = s->len;
	struct dirent *x;

	for (errno = 0; (x = readdir(d)) != NULL; errno = 0) {
		size_t n = strlen(x->d_name);
		if (strcmp(x->d_name, ".") == 0 || strcmp(x->d_name, "..") == 0)
			continue;
		if (len + 1 + n > DIGESTS_TEXT_MAX)
			return err_set(s->e, ENAMETOOLONG, "%s/%s", s->path, x->d_name);
		s->path[len] = '/';
		memcpy(s->path + len + 1, x->d_name, n + 1);
		s->len = len + 1 + n;
		bool skipped = s->skip && strcmp(s->path, s->skip) == 0;
		if (!skipped && read_one(s, dirfd(d), x->d_name, depth))
			return -1;
		s->len = len;
		s->path[len] = '\0';
	}
	return errno ? err_set(s->e, errno, "%s", s->path) : 0;
}

static int
read_folder(struct scanner *s, int fd, unsigned depth)
{
	int own = fcntl(fd, F_DUPFD_CLOEXEC, 0);
	DIR *d = own < 0 ? NULL : fdopendir(own);

	if (!d) {
		int code = errno;
		if (own >= 0)
			close(own);
		return err_set(s->e, code, "%s", s->path);
	}
	int r = read_names(s, d, depth);
	closedir(d);
	return r;
}

static int
by_path(const void *a, const void *b)
{
	const struct digests_entry *x = a, *y = b;

	return strcmp(x->path, y->path);
}

int
scan(const char *folder, const char *skip, bool across, struct digests *out, struct err *e)
{
	static struct scanner s;
	struct stat st;

	*out = (struct digests){ .n = 0 };
	s = (struct scanner){ .out = out, .skip = skip, .across = across, .e = e };
	AUTO_FD fd = open(folder, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (fd < 0 || fstat(fd, &st))
		return err_set(e, errno, "%s", folder);
	s.device = st.st_dev;
	if (!add(&s, &st) || read_folder(&s, fd, 0)) {
		scan_release(out);
		return -1;
	}
	qsort(out->v, out->n, sizeof *out->v, by_path);
	return 0;
}

void
scan_release(struct digests *d)
{
	for (size_t i = 0; i < d->n; i++) {
		free((char *)d->v[i].path);
		free((char *)d->v[i].target);
	}
	free(d->v);
	*d = (struct digests){ .n = 0 };
}
