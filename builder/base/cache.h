/* SPDX-License-Identifier: MIT
 *
 * The content-addressed cache: CACHE/blob/ab/abcdef... holds the bytes whose SHA-256 that is; CACHE/index/KEY holds
 * small derived texts (what is inside a package). Every write goes to a temporary file, then rename: a reader never
 * sees half a blob, and two builds may share the folder. A reader compares the digest (content.h); a blob that is not
 * what its name says is removed there, so that the next build makes it anew.
 */
#ifndef INGOT_CACHE_H
#define INGOT_CACHE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "content.h"

struct cache;
struct arena;

/* Makes the folders; the path is copied. */
struct cache *cache_open(const char *dir, struct err *e);
void cache_close(struct cache *c);
const char *cache_dir(const struct cache *c);

/* A blob being written: begin, any number of writes, then end (which hashes, names and closes) or abort. begin and
 * write may be called in any thread; all else in the one that opened the cache. */
struct blob_writer;
struct blob_writer *blob_begin(struct cache *c, struct err *e);
int blob_write(struct blob_writer *w, const void *data, size_t size, struct err *e);
/* Fills *out with size, digest and a path that the cache owns until cache_close. Frees w whatever happens. */
int blob_end(struct blob_writer *w, struct content *out, struct err *e);
void blob_abort(struct blob_writer *w);

/* Takes a file's bytes into the cache. If `expect` is not NULL another digest is an error and nothing is kept. */
int cache_import(struct cache *c, const char *path, const uint8_t *expect, struct content *out, struct err *e);

/* True and *out filled if the blob is there. The path is owned by the cache. */
bool cache_lookup(struct cache *c, const uint8_t sha256[DIGEST_SIZE], struct content *out);

/* Memory for what the tree borrows (origins, names): zeroed, lives until cache_close. */
struct arena *cache_arena(struct cache *c);

/* Small derived texts, keyed by a name made of [a-z0-9.-]. get: malloc'ed and NUL-terminated, NULL where absent or
 * where the file was damaged (each carries its own digest): whoever derived it derives it again. */
char *cache_get_text(struct cache *c, const char *key);
int cache_put_text(struct cache *c, const char *key, const char *text, struct err *e);

#endif
