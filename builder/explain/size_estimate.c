/* SPDX-License-Identifier: MIT
 *
 * How small a file becomes by itself, at a fast level. One text of the cache for each image holds the answers of the
 * last run, so that only what is new is compressed.
 */
#include <inttypes.h>
#include <stdlib.h>
#include <string.h>
#include <zstd.h>

#include "content.h"
#include "mem.h"
#include "size_groups.h"

#define FAST_LEVEL 1
#define HEAD       "ingot-size 1\n"

struct known {
	uint8_t sha256[DIGEST_SIZE];
	uint64_t packed;
};

struct estimates {
	struct cache *cache;
	char *key;
	struct known *old; /* sorted */
	size_t n_old;
	struct known *used;
	size_t n_used, room;
	ZSTD_CCtx *zstd;
	void *out;
	uint64_t packed; /* of the file that is being compressed */
};

static int
by_digest(const void *a, const void *b)
{
	return memcmp(a, b, DIGEST_SIZE);
}

/* What is not understood is computed again. */
static void
parse(struct estimates *x, char *text)
{
	size_t room = 0;
	char *save, *line = strtok_r(text + strlen(HEAD), "\n", &save);

	for (; line; line = strtok_r(NULL, "\n", &save)) {
		struct known k;
		char *space = strchr(line, ' ');
		if (!space)
			return;
		*space = '\0';
		if (!digest_parse(line, k.sha256))
			return;
		k.packed = strtoull(space + 1, NULL, 10);
		x->old = grow(x->old, x->n_old, &room, sizeof *x->old);
		x->old[x->n_old++] = k;
	}
}

struct estimates *
estimates_open(struct cache *c, const char *image)
{
	struct estimates *x = xcalloc(1, sizeof *x);

	x->cache = c;
	x->key = xprintf("size-%s", image);
	char *text = cache_get_text(c, x->key);
	if (text && strncmp(text, HEAD, strlen(HEAD)) == 0)
		parse(x, text);
	free(text);
	if (x->n_old)
		qsort(x->old, x->n_old, sizeof *x->old, by_digest);
	return x;
}

static int
compress(struct estimates *x, const void *data, size_t size, ZSTD_EndDirective mode, struct err *e)
{
	ZSTD_inBuffer in = { data, size, 0 };
	size_t left;

	do {
		ZSTD_outBuffer out = { x->out, ZSTD_CStreamOutSize(), 0 };
		left = ZSTD_compressStream2(x->zstd, &out, &in, mode);
		if (ZSTD_isError(left))
			return err_set(e, 0, "zstd: %s", ZSTD_getErrorName(left));
		x->packed += out.pos;
	} while (mode == ZSTD_e_end ? left > 0 : in.pos < in.size);
	return 0;
}

static int
take(void *arg, const void *data, size_t size, struct err *e)
{
	return compress(arg, data, size, ZSTD_e_continue, e);
}

static int
compute(struct estimates *x, const struct content *c, struct err *e)
{
	if (!x->zstd) {
		x->zstd = ZSTD_createCCtx();
		x->out = xcalloc(1, ZSTD_CStreamOutSize());
	}
	if (!x->zstd || ZSTD_isError(ZSTD_CCtx_setParameter(x->zstd, ZSTD_c_compressionLevel, FAST_LEVEL)))
		return err_set(e, 0, "zstd: no memory");
	ZSTD_CCtx_reset(x->zstd, ZSTD_reset_session_only);
	x->packed = 0;
	return content_read(c, take, x, e) || compress(x, NULL, 0, ZSTD_e_end, e) ? -1 : 0;
}

int
estimate(struct estimates *x, const struct content *c, uint64_t *packed, struct err *e)
{
	const struct known *k = x->n_old ? bsearch(c->sha256, x->old, x->n_old, sizeof *x->old, by_digest) : NULL;

	*packed = k ? k->packed : 0;
	if (!k && compute(x, c, e))
		return -1;
	if (!k)
		*packed = x->packed;
	x->used = grow(x->used, x->n_used, &x->room, sizeof *x->used);
	x->used[x->n_used].packed = *packed;
	memcpy(x->used[x->n_used++].sha256, c->sha256, DIGEST_SIZE);
	return 0;
}

static int
save(struct estimates *x, struct err *e)
{
	char hex[DIGEST_HEX], *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return err_set(e, 0, "no memory for the estimates");
	fputs(HEAD, f);
	for (size_t i = 0; i < x->n_used; i++) {
		digest_hex(x->used[i].sha256, hex);
		fprintf(f, "%s %" PRIu64 "\n", hex, x->used[i].packed);
	}
	int r = fclose(f) ? err_set(e, 0, "no memory for the estimates") : cache_put_text(x->cache, x->key, text, e);
	free(text);
	return r;
}

int
estimates_close(struct estimates *x, struct err *e)
{
	/* without a compressor all was known */
	int r = x->zstd ? save(x, e) : 0;

	ZSTD_freeCCtx(x->zstd);
	free(x->out);
	free(x->old);
	free(x->used);
	free(x->key);
	free(x);
	return r;
}
