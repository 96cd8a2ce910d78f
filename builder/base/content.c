/* SPDX-License-Identifier: MIT
 *
 * Digests and the reading of contents. The one file that knows where SHA-256 comes from. Every reading ends with a
 * comparison: bytes that are no longer those of the digest are an error, never handed on as if they were.
 */
#include "content.h"

#include <errno.h>
#include <fcntl.h>
#include <sha2.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "mem.h"
#include "progress.h"
#include "sha256_x86.h"

#define PIECE (256u << 10)

_Static_assert(sizeof(SHA2_CTX) <= sizeof(struct sha256), "struct sha256 is too small for the library's context");
_Static_assert(_Alignof(SHA2_CTX) <= _Alignof(struct sha256), "struct sha256 is not aligned as the library's context");

void
sha256_init(struct sha256 *h)
{
	SHA256Init((SHA2_CTX *)h);
}

void
sha256_update(struct sha256 *h, const void *data, size_t size)
{
	SHA2_CTX *c = (SHA2_CTX *)h;
	const uint8_t *p = data;
	/* what fills up the block that the library holds; whole blocks may go past it */
	size_t held = (size_t)(c->bitcount[0] / 8 % SHA256_BLOCK), first = (SHA256_BLOCK - held) % SHA256_BLOCK;

	if (size >= first + SHA256_BLOCK && sha256_x86_able()) {
		SHA256Update(c, p, first);
		p += first;
		size -= first;
		sha256_x86(c->state.st32, p, size / SHA256_BLOCK);
		c->bitcount[0] += (uint64_t)(size / SHA256_BLOCK) * SHA256_BLOCK * 8;
		p += size / SHA256_BLOCK * SHA256_BLOCK;
		size %= SHA256_BLOCK;
	}
	SHA256Update(c, p, size);
}

void
sha256_final(struct sha256 *h, uint8_t out[DIGEST_SIZE])
{
	SHA256Final(out, (SHA2_CTX *)h);
}

void
content_of_mem(struct content *c, const void *mem, size_t size)
{
	struct sha256 h;

	*c = (struct content){ .size = size, .mem = mem };
	sha256_init(&h);
	sha256_update(&h, mem, size);
	sha256_final(&h, c->sha256);
}

/* Opens for reading and sees that it is a regular file: a pipe or a device would never end. */
static int
open_regular(const char *path, struct err *e)
{
	/* O_NONBLOCK: opening a FIFO must not wait for a writer */
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NOCTTY | O_NONBLOCK);
	struct stat st;

	if (fd < 0)
		return err_set(e, errno, "cannot read %s", path);
	if (fstat(fd, &st))
		return err_set(e, errno, "cannot read %s", path);
	if (!S_ISREG(st.st_mode))
		return err_set(e, 0, "cannot read %s: it is not a regular file", path);
	return take_fd(&fd);
}

static ssize_t
read_piece(int fd, const char *path, void *buf, size_t room, struct err *e)
{
	ssize_t n;

	do
		n = read(fd, buf, room);
	while (n < 0 && errno == EINTR);
	return n < 0 ? err_set(e, errno, "cannot read %s", path) : n;
}

int
content_of_file(struct content *c, const char *path, struct err *e)
{
	AUTO_FD fd = open_regular(path, e);
	struct content made = { .path = path };
	struct sha256 h;
	ssize_t n;

	if (fd < 0)
		return -1;
	void *buf = xcalloc(1, PIECE);
	sha256_init(&h);
	while ((n = read_piece(fd, path, buf, PIECE, e)) > 0) {
		sha256_update(&h, buf, (size_t)n);
		made.size += (uint64_t)n;
		progress_update(made.size); /* shown only where the caller began a bar */
	}
	free(buf);
	if (n < 0)
		return -1;
	sha256_final(&h, made.sha256);
	*c = made;
	return 0;
}

struct content_stream {
	struct content content;
	struct sha256 hash;
	uint64_t done;
	int fd; /* -1: the bytes are in memory */
	void *buf;
	size_t room; /* one byte more than a small file has, to see that it has grown */
};

struct content_stream *
content_open(const struct content *c, struct err *e)
{
	int fd = c->path ? open_regular(c->path, e) : -1;

	if (c->path && fd < 0)
		return NULL;
	struct content_stream *s = xcalloc(1, sizeof *s);
	s->content = *c;
	s->fd = fd;
	sha256_init(&s->hash);
	s->room = c->size < PIECE ? (size_t)c->size + 1 : PIECE;
	if (c->path)
		s->buf = xcalloc(1, s->room);
	return s;
}

