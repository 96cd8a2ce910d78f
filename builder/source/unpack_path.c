/* SPDX-License-Identifier: MIT
 *
 * Names inside an archive: which ones it may use, and their clean form. Nothing else looks at them as they came.
 */
#include <string.h>

#include "mem.h"
#include "unpacker.h"

#define COMPONENT_MAX 255u /* NAME_MAX of every file system that an image could lie on */

const char *
unpack_name(struct archive_entry *x)
{
	const char *s = archive_entry_pathname(x);

	return s ? s : archive_entry_pathname_utf8(x);
}

const char *
unpack_hardlink(struct archive_entry *x)
{
	const char *s = archive_entry_hardlink(x);

	return s ? s : archive_entry_hardlink_utf8(x);
}

const char *
unpack_symlink(struct archive_entry *x)
{
	const char *s = archive_entry_symlink(x);

	return s ? s : archive_entry_symlink_utf8(x);
}

bool
unpack_text_ok(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return false;
	return true;
}

bool
unpack_target_ok(const char *target)
{
	return target && target[0] && strlen(target) < UNPACK_PATH_MAX && unpack_text_ok(target);
}

static int
check_name(const char *name, const char *what, struct err *e)
{
	if (!name || name[0] == '\0')
		return err_set(e, 0, "there is a %s without a name", what);
	if (!unpack_text_ok(name))
		return err_set(e, 0, "there is a %s with a control character in its name", what);
	if (strlen(name) >= UNPACK_PATH_MAX)
		return err_set(e, 0, "%.60s...: the %s is too long", name, what);
	if (name[0] == '/' && name[strspn(name, "/")]) /* the root itself is "/" to umoci, "./" to others */
		return err_set(e, 0, "%.300s: a %s must not be absolute", name, what);
	return 0;
}

char *
unpack_path(struct arena *a, const char *name, const char *what, struct err *e)
{
	if (check_name(name, what, e))
		return NULL;
	char *path = arena_alloc(a, strlen(name) + 1), *to = path;
	for (const char *p = name; *p;) {
		size_t n = strcspn(p, "/");
		if (n == 2 && p[0] == '.' && p[1] == '.') {
			err_set(e, 0, "%.300s: a %s must not hold \"..\"", name, what);
			return NULL;
		}
		if (n > COMPONENT_MAX) {
			err_set(e, 0, "%.60s...: a part of the %s has more than %u bytes", name, what, COMPONENT_MAX);
			return NULL;
		}
		if (n && !(n == 1 && p[0] == '.')) {
			if (to > path)
				*to++ = '/';
			memcpy(to, p, n);
			to += n;
		}
		p += n + (p[n] == '/');
	}
	return path;
}
