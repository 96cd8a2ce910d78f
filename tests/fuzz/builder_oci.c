/* SPDX-License-Identifier: MIT
 *
 * Any texts as the JSON of an image. The input is up to four texts, parted by lines of "---": index.json, the manifest,
 * the configuration, docker's manifest.json. In them @1 and @2 stand for the digests of the second and the third, #1
 * and #2 for their sizes, @L, #L and @D for a layer's digest, size and diff_id: so that what is changed stays right.
 */
#include "fuzz_folder.h"

#include "content.h"
#include "mem.h"
#include "oci.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

#define TEXT_MAX_ (1u << 16)

static uint8_t layer[3 * 512 + 1024]; /* a tar with one file */

struct text {
	char bytes[TEXT_MAX_];
	size_t size;
	char hex[DIGEST_HEX];
};

static struct text texts[4];
static char layer_hex[DIGEST_HEX];

static void
tar_header(uint8_t *at, const char *name, size_t size)
{
	unsigned sum = 0;

	memset(at, 0, 512);
	strcpy((char *)at, name);
	snprintf((char *)at + 100, 24, "%07o%c%07o%c%07o", 0644u, 0, 0u, 0, 0u);
	snprintf((char *)at + 124, 24, "%011zo%c%011o", size, 0, 0u);
	memset(at + 148, ' ', 8);
	at[156] = '0';
	memcpy(at + 257, "ustar\00000", 8);
	for (int i = 0; i < 512; i++)
		sum += at[i];
	snprintf((char *)at + 148, 8, "%06o", sum);
}

/* Copies, with what @ and # stand for. */
static void
fill(struct text *t, const char *from, size_t size)
{
	char number[24];
	struct content c;

	t->size = 0;
	for (size_t i = 0; i < size && t->size + 80 < TEXT_MAX_; i++) {
		bool mark = (from[i] == '@' || from[i] == '#') && i + 1 < size && strchr("12LD", from[i + 1]) && from[i + 1];
		if (!mark) {
			t->bytes[t->size++] = from[i];
			continue;
		}
		bool own = from[i + 1] == '1' || from[i + 1] == '2';
		const struct text *of = own ? &texts[from[i + 1] - '0'] : NULL;
		snprintf(number, sizeof number, "%zu", own ? of->size : sizeof layer);
		const char *with = from[i] == '#' ? number : own ? of->hex : layer_hex;
		memcpy(t->bytes + t->size, with, strlen(with));
		t->size += strlen(with);
		i++;
	}
	content_of_mem(&c, t->bytes, t->size);
	digest_hex(c.sha256, t->hex);
}

/* The last text first, as the earlier ones name it. */
static void
take_texts(const char *data, size_t size)
{
	const char *at[4], *end = data + size;
	size_t n = 0, sizes[4] = { 0 };

	for (const char *p = data; n < 4; n++) {
		const char *next = memmem(p, (size_t)(end - p), "\n---\n", 5);
		at[n] = p;
		sizes[n] = (size_t)((next && n < 3 ? next : end) - p);
		p = next && n < 3 ? next + 5 : end;
	}
	for (n = 4; n-- > 0;)
		fill(&texts[n], at[n], sizes[n]);
}

static void
write_layout(void)
{
	static const char version[] = "{\"imageLayoutVersion\": \"1.0.0\"}";
	char name[160];

	snprintf(name, sizeof name, "%s/image", folder);
	mkdir(name, 0777);
	snprintf(name, sizeof name, "%s/image/blobs", folder);
	mkdir(name, 0777);
	snprintf(name, sizeof name, "%s/image/blobs/sha256", folder);
	mkdir(name, 0777);
	folder_write("image/oci-layout", version, sizeof version - 1);
	folder_write("image/index.json", texts[0].bytes, texts[0].size);
	for (int i = 1; i < 3; i++) {
		snprintf(name, sizeof name, "image/blobs/sha256/%s", texts[i].hex);
		folder_write(name, texts[i].bytes, texts[i].size);
	}
	snprintf(name, sizeof name, "image/blobs/sha256/%s", layer_hex);
	folder_write(name, layer, sizeof layer);
}

static void
write_docker(void)
{
	static uint8_t tar[4 * TEXT_MAX_ + sizeof layer + 8192];
	const struct {
		const char *name;
		const void *bytes;
		size_t size;
	} members[] = { { "manifest.json", texts[3].bytes, texts[3].size },
			{ "config.json", texts[2].bytes, texts[2].size }, { "layer.tar", layer, sizeof layer } };
	size_t at = 0;

	for (int i = 0; i < 3; i++) {
		tar_header(tar + at, members[i].name, members[i].size);
		at += 512;
		memset(tar + at, 0, (members[i].size + 511) / 512 * 512);
		memcpy(tar + at, members[i].bytes, members[i].size);
		at += (members[i].size + 511) / 512 * 512;
	}
	memset(tar + at, 0, 1024);
	folder_write("docker.tar", tar, at + 1024);
}

static void
try(struct cache *cache, const char *name)
{
	static const struct origin origin = { "fuzz" };
	char path[96];
	struct oci_ask ask = { path, NULL, "linux/amd64", NULL };
	struct arena *a = arena_new();
	struct oci_image image;
	struct err e = { .msg = "" };
	uint64_t left_out;

	snprintf(path, sizeof path, "%s/%s", folder, name);
	if (oci_load(a, &ask, &image, &e)) {
		if (!e.msg[0])
			abort();
		arena_free(a);
		return;
	}
	struct tree *t = tree_new();
	struct put p = { .tree = t, .root = "", .how = { .origin = &origin }, .arena = a };
	if (oci_put(cache, &image, &p, &left_out, &e) == 0 && !tree_find(t, "/file"))
		abort(); /* each layer there is holds it */
	tree_free(t);
	arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct cache *cache = folder_cache();
	struct content c;

	if (!layer_hex[0]) {
		tar_header(layer, "file", 4);
		memcpy(layer + 512, "text", 4);
		content_of_mem(&c, layer, sizeof layer);
		digest_hex(c.sha256, layer_hex);
	}
	take_texts((const char *)data, size < TEXT_MAX_ ? size : TEXT_MAX_);
	write_layout();
	write_docker();
	try(cache, "image");
	try(cache, "docker.tar");
	cache_close(cache);
	return 0;
}
