/* SPDX-License-Identifier: MIT */
#include "out_oci_layer.h"

#include <archive.h>
#include <archive_entry.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "mem.h"
#include "progress.h"
#include "tar_write.h"

#define FORMAT "ingot-oci 1 gzip 9" /* another where the same key would stand for other bytes */

struct layer {
	struct sha256 hash; /* of the tar */
	struct archive *gzip;
	struct blob_writer *blob;
	struct err *e;
	bool failed; /* *e is set: libarchive asks again when it is closed */
};

static int
to_hash(void *arg, const void *data, size_t size, struct err *e)
{
	(void)e;
	sha256_update(arg, data, size);
	return 0;
}

/* The names, metadata and digests below the top decide the tar, and zlib's version what becomes of it. */
static int
make_key(struct tree_entry *top, char hex[DIGEST_HEX], struct err *e)
{
	struct sha256 h;
	struct tar_out out = { .take = to_hash, .arg = &h, .describe = true };
	uint8_t digest[DIGEST_SIZE];

	sha256_init(&h);
	sha256_update(&h, FORMAT " ", strlen(FORMAT) + 1);
	sha256_update(&h, archive_zlib_version(), strlen(archive_zlib_version()) + 1);
	if (tar_tree(&out, top, e))
		return -1;
	sha256_final(&h, digest);
	digest_hex(digest, hex);
	return 0;
}

static bool
find(struct cache *c, const char *key, struct out_oci_layer *out)
{
	char *text = cache_get_text(c, key), blob[DIGEST_HEX], diff[DIGEST_HEX];
	uint8_t digest[DIGEST_SIZE];
	uint64_t size;
	bool ok = text && sscanf(text, "%64s %" SCNu64 " %64s %" SCNu64, blob, &size, diff, &out->raw) == 4 &&
		  digest_parse(blob, digest) && digest_parse(diff, out->diff_id) && cache_lookup(c, digest, &out->blob) &&
		  out->blob.size == size;

	free(text);
	return ok;
}

static int
to_gzip(void *arg, const void *data, size_t size, struct err *e)
{
	struct layer *l = arg;

	sha256_update(&l->hash, data, size);
	if (archive_write_data(l->gzip, data, size) == (la_ssize_t)size)
		return 0;
	return l->failed ? -1 : err_set(e, 0, "gzip: %s", archive_error_string(l->gzip));
}

static la_ssize_t
to_blob(struct archive *a, void *arg, const void *data, size_t size)
{
	struct layer *l = arg;

	(void)a;
	if (l->failed)
		return -1;
	l->failed = blob_write(l->blob, data, size, l->e) != 0;
	return l->failed ? -1 : (la_ssize_t)size;
}

/* libarchive's gzip alone: one raw entry, and no time in the header. */
static int
open_gzip(struct layer *l, struct err *e)
{
	struct archive_entry *x = archive_entry_new();
	bool ok = l->gzip && x && archive_write_set_format_raw(l->gzip) == ARCHIVE_OK &&
		  archive_write_add_filter_gzip(l->gzip) == ARCHIVE_OK &&
		  archive_write_set_options(l->gzip, "gzip:compression-level=9,gzip:!timestamp") == ARCHIVE_OK &&
		  archive_write_set_bytes_in_last_block(l->gzip, 1) == ARCHIVE_OK &&
		  archive_write_open2(l->gzip, l, NULL, to_blob, NULL, NULL) == ARCHIVE_OK;

	if (ok) {
		archive_entry_set_filetype(x, AE_IFREG);
		archive_entry_set_pathname(x, "layer");
		ok = archive_write_header(l->gzip, x) == ARCHIVE_OK;
	}
	archive_entry_free(x);
	return ok ? 0 : err_set(e, 0, "gzip: %s", l->gzip ? archive_error_string(l->gzip) : "no memory");
}

static int
write_layer(struct layer *l, struct tree_entry *top, struct out_oci_layer *out, struct err *e)
{
	struct tar_out to = { .take = to_gzip, .arg = l };

	sha256_init(&l->hash);
	if (open_gzip(l, e) || tar_tree(&to, top, e) || tar_end(&to, e))
		return -1;
	if (archive_write_close(l->gzip) != ARCHIVE_OK)
		return l->failed ? -1 : err_set(e, 0, "gzip: %s", archive_error_string(l->gzip));
	sha256_final(&l->hash, out->diff_id);
	out->raw = to.size;
	return 0;
}

static int
make(struct tree_entry *top, struct cache *c, struct out_oci_layer *out, struct err *e)
{
	struct layer l = { .blob = blob_begin(c, e), .e = e };

	if (!l.blob)
		return -1;
	l.gzip = archive_write_new();
	int r = write_layer(&l, top, out, e);
	l.failed = true; /* what libarchive still wants to write when it is freed goes nowhere */
	archive_write_free(l.gzip);
	if (r == 0)
		return blob_end(l.blob, &out->blob, e);
	blob_abort(l.blob);
	return -1;
}

int
out_oci_layer(struct tree_entry *top, struct cache *c, struct out_oci_layer *out, struct err *e)
{
	char hex[DIGEST_HEX], diff[DIGEST_HEX];

	if (make_key(top, hex, e))
		return -1;
	char *key = xprintf("oci-%s", hex);
	int r = 0;
	if (!find(c, key, out)) {
		r = make(top, c, out, e);
		if (r == 0) {
			digest_hex(out->blob.sha256, hex);
			digest_hex(out->diff_id, diff);
			char *text = xprintf("%s %" PRIu64 " %s %" PRIu64 "\n", hex, out->blob.size, diff, out->raw);
			r = cache_put_text(c, key, text, e);
			free(text);
		}
	}
	free(key);
	return r;
}
