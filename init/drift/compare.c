/* SPDX-License-Identifier: MIT
 *
 * Two sorted lists, path by path. Pure but for the findings that it tells.
 */
#include <string.h>

#include "drift.h"
#include "fmt.h"

#define DETAIL_MAX (DIGESTS_TEXT_MAX + 128)

static const char *const types[DIGESTS_TYPES] = { "folder", "file", "link", "special file" };

static void
hex(const uint8_t sum[SHA256_SIZE], char out[2 * SHA256_SIZE + 1])
{
	static const char digits[] = "0123456789abcdef";

	for (size_t i = 0; i < SHA256_SIZE; i++) {
		out[2 * i] = digits[sum[i] >> 4];
		out[2 * i + 1] = digits[sum[i] & 15];
	}
	out[2 * SHA256_SIZE] = '\0';
}

static void
content(const struct digests_entry *x, char *buf, size_t cap)
{
	char sum[2 * SHA256_SIZE + 1];

	hex(x->sha256, sum);
	if (x->type == DIGESTS_FILE)
		fmt(buf, cap, "file sha256 %s", sum);
	else if (x->type == DIGESTS_SYMLINK)
		fmt(buf, cap, "link to %s", x->target);
	else
		fmt(buf, cap, "%s", types[x->type]);
}

static void
access_of(const struct digests_entry *x, char *buf, size_t cap)
{
	static const char octal[] = "01234567";
	char mode[5] = { octal[x->mode >> 9 & 7], octal[x->mode >> 6 & 7], octal[x->mode >> 3 & 7], octal[x->mode & 7] };

	fmt(buf, cap, "mode %s uid %u gid %u", mode, x->uid, x->gid);
}

static bool
same_content(const struct digests_entry *x, const struct digests_entry *y)
{
	if (x->type != y->type)
		return false;
	return x->type == DIGESTS_FILE ? memcmp(x->sha256, y->sha256, SHA256_SIZE) == 0 :
	       x->type != DIGESTS_SYMLINK || strcmp(x->target, y->target) == 0;
}

/* The one that is NULL is not there. */
static void
differ(const char *what, const char *top, const struct digests_entry *x, const struct digests_entry *y)
{
	static char where[DETAIL_MAX], expected[DETAIL_MAX], found[DETAIL_MAX];
	const char *path = x ? x->path : y->path;

	fmt(where, sizeof where, "%s%s", top, *path || *top ? path : "/");
	if (x && y && same_content(x, y)) {
		access_of(x, expected, sizeof expected);
		access_of(y, found, sizeof found);
		finding(what, NULL, where, expected, found);
		return;
	}
	strcpy(expected, "nothing");
	strcpy(found, "nothing");
	if (x)
		content(x, expected, sizeof expected);
	if (y)
		content(y, found, sizeof found);
	finding(what, NULL, where, expected, found);
}

static bool
same_access(const struct digests_entry *x, const struct digests_entry *y)
{
	return x->type == DIGESTS_SYMLINK || y->mode == DRIFT_COVERED ||
	       (x->mode == y->mode && x->uid == y->uid && x->gid == y->gid);
}

void
compare(const char *what, const char *top, const struct digests *expect, const struct digests *found)
{
	size_t i = 0, k = 0;

	while (i < expect->n || k < found->n) {
		const struct digests_entry *x = i < expect->n ? &expect->v[i] : NULL, *y = k < found->n ? &found->v[k] : NULL;
		int order = !x ? 1 : !y ? -1 : strcmp(x->path, y->path);
		if (order < 0)
			differ(what, top, x, NULL);
		else if (order > 0)
			differ(what, top, NULL, y);
		else if (!same_content(x, y) || !same_access(x, y))
			differ(what, top, x, y);
		i += order <= 0;
		k += order >= 0;
	}
}
