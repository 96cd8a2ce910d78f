/* SPDX-License-Identifier: MIT
 *
 * The text form of an index, and when it may be used: its key is the archive's digest, and every blob that it names
 * must still be there with its size. Otherwise the archive is unpacked again. It never looks into an archive.
 */
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "mem.h"
#include "progress.h"
#include "unpack.h"

#define LONG_UNPACK (8u << 20) /* an archive that is worth a progress line */

#define HEAD "ingot-unpacked 1\n" /* another number where the meaning of the lines, or what is checked, changes */

static const char letters[] = { [UNPACKED_DIR] = 'd', [UNPACKED_FILE] = 'f', [UNPACKED_SYMLINK] = 'l',
				[UNPACKED_HARDLINK] = 'h' };

static void
put_escaped(FILE *f, const char *s)
{
	for (; *s; s++) {
		unsigned char c = (unsigned char)*s;
		if (c <= 0x20 || c >= 0x7f || c == '%' || c == '=')
			fprintf(f, "%%%02x", c);
		else
			fputc(c, f);
	}
}

static void
put_xattrs(FILE *f, const struct unpacked_entry *x)
{
	for (size_t i = 0; i < x->n_xattrs; i++) {
		fputc(' ', f);
		put_escaped(f, x->xattrs[i].name);
		fputc('=', f);
		for (size_t k = 0; k < x->xattrs[i].size; k++)
			fprintf(f, "%02x", ((const uint8_t *)x->xattrs[i].value)[k]);
	}
}

static void
put_line(FILE *f, const struct unpacked_entry *x)
{
	char hex[DIGEST_HEX];

	fprintf(f, "%c %o %u %u %" PRId64 " ", letters[x->type], x->meta.mode, x->meta.uid, x->meta.gid, x->meta.mtime);
	put_escaped(f, x->path);
	if (x->type == UNPACKED_FILE) {
		digest_hex(x->content.sha256, hex);
		fprintf(f, " %" PRIu64 " %s", x->content.size, hex);
	} else if (x->target) {
		fputc(' ', f);
		put_escaped(f, x->target);
	} else if (x->type == UNPACKED_HARDLINK) {
		fprintf(f, " %zu", x->file);
	}
	put_xattrs(f, x);
	fputc('\n', f);
}

