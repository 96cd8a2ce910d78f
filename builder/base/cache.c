/* SPDX-License-Identifier: MIT
 *
 * The content-addressed cache's blobs. Nothing under a final name is ever written to: bytes go to CACHE/tmp and are
 * renamed once their digest is known, so that an interrupted or parallel build leaves no half of anything. It knows
 * nothing of what the bytes mean. No blob is synced to the disk before its rename: that takes milliseconds, and a
 * package has thousands of files. What a crash of the machine leaves empty or torn differs from its digest or size,
 * which every reader compares, and is made again.
 */
#include "cache_files.h"

#include <errno.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "cleanup.h"
#include "content.h"
#include "mem.h"

/* A blob that was seen in this run: asked for once from the file system, and the home of its path. */
struct known {
	struct known *next;
	struct content content;
};

struct cache *
cache_open(const char *dir, struct err *e)
{
	if (!dir[0]) {
		err_set(e, 0, "the cache folder's name is empty");
		return NULL;
	}
	if (cache_make_folders(dir, e))
		return NULL;
	/* absolute: the paths handed out must not depend on the working folder of whoever opens them */
	char *real = realpath(dir, NULL);
	if (!real) {
		err_set(e, errno, "cannot use the cache folder %s", dir);
		return NULL;
	}
	struct cache *c = xcalloc(1, sizeof *c);
	c->dir = real;
	c->now = time(NULL);
	c->arena = arena_new();
	c->tmp.lock = -1;
	c->n_slots = 1024;
	c->slots = xcalloc(c->n_slots, sizeof *c->slots);
	if (cache_tmp_enter(c, e)) {
		cache_close(c);
		return NULL;
	}
	return c;
}

void
cache_close(struct cache *c)
{
	if (!c)
		return;
	cache_tmp_leave(c);
	arena_free(c->arena);
	free(c->slots);
	free(c->dir);
	free(c);
}

const char *
cache_dir(const struct cache *c)
{
	return c->dir;
}

struct arena *
cache_arena(struct cache *c)
{
	return c->arena;
}

static size_t
slot_of(const struct cache *c, const uint8_t sha256[DIGEST_SIZE])
{
	uint64_t h;

	memcpy(&h, sha256, sizeof h);
	return (size_t)h & (c->n_slots - 1);
}

static void
widen(struct cache *c)
{
	struct known **old = c->slots;
	size_t n = c->n_slots;

	c->n_slots *= 4;
	c->slots = xcalloc(c->n_slots, sizeof *c->slots);
	for (size_t i = 0; i < n; i++) {
		for (struct known *k = old[i], *next; k; k = next) {
			size_t s = slot_of(c, k->content.sha256);
			next = k->next;
			k->next = c->slots[s];
			c->slots[s] = k;
		}
	}
	free(old);
}

static struct known *
find_known(const struct cache *c, const uint8_t sha256[DIGEST_SIZE])
{
	for (struct known *k = c->slots[slot_of(c, sha256)]; k; k = k->next)
		if (memcmp(k->content.sha256, sha256, DIGEST_SIZE) == 0)
			return k;
	return NULL;
}

/* The path is the arena's. */
static struct known *
add_known(struct cache *c, const uint8_t sha256[DIGEST_SIZE], uint64_t size, const char *path)
{
	struct known *k = arena_alloc(c->arena, sizeof *k);

	if (c->n_known++ > 2 * c->n_slots)
		widen(c);
	size_t s = slot_of(c, sha256);
	k->content = (struct content){ .size = size, .path = path, .cached = true };
	memcpy(k->content.sha256, sha256, DIGEST_SIZE);
	k->next = c->slots[s];
	c->slots[s] = k;
	return k;
}

static const char *
blob_path(struct cache *c, const uint8_t sha256[DIGEST_SIZE])
{
	char hex[DIGEST_HEX];

	digest_hex(sha256, hex);
	return arena_printf(c->arena, "%s/blob/%.2s/%s", c->dir, hex, hex);
}

bool
cache_lookup(struct cache *c, const uint8_t sha256[DIGEST_SIZE], struct content *out)
{
	struct known *k = find_known(c, sha256);
	struct stat st;

	if (!k) {
		char hex[DIGEST_HEX], *path;
		digest_hex(sha256, hex);
		path = xprintf("%s/blob/%.2s/%s", c->dir, hex, hex);
		if (stat(path, &st) == 0 && S_ISREG(st.st_mode)) {
			cache_stamp(c, path, &st);
			k = add_known(c, sha256, (uint64_t)st.st_size, arena_strdup(c->arena, path));
		}
		free(path);
		if (!k)
			return false;
	}
	*out = k->content;
	return true;
}

