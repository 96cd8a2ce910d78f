/* SPDX-License-Identifier: MIT
 *
 * The control file out of a .deb: the ar container, in it control.tar, in it one file. All of it is untrusted, and
 * nothing beyond DEB_CONTROL_MAX is kept. It never looks at the package's files.
 */
#include "deb_control.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <strings.h>

#include "content.h"

#define MEMBERS_MAX 1000
#define PIECE       (64u << 10)

struct reader {
	struct content_stream *stream; /* the .deb */
	struct archive *outer, *inner;
	struct err *e;
	char piece[PIECE];
	char *control; /* malloc'ed; NULL: not found yet */
};

static la_ssize_t
read_deb(struct archive *a, void *arg, const void **data)
{
	struct reader *r = arg;
	ssize_t n = content_next(r->stream, data, r->e);

	if (n < 0)
		archive_set_error(a, -1, "%s", r->e->msg);
	return n;
}

static la_ssize_t
read_member(struct archive *a, void *arg, const void **data)
{
	struct reader *r = arg;
	la_ssize_t n = archive_read_data(r->outer, r->piece, sizeof r->piece);

	if (n < 0)
		archive_set_error(a, -1, "%s", archive_error_string(r->outer));
	*data = r->piece;
	return n;
}

static int
failed(struct reader *r, struct archive *a)
{
	const char *why = archive_error_string(a);

	return err_set(r->e, 0, "the package cannot be read: %s", why ? why : "it ends too early");
}

static int
take_control(struct reader *r)
{
	size_t done = 0;
	la_ssize_t n;

	r->control = xcalloc(1, DEB_CONTROL_MAX + 1);
	while ((n = archive_read_data(r->inner, r->control + done, DEB_CONTROL_MAX - done)) > 0)
		done += (size_t)n;
	if (n < 0)
		return failed(r, r->inner);
	return done < DEB_CONTROL_MAX ? 0 : err_set(r->e, 0, "its control file is larger than %u bytes", DEB_CONTROL_MAX);
}

static int
read_control_tar(struct reader *r)
{
	struct archive_entry *x;
	unsigned members = 0;
	int res = 0, got = ARCHIVE_OK;
	bool more = true;

	r->inner = archive_read_new();
	archive_read_support_format_tar(r->inner);
	archive_read_support_filter_gzip(r->inner);
	archive_read_support_filter_xz(r->inner);
	archive_read_support_filter_zstd(r->inner);
	if (archive_read_open2(r->inner, r, NULL, read_member, NULL, NULL) != ARCHIVE_OK)
		res = failed(r, r->inner);
	while (res == 0 && more && !r->control) {
		got = archive_read_next_header(r->inner, &x);
		more = got == ARCHIVE_OK || got == ARCHIVE_WARN;
		const char *name = more ? archive_entry_pathname(x) : NULL;
		if (++members > MEMBERS_MAX)
			res = err_set(r->e, 0, "its control archive holds too many files");
		else if (name && strcmp(name + 2 * (strncmp(name, "./", 2) == 0), "control") == 0)
			res = take_control(r);
	}
	if (res == 0 && !r->control)
		res = got == ARCHIVE_EOF ? err_set(r->e, 0, "it has no control file") : failed(r, r->inner);
	archive_read_free(r->inner);
	return res;
}

static int
read_package(struct reader *r)
{
	struct archive_entry *x;
	int res = 0, got = ARCHIVE_OK;

	r->outer = archive_read_new();
	archive_read_support_format_ar(r->outer);
	if (archive_read_open2(r->outer, r, NULL, read_deb, NULL, NULL) != ARCHIVE_OK)
		res = failed(r, r->outer);
	while (res == 0 && !r->control && (got = archive_read_next_header(r->outer, &x)) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(x);
		if (name && strncmp(name, "control.tar", 11) == 0)
			res = read_control_tar(r);
	}
	if (res == 0 && !r->control)
		res = got == ARCHIVE_EOF ? err_set(r->e, 0, "it has no control.tar") : failed(r, r->outer);
	archive_read_free(r->outer);
	return res;
}

/* Only the end of the stream compares the digest: nothing is believed before. */
static int
drain(struct reader *r)
{
	const void *data;
	ssize_t n;

	while ((n = content_next(r->stream, &data, r->e)) > 0)
		;
	return n < 0 ? -1 : 0;
}

static char *
read_now(const struct content *deb, struct err *e)
{
	struct reader *r = xcalloc(1, sizeof *r);
	int res = -1;

	r->e = e;
	r->stream = content_open(deb, e);
	if (r->stream) {
		res = read_package(r);
		res = drain(r) ? -1 : res;
	}
	content_close(r->stream);
	char *control = r->control;
	free(r);
	if (res == 0)
		return control;
	free(control);
	return NULL;
}

const char *
deb_control(struct cache *c, struct arena *a, const struct deb_pin *pin, struct err *e)
{
	char hex[DIGEST_HEX];
	struct content deb;

	digest_hex(pin->sha256, hex);
	const char *key = arena_printf(a, "control-%s", hex), *copy = NULL;
	char *text = cache_get_text(c, key);
	bool known = text != NULL;

	if (!known && !cache_lookup(c, pin->sha256, &deb))
		err_set(e, 0, "it is not in the cache (sha256 %s)", hex);
	else if (!known)
		text = read_now(&deb, e);
	if (text && (known || cache_put_text(c, key, text, e) == 0))
		copy = arena_strdup(a, text);
	else
		err_wrap(e, "package %s %s", pin->name, pin->version);
	free(text);
	return copy;
}

const char *
deb_control_field(struct arena *a, const char *control, const char *name)
{
	size_t n = strlen(name);
	const char *line = control;

	while (line && (strncasecmp(line, name, n) != 0 || line[n] != ':')) {
		line = strchr(line, '\n');
		line += line != NULL;
		if (line && (*line == '\n' || !*line)) /* the paragraph's end */
			line = NULL;
	}
	if (!line)
		return "";
	line += n + 1;
	line += strspn(line, " \t");
	const char *end = line + strcspn(line, "\n");
	while (end[0] == '\n' && (end[1] == ' ' || end[1] == '\t'))
		end = end + 1 + strcspn(end + 1, "\n");
	char *value = arena_strndup(a, line, (size_t)(end - line));
	for (char *p = value; *p; p++)
		if ((unsigned char)*p < ' ')
			*p = ' ';
	for (size_t k = strlen(value); k && value[k - 1] == ' ';)
		value[--k] = '\0';
	return value;
}

bool
deb_control_names(const char *list, const char *package)
{
	size_t n = strlen(package);

	while (*list) {
		list += strspn(list, " ,|");
		size_t len = strcspn(list, " ,|(:[");
		if (len == n && strncmp(list, package, n) == 0)
			return true;
		list += len;
		list += strcspn(list, ",|"); /* versions and architectures */
	}
	return false;
}
