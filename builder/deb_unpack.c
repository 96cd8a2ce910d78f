/* SPDX-License-Identifier: MIT
 *
 * Reads a .deb: the ar container, in it control.tar (which scripts there are) and data.tar (the files), each as a
 * stream within a stream. Everything it reads is untrusted; nothing is made on the file system but blobs of the
 * cache, and no more than a piece of a file is ever in memory.
 */
#include "deb_index.h"

#include <archive.h>
#include <archive_entry.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>

#include "content.h"
#include "mem.h"
#include "progress.h"

#define PIECE       (64u << 10)
#define FILE_LIMIT  ((int64_t)UINT32_MAX) /* what a cpio archive can hold */
#define TOTAL_LIMIT ((int64_t)16 << 30)
#define ENTRY_LIMIT 1000000u
#define PATH_LIMIT  4096u

struct unpack {
	struct cache *cache;
	struct deb_index *ix;
	size_t room;
	int64_t total;                 /* bytes of all files so far */
	uint64_t read;                 /* bytes of the .deb so far */
	struct content_stream *stream; /* the .deb itself */
	struct archive *outer, *inner;
	struct err io; /* what the stream said, where libarchive only knows that reading failed */
	bool io_failed;
	char piece[PIECE]; /* of the member that inner reads */
	char data[PIECE];  /* of the file that is being stored */
	size_t *by_path;   /* hash table of entry numbers plus one, for hard links */
	size_t n_slots;
};

static la_ssize_t
read_outer(struct archive *a, void *arg, const void **data)
{
	struct unpack *u = arg;
	ssize_t n = content_next(u->stream, data, &u->io);

	if (n < 0) {
		u->io_failed = true;
		archive_set_error(a, -1, "%s", u->io.msg);
	} else {
		u->read += (uint64_t)n;
		progress_update(u->read); /* shown only where the caller began a bar */
	}
	return n;
}

static la_ssize_t
read_member(struct archive *a, void *arg, const void **data)
{
	struct unpack *u = arg;
	la_ssize_t n = archive_read_data(u->outer, u->piece, sizeof u->piece);

	if (n < 0)
		archive_set_error(a, -1, "%s", archive_error_string(u->outer));
	*data = u->piece;
	return n;
}

static int
archive_failed(const struct unpack *u, struct archive *a, struct err *e)
{
	const char *why = archive_error_string(a);

	if (u->io_failed) {
		*e = u->io;
		return -1;
	}
	return err_set(e, 0, "the archive cannot be read: %s", why ? why : "it ends too early");
}

/* The entry's name and link names may come as bytes, or as UTF-8 that the locale cannot express. */
static const char *
name_of(struct archive_entry *x)
{
	const char *s = archive_entry_pathname(x);

	return s ? s : archive_entry_pathname_utf8(x);
}

static const char *
hardlink_of(struct archive_entry *x)
{
	const char *s = archive_entry_hardlink(x);

	return s ? s : archive_entry_hardlink_utf8(x);
}

static const char *
symlink_of(struct archive_entry *x)
{
	const char *s = archive_entry_symlink(x);

	return s ? s : archive_entry_symlink_utf8(x);
}

static bool
has_control_character(const char *s)
{
	for (; *s; s++)
		if ((unsigned char)*s < 0x20 || *s == 0x7f)
			return true;
	return false;
}

/* "./usr//bin/" becomes "usr/bin". Returns the arena's copy; NULL with *e set where the name is not one that a package
 * may use. Empty: the root itself. */
