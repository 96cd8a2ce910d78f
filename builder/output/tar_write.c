/* SPDX-License-Identifier: MIT
 *
 * The blocks of a tar stream. What a ustar field cannot hold goes into a pax record and the field holds what fits, so
 * that there is no name, number or attribute that is lost.
 */
#include "tar_write.h"

#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"

#define BLOCK 512u

/* POSIX.1-2001, pax, "ustar Interchange Format". */
struct ustar {
	char name[100], mode[8], uid[8], gid[8], size[12], mtime[12], checksum[8], type, link[100], magic[6], version[2],
		user[32], group[32], major[8], minor[8], prefix[155], unused[12];
};

_Static_assert(sizeof(struct ustar) == BLOCK, "a header is a block");

#define ID_MAX   07777777u      /* seven octal digits */
#define LONG_MAX_OCTAL 077777777777ull /* eleven */

/* The records of one extended header. */
struct records {
	char *text;
	size_t size;
	FILE *to;
};

int
tar_data(struct tar_out *o, const void *data, size_t size, struct err *e)
{
	o->size += size;
	return o->take(o->arg, data, size, e);
}

int
tar_pad(struct tar_out *o, struct err *e)
{
	static const char zeros[BLOCK];
	size_t n = (size_t)(-o->size % BLOCK);

	return n ? tar_data(o, zeros, n, e) : 0;
}

int
tar_end(struct tar_out *o, struct err *e)
{
	static const char zeros[2 * BLOCK];

	return tar_data(o, zeros, sizeof zeros, e);
}

/* "LENGTH KEY=VALUE\n", where the length counts its own digits. */
static void
add_record(struct records *r, const char *key, const void *value, size_t size)
{
	size_t rest = 1 + strlen(key) + 1 + size + 1, n = rest + 1, digits;

	for (;;) {
		digits = (size_t)snprintf(NULL, 0, "%zu", n);
		if (rest + digits == n)
			break;
		n = rest + digits;
	}
	fprintf(r->to, "%zu %s=", n, key);
	fwrite(value, 1, size, r->to);
	fputc('\n', r->to);
}

static void
add_number(struct records *r, const char *key, int64_t v)
{
	char text[24];
	int n = snprintf(text, sizeof text, "%" PRId64, v);

	add_record(r, key, text, (size_t)n);
}

static int
add_xattrs(struct records *r, const struct tar_member *m, struct err *e)
{
	for (size_t i = 0; i < m->n_xattrs; i++) {
		const struct tree_xattr *x = &m->xattrs[i];
		if (strchr(x->name, '='))
			return err_set(e, 0, "%.300s: no tar can hold an extended attribute with = in its name: %.100s", m->name,
				       x->name);
		char *key = xprintf("SCHILY.xattr.%s", x->name);
		add_record(r, key, x->value, x->size);
		free(key);
	}
	return 0;
}

static bool
fits(int64_t v)
{
	return v >= 0 && v <= (int64_t)LONG_MAX_OCTAL;
}

static int
add_records(struct records *r, const struct tar_member *m, struct err *e)
{
	if (strlen(m->name) > sizeof((struct ustar *)0)->name)
		add_record(r, "path", m->name, strlen(m->name));
	if (m->link && strlen(m->link) > sizeof((struct ustar *)0)->link)
		add_record(r, "linkpath", m->link, strlen(m->link));
	if (m->meta.uid > ID_MAX)
		add_number(r, "uid", m->meta.uid);
	if (m->meta.gid > ID_MAX)
		add_number(r, "gid", m->meta.gid);
	if (!fits((int64_t)m->size))
		add_number(r, "size", (int64_t)m->size);
	if (!fits(m->meta.mtime))
		add_number(r, "mtime", m->meta.mtime);
	return add_xattrs(r, m, e);
}

static void
put_octal(char *field, size_t width, uint64_t v)
{
	char text[24];

	snprintf(text, sizeof text, "%0*" PRIo64, (int)width - 1, v);
	memcpy(field, text, width); /* with its NUL */
}

/* As much of a text as the field holds; a full field has no NUL. */
static void
put_text(char *field, size_t width, const char *text)
{
	size_t n = strlen(text);

	memcpy(field, text, n < width ? n : width);
}

static int
put_block(struct tar_out *o, const struct tar_member *m, char type, struct err *e)
{
	struct ustar h = { .magic = "ustar", .version = { '0', '0' }, .type = type };
	unsigned sum = 0;

	put_text(h.name, sizeof h.name, m->name);
	put_octal(h.mode, sizeof h.mode, m->meta.mode & 07777);
	put_octal(h.uid, sizeof h.uid, m->meta.uid > ID_MAX ? 0 : m->meta.uid);
	put_octal(h.gid, sizeof h.gid, m->meta.gid > ID_MAX ? 0 : m->meta.gid);
	put_octal(h.size, sizeof h.size, fits((int64_t)m->size) ? m->size : 0);
	put_octal(h.mtime, sizeof h.mtime, fits(m->meta.mtime) ? (uint64_t)m->meta.mtime : 0);
	if (m->link)
		put_text(h.link, sizeof h.link, m->link);
	put_octal(h.major, sizeof h.major, 0);
	put_octal(h.minor, sizeof h.minor, 0);
	memset(h.checksum, ' ', sizeof h.checksum);
	for (size_t i = 0; i < sizeof h; i++)
		sum += ((const unsigned char *)&h)[i];
	put_octal(h.checksum, sizeof h.checksum - 1, sum); /* six digits, a NUL, a space */
	return tar_data(o, &h, sizeof h, e);
}

static int
put_extended(struct tar_out *o, const struct tar_member *m, struct err *e)
{
	struct records r = { .text = NULL };

	r.to = open_memstream(&r.text, &r.size);
	if (!r.to)
		return err_set(e, 0, "no memory for a header");
	int bad = add_records(&r, m, e);
	if (fclose(r.to) && !bad)
		bad = err_set(e, 0, "no memory for a header");
	if (!bad && r.size) {
		struct tar_member own = { .name = "pax", .meta = { .mode = 0644 }, .size = r.size };
		bad = put_block(o, &own, 'x', e) || tar_data(o, r.text, r.size, e) || tar_pad(o, e) ? -1 : 0;
	}
	free(r.text);
	return bad;
}

int
tar_header(struct tar_out *o, const struct tar_member *m, struct err *e)
{
	return put_extended(o, m, e) || put_block(o, m, (char)m->type, e) ? -1 : 0;
}
