/* SPDX-License-Identifier: MIT
 *
 * Digests, and reading a content's bytes wherever they are.
 */
#ifndef INGOT_CONTENT_H
#define INGOT_CONTENT_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include "err.h"

#define DIGEST_SIZE 32 /* SHA-256 */

/* Where a regular file's bytes are. Immutable once made; the tree borrows the strings and the bytes. */
struct content {
	uint64_t size;
	uint8_t sha256[DIGEST_SIZE];
	const void *mem;  /* the bytes themselves, or */
	const char *path; /* the host file that holds them: a source's file, or a blob of the cache */
	bool cached;      /* the latter: where it is damaged it is removed, to be made anew */
};

#define DIGEST_HEX (2 * DIGEST_SIZE + 1)

/* SHA-256 in pieces. Opaque: only content.c knows which library computes it. */
struct sha256 {
	uint64_t opaque[28];
};

void sha256_init(struct sha256 *h);
void sha256_update(struct sha256 *h, const void *data, size_t size);
void sha256_final(struct sha256 *h, uint8_t out[DIGEST_SIZE]);

/* Over memory that outlives the content. */
void content_of_mem(struct content *c, const void *mem, size_t size);
/* Hashes a host file; the path is borrowed. */
int content_of_file(struct content *c, const char *path, struct err *e);

/* Feeds the bytes to fn in order, in pieces; an fn that returns other than 0 ends it (it has set *e). A file that no
 * longer has the size and digest it had is an error: it changed under the build. */
int content_read(const struct content *c, int (*fn)(void *arg, const void *data, size_t size, struct err *e), void *arg,
		 struct err *e);
/* The same for a reader that pulls: next returns the size of the piece at *data (valid until the next call), 0 at
 * the end, -1 with *e set. The digest is known to be right only when next has returned 0. */
struct content_stream;
struct content_stream *content_open(const struct content *c, struct err *e);
ssize_t content_next(struct content_stream *s, const void **data, struct err *e);
void content_close(struct content_stream *s);

/* The whole as malloc'ed memory with a NUL behind it. */
void *content_load(const struct content *c, struct err *e);

void digest_hex(const uint8_t sha256[DIGEST_SIZE], char out[DIGEST_HEX]);
/* False where text is not 64 hexadecimal digits. */
bool digest_parse(const char *text, uint8_t out[DIGEST_SIZE]);

#endif
