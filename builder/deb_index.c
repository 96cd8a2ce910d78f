/* SPDX-License-Identifier: MIT
 *
 * The text form of a package's index, and when it may be used: its key is the package's digest, and every blob that it
 * names must still be there with its size. Otherwise the package is unpacked again. It never looks into an archive.
 */
#include "deb_index.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "mem.h"
#include "progress.h"

#define LONG_UNPACK (8u << 20) /* a package that is worth a progress line */

#define HEAD "ingot-deb 1\n" /* another number where the meaning of the lines, or what is checked, changes */

static void
put_escaped(FILE *f, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c <= 0x20 || c >= 0x7f || c == '%')
			fprintf(f, "%%%02x", c);
		else
			fputc(c, f);
	}
}

static void
put_entry(FILE *f, const struct deb_entry *x)
{
	static const char letters[] = { [DEB_DIR] = 'd', [DEB_FILE] = 'f', [DEB_SYMLINK] = 'l', [DEB_HARDLINK] = 'h' };
	char hex[DIGEST_HEX];

	fprintf(f, "%c %o %u %u %" PRId64 " ", letters[x->type], x->meta.mode, x->meta.uid, x->meta.gid, x->meta.mtime);
	put_escaped(f, x->path);
	switch (x->type) {
	case DEB_DIR:
		break;
	case DEB_FILE:
		digest_hex(x->content.sha256, hex);
		fprintf(f, " %" PRIu64 " %s", x->content.size, hex);
		break;
	case DEB_SYMLINK:
		fputc(' ', f);
		put_escaped(f, x->target);
		break;
	case DEB_HARDLINK:
		fprintf(f, " %zu", x->file);
		break;
	}
	fputc('\n', f);
}

static int
save(struct cache *c, const char *key, const struct deb_index *ix, struct err *e)
{
	char *text = NULL;
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return err_set(e, 0, "no memory for a package's index");
	fprintf(f, HEAD "scripts %s\n", ix->scripts ? ix->scripts : "-");
	for (size_t i = 0; i < ix->count; i++)
		put_entry(f, &ix->entries[i]);
	int r = fclose(f) ? err_set(e, 0, "no memory for a package's index") : cache_put_text(c, key, text, e);
	free(text);
	return r;
}

/* A line being taken apart; ok turns false at the first thing that is not as expected. */
struct line {
	char *at;
	bool ok;
};

/* The next word, cut off in place. */
static char *
word(struct line *l)
{
	char *s = l->at;
	size_t n = strcspn(s, " ");

	if (n == 0)
		l->ok = false;
	l->at += n;
	if (*l->at)
		*l->at++ = '\0';
	return s;
}

static uint64_t
number(struct line *l, int base, uint64_t max)
{
	char *s = word(l), *end;

	if (*s < '0' || *s > '9')
		l->ok = false;
	unsigned long long v = strtoull(s, &end, base);
	if (*end || v > max)
		l->ok = false;
	return v;
}

static int64_t
signed_number(struct line *l)
{
	char *s = word(l), *end;
	long long v = strtoll(s, &end, 10);

	if (end == s || *end)
		l->ok = false;
	return v;
}

static char *
unescaped(struct line *l, struct arena *a)
{
	const char *s = word(l);
	char *copy = arena_alloc(a, strlen(s) + 1), *to = copy;

	while (*s) {
		unsigned c;
		if (*s != '%') {
			*to++ = *s++;
		} else if (sscanf(s, "%%%2x", &c) == 1 && c && s[1] && s[2]) {
			*to++ = (char)c;
			s += 3;
		} else {
			l->ok = false;
			break;
		}
	}
	return copy;
}

