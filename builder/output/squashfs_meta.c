/* SPDX-License-Identifier: MIT
 *
 * Metadata: a stream of bytes in blocks of 8 KiB, each packed by itself behind two bytes that hold its size. It knows
 * nothing of what the bytes mean.
 */
#include "squashfs.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define HEADER 2u

/* Packs one block with its header; *size is that of both. `out` has room for HEADER and a bound of SQFS_META. */
static int
pack_block(ZSTD_CCtx *c, uint8_t *out, size_t *size, const uint8_t *in, size_t n, struct err *e)
{
	size_t packed;

	if (sqfs_pack(c, out + HEADER, &packed, in, n, e))
		return -1;
	if (packed == n)
		memcpy(out + HEADER, in, n);
	sqfs_put16(out, (uint32_t)packed | (packed == n ? SQFS_META_RAW : 0));
	*size = HEADER + packed;
	return 0;
}

static int
flush(struct sqfs_meta *m, struct err *e)
{
	const size_t most = HEADER + ZSTD_COMPRESSBOUND(SQFS_META);
	size_t size;

	if (m->room - m->size < most) {
		m->room = m->room ? 2 * m->room : 64u << 10;
		m->packed = xrealloc(m->packed, m->room);
	}
	if (pack_block(m->cctx, m->packed + m->size, &size, m->block, m->fill, e))
		return -1;
	m->size += size;
	m->fill = 0;
	/* references have 32 bits for it */
	return m->size <= UINT32_MAX ? 0 : err_set(e, 0, "the tree is too large for a squashfs: 4 GiB of packed metadata");
}

int
sqfs_meta_put(struct sqfs_meta *m, const void *bytes, size_t size, struct err *e)
{
	const uint8_t *p = bytes;

	m->raw += size;
	while (size) {
		size_t n = SQFS_META - m->fill < size ? SQFS_META - m->fill : size;
		memcpy(m->block + m->fill, p, n);
		m->fill += n;
		p += n;
		size -= n;
		if (m->fill == SQFS_META && flush(m, e))
			return -1;
	}
	return 0;
}

uint64_t
sqfs_meta_ref(const struct sqfs_meta *m)
{
	return (uint64_t)m->size << 16 | m->fill;
}

int
sqfs_meta_end(struct sqfs_meta *m, struct err *e)
{
	return m->fill ? flush(m, e) : 0;
}

int
sqfs_table(struct sqfs_sink *o, ZSTD_CCtx *c, const void *bytes, size_t size, const void *header, size_t header_size,
	   uint64_t *start, struct err *e)
{
	size_t n = (size + SQFS_META - 1) / SQFS_META, packed;
	uint8_t out[HEADER + ZSTD_COMPRESSBOUND(SQFS_META)];
	uint8_t *index = xcalloc(n, 8), *p = index;
	const uint8_t *in = bytes;
	int r = 0;

	for (size_t left = size; left && r == 0;) {
		size_t part = left < SQFS_META ? left : SQFS_META;
		p = sqfs_put64(p, o->at);
		r = pack_block(c, out, &packed, in, part, e) || sqfs_write(o, out, packed, e) ? -1 : 0;
		in += part;
		left -= part;
	}
	*start = o->at;
	if (r == 0)
		r = sqfs_write(o, header, header_size, e) || sqfs_write(o, index, 8 * n, e) ? -1 : 0;
	free(index);
	return r;
}
