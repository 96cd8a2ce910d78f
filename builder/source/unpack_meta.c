/* SPDX-License-Identifier: MIT
 *
 * Of an entry of an archive what is not its name and bytes. What the tree cannot keep is refused, never dropped.
 */
#include <stdlib.h>
#include <string.h>

#include "unpacker.h"

/* The namespaces that a kernel knows. A list of the kind system.posix_acl_access comes from libarchive as a raw value
 * only where the archive holds it so; the others are refused by archive_entry_acl_types. */
static bool
xattr_known(const char *name)
{
	static const char *const spaces[] = { "user.", "security.", "trusted." };

	for (size_t i = 0; i < sizeof spaces / sizeof *spaces; i++)
		if (strncmp(name, spaces[i], strlen(spaces[i])) == 0 && name[strlen(spaces[i])])
			return strlen(name) <= 255;
	return strcmp(name, "system.posix_acl_access") == 0 || strcmp(name, "system.posix_acl_default") == 0;
}

static int
by_name(const void *a, const void *b)
{
	return strcmp(((const struct tree_xattr *)a)->name, ((const struct tree_xattr *)b)->name);
}

/* bsdtar writes each attribute in two notations, and libarchive gives it twice. */
static int
drop_doubles(struct unpacked_entry *to, struct err *e)
{
	size_t kept = 0;

	qsort(to->xattrs, to->n_xattrs, sizeof *to->xattrs, by_name);
	for (size_t i = 0; i < to->n_xattrs; i++) {
		const struct tree_xattr *x = &to->xattrs[i], *last = kept ? &to->xattrs[kept - 1] : NULL;
		if (!last || strcmp(last->name, x->name) != 0)
			to->xattrs[kept++] = *x;
		else if (last->size != x->size || memcmp(last->value, x->value, x->size) != 0)
			return err_set(e, 0, "%.300s has the extended attribute %.100s twice, with two values", to->path, x->name);
	}
	to->n_xattrs = kept;
	return 0;
}

static int
take_xattrs(struct unpacker *u, struct archive_entry *x, struct unpacked_entry *to, struct err *e)
{
	int n = archive_entry_xattr_count(x);
	size_t bytes = 0, size;
	const char *name;
	const void *value;

	if (n <= 0)
		return 0;
	if (n > 2 * TREE_XATTRS_MAX)
		return err_set(e, 0, "%.300s has more than %d extended attributes", to->path, TREE_XATTRS_MAX);
	to->xattrs = arena_alloc(u->to->arena, (size_t)n * sizeof *to->xattrs);
	archive_entry_xattr_reset(x);
	while (archive_entry_xattr_next(x, &name, &value, &size) == ARCHIVE_OK && to->n_xattrs < (size_t)n) {
		if (name && !unpack_text_ok(name))
			return err_set(e, 0, "%.300s has an extended attribute with a control character in its name", to->path);
		if (!name || !xattr_known(name))
			return err_set(e, 0, "%.300s has the extended attribute %.100s, which cannot be kept: only user.*, security.*, "
					     "trusted.* and system.posix_acl_* can", to->path, name ? name : "(without a name)");
		bytes += strlen(name) + size;
		if (bytes > 2 * TREE_XATTR_BYTES_MAX)
			return err_set(e, 0, "%.300s has more than %u bytes of extended attributes", to->path, TREE_XATTR_BYTES_MAX);
		char *copy = arena_alloc(u->to->arena, size + 1);
		if (size)
			memcpy(copy, value, size);
		to->xattrs[to->n_xattrs++] = (struct tree_xattr){ arena_strdup(u->to->arena, name), copy, size };
	}
	u->text += 2 * bytes; /* the index holds values as hexadecimal digits */
	return drop_doubles(to, e);
}

int
unpack_metadata(struct unpacker *u, struct archive_entry *x, struct unpacked_entry *to, struct err *e)
{
	int64_t uid = archive_entry_uid(x), gid = archive_entry_gid(x);
	unsigned long set, clear;

	/* the plain mode bits count as no ACL; a mask of types, as mode bits alone give 0 here */
	if (archive_entry_acl_types(x) != 0)
		return err_set(e, 0, "%.300s has an access control list: not supported yet", to->path);
	archive_entry_fflags(x, &set, &clear);
	if (set)
		return err_set(e, 0, "%.300s has file flags (immutable or the like): not supported yet", to->path);
	if (archive_entry_is_encrypted(x))
		return err_set(e, 0, "%.300s is encrypted: unpack it and pack it anew without", to->path);
	if (uid < 0 || gid < 0 || uid > UINT32_MAX - 1 || gid > UINT32_MAX - 1)
		return err_set(e, 0, "%.300s belongs to a user or group number that does not exist", to->path);
	to->meta.mode = archive_entry_perm(x) & 07777;
	to->meta.uid = (uint32_t)uid;
	to->meta.gid = (uint32_t)gid;
	to->meta.mtime = archive_entry_mtime(x);
	return take_xattrs(u, x, to, e);
}