/* False where the line is not one of ours, or the blob it names is not there. */
static bool
parse_entry(struct cache *c, char *text, struct deb_index *ix, struct deb_entry *x)
{
	struct line l = { text, true };
	const char *kind = word(&l);
	uint8_t digest[DIGEST_SIZE];

	x->meta.mode = (uint32_t)number(&l, 8, 07777);
	x->meta.uid = (uint32_t)number(&l, 10, UINT32_MAX);
	x->meta.gid = (uint32_t)number(&l, 10, UINT32_MAX);
	x->meta.mtime = signed_number(&l);
	x->path = unescaped(&l, ix->arena);
	if (!l.ok || kind[0] == '\0' || kind[1])
		return false;
	switch (kind[0]) {
	case 'd':
		x->type = DEB_DIR;
		break;
	case 'f': {
		uint64_t size = number(&l, 10, UINT64_MAX);
		x->type = DEB_FILE;
		if (!digest_parse(word(&l), digest) || !cache_lookup(c, digest, &x->content) || x->content.size != size)
			return false;
		break;
	}
	case 'l':
		x->type = DEB_SYMLINK;
		x->target = unescaped(&l, ix->arena);
		break;
	case 'h':
		x->type = DEB_HARDLINK;
		x->file = number(&l, 10, SIZE_MAX);
		if (x->file >= ix->count || ix->entries[x->file].type != DEB_FILE)
			return false;
		break;
	default:
		return false;
	}
	return l.ok && *l.at == '\0';
}

static bool
parse(struct cache *c, char *text, struct deb_index *ix)
{
	static const char scripts[] = "scripts ";
	size_t room = 0;
	char *save_at;

	if (strncmp(text, HEAD, strlen(HEAD)) != 0)
		return false;
	char *line = strtok_r(text + strlen(HEAD), "\n", &save_at);
	if (!line || strncmp(line, scripts, strlen(scripts)) != 0)
		return false;
	line += strlen(scripts);
	ix->scripts = strcmp(line, "-") == 0 ? NULL : arena_strdup(ix->arena, line);
	while ((line = strtok_r(NULL, "\n", &save_at)) != NULL) {
		struct deb_entry x = { 0 };
		if (!parse_entry(c, line, ix, &x))
			return false;
		ix->entries = grow(ix->entries, ix->count, &room, sizeof *ix->entries);
		ix->entries[ix->count++] = x;
	}
	return true;
}

static bool
load(struct cache *c, const char *key, struct deb_index *ix)
{
	char *text = cache_get_text(c, key);
	bool ok = text && parse(c, text, ix);

	free(text);
	return ok;
}

void
deb_index_release(struct deb_index *ix)
{
	arena_free(ix->arena);
	free(ix->entries);
	*ix = (struct deb_index){ 0 };
}

/* The first time takes seconds for a kernel: deb_unpack moves the bar. */
static int
unpack(struct cache *c, const struct deb_pin *pin, const struct content *deb, struct deb_index *ix, struct err *e)
{
	char what[72];

	if (deb->size < LONG_UNPACK)
		return deb_unpack(c, deb, ix, e);
	snprintf(what, sizeof what, "unpacking %s", pin->name);
	progress_begin(what, deb->size, PROGRESS_BYTES);
	int r = deb_unpack(c, deb, ix, e);
	if (r)
		progress_cancel();
	else
		progress_end();
	return r;
}

int
deb_index_open(struct cache *c, const struct deb_pin *pin, struct deb_index *out, struct err *e)
{
	struct deb_index ix = { .arena = arena_new() };
	struct content deb;
	char hex[DIGEST_HEX];

	digest_hex(pin->sha256, hex);
	char *key = xprintf("deb-%s", hex);
	if (!load(c, key, &ix)) {
		int r;
		deb_index_release(&ix);
		ix.arena = arena_new();
		if (!cache_lookup(c, pin->sha256, &deb))
			r = err_set(e, 0, "it is not in the cache (sha256 %s); fetch it first", hex);
		else
			r = unpack(c, pin, &deb, &ix, e);
		if (r == 0)
			r = save(c, key, &ix, e);
		if (r) {
			deb_index_release(&ix);
			free(key);
			return err_wrap(e, "package %s %s", pin->name, pin->version);
		}
	}
	free(key);
	*out = ix;
	return 0;
}
