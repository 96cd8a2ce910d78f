/* SPDX-License-Identifier: MIT
 *
 * Unpacks a module in memory, within bounds, reads its .modinfo and stores the bytes as a blob. It knows nothing of
 * other modules, nor of packages.
 */
#include "kmod.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "modinfo.h"

#define MODULE_MAX (128u << 20)
#define HEAD       "ingot-kmod 1"

struct bytes {
	char *at;
	size_t size;
};

static int
read_all(struct archive *a, struct bytes *out, struct err *e)
{
	size_t room = 0;

	for (;;) {
		if (room - out->size < 65536) {
			room = room ? room * 2 : 262144;
			out->at = xrealloc(out->at, room);
		}
		la_ssize_t n = archive_read_data(a, out->at + out->size, room - out->size);
		if (n < 0)
			return err_set(e, 0, "it cannot be unpacked: %s", archive_error_string(a));
		if (n == 0)
			return 0;
		out->size += (size_t)n;
		if (out->size > MODULE_MAX)
			return err_set(e, 0, "it unpacks to more than %u MiB: no module is so large", MODULE_MAX >> 20);
	}
}

/* out->at is malloc'ed, also after an error. */
static int
unpack(const struct content *packed, struct bytes *out, struct err *e)
{
	struct archive_entry *x;
	int r;

	*out = (struct bytes){ NULL, 0 };
	if (packed->size > MODULE_MAX)
		return err_set(e, 0, "it is larger than %u MiB: no module is", MODULE_MAX >> 20);
	char *in = content_load(packed, e); /* whole, so that the digest is compared before anything is believed */
	if (!in)
		return -1;
	struct archive *a = archive_read_new();
	archive_read_support_format_raw(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	if (archive_read_open_memory(a, in, (size_t)packed->size) != ARCHIVE_OK ||
	    archive_read_next_header(a, &x) != ARCHIVE_OK)
		r = err_set(e, 0, "it cannot be unpacked: %s", archive_error_string(a));
	else
		r = read_all(a, out, e);
	archive_read_free(a);
	free(in);
	return r;
}

/* A list with one space between the words, each '-' an '_' as modprobe takes them. */
static void
add_words(FILE *f, const char *words, size_t size, const char *separators)
{
	for (size_t i = 0; i < size;) {
		size_t n = strcspn(words + i, separators);
		if (n > size - i)
			n = size - i;
		for (size_t k = 0; k < n; k++)
			fputc(words[i + k] == '-' ? '_' : words[i + k], f);
		if (n)
			fputc(' ', f);
		i += n + 1;
	}
}

/* softdep=pre: a b post: c */
static void
add_pre(FILE *f, const char *text)
{
	const char *pre = strstr(text, "pre:");

	if (!pre)
		return;
	pre += strlen("pre:");
	const char *post = strstr(pre, "post:");
	add_words(f, pre, post ? (size_t)(post - pre) : strlen(pre), " \t");
}

/* What `add` writes for each value of a key, as the arena's string without a space at its end. */
static char *
collect(const struct modinfo *m, const char *key, void (*add)(FILE *f, const char *value), struct arena *a)
{
	char *text = NULL;
	size_t size = 0;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return arena_strdup(a, "");
	for (const char *v = modinfo_next(m, key, NULL); v; v = modinfo_next(m, key, v))
		add(f, v);
	fclose(f);
	while (size && text[size - 1] == ' ')
		size--;
	char *copy = arena_strndup(a, text, size);
	free(text);
	return copy;
}

static void
add_depends(FILE *f, const char *value)
{
	add_words(f, value, strlen(value), ",");
}

/* A device's alias has a colon ("pci:v0000..."): those are for udev and the like, not for other modules. */
static void
add_alias(FILE *f, const char *value)
{
	if (!strpbrk(value, ": \t"))
		add_words(f, value, strlen(value), " ");
}

/* Words hold no control characters: they go into a text of lines. */
static bool
is_printable(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20)
			return false;
	return true;
}

