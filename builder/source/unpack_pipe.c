/* SPDX-License-Identifier: MIT */
#include "unpack_pipe.h"

#include <archive_entry.h>
#include <string.h>

#include "progress.h"

#define CALL_MAX   (32u << 20)  /* what libarchive may read to find one entry: its headers, a map of holes */
#define BOMB_FROM  (256u << 20) /* below this, any ratio is fine */
#define BOMB_RATIO 200u

int
pipe_open(struct unpack_pipe *p, const struct content *from, struct err *e)
{
	p->stream = content_open(from, e);
	return p->stream ? 0 : -1;
}

int
pipe_failed(const struct unpack_pipe *p, struct archive *a, struct err *e)
{
	const char *why = archive_error_string(a);

	if (p->failed) {
		*e = p->io;
		return -1;
	}
	err_set(e, 0, "the archive cannot be read: %s", why ? why : "it ends too early");
	/* some of libarchive's texts end with a newline, some hold what the archive says */
	for (char *s = e->msg; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			*s = s[1] ? '?' : '\0';
	return -1;
}

/* libarchive hands the text on from stage to stage; what was said first is kept besides, as it may be longer. */
static la_ssize_t
stage_failed(struct unpack_pipe *p, struct archive *a)
{
	p->failed = true;
	archive_set_error(a, -1, "%s", p->io.msg);
	return -1;
}

la_ssize_t
pipe_read_packed(struct archive *a, void *pipe, const void **data)
{
	struct unpack_pipe *p = pipe;
	ssize_t n = content_next(p->stream, data, &p->io);

	if (n < 0)
		return stage_failed(p, a);
	p->n_packed += (uint64_t)n;
	progress_update(p->n_packed); /* shown only where the caller began a bar */
	return n;
}

static la_ssize_t
read_member(struct archive *a, void *pipe, const void **data)
{
	struct unpack_pipe *p = pipe;
	la_ssize_t n = archive_read_data(p->container, p->piece, sizeof p->piece);

	if (n < 0)
		archive_set_error(a, -1, "%s", archive_error_string(p->container));
	*data = p->piece;
	return n;
}

int
pipe_begin(struct unpack_pipe *p, const int *filters, struct err *e)
{
	struct archive *a = archive_read_new();
	struct archive_entry *x;
	int r;

	p->plain = a;
	archive_read_support_format_raw(a);
	archive_read_support_format_empty(a);
	for (; *filters >= 0; filters++)
		archive_read_support_filter_by_code(a, *filters);
	r = archive_read_open2(a, p, NULL, p->container ? read_member : pipe_read_packed, NULL, NULL);
	if (r == ARCHIVE_OK)
		r = archive_read_next_header(a, &x);
	p->empty = r == ARCHIVE_EOF;
	return r == ARCHIVE_OK || p->empty ? 0 : pipe_failed(p, a, e);
}

/* The next decompressed piece; 0 at the end, -1 with p->io set. */
static la_ssize_t
next_plain(struct unpack_pipe *p, const void **data)
{
	size_t n = 0;
	la_int64_t offset;
	int r = p->empty ? ARCHIVE_EOF : archive_read_data_block(p->plain, data, &n, &offset);

	if (r == ARCHIVE_EOF)
		return 0;
	if (r != ARCHIVE_OK)
		return pipe_failed(p, p->plain, &p->io);
	p->n_plain += n;
	p->n_call += n;
	if (p->hash)
		sha256_update(p->hash, *data, n);
	if (p->n_plain > BOMB_FROM && p->n_plain / BOMB_RATIO > p->n_packed)
		return err_set(&p->io, 0, "it unpacks to more than %u times its size: a decompression bomb?", BOMB_RATIO);
	return (la_ssize_t)n;
}

la_ssize_t
pipe_read_plain(struct archive *a, void *pipe, const void **data)
{
	struct unpack_pipe *p = pipe;
	la_ssize_t n = next_plain(p, data);

	if (n >= 0 && p->n_call > CALL_MAX)
		n = err_set(&p->io, 0, "the headers of one entry take more than %u MiB", CALL_MAX >> 20);
	p->ended = n == 0;
	return n < 0 ? stage_failed(p, a) : n;
}

int
pipe_end(struct unpack_pipe *p, int r, struct err *e)
{
	const void *data;
	la_ssize_t n = 0;

	while (r == 0 && !p->failed && (n = next_plain(p, &data)) > 0)
		;
	if (n < 0) {
		*e = p->io;
		r = -1;
	}
	archive_read_free(p->plain);
	p->plain = NULL;
	return r;
}

int
pipe_close(struct unpack_pipe *p, int r, struct err *e)
{
	const void *data;
	ssize_t n = 0;

	/* Also after a failure: where the archive itself is damaged, that is what to say. And libarchive takes a failed
	 * reading at the end of an ar archive for its end. */
	if (!p->failed)
		while ((n = content_next(p->stream, &data, &p->io)) > 0)
			;
	if (n < 0)
		p->failed = true;
	if (p->failed) {
		*e = p->io;
		r = -1;
	}
	content_close(p->stream);
	return r;
}
