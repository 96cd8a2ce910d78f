/* SPDX-License-Identifier: MIT
 *
 * The file is a header and a record for each path: bytes shared with the path before, bytes that follow, type, mode,
 * the owner where it is not root, and then the digest, or the target with its length.
 */
#include "digests.h"

#include <errno.h>
#include <stdbool.h>
#include <stdlib.h>
#include <string.h>

#include "crc32.h"

#define MAGIC   "INGOTDIG"
#define VERSION 1u
#define OWNED   0x80u /* in the type: uid and gid follow */
#define RECORD_MAX (2 + 2 + 1 + 2 + 8 + 2 + 2 * DIGESTS_TEXT_MAX + SHA256_SIZE)

struct header {
	char magic[8];
	uint32_t version, count;
	uint32_t crc; /* of what follows the header */
	uint32_t pad;
};

/* ---- writing ---- */

struct writer {
	uint8_t *bytes;
	size_t size, room;
};

static void
put(struct writer *w, const void *data, size_t size)
{
	if (size)
		memcpy(w->bytes + w->size, data, size);
	w->size += size;
}

static void
put_number(struct writer *w, uint32_t value, unsigned size)
{
	for (unsigned i = 0; i < size; i++, value >>= 8)
		w->bytes[w->size++] = (uint8_t)value;
}

static size_t
shared(const char *a, const char *b)
{
	size_t n = 0;

	while (a[n] && a[n] == b[n])
		n++;
	return n;
}

static int
put_entry(struct writer *w, const struct digests_entry *x, const char *before, struct err *e)
{
	size_t same = shared(before, x->path), rest = strlen(x->path) - same;
	size_t target = x->type == DIGESTS_SYMLINK ? strlen(x->target) : 0;
	bool owned = x->uid || x->gid;

	if (same + rest > DIGESTS_TEXT_MAX || target > DIGESTS_TEXT_MAX)
		return err_set(e, ENAMETOOLONG, "%.64s...", x->path);
	if (w->room - w->size < RECORD_MAX) {
		uint8_t *more = realloc(w->bytes, w->room * 2 + RECORD_MAX);
		if (!more)
			return err_set(e, ENOMEM, "a list of digests");
		w->bytes = more;
		w->room = w->room * 2 + RECORD_MAX;
	}
	put_number(w, (uint32_t)same, 2);
	put_number(w, (uint32_t)rest, 2);
	put(w, x->path + same, rest);
	put_number(w, x->type | (owned ? OWNED : 0), 1);
	put_number(w, x->mode, 2);
	if (owned) {
		put_number(w, x->uid, 4);
		put_number(w, x->gid, 4);
	}
	if (x->type == DIGESTS_FILE)
		put(w, x->sha256, SHA256_SIZE);
	if (x->type == DIGESTS_SYMLINK) {
		put_number(w, (uint32_t)target, 2);
		put(w, x->target, target);
	}
	return 0;
}

static int
by_path(const void *a, const void *b)
{
	const struct digests_entry *x = a, *y = b;

	return strcmp(x->path, y->path);
}

int
digests_encode(struct digests_entry *v, size_t n, void **out, size_t *size, struct err *e)
{
	struct header h = { .magic = MAGIC, .version = VERSION, .count = (uint32_t)n };
	struct writer w = { malloc(sizeof h + RECORD_MAX), sizeof h, sizeof h + RECORD_MAX };
	const char *before = "";

	if (!w.bytes || n > DIGESTS_MAX) {
		free(w.bytes);
		return n > DIGESTS_MAX ? err_set(e, 0, "more than %u paths for a list of digests", DIGESTS_MAX) :
					 err_set(e, ENOMEM, "a list of digests");
	}
	if (n)
		qsort(v, n, sizeof *v, by_path);
	for (size_t i = 0; i < n; before = v[i++].path)
		if (put_entry(&w, &v[i], before, e)) {
			free(w.bytes);
			return -1;
		}
	h.crc = crc32_of(w.bytes + sizeof h, w.size - sizeof h);
	memcpy(w.bytes, &h, sizeof h);
	*out = w.bytes;
	*size = w.size;
	return 0;
}

/* ---- reading ---- */

struct reader {
	const uint8_t *at, *end;
	char *text; /* where the next text goes */
	char *stop;
	bool bad;
};

