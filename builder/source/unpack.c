/* SPDX-License-Identifier: MIT
 *
 * The entries of an archive, one after the other. Everything it reads is untrusted; nothing is made on the file system
 * but blobs of the cache, no more than a piece of a file is ever in memory, and all that grows is bounded.
 */
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "unpacker.h"

#define TOTAL_LIMIT ((uint64_t)16 << 30) /* bytes of all files */
#define ENTRY_LIMIT 1000000u
#define TEXT_LIMIT  (128u << 20) /* bytes of all names: the index must fit into the cache's limit for a text */

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
slot_for(const struct unpacker *u, const char *path)
{
	size_t i = hash_path(path) & (u->n_slots - 1);

	while (u->by_path[i] && strcmp(u->to->entries[u->by_path[i] - 1].path, path) != 0)
		i = (i + 1) & (u->n_slots - 1);
	return &u->by_path[i];
}

static void
rehash(struct unpacker *u)
{
	free(u->by_path);
	u->n_slots = u->n_slots ? u->n_slots * 4 : 1024;
	u->by_path = xcalloc(u->n_slots, sizeof *u->by_path);
	for (size_t i = 0; i < u->to->count; i++)
		*slot_for(u, u->to->entries[i].path) = i + 1;
}

static int
too_large(const struct unpacker *u, const char *path, struct err *e)
{
	return err_set(e, 0, "%.300s: the %s unpacks to more than is sensible (%u GiB)", path, u->format->noun,
		       (unsigned)(TOTAL_LIMIT >> 30));
}

/* Up to the file's end and no further: libarchive loses what it has where what is behind it cannot be read. */
static size_t
piece(uint64_t done, uint64_t size)
{
	return done < size && size - done < UNPACK_PIECE ? (size_t)(size - done) : UNPACK_PIECE;
}

static int
copy_data(struct unpacker *u, const char *path, struct blob_writer *w, uint64_t size, uint64_t *done, struct err *e)
{
	la_ssize_t n;

	pipe_mark(&u->pipe);
	while ((n = archive_read_data(u->reader, u->data, piece(*done, size))) > 0) {
		*done += (uint64_t)n;
		u->total += (uint64_t)n;
		if (u->total > TOTAL_LIMIT)
			return too_large(u, path, e);
		if (blob_write(w, u->data, (size_t)n, e))
			return -1;
		pipe_mark(&u->pipe);
	}
	/* umoci leaves the last file unpadded and the tar without an end; a layer's digest has proved that it is whole */
	u->ended = n < 0 && u->format->layer && u->pipe.ended && *done == size;
	if (n == 0 || u->ended)
		return 0;
	pipe_failed(&u->pipe, u->reader, e);
	return err_wrap(e, "%.300s", path);
}

static int
store_file(struct unpacker *u, struct archive_entry *x, const char *path, struct content *to, struct err *e)
{
	bool sized = archive_entry_size_is_set(x);
	int64_t size = sized ? archive_entry_size(x) : 0;
	uint64_t done = 0;

	if (size < 0 || (uint64_t)size > TOTAL_LIMIT - u->total)
		return too_large(u, path, e);
	struct blob_writer *w = blob_begin(u->cache, e);
	if (!w)
		return -1;
	if (copy_data(u, path, w, (uint64_t)size, &done, e)) {
		blob_abort(w);
		return -1;
	}
	if (sized && done != (uint64_t)size) {
		blob_abort(w);
		return err_set(e, 0, "%.300s: the archive cannot be read: the file ends too early", path);
	}
	return blob_end(w, to, e);
}

/* cpio gives a file's bytes with the last of its names, and a tar may give them with each. */
static int
store_linked_bytes(struct unpacker *u, struct archive_entry *x, const struct unpacked_entry *link, struct err *e)
{
	if (!archive_entry_size_is_set(x) || archive_entry_size(x) == 0)
		return 0;
	return store_file(u, x, link->path, &u->to->entries[link->file].content, e);
}

static int
store_hardlink(struct unpacker *u, struct archive_entry *x, struct unpacked_entry *to, struct err *e)
{
	char *target = unpack_path(u->to->arena, unpack_hardlink(x), "hard link's target", e);

	if (!target)
		return err_wrap(e, "%.200s", to->path);
	to->type = UNPACKED_HARDLINK;
	if (u->format->layer) {
		to->target = target;
		u->text += strlen(target);
		if (archive_entry_size_is_set(x) && archive_entry_size(x) > 0)
			return err_set(e, 0, "%.300s is a hard link with bytes of its own", to->path);
		return 0;
	}
	size_t *slot = slot_for(u, target);
	if (!*slot)
		return err_set(e, 0, "%.200s is a hard link to %.200s, which the %s does not hold before it", to->path, target,
			       u->format->noun);
	const struct unpacked_entry *file = &u->to->entries[*slot - 1];
	if (file->type != UNPACKED_FILE && file->type != UNPACKED_HARDLINK)
		return err_set(e, 0, "%.200s is a hard link to %.200s, which is not a file", to->path, target);
	to->file = file->type == UNPACKED_FILE ? *slot - 1 : file->file;
	return store_linked_bytes(u, x, to, e);
}