void
content_close(struct content_stream *s)
{
	if (!s)
		return;
	fd_cleanup(&s->fd);
	free(s->buf);
	free(s);
}

/* Whether the name still leads to the file that is open here: another build may have put a whole one there. */
static bool
still_named(const struct content_stream *s)
{
	struct stat open, named;

	return fstat(s->fd, &open) == 0 && stat(s->content.path, &named) == 0 && open.st_dev == named.st_dev &&
	       open.st_ino == named.st_ino;
}

static int
changed(const struct content_stream *s, struct err *e)
{
	if (!s->content.cached)
		return err_set(e, 0, "%s no longer holds the bytes it held: it was changed under the build; build again",
			       s->content.path ? s->content.path : "the content");
	if (still_named(s) && unlink(s->content.path))
		return err_set(e, errno, "%s is damaged and cannot be removed from the cache", s->content.path);
	return err_set(e, 0, "%s was damaged, and is removed from the cache: build again", s->content.path);
}

ssize_t
content_next(struct content_stream *s, const void **data, struct err *e)
{
	uint8_t digest[DIGEST_SIZE];
	ssize_t n;

	if (s->content.path) {
		n = read_piece(s->fd, s->content.path, s->buf, s->room, e);
		*data = s->buf;
	} else {
		uint64_t left = s->content.size - s->done;
		n = (ssize_t)(left < PIECE ? left : PIECE);
		*data = (const char *)s->content.mem + s->done;
	}
	if (n < 0)
		return -1;
	if (n > 0) {
		s->done += (uint64_t)n;
		if (s->done > s->content.size)
			return changed(s, e);
		sha256_update(&s->hash, *data, (size_t)n);
		return n;
	}
	struct sha256 h = s->hash; /* a copy, so that asking again at the end gives the same answer */
	sha256_final(&h, digest);
	if (s->done != s->content.size || memcmp(digest, s->content.sha256, DIGEST_SIZE) != 0)
		return changed(s, e);
	return 0;
}

int
content_read(const struct content *c, int (*fn)(void *arg, const void *data, size_t size, struct err *e), void *arg,
	     struct err *e)
{
	struct content_stream *s = content_open(c, e);
	const void *data;
	ssize_t n;
	int r = 0;

	if (!s)
		return -1;
	while ((n = content_next(s, &data, e)) > 0) {
		r = fn(arg, data, (size_t)n, e);
		if (r)
			break;
	}
	content_close(s);
	return n < 0 ? -1 : r;
}

struct loading {
	char *at;
};

static int
load_piece(void *arg, const void *data, size_t size, struct err *e)
{
	struct loading *l = arg;

	(void)e;
	memcpy(l->at, data, size); /* content_next never gives more than content.size in all */
	l->at += size;
	return 0;
}

void *
content_load(const struct content *c, struct err *e)
{
	if (c->size >= SIZE_MAX / 2) {
		err_set(e, EFBIG, "%s", c->path ? c->path : "content");
		return NULL;
	}
	char *mem = malloc((size_t)c->size + 1);
	struct loading l = { mem };
	if (!mem) {
		err_set(e, ENOMEM, "cannot load %s", c->path ? c->path : "content");
		return NULL;
	}
	if (content_read(c, load_piece, &l, e)) {
		free(mem);
		return NULL;
	}
	mem[c->size] = '\0';
	return mem;
}

void
digest_hex(const uint8_t sha256[DIGEST_SIZE], char out[DIGEST_HEX])
{
	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		out[2 * i] = "0123456789abcdef"[sha256[i] >> 4];
		out[2 * i + 1] = "0123456789abcdef"[sha256[i] & 15];
	}
	out[DIGEST_HEX - 1] = '\0';
}

static int
nibble(char c)
{
	if (c >= '0' && c <= '9')
		return c - '0';
	if (c >= 'a' && c <= 'f')
		return c - 'a' + 10;
	if (c >= 'A' && c <= 'F')
		return c - 'A' + 10;
	return -1;
}

bool
digest_parse(const char *text, uint8_t out[DIGEST_SIZE])
{
	uint8_t d[DIGEST_SIZE];

	for (size_t i = 0; i < DIGEST_SIZE; i++) {
		int hi = nibble(text[2 * i]);
		int lo = hi < 0 ? -1 : nibble(text[2 * i + 1]); /* never past the text's end */
		if (lo < 0)
			return false;
		d[i] = (uint8_t)(hi << 4 | lo);
	}
	if (text[2 * DIGEST_SIZE])
		return false;
	memcpy(out, d, sizeof d);
	return true;
}