static const uint8_t *
take(struct reader *r, size_t size)
{
	const uint8_t *p = r->at;

	if (r->bad || (size_t)(r->end - r->at) < size) {
		r->bad = true;
		return NULL;
	}
	r->at += size;
	return p;
}

static uint32_t
number(struct reader *r, unsigned size)
{
	const uint8_t *p = take(r, size);
	uint32_t value = 0;

	for (unsigned i = size; p && i--;)
		value = value << 8 | p[i];
	return value;
}

/* `same` bytes of the text before, and n more. */
static const char *
text(struct reader *r, const char *before, size_t same, size_t n)
{
	const uint8_t *p = take(r, n);
	char *out = r->text;

	if (!p || same > strlen(before) || same + n > DIGESTS_TEXT_MAX || memchr(p, '\0', n) ||
	    (size_t)(r->stop - out) < same + n + 1) {
		r->bad = true;
		return "";
	}
	memcpy(out, before, same);
	memcpy(out + same, p, n);
	out[same + n] = '\0';
	r->text += same + n + 1;
	return out;
}

static void
read_entry(struct reader *r, struct digests_entry *x, const char *before)
{
	size_t same = number(r, 2), rest = number(r, 2);

	x->path = text(r, before, same, rest);
	uint32_t type = number(r, 1);
	x->type = type & ~OWNED;
	x->mode = number(r, 2);
	if (type & OWNED) {
		x->uid = number(r, 4);
		x->gid = number(r, 4);
	}
	const uint8_t *p = x->type == DIGESTS_FILE ? take(r, SHA256_SIZE) : NULL;
	if (p)
		memcpy(x->sha256, p, SHA256_SIZE);
	if (x->type == DIGESTS_SYMLINK)
		x->target = text(r, "", 0, number(r, 2));
	r->bad = r->bad || x->type >= DIGESTS_TYPES || x->mode > 07777 || (*x->path && *x->path != '/');
}

/* What the texts need at most: a walk over the lengths alone. */
static size_t
room_for(const uint8_t *data, const uint8_t *end, uint32_t count)
{
	struct reader r = { .at = data, .end = end };
	size_t room = 0;

	for (uint32_t i = 0; i < count && !r.bad; i++) {
		size_t same = number(&r, 2), rest = number(&r, 2);
		take(&r, rest);
		uint32_t type = number(&r, 1), target = 0;
		take(&r, type & OWNED ? 10 : 2);
		if ((type & ~OWNED) == DIGESTS_FILE)
			take(&r, SHA256_SIZE);
		if ((type & ~OWNED) == DIGESTS_SYMLINK)
			take(&r, target = number(&r, 2));
		room += same + rest + target + 2;
	}
	return r.bad ? 0 : room;
}

static int
damaged(struct digests *d, struct err *e)
{
	digests_release(d);
	return err_set(e, 0, "a damaged list of digests");
}

int
digests_decode(struct digests *d, const void *data, size_t size, struct err *e)
{
	const uint8_t *bytes = data;
	struct header h;

	*d = (struct digests){ .n = 0 };
	if (size < sizeof h || size > DIGESTS_SIZE_MAX)
		return err_set(e, 0, "not a list of digests");
	memcpy(&h, data, sizeof h);
	if (memcmp(h.magic, MAGIC, sizeof h.magic) != 0 || h.version != VERSION)
		return err_set(e, 0, "not a list of digests of version %u", VERSION);
	if (h.count > DIGESTS_MAX || h.crc != crc32_of(bytes + sizeof h, size - sizeof h))
		return damaged(d, e);
	size_t room = room_for(bytes + sizeof h, bytes + size, h.count);
	if (h.count && !room)
		return damaged(d, e);
	d->v = calloc(h.count ? h.count : 1, sizeof *d->v);
	d->texts = malloc(room ? room : 1);
	if (!d->v || !d->texts) {
		digests_release(d);
		return err_set(e, ENOMEM, "a list of digests");
	}
	struct reader r = { bytes + sizeof h, bytes + size, d->texts, d->texts + room, false };
	const char *before = "";
	for (uint32_t i = 0; i < h.count && !r.bad; before = d->v[i++].path) {
		read_entry(&r, &d->v[i], before);
		r.bad = r.bad || (i && strcmp(before, d->v[i].path) >= 0);
	}
	d->n = h.count;
	return r.bad || r.at != r.end ? damaged(d, e) : 0;
}

void
digests_release(struct digests *d)
{
	free(d->v);
	free(d->texts);
	*d = (struct digests){ .n = 0 };
}
