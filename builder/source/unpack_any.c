/* SPDX-License-Identifier: MIT
 *
 * Archives as users bring them, and the layers of OCI images. Formats and compressions are named one by one: of what
 * libarchive could read, some run programs of the host or open files that the archive names, and those stay out.
 */
#include <fcntl.h>
#include <stdio.h>
#include <string.h>
#include <unistd.h>

#include "cleanup.h"
#include "unpacker.h"

#define READS "tar, cpio, zip, 7z, ar and ISO 9660, each also within gzip, xz, lzma, lzip, zstd or compress"

static const int any_filter[] = { ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_XZ, ARCHIVE_FILTER_LZMA, ARCHIVE_FILTER_LZIP,
				  ARCHIVE_FILTER_ZSTD, ARCHIVE_FILTER_COMPRESS, ARCHIVE_FILTER_RPM, -1 };

static void
any_format(struct archive *a)
{
	archive_read_support_format_tar(a);
	archive_read_support_format_cpio(a);
	archive_read_support_format_ar(a);
	archive_read_support_format_iso9660(a);
}

static void
tar_format(struct archive *a)
{
	archive_read_support_format_tar(a);
}

/* The first bytes of the archive; how many there are. */
static size_t
first_bytes(const struct content *c, char *to, size_t cap)
{
	if (!c->path) {
		size_t n = c->size < cap ? (size_t)c->size : cap;
		memcpy(to, c->mem, n);
		return n;
	}
	AUTO_FD fd = open(c->path, O_RDONLY | O_CLOEXEC);
	ssize_t n = fd < 0 ? -1 : read(fd, to, cap);
	return n < 0 ? 0 : (size_t)n;
}

static bool
begins(const char *head, size_t n, const char *magic, size_t size)
{
	return n >= size && memcmp(head, magic, size) == 0;
}

/* These have their directory at the end. */
static bool
wants_seeking(const char *head, size_t n)
{
	return begins(head, n, "PK\3\4", 4) || begins(head, n, "PK\5\6", 4) || begins(head, n, "7z\xbc\xaf\x27\x1c", 6);
}

/* Read twice: where the directory says, and whole by pipe_close, for the digest. */
static int
read_seeking(struct unpacker *u, struct err *e)
{
	int r;

	u->reader = archive_read_new();
	archive_read_support_format_zip(u->reader);
	archive_read_support_format_7zip(u->reader);
	if (u->from->path)
		r = archive_read_open_filename(u->reader, u->from->path, UNPACK_PIECE);
	else
		r = archive_read_open_memory(u->reader, u->from->mem, (size_t)u->from->size);
	r = r == ARCHIVE_OK ? unpack_entries(u, e) : pipe_failed(&u->pipe, u->reader, e);
	archive_read_free(u->reader);
	u->reader = NULL;
	return r;
}

static const char *
unread_compression(const char *head, size_t n)
{
	if (begins(head, n, "BZh", 3))
		return "bzip2";
	if (begins(head, n, "\x04\x22\x4d\x18", 4))
		return "lz4";
	return begins(head, n, "\x89LZO", 4) ? "lzop" : NULL;
}

static int
read_archive(struct unpacker *u, struct err *e)
{
	char head[8];
	size_t n = first_bytes(u->from, head, sizeof head);
	const char *unread = unread_compression(head, n);

	if (unread)
		return err_set(e, 0, "it is compressed by %s, which is not read: pack it anew with xz, gzip or zstd", unread);
	if (wants_seeking(head, n))
		return read_seeking(u, e);
	int r = unpack_plain(u, any_filter, any_format, unpack_entries, e);
	if (r && strstr(e->msg, "Unrecognized archive format"))
		return err_set(e, 0, "it is no archive of a kind that is read: " READS);
	return r;
}

static const char *
filter_name(int filter)
{
	return filter == ARCHIVE_FILTER_GZIP ? "gzip" : filter == ARCHIVE_FILTER_ZSTD ? "zstd" : "no compression";
}

/* Bytes that are not what the layer's media type says would be read all the same: libarchive goes by the bytes. */
static int
check_filter(struct unpacker *u, struct err *e)
{
	int found = archive_filter_code(u->pipe.plain, 0);

	if (found == u->format->filter)
		return unpack_entries(u, e);
	return err_set(e, 0, "its media type says %s, but its bytes are of %s", filter_name(u->format->filter),
		       filter_name(found));
}

static int
read_layer(struct unpacker *u, struct err *e)
{
	static const int filters[] = { ARCHIVE_FILTER_GZIP, ARCHIVE_FILTER_ZSTD, -1 };
	struct sha256 hash;

	sha256_init(&hash);
	u->pipe.hash = &hash;
	int r = unpack_plain(u, filters, tar_format, check_filter, e);
	u->pipe.hash = NULL;
	sha256_final(&hash, u->to->plain);
	return r;
}

const struct unpack_format format_archive = { "unpacked-archive", "archive", false, 0, read_archive };
const struct unpack_format format_layer_tar = { "unpacked-layer-tar", "layer", true, ARCHIVE_FILTER_NONE,
							 read_layer };
const struct unpack_format format_layer_gzip = { "unpacked-layer-gzip", "layer", true, ARCHIVE_FILTER_GZIP,
							 read_layer };
const struct unpack_format format_layer_zstd = { "unpacked-layer-zstd", "layer", true, ARCHIVE_FILTER_ZSTD,
							 read_layer };