static int
store_by_type(struct unpacker *u, struct archive_entry *x, struct unpacked_entry *to, struct err *e)
{
	const char *target;

	if (archive_entry_hardlink(x) || archive_entry_hardlink_utf8(x))
		return store_hardlink(u, x, to, e);
	switch (archive_entry_filetype(x)) {
	case AE_IFDIR:
		to->type = UNPACKED_DIR;
		return 0;
	case AE_IFREG:
		to->type = UNPACKED_FILE;
		return store_file(u, x, to->path, &to->content, e);
	case AE_IFLNK:
		to->type = UNPACKED_SYMLINK;
		target = unpack_symlink(x);
		if (!unpack_target_ok(target))
			return err_set(e, 0, "%.300s is a symbolic link with an impossible target", to->path);
		to->target = arena_strdup(u->to->arena, target);
		u->text += strlen(target);
		return 0;
	default:
		return err_set(e, 0, "%.300s is a device node, a pipe or a socket: %s %s may not bring those", to->path,
			       strchr("aeiou", u->format->noun[0]) ? "an" : "a", u->format->noun);
	}
}

/* A layer's /dev is covered by the machine's own. */
static bool
is_left_out(const struct unpacker *u, struct archive_entry *x, const char *path)
{
	unsigned type = archive_entry_filetype(x);

	return u->format->layer && strncmp(path, "dev/", 4) == 0 && !archive_entry_hardlink(x) &&
	       (type == AE_IFCHR || type == AE_IFBLK || type == AE_IFIFO || type == AE_IFSOCK);
}

/* Room for one entry more, within the bounds. */
static int
make_room(struct unpacker *u, const char *path, struct err *e)
{
	struct unpacked *to = u->to;

	u->text += strlen(path) + 32;
	if (to->count >= ENTRY_LIMIT)
		return err_set(e, 0, "the %s holds more than %u files", u->format->noun, ENTRY_LIMIT);
	if (u->text > TEXT_LIMIT)
		return err_set(e, 0, "the names in the %s take more than %u MiB", u->format->noun, TEXT_LIMIT >> 20);
	to->entries = grow(to->entries, to->count, &u->room, sizeof *to->entries);
	if (2 * (to->count + 1) > u->n_slots)
		rehash(u);
	return 0;
}

static int
store_entry(struct unpacker *u, struct archive_entry *x, struct err *e)
{
	struct unpacked *to = u->to;
	char *path = unpack_path(to->arena, unpack_name(x), "file name", e);
	struct unpacked_entry made = { .path = path };

	if (!path)
		return -1;
	if (!path[0]) {
		if (archive_entry_filetype(x) == AE_IFDIR)
			return 0; /* "./": the root is the image's own */
		return err_set(e, 0, "the root itself is not a folder in the %s", u->format->noun);
	}
	if (is_left_out(u, x, path)) {
		to->left_out++;
		return 0;
	}
	if (make_room(u, path, e) || unpack_metadata(u, x, &made, e))
		return -1;
	size_t *slot = slot_for(u, path);
	if (*slot && !u->format->layer &&
	    !(to->entries[*slot - 1].type == UNPACKED_DIR && archive_entry_filetype(x) == AE_IFDIR))
		return err_set(e, 0, "%.300s is in the %s twice", path, u->format->noun);
	if (store_by_type(u, x, &made, e))
		return -1;
	to->entries[to->count++] = made;
	*slot = to->count;
	return 0;
}

int
unpack_header(struct unpacker *u, struct archive_entry **x, struct err *e)
{
	if (u->ended)
		return 0;
	pipe_mark(&u->pipe);
	int r = archive_read_next_header(u->reader, x);
	const char *said = r == ARCHIVE_WARN ? archive_error_string(u->reader) : NULL;

	/* a name that the locale cannot express is no harm: unpack_name copes, and owners' names are not used */
	if (r == ARCHIVE_OK || (r == ARCHIVE_WARN && (!said || strstr(said, "be converted"))))
		return 1;
	return r == ARCHIVE_EOF ? 0 : pipe_failed(&u->pipe, u->reader, e);
}

int
unpack_entries(struct unpacker *u, struct err *e)
{
	struct archive_entry *x;
	int r;

	while ((r = unpack_header(u, &x, e)) > 0)
		if (store_entry(u, x, e))
			return -1;
	return r;
}

int
unpack_plain(struct unpacker *u, const int *filters, void (*formats)(struct archive *a),
	     int (*read)(struct unpacker *u, struct err *e), struct err *e)
{
	int r = pipe_begin(&u->pipe, filters, e);

	if (r == 0) {
		u->reader = archive_read_new();
		formats(u->reader);
		if (archive_read_open2(u->reader, &u->pipe, NULL, pipe_read_plain, NULL, NULL) != ARCHIVE_OK)
			r = pipe_failed(&u->pipe, u->reader, e);
		else
			r = read(u, e);
		archive_read_free(u->reader);
		u->reader = NULL;
	}
	return pipe_end(&u->pipe, r, e);
}

int
unpack(struct cache *c, const struct content *from, const struct unpack_format *format, struct unpacked *out,
       struct err *e)
{
	struct unpacker *u = xcalloc(1, sizeof *u);
	int r;

	*out = (struct unpacked){ .arena = arena_new() };
	u->cache = c;
	u->format = format;
	u->from = from;
	u->to = out;
	rehash(u);
	r = pipe_open(&u->pipe, from, e);
	if (r == 0)
		r = pipe_close(&u->pipe, format->read(u, e), e);
	free(u->by_path);
	free(u);
	if (r)
		unpacked_release(out);
	return r;
}
