/* SPDX-License-Identifier: MIT
 *
 * ingot-pack: from its standard input to its standard output, by zstd; with -d back. It is a program of its own, as
 * only machines that keep logs on a disk need it; what runs it has locked it in.
 */
#include <stdbool.h>
#include <string.h>
#include <unistd.h>

#include <zstd.h>

#define LEVEL  6
#define WINDOW 18 /* 256 KiB: what is needed of memory goes by it */

static char in[65536], out[65536];

static int
write_all(const char *p, size_t n)
{
	while (n > 0) {
		ssize_t done = write(STDOUT_FILENO, p, n);
		if (done <= 0)
			return -1;
		p += done;
		n -= (size_t)done;
	}
	return 0;
}

static int
compress(void)
{
	ZSTD_CCtx *c = ZSTD_createCCtx();
	ssize_t n;

	if (!c || ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_compressionLevel, LEVEL)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_windowLog, WINDOW)) ||
	    ZSTD_isError(ZSTD_CCtx_setParameter(c, ZSTD_c_checksumFlag, 1)))
		return -1;
	do {
		n = read(STDIN_FILENO, in, sizeof in);
		ZSTD_inBuffer from = { in, n > 0 ? (size_t)n : 0, 0 };
		size_t left;
		if (n < 0)
			return -1;
		do {
			ZSTD_outBuffer to = { out, sizeof out, 0 };
			left = ZSTD_compressStream2(c, &to, &from, n ? ZSTD_e_continue : ZSTD_e_end);
			if (ZSTD_isError(left) || write_all(out, to.pos))
				return -1;
		} while (n ? from.pos < from.size : left > 0);
	} while (n > 0);
	return 0;
}

/* What a power cut left of a file comes out as far as it goes, and ends in a failure. */
static int
decompress(void)
{
	ZSTD_DCtx *d = ZSTD_createDCtx();
	size_t left = 0;
	ssize_t n;

	if (!d || ZSTD_isError(ZSTD_DCtx_setParameter(d, ZSTD_d_windowLogMax, WINDOW)))
		return -1;
	while ((n = read(STDIN_FILENO, in, sizeof in)) > 0) {
		ZSTD_inBuffer from = { in, (size_t)n, 0 };
		bool full = true;
		while (from.pos < from.size || (full && left)) {
			ZSTD_outBuffer to = { out, sizeof out, 0 };
			left = ZSTD_decompressStream(d, &to, &from);
			if (ZSTD_isError(left) || write_all(out, to.pos))
				return -1;
			full = to.pos == to.size;
		}
	}
	return n < 0 || left ? -1 : 0;
}

int
main(int argc, char **argv)
{
	bool back = argc == 2 && strcmp(argv[1], "-d") == 0;

	if (argc > 1 && !back)
		return 2;
	return (back ? decompress() : compress()) ? 1 : 0;
}