static char *
clean_path(struct unpack *u, const char *name, const char *what, struct err *e)
{
	if (!name || name[0] == '\0')
		err_set(e, 0, "there is a %s without a name", what);
	else if (has_control_character(name))
		err_set(e, 0, "there is a %s with a control character in its name", what);
	else if (name[0] == '/')
		err_set(e, 0, "%s: a %s must not be absolute", name, what);
	else if (strlen(name) >= PATH_LIMIT)
		err_set(e, 0, "%.60s...: the %s is too long", name, what);
	else {
		char *path = arena_alloc(u->ix->arena, strlen(name) + 1), *to = path;
		for (const char *p = name; *p;) {
			size_t n = strcspn(p, "/");
			if (n == 2 && p[0] == '.' && p[1] == '.') {
				err_set(e, 0, "%s: a %s must not hold \"..\"", name, what);
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
	return NULL;
}

static size_t
hash_path(const char *s)
{
	uint64_t h = 14695981039346656037u; /* FNV-1a */

	for (; *s; s++)
		h = (h ^ (unsigned char)*s) * 1099511628211u;
	return (size_t)h;
}

/* The slot where the path stands, or would stand. */
static size_t *
slot_for(const struct unpack *u, const char *path)
{
	size_t i = hash_path(path) & (u->n_slots - 1);

	while (u->by_path[i] && strcmp(u->ix->entries[u->by_path[i] - 1].path, path) != 0)
		i = (i + 1) & (u->n_slots - 1);
	return &u->by_path[i];
}

static void
rehash(struct unpack *u)
{
	free(u->by_path);
	u->n_slots = u->n_slots ? u->n_slots * 4 : 1024;
	u->by_path = xcalloc(u->n_slots, sizeof *u->by_path);
	for (size_t i = 0; i < u->ix->count; i++)
		*slot_for(u, u->ix->entries[i].path) = i + 1;
}

static int
check_metadata(struct archive_entry *x, const char *path, struct err *e)
{
	int64_t uid = archive_entry_uid(x), gid = archive_entry_gid(x);
	unsigned long set, clear;

	if (archive_entry_xattr_count(x) > 0)
		return err_set(e, 0, "%s has extended attributes (file capabilities?): not supported yet", path);
	/* the plain mode bits count as no ACL; a mask of types, as mode bits alone give 0 here */
	if (archive_entry_acl_types(x) != 0)
		return err_set(e, 0, "%s has an access control list: not supported yet", path);
	archive_entry_fflags(x, &set, &clear);
	if (set)
		return err_set(e, 0, "%s has file flags (immutable or the like): not supported yet", path);
	if (uid < 0 || gid < 0 || uid > UINT32_MAX - 1 || gid > UINT32_MAX - 1)
		return err_set(e, 0, "%s belongs to a user or group number that does not exist", path);
	return 0;
}

static int
store_file(struct unpack *u, struct archive_entry *x, struct deb_entry *to, struct err *e)
{
	int64_t size = archive_entry_size(x), done = 0;
	la_ssize_t n;

	if (size < 0 || size > FILE_LIMIT)
		return err_set(e, 0, "%s is larger than 4 GiB", to->path);
	struct blob_writer *w = blob_begin(u->cache, e);
	if (!w)
		return -1;
	while ((n = archive_read_data(u->inner, u->data, sizeof u->data)) > 0) {
		done += n;
		u->total += n;
		if (done > FILE_LIMIT || u->total > TOTAL_LIMIT) {
			blob_abort(w);
			return err_set(e, 0, "%s: the package unpacks to more than is sensible (16 GiB)", to->path);
		}
		if (blob_write(w, u->data, (size_t)n, e)) {
			blob_abort(w);
			return -1;
		}
	}
	if (n < 0 || done != size) {
		blob_abort(w);
		archive_failed(u, u->inner, e);
		return err_wrap(e, "%s", to->path);
	}
	return blob_end(w, &to->content, e);
}

static int
store_hardlink(struct unpack *u, struct archive_entry *x, struct deb_entry *to, struct err *e)
{
	const char *target = clean_path(u, hardlink_of(x), "hard link's target", e);

	if (!target)
		return err_wrap(e, "%s", to->path);
	size_t *slot = slot_for(u, target);
	if (!*slot)
		return err_set(e, 0, "%s is a hard link to %s, which the package does not hold before it", to->path, target);
	const struct deb_entry *file = &u->ix->entries[*slot - 1];
	if (file->type != DEB_FILE && file->type != DEB_HARDLINK)
		return err_set(e, 0, "%s is a hard link to %s, which is not a file", to->path, target);
	to->type = DEB_HARDLINK;
	to->file = file->type == DEB_FILE ? *slot - 1 : file->file;
	return 0;
}

static int
store_by_type(struct unpack *u, struct archive_entry *x, struct deb_entry *to, struct err *e)
{
	const char *target;

	if (archive_entry_hardlink(x) || archive_entry_hardlink_utf8(x))
		return store_hardlink(u, x, to, e);
	switch (archive_entry_filetype(x)) {
	case AE_IFDIR:
		to->type = DEB_DIR;
		return 0;
	case AE_IFREG:
		to->type = DEB_FILE;
		return store_file(u, x, to, e);
	case AE_IFLNK:
		to->type = DEB_SYMLINK;
		target = symlink_of(x);
		if (!target || !target[0] || strlen(target) >= PATH_LIMIT || has_control_character(target))
			return err_set(e, 0, "%s is a symbolic link with an impossible target", to->path);
		to->target = arena_strdup(u->ix->arena, target);
		return 0;
	default:
		return err_set(e, 0, "%s is a device node, a pipe or a socket: a package may not bring those", to->path);
	}
}

static int
store_entry(struct unpack *u, struct archive_entry *x, struct err *e)
{
	struct deb_index *ix = u->ix;
	char *path = clean_path(u, name_of(x), "file name", e);
	struct deb_entry made = { .path = path };

	if (!path)
		return -1;
	if (!path[0]) {
		if (archive_entry_filetype(x) == AE_IFDIR)
			return 0; /* "./": the root is the image's own */
		return err_set(e, 0, "the root itself is not a folder in the package");
	}
	if (ix->count >= ENTRY_LIMIT)
		return err_set(e, 0, "the package holds more than %u files", ENTRY_LIMIT);
	if (check_metadata(x, path, e))
		return -1;
	made.meta.mode = archive_entry_perm(x) & 07777;
	made.meta.uid = (uint32_t)archive_entry_uid(x);
	made.meta.gid = (uint32_t)archive_entry_gid(x);
	made.meta.mtime = archive_entry_mtime(x);
	ix->entries = grow(ix->entries, ix->count, &u->room, sizeof *ix->entries);
	if (2 * (ix->count + 1) > u->n_slots)
		rehash(u);
	size_t *slot = slot_for(u, path);
	if (*slot && !(ix->entries[*slot - 1].type == DEB_DIR && archive_entry_filetype(x) == AE_IFDIR))
		return err_set(e, 0, "%s is in the package twice", path);
	if (store_by_type(u, x, &made, e))
		return -1;
	ix->entries[ix->count++] = made;
	*slot = ix->count;
	return 0;
}

/* The order in which they are named, whatever the package's own. */
static const char *const script_names[] = { "preinst", "postinst", "prerm", "postrm", "config", "triggers" };
#define N_SCRIPTS (sizeof script_names / sizeof *script_names)

static int
read_control(struct unpack *u, struct err *e)
{
	struct archive_entry *x;
	bool found[N_SCRIPTS] = { false };
	unsigned members = 0;
	char list[80] = "";
	int r;

	while ((r = archive_read_next_header(u->inner, &x)) == ARCHIVE_OK || r == ARCHIVE_WARN) {
		const char *name = name_of(x);
		if (++members > 1000)
			return err_set(e, 0, "its control archive holds too many files");
		if (name && strncmp(name, "./", 2) == 0)
			name += 2;
		for (size_t i = 0; name && i < N_SCRIPTS; i++)
			if (strcmp(name, script_names[i]) == 0)
				found[i] = true;
	}
	if (r != ARCHIVE_EOF)
		return archive_failed(u, u->inner, e);
	for (size_t i = 0; i < N_SCRIPTS; i++) {
		if (!found[i])
			continue;
		if (list[0])
			strcat(list, ", "); /* all six with their commas fit */
		strcat(list, script_names[i]);
	}
	u->ix->scripts = list[0] ? arena_strdup(u->ix->arena, list) : NULL;
	return 0;
}

static int
read_data(struct unpack *u, struct err *e)
{
	struct archive_entry *x;
	int r;

	/* a warning is about a name that the locale cannot express (name_of copes), or about what check_metadata refuses */
	while ((r = archive_read_next_header(u->inner, &x)) == ARCHIVE_OK || r == ARCHIVE_WARN)
		if (store_entry(u, x, e))
			return -1;
	return r == ARCHIVE_EOF ? 0 : archive_failed(u, u->inner, e);
}

static int
read_tar(struct unpack *u, int (*read)(struct unpack *u, struct err *e), struct err *e)
{
	struct archive *a = archive_read_new();
	int r;

	u->inner = a;
	archive_read_support_format_tar(a);
	archive_read_support_filter_gzip(a);
	archive_read_support_filter_xz(a);
	archive_read_support_filter_zstd(a);
	if (archive_read_open2(a, u, NULL, read_member, NULL, NULL) != ARCHIVE_OK)
		r = archive_failed(u, a, e);
	else
		r = read(u, e);
	archive_read_free(a);
	u->inner = NULL;
	return r;
}

/* debian-binary says "2.0": another major number is another format. */
static int
read_version(struct unpack *u, struct err *e)
{
	char text[16] = "";
	la_ssize_t n = archive_read_data(u->outer, text, sizeof text - 1);

	if (n < 0)
		return archive_failed(u, u->outer, e);
	if (strncmp(text, "2.", 2) != 0)
		return err_set(e, 0, "its format is %.*s, not 2.0: not supported", (int)strcspn(text, "\n"), text);
	return 0;
}

static bool
is_tar(const char *name, const char *stem)
{
	size_t n = strlen(stem);

	return strncmp(name, stem, n) == 0 && (name[n] == '\0' || name[n] == '.');
}

static int
read_members(struct unpack *u, struct err *e)
{
	struct archive_entry *x;
	bool version = false, control = false, data = false;
	int r, failed = 0;

	while ((r = archive_read_next_header(u->outer, &x)) == ARCHIVE_OK) {
		const char *name = archive_entry_pathname(x);
		if (!name)
			return err_set(e, 0, "it is not a Debian package: a member has no name");
		if (!version && strcmp(name, "debian-binary") != 0)
			return err_set(e, 0, "it is not a Debian package: debian-binary is not its first member");
		if (!version) {
			failed = read_version(u, e);
			version = true;
		} else if (!control && is_tar(name, "control.tar")) {
			failed = read_tar(u, read_control, e);
			control = true;
		} else if (!data && is_tar(name, "data.tar")) {
			failed = read_tar(u, read_data, e);
			data = true;
		}
		if (failed)
			return -1;
	}
	if (r != ARCHIVE_EOF)
		return archive_failed(u, u->outer, e);
	if (!data || !control)
		return err_set(e, 0, "it is not a whole Debian package: %s.tar is missing", data ? "control" : "data");
	return 0;
}

/* Only the stream's end compares the digest: what the readers left is read too. */
static int
drain(struct unpack *u, struct err *e)
{
	const void *data;
	ssize_t n;

	while ((n = content_next(u->stream, &data, e)) > 0)
		;
	return n < 0 ? -1 : 0;
}

int
deb_unpack(struct cache *c, const struct content *deb, struct deb_index *ix, struct err *e)
{
	struct unpack *u = xcalloc(1, sizeof *u);
	int r = -1;

	u->cache = c;
	u->ix = ix;
	u->stream = content_open(deb, e);
	if (u->stream) {
		rehash(u);
		u->outer = archive_read_new();
		archive_read_support_format_ar(u->outer);
		if (archive_read_open2(u->outer, u, NULL, read_outer, NULL, NULL) != ARCHIVE_OK)
			r = archive_failed(u, u->outer, e);
		else
			r = read_members(u, e);
		/* Also after a failure: where the .deb itself is damaged, that is what to say. And libarchive takes a failed
		 * reading at the end of an ar archive for its end. */
		if (!u->io_failed && drain(u, &u->io))
			u->io_failed = true;
		if (u->io_failed) {
			*e = u->io;
			r = -1;
		}
		archive_read_free(u->outer);
	}
	content_close(u->stream);
	free(u->by_path);
	free(u);
	return r;
}
