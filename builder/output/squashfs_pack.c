/* SPDX-License-Identifier: MIT
 *
 * How a block is compressed, and how bytes reach the file. Every block is one zstd frame of known size, so that its
 * window is no larger than the block: the kernel's decoder has no more room than that.
 */
#define ZSTD_STATIC_LINKING_ONLY /* for what a level stands for */
#include "squashfs.h"

#include <errno.h>
#include <unistd.h>

#define CANDIDATES_LOG 4u  /* places that are compared at each byte, as a power of two */
#define LONG_ENOUGH    48u /* a match of so many bytes is taken without looking for a longer one */
#define HASH_LOG       16u

static void
set(ZSTD_CCtx *c, size_t *r, ZSTD_cParameter p, unsigned value)
{
	if (!ZSTD_isError(*r))
		*r = ZSTD_CCtx_setParameter(c, p, (int)value);
}

/* In a block of 128 KiB zstd's long searches of levels 13 to 15 find next to nothing: on Debian's minbase these bounds
 * take a tenth of level 15's time and make its blocks 0.13 % larger. The levels above ask for the last byte. */
static size_t
bound_search(ZSTD_CCtx *c, int level)
{
	ZSTD_compressionParameters p = ZSTD_getCParams(level, SQFS_BLOCK, 0);
	size_t r = 0;

	if (p.strategy == ZSTD_btopt) {
		if (p.searchLog > CANDIDATES_LOG)
			set(c, &r, ZSTD_c_searchLog, CANDIDATES_LOG);
		if (p.targetLength > LONG_ENOUGH)
			set(c, &r, ZSTD_c_targetLength, LONG_ENOUGH);
		set(c, &r, ZSTD_c_hashLog, HASH_LOG);
	}
	return r;
}

ZSTD_CCtx *
sqfs_cctx(int level, struct err *e)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();
	size_t r = c ? bound_search(c, level) : 0;

	if (c)
		set(c, &r, ZSTD_c_compressionLevel, (unsigned)level);
	if (c && !ZSTD_isError(r))
		return c;
	err_set(e, 0, "zstd: %s", c ? ZSTD_getErrorName(r) : "no memory");
	ZSTD_freeCCtx(c);
	return NULL;
}

int
sqfs_pack(ZSTD_CCtx *c, void *out, size_t *packed, const void *in, size_t size, struct err *e)
{
	size_t r = ZSTD_compress2(c, out, ZSTD_COMPRESSBOUND(size), in, size);

	if (ZSTD_isError(r))
		return err_set(e, 0, "zstd: %s", ZSTD_getErrorName(r));
	*packed = r < size ? r : size;
	return 0;
}

#define SAMPLE 4096u
/* The sum of the squared counts of 256 values in SAMPLE bytes of noise is 69,616 with a deviation of 361. */
#define NOISE_MAX 73000u

bool
sqfs_looks_random(const uint8_t *p, size_t size)
{
	uint32_t counts[256] = { 0 }, sum = 0;

	if (size < SAMPLE)
		return false;
	p += (size - SAMPLE) / 2;
	for (size_t i = 0; i < SAMPLE; i++)
		counts[p[i]]++;
	for (size_t i = 0; i < 256; i++)
		sum += counts[i] * counts[i];
	return sum <= NOISE_MAX;
}

int
sqfs_write(struct sqfs_sink *o, const void *bytes, size_t size, struct err *e)
{
	for (const char *p = bytes; size > 0;) {
		ssize_t n = pwrite(o->fd, p, size, (off_t)o->at);
		if (n < 0 && errno != EINTR)
			return err_set(e, errno, "cannot write the image");
		if (n > 0) {
			p += n;
			size -= (size_t)n;
			o->at += (uint64_t)n;
		}
	}
	return 0;
}