static int
inspect(const struct bytes *b, struct arena *a, struct kmod *out, struct err *e)
{
	struct modinfo m;

	if (modinfo_open(&m, b->at, b->size, e))
		return -1;
	out->depends = collect(&m, "depends", add_depends, a);
	out->softdeps = collect(&m, "softdep", add_pre, a);
	if (!is_printable(out->depends) || !is_printable(out->softdeps))
		return err_set(e, 0, "its dependencies hold control characters");
	return 0;
}

static int
store(struct cache *c, const struct content *packed, const struct bytes *b, struct content *out, struct err *e)
{
	content_of_mem(out, b->at, b->size);
	if (memcmp(out->sha256, packed->sha256, DIGEST_SIZE) == 0) {
		*out = *packed; /* it was not compressed */
		return 0;
	}
	struct blob_writer *w = blob_begin(c, e);
	if (!w)
		return -1;
	if (blob_write(w, b->at, b->size, e)) {
		blob_abort(w);
		return -1;
	}
	return blob_end(w, out, e);
}

/* Four lines: the head, the digest, the dependencies, the soft ones. */
static bool
load(struct cache *c, const char *key, struct arena *a, struct kmod *out)
{
	uint8_t digest[DIGEST_SIZE];
	char *text = cache_get_text(c, key), *line[4], *at = text;
	bool ok = text != NULL;

	for (int i = 0; i < 4 && ok; i++) {
		line[i] = strsep(&at, "\n");
		ok = at != NULL; /* each ends with a newline */
	}
	ok = ok && strcmp(line[0], HEAD) == 0 && digest_parse(line[1], digest) && cache_lookup(c, digest, &out->content);
	if (ok) {
		out->depends = arena_strdup(a, line[2]);
		out->softdeps = arena_strdup(a, line[3]);
	}
	free(text);
	return ok;
}

static int
save(struct cache *c, const char *key, const struct kmod *k, struct err *e)
{
	char hex[DIGEST_HEX];

	digest_hex(k->content.sha256, hex);
	char *text = xprintf(HEAD "\n%s\n%s\n%s\n", hex, k->depends, k->softdeps);
	int r = cache_put_text(c, key, text, e);
	free(text);
	return r;
}

int
kmod_read(struct cache *c, const struct content *packed, struct arena *a, struct kmod *out, struct err *e)
{
	char hex[DIGEST_HEX], *key;
	struct bytes b;
	int r = 0;

	digest_hex(packed->sha256, hex);
	key = xprintf("kmod-%s", hex);
	if (!load(c, key, a, out)) {
		r = unpack(packed, &b, e);
		if (r == 0)
			r = inspect(&b, a, out, e);
		if (r == 0)
			r = store(c, packed, &b, &out->content, e);
		if (r == 0)
			r = save(c, key, out, e);
		free(b.at);
	}
	free(key);
	return r;
}

int
kmod_aliases(const struct content *packed, struct arena *a, char **out, struct err *e)
{
	struct modinfo m;
	struct bytes b;
	int r = unpack(packed, &b, e);

	if (r == 0)
		r = modinfo_open(&m, b.at, b.size, e);
	if (r == 0)
		*out = collect(&m, "alias", add_alias, a);
	free(b.at);
	return r;
}

char *
kmod_name(const char *path, struct arena *a)
{
	static const char *const ends[] = { ".ko", ".ko.xz", ".ko.zst", ".ko.gz" };
	const char *slash = strrchr(path, '/'), *base = slash ? slash + 1 : path;
	size_t len = strlen(base);

	for (size_t i = 0; i < sizeof ends / sizeof *ends; i++) {
		size_t n = strlen(ends[i]);
		if (len <= n || strcmp(base + len - n, ends[i]) != 0)
			continue;
		char *name = arena_strndup(a, base, len - n);
		for (char *p = name; *p; p++)
			if (*p == '-')
				*p = '_';
		return name;
	}
	return NULL;
}
