/* SPDX-License-Identifier: MIT */
#include "zstd_file.h"

#include <fcntl.h>
#include <stdlib.h>
#include <sys/mman.h>
#include <sys/stat.h>
#define ZSTD_STATIC_LINKING_ONLY /* for memory of our own */
#include <zstd.h>

#include "cleanup.h"
#include "mem.h"
#include "zstd_memory.h"

struct zstd_file {
	ZSTD_CCtx *cctx;
	struct zstd_file_how how;
	uint64_t written;
	size_t room;
	char *out;
};

static size_t
configure(ZSTD_CCtx *c, const struct zstd_file_how *how)
{
	size_t r = ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, how->level);

	if (!ZSTD_isError(r))
		r = ZSTD_CCtx_setParameter(c, ZSTD_c_nbWorkers, (int)how->workers);
	if (!ZSTD_isError(r))
		r = ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1);
	if (!ZSTD_isError(r) && how->size != ZSTD_FILE_NO_SIZE)
		r = ZSTD_CCtx_setPledgedSrcSize(c, how->size);
	return r;
}

struct zstd_file *
zstd_begin(const struct zstd_file_how *how, struct err *e)
{
	struct zstd_file *z = xcalloc(1, sizeof *z);

	z->how = *how;
	z->room = ZSTD_CStreamOutSize();
	z->out = xcalloc(1, z->room);
	z->cctx = ZSTD_createCCtx_advanced((ZSTD_customMem){ zstd_memory_alloc, zstd_memory_free, NULL });
	size_t r = z->cctx ? configure(z->cctx, how) : 0;
	if (z->cctx && !ZSTD_isError(r))
		return z;
	err_set(e, 0, "zstd: %s", z->cctx ? ZSTD_getErrorName(r) : "no memory");
	zstd_abort(z);
	return NULL;
}

void
zstd_abort(struct zstd_file *z)
{
	if (!z)
		return;
	ZSTD_freeCCtx(z->cctx);
	free(z->out);
	free(z);
}

static int
step(struct zstd_file *z, ZSTD_inBuffer *in, ZSTD_EndDirective mode, size_t *left, struct err *e)
{
	ZSTD_outBuffer out = { z->out, z->room, 0 };

	*left = ZSTD_compressStream2(z->cctx, &out, in, mode);
	if (ZSTD_isError(*left))
		return err_set(e, 0, "zstd: %s", ZSTD_getErrorName(*left));
	z->written += out.pos;
	return out.pos ? z->how.take(z->how.arg, z->out, out.pos, e) : 0;
}

int
zstd_write(struct zstd_file *z, const void *data, size_t size, struct err *e)
{
	ZSTD_inBuffer in = { data, size, 0 };
	size_t left;

	while (in.pos < in.size)
		if (step(z, &in, ZSTD_e_continue, &left, e))
			return -1;
	return 0;
}

int
zstd_end(struct zstd_file *z, uint64_t *written, struct err *e)
{
	ZSTD_inBuffer in = { NULL, 0, 0 };
	size_t left;
	int r;

	do
		r = step(z, &in, ZSTD_e_end, &left, e);
	while (r == 0 && left > 0);
	*written = z->written;
	zstd_abort(z);
	return r;
}

/* What the frames behind one another say; 0 where one of them says nothing. */
static uint64_t
sum_frames(const char *data, size_t size)
{
	uint64_t sum = 0;

	while (size) {
		unsigned long long raw = ZSTD_getFrameContentSize(data, size);
		size_t frame = ZSTD_findFrameCompressedSize(data, size);
		if (raw == ZSTD_CONTENTSIZE_UNKNOWN || raw == ZSTD_CONTENTSIZE_ERROR || ZSTD_isError(frame))
			return 0;
		sum += raw;
		data += frame;
		size -= frame;
	}
	return sum;
}

uint64_t
zstd_unpacked(const char *path)
{
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC);
	struct stat st;

	if (fd < 0 || fstat(fd, &st) || st.st_size <= 0)
		return 0;
	void *data = mmap(NULL, (size_t)st.st_size, PROT_READ, MAP_PRIVATE, fd, 0);
	if (data == MAP_FAILED)
		return 0;
	uint64_t sum = sum_frames(data, (size_t)st.st_size);
	munmap(data, (size_t)st.st_size);
	return sum;
}
