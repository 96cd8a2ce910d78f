/* SPDX-License-Identifier: MIT
 *
 * An archive's bytes on their way to the reader of its entries: read and hashed, taken out of a .deb's container where
 * there is one, decompressed. Counted at each stage, so that a small archive cannot become more than is sensible.
 */
#ifndef INGOT_UNPACK_PIPE_H
#define INGOT_UNPACK_PIPE_H

#include <archive.h>
#include <stdbool.h>
#include <stdint.h>

#include "content.h"

#define UNPACK_PIECE (64u << 10)

struct unpack_pipe {
	struct content_stream *stream;
	struct archive *container; /* a .deb's ar, or NULL: its present member is what is decompressed */
	struct archive *plain;     /* decompresses; NULL outside of pipe_begin and pipe_end */
	struct archive *reader;    /* of entries; the caller's, for its messages */
	uint64_t n_packed;         /* bytes of the archive so far */
	uint64_t n_plain;          /* bytes out of the decompressor so far */
	uint64_t n_call;           /* of them, since pipe_mark: what one call of libarchive took */
	struct sha256 *hash;       /* NULL, or over all that comes out of the decompressor */
	struct err io;             /* what a stage said, where libarchive only knows that reading failed */
	bool failed;
	bool ended;                /* all that comes out of the decompressor was handed on */
	bool empty;                /* there is not one byte to decompress, which libarchive would not have one ask for */
	char piece[UNPACK_PIECE];
};

int pipe_open(struct unpack_pipe *p, const struct content *from, struct err *e);
/* Reads what is left, as the digest is compared at the end of the stream only; what is wrong with the archive itself
 * replaces *e. r is what the reading came to. */
int pipe_close(struct unpack_pipe *p, int r, struct err *e);

/* For archive_read_open2 of the container: the archive as it is. Its argument is the pipe. */
la_ssize_t pipe_read_packed(struct archive *a, void *pipe, const void **data);

/* Filters as libarchive numbers them, ended by -1. */
int pipe_begin(struct unpack_pipe *p, const int *filters, struct err *e);
/* For archive_read_open2 of the reader: decompressed bytes. Its argument is the pipe. */
la_ssize_t pipe_read_plain(struct archive *a, void *pipe, const void **data);
/* Takes what the reader left: where the compressed stream is cut or wrong behind the last entry, that is found. */
int pipe_end(struct unpack_pipe *p, int r, struct err *e);

/* Before each call of libarchive that reads. */
static inline void
pipe_mark(struct unpack_pipe *p)
{
	p->n_call = 0;
}

/* Sets *e from what a stage said, else from what libarchive says of a. */
int pipe_failed(const struct unpack_pipe *p, struct archive *a, struct err *e);

#endif