struct blob_writer *
blob_begin(struct cache *c, struct err *e)
{
	if (!c->tmp.path) {
		err_set(e, c->tmp.error, "cannot write to the cache folder %s/tmp", c->dir);
		return NULL;
	}
	char *path = xprintf("%s/XXXXXX", c->tmp.path);
	int fd = mkostemp(path, O_CLOEXEC);

	if (fd < 0) {
		err_set(e, errno, "cannot write to the cache folder %s", c->tmp.path);
		free(path);
		return NULL;
	}
	struct blob_writer *w = xcalloc(1, sizeof *w);
	w->cache = c;
	w->fd = fd;
	w->path = path;
	sha256_init(&w->hash);
	return w;
}

int
blob_write(struct blob_writer *w, const void *data, size_t size, struct err *e)
{
	const char *at = data;

	sha256_update(&w->hash, data, size);
	w->size += size;
	while (size) {
		ssize_t n = write(w->fd, at, size);
		if (n < 0 && errno == EINTR)
			continue;
		if (n < 0)
			return err_set(e, errno, "cannot write to the cache folder %s", w->cache->dir);
		at += n;
		size -= (size_t)n;
	}
	return 0;
}

void
blob_free(struct blob_writer *w)
{
	fd_cleanup(&w->fd);
	free(w->path);
	free(w);
}

void
blob_abort(struct blob_writer *w)
{
	if (!w)
		return;
	unlink(w->path);
	blob_free(w);
}

/* Moves the temporary file to its name. The folder blob/ab is made on first need. */
static int
name_blob(struct blob_writer *w, const char *path, struct err *e)
{
	char *folder = xstrdup(path);

	*strrchr(folder, '/') = '\0';
	int r = cache_make_folder(folder, e);
	free(folder);
	if (r)
		return -1;
	if (fchmod(w->fd, 0444) || rename(w->path, path))
		return err_set(e, errno, "cannot write to the cache: %s", path);
	return 0;
}

int
blob_end(struct blob_writer *w, struct content *out, struct err *e)
{
	struct cache *c = w->cache;
	uint8_t digest[DIGEST_SIZE];

	sha256_final(&w->hash, digest);
	struct known *k = find_known(c, digest);
	/* one that is there already is replaced by the same bytes: that also mends a damaged one */
	const char *path = k ? k->content.path : blob_path(c, digest);
	if (name_blob(w, path, e)) {
		blob_abort(w);
		return -1;
	}
	if (!k)
		k = add_known(c, digest, w->size, path);
	k->content.size = w->size;
	*out = k->content;
	blob_free(w);
	return 0;
}

/* Copies without trusting a digest: the writer computes it. */
static int
copy_file(struct blob_writer *w, const char *path, struct err *e)
{
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;
	ssize_t n;
	int r = 0;

	if (fd < 0 || fstat(fd, &st))
		return err_set(e, errno, "cannot read %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, 0, "cannot read %s: it is not a regular file", path);
	size_t piece = 256u << 10;
	char *buf = xcalloc(1, piece);
	while (r == 0 && ((n = read(fd, buf, piece)) > 0 || (n < 0 && errno == EINTR)))
		r = n > 0 ? blob_write(w, buf, (size_t)n, e) : 0;
	if (r == 0 && n < 0)
		r = err_set(e, errno, "cannot read %s", path);
	free(buf);
	return r;
}

int
cache_import(struct cache *c, const char *path, const uint8_t *expect, struct content *out, struct err *e)
{
	struct blob_writer *w = blob_begin(c, e);
	char wanted[DIGEST_HEX], found[DIGEST_HEX];
	uint8_t digest[DIGEST_SIZE];

	if (!w)
		return -1;
	if (copy_file(w, path, e)) {
		blob_abort(w);
		return -1;
	}
	struct sha256 h = w->hash; /* blob_end wants its own to finish */
	sha256_final(&h, digest);
	if (expect && memcmp(digest, expect, DIGEST_SIZE) != 0) {
		digest_hex(expect, wanted);
		digest_hex(digest, found);
		blob_abort(w);
		return err_set(e, 0, "%s is not the file that was pinned: sha256 %s, wanted %s", path, found, wanted);
	}
	return blob_end(w, out, e);
}