static int
save(struct cache *c, const char *key, const struct unpacked *ix, struct err *e)
{
	char *text = NULL, plain[DIGEST_HEX];
	size_t size;
	FILE *f = open_memstream(&text, &size);

	if (!f)
		return err_set(e, 0, "no memory for an archive's index");
	digest_hex(ix->plain, plain);
	fprintf(f, HEAD "plain %s left-out %" PRIu64 " note %s\n", plain, ix->left_out, ix->note ? ix->note : "-");
	for (size_t i = 0; i < ix->count; i++)
		put_line(f, &ix->entries[i]);
	int r = fclose(f) ? err_set(e, 0, "no memory for an archive's index") : cache_put_text(c, key, text, e);
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

static int
digit(char c)
{
	return c >= '0' && c <= '9' ? c - '0' : c >= 'a' && c <= 'f' ? c - 'a' + 10 : -1;
}

/* Two hexadecimal digits; -1 where they are none, and never past the text's end. */
static int
byte(const char *s)
{
	int high = digit(s[0]), low = high < 0 ? -1 : digit(s[1]);

	return low < 0 ? -1 : high << 4 | low;
}

static char *
unescaped(struct line *l, const char *s, struct arena *a)
{
	char *copy = arena_alloc(a, strlen(s) + 1), *to = copy;

	while (*s) {
		if (*s != '%') {
			*to++ = *s++;
			continue;
		}
		int c = byte(s + 1);
		if (c <= 0) {
			l->ok = false;
			break;
		}
		*to++ = (char)c;
		s += 3;
	}
	return copy;
}

static void
take_xattr(struct line *l, struct arena *a, char *text, struct tree_xattr *to)
{
	char *value = strchr(text, '=');

	if (!value) {
		l->ok = false;
		return;
	}
	*value++ = '\0';
	size_t n = strlen(value) / 2;
	uint8_t *bytes = arena_alloc(a, n + 1);
	for (size_t i = 0; i < n; i++) {
		int v = byte(value + 2 * i);
		l->ok = l->ok && v >= 0;
		bytes[i] = (uint8_t)v;
	}
	*to = (struct tree_xattr){ unescaped(l, text, a), bytes, n };
}

static void
take_xattrs(struct line *l, struct arena *a, struct unpacked_entry *x)
{
	size_t n = 0;

	for (const char *s = l->at; *s; s++)
		n += *s == '=';
	if (!n) {
		l->ok = l->ok && *l->at == '\0';
		return;
	}
	x->xattrs = arena_alloc(a, n * sizeof *x->xattrs);
	while (l->ok && *l->at && x->n_xattrs < n)
		take_xattr(l, a, word(l), &x->xattrs[x->n_xattrs++]);
	l->ok = l->ok && *l->at == '\0';
}

/* False where the blob that the line names is not there. */
static bool
take_file(struct line *l, struct cache *c, struct unpacked_entry *x)
{
	uint8_t digest[DIGEST_SIZE];
	uint64_t size = number(l, 10, UINT64_MAX);

	return digest_parse(word(l), digest) && cache_lookup(c, digest, &x->content) && x->content.size == size;
}

/* False where the line is not one of ours, or the blob it names is not there. */
static bool
parse_line(struct cache *c, char *text, bool layer, struct unpacked *ix, struct unpacked_entry *x)
{
	struct line l = { text, true };
	const char *kind = word(&l), *known = kind[0] ? memchr(letters, kind[0], sizeof letters) : NULL;

	x->meta.mode = (uint32_t)number(&l, 8, 07777);
	x->meta.uid = (uint32_t)number(&l, 10, UINT32_MAX - 1);
	x->meta.gid = (uint32_t)number(&l, 10, UINT32_MAX - 1);
	x->meta.mtime = signed_number(&l);
	x->path = unescaped(&l, word(&l), ix->arena);
	if (!l.ok || !known || kind[1])
		return false;
	x->type = (enum unpacked_type)(known - letters);
	if (x->type == UNPACKED_FILE && !take_file(&l, c, x))
		return false;
	if (x->type == UNPACKED_SYMLINK || (x->type == UNPACKED_HARDLINK && layer)) {
		x->target = unescaped(&l, word(&l), ix->arena);
	} else if (x->type == UNPACKED_HARDLINK) {
		x->file = number(&l, 10, SIZE_MAX);
		if (x->file >= ix->count || ix->entries[x->file].type != UNPACKED_FILE)
			return false;
	}
	take_xattrs(&l, ix->arena, x);
	return l.ok;
}

/* "plain DIGEST left-out N note TEXT" */
static bool
parse_first(char *text, struct unpacked *ix)
{
	struct line l = { text, true };

	if (strcmp(word(&l), "plain") != 0 || !digest_parse(word(&l), ix->plain) || strcmp(word(&l), "left-out") != 0)
		return false;
	ix->left_out = number(&l, 10, UINT64_MAX);
	if (strcmp(word(&l), "note") != 0 || !*l.at)
		return false;
	ix->note = strcmp(l.at, "-") == 0 ? NULL : arena_strdup(ix->arena, l.at);
	return l.ok;
}

static bool
parse(struct cache *c, char *text, bool layer, struct unpacked *ix)
{
	size_t room = 0;
	char *save_at;

	if (strncmp(text, HEAD, strlen(HEAD)) != 0)
		return false;
	char *line = strtok_r(text + strlen(HEAD), "\n", &save_at);
	if (!line || !parse_first(line, ix))
		return false;
	while ((line = strtok_r(NULL, "\n", &save_at)) != NULL) {
		struct unpacked_entry x = { 0 };
		if (!parse_line(c, line, layer, ix, &x))
			return false;
		ix->entries = grow(ix->entries, ix->count, &room, sizeof *ix->entries);
		ix->entries[ix->count++] = x;
	}
	return true;
}

static bool
load(struct cache *c, const char *key, bool layer, struct unpacked *ix)
{
	char *text = cache_get_text(c, key);

	*ix = (struct unpacked){ .arena = arena_new() };
	bool ok = text && parse(c, text, layer, ix);
	free(text);
	if (!ok)
		unpacked_release(ix);
	return ok;
}

void
unpacked_release(struct unpacked *ix)
{
	arena_free(ix->arena);
	free(ix->entries);
	*ix = (struct unpacked){ 0 };
}

/* The first time takes seconds for a large one: reading moves the bar. */
static int
unpack_shown(struct cache *c, const struct content *from, const struct unpack_format *format, const char *what,
	     struct unpacked *out, struct err *e)
{
	char label[72];

	if (from->size < LONG_UNPACK)
		return unpack(c, from, format, out, e);
	snprintf(label, sizeof label, "unpacking %s", what);
	progress_begin(label, from->size, PROGRESS_BYTES);
	int r = unpack(c, from, format, out, e);
	if (r)
		progress_cancel();
	else
		progress_end();
	return r;
}

int
unpacked_open(struct cache *c, const struct content *from, const struct unpack_format *format, const char *what,
	      struct unpacked *out, struct err *e)
{
	char hex[DIGEST_HEX];
	int r = 0;

	digest_hex(from->sha256, hex);
	char *key = xprintf("%s-%s", format->key, hex);
	if (!load(c, key, format->layer, out)) {
		if (!from->path && !from->mem)
			r = err_set(e, 0, "it is not in the cache (sha256 %s); fetch it first", hex);
		else
			r = unpack_shown(c, from, format, what, out, e);
		if (r == 0 && save(c, key, out, e)) {
			unpacked_release(out);
			r = -1;
		}
	}
	free(key);
	return r;
}

const struct unpacked_entry *
unpacked_find(const struct unpacked *x, const char *path)
{
	for (size_t i = x->count; i-- > 0;)
		if (strcmp(x->entries[i].path, path) == 0)
			return &x->entries[i];
	return NULL;
}

const struct content *
unpacked_bytes(const struct unpacked *x, const struct unpacked_entry *entry)
{
	if (entry->type == UNPACKED_HARDLINK && !entry->target)
		entry = &x->entries[entry->file];
	return entry->type == UNPACKED_FILE ? &entry->content : NULL;
}
