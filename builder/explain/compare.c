/* SPDX-License-Identifier: MIT */
#include "compare.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "cleanup.h"
#include "newc_place.h"

#define PIECE (256u << 10)

/* A file's bytes, or what they unpack to. */
struct side {
	int fd;
	ZSTD_DStream *zstd; /* NULL: the bytes themselves */
	unsigned char *in, *out;
	ZSTD_inBuffer from;
	bool failed;        /* zstd could not go on; what came before is right */
	const char *why;
};

static int
side_open(struct side *s, const char *file, bool unpack, struct err *e)
{
	*s = (struct side){ .fd = open(file, O_RDONLY | O_CLOEXEC | O_NOCTTY) };
	if (s->fd < 0)
		return err_set(e, errno, "cannot read %s", file);
	s->out = xcalloc(1, PIECE);
	if (!unpack)
		return 0;
	s->in = xcalloc(1, PIECE);
	s->zstd = ZSTD_createDStream();
	return s->zstd ? 0 : err_set(e, ENOMEM, "zstd");
}

static void
side_close(struct side *s)
{
	fd_cleanup(&s->fd);
	ZSTD_freeDStream(s->zstd);
	free(s->in);
	free(s->out);
}

/* Up to PIECE bytes, fewer only at the end. */
static ssize_t
read_full(int fd, unsigned char *to, struct err *e)
{
	size_t done = 0;

	while (done < PIECE) {
		ssize_t n = read(fd, to + done, PIECE - done);
		if (n < 0 && errno != EINTR)
			return err_set(e, errno, "cannot read what was built");
		if (n == 0)
			break;
		if (n > 0)
			done += (size_t)n;
	}
	return (ssize_t)done;
}

/* The next bytes at s->out: PIECE of them but at the end, so that two sides stay in step. */
static ssize_t
side_next(struct side *s, struct err *e)
{
	ZSTD_outBuffer to = { s->out, PIECE, 0 };

	if (!s->zstd)
		return read_full(s->fd, s->out, e);
	while (to.pos < to.size && !s->failed) {
		size_t before = to.pos;
		if (s->from.pos == s->from.size) {
			ssize_t n = read_full(s->fd, s->in, e);
			if (n < 0)
				return -1;
			s->from = (ZSTD_inBuffer){ s->in, (size_t)n, 0 };
		}
		size_t r = ZSTD_decompressStream(s->zstd, &to, &s->from);
		s->failed = ZSTD_isError(r);
		if (s->failed)
			s->why = ZSTD_getErrorName(r);
		else if (s->from.size == 0 && to.pos == before) /* nothing more comes in, and nothing out */
			break;
	}
	return (ssize_t)to.pos;
}

/* The first byte that differs in two pieces, or where the shorter ends. */
static size_t
first_difference(const unsigned char *a, size_t n, const unsigned char *b, size_t m)
{
	size_t i = 0, common = n < m ? n : m;

	if (common && memcmp(a, b, common) == 0)
		return common;
	while (i < common && a[i] == b[i])
		i++;
	return i;
}

/* The name of a header stands behind it: follows the right side's piece up to there. */
static void
finish_head(struct newc_place *place, const unsigned char *p, size_t n)
{
	uint64_t seen = place->members;

	for (size_t i = 0; i < n && place->members == seen; i++)
		newc_feed(place, p + i, 1);
}

/* Walks both; *at is where they differ, UINT64_MAX where they do not. `place` follows the right one; *data tells that
 * the difference is in a member's data. */
static int
find(struct side *right, struct side *found, struct newc_place *place, uint64_t *at, bool *data, struct err *e)
{
	uint64_t done = 0;

	for (;;) {
		ssize_t n = side_next(right, e), m = n < 0 ? -1 : side_next(found, e);
		if (n < 0 || m < 0)
			return -1;
		size_t i = first_difference(right->out, (size_t)n, found->out, (size_t)m);
		bool differ = i < (size_t)n || i < (size_t)m;
		if (place)
			newc_feed(place, right->out, differ ? i : (size_t)n);
		if (differ) {
			*at = done + i;
			*data = place && place->state == NEWC_IN_DATA && place->done < place->data;
			if (place && !*data)
				finish_head(place, right->out + i, (size_t)n - i);
			return 0;
		}
		if (n == 0) {
			*at = UINT64_MAX;
			return 0;
		}
		done += (uint64_t)n;
	}
}

/* Where the first difference is in what the two unpack to. */
static const char *
unpacked(struct arena *a, const char *right, const char *found)
{
	struct newc_place place = { .state = NEWC_IN_HEAD };
	struct side x = { .fd = -1 }, y = { .fd = -1 };
	const char *more = "";
	struct err ignored;
	bool data = false;
	uint64_t at;

	if (side_open(&x, right, true, &ignored) == 0 && side_open(&y, found, true, &ignored) == 0 &&
	    find(&x, &y, &place, &at, &data, &ignored) == 0 && !x.failed) {
		if (at == UINT64_MAX)
			more = y.failed ? arena_printf(a, "; it cannot be unpacked to its end: %s", y.why) :
					  "; it unpacks to the same, and was compressed otherwise";
		else
			more = arena_printf(a, "; %s byte %llu of what it unpacks to", y.failed ? "it cannot be unpacked beyond" : "that is",
					    (unsigned long long)at);
		if (data)
			more = arena_printf(a, "%s, byte %llu of %s", more, (unsigned long long)place.done, place.name);
		else if (at != UINT64_MAX && place.state != NEWC_LOST && place.members)
			more = arena_printf(a, "%s, at %s", more, place.name);
	}
	side_close(&x);
	side_close(&y);
	return more;
}

int
compare_files(struct arena *a, const char *right, const char *found, struct difference *out, struct err *e)
{
	static const char magic[] = "\x28\xb5\x2f\xfd";
	struct side x = { .fd = -1 }, y = { .fd = -1 };
	bool zstd = false, data;
	int r = -1;

	*out = (struct difference){ .more = "" };
	if (side_open(&x, right, false, e) == 0 && side_open(&y, found, false, e) == 0 &&
	    (r = find(&x, &y, NULL, &out->at, &data, e)) == 0) {
		char head[4] = "";
		out->differs = out->at != UINT64_MAX;
		zstd = out->differs && pread(x.fd, head, sizeof head, 0) == 4 && memcmp(head, magic, 4) == 0;
	}
	side_close(&x);
	side_close(&y);
	if (r == 0 && zstd)
		out->more = unpacked(a, right, found);
	return r;
}
