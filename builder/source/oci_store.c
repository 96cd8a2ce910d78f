/* SPDX-License-Identifier: MIT */
#include "oci_store.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include "cleanup.h"
#include "content.h"
#include "host_path.h"
#include "json_read.h"
#include "unpacker.h"

#define MEMBERS_MAX 100000u
#define TOTAL_MAX   (64u << 20) /* of all small files of a tar */
#define LINKS_MAX   8

/* ---- a tar: one pass over its headers, which skips the layers ---- */

static int
read_small(struct oci_store *s, struct archive *a, struct oci_member *m, uint64_t *total, struct err *e)
{
	*total += m->size;
	if (*total > TOTAL_MAX)
		return err_set(e, 0, "its small files take more than %u MiB: not an image", TOTAL_MAX >> 20);
	char *bytes = arena_alloc(s->arena, (size_t)m->size + 1);
	if (archive_read_data(a, bytes, (size_t)m->size) != (la_ssize_t)m->size)
		return err_set(e, 0, "%.200s: the tar ends too early", m->name);
	m->bytes = bytes;
	return 0;
}

/* docker writes a layer that it has written before as a link to it: "../ID/layer.tar". */
static const char *
link_target(struct oci_store *s, struct archive_entry *x, const char *name)
{
	const char *hard = unpack_hardlink(x), *target = hard ? hard : unpack_symlink(x);
	struct err ignored;

	if (hard || !target || strncmp(target, "../", 3) != 0 || strchr(name, '/') != strrchr(name, '/'))
		return target ? unpack_path(s->arena, target, "link", &ignored) : NULL;
	return unpack_path(s->arena, target + 3, "link", &ignored);
}

static int
add_member(struct oci_store *s, struct archive *a, struct archive_entry *x, uint64_t *total, struct err *e)
{
	struct oci_member m = { .name = unpack_path(s->arena, unpack_name(x), "file name", e) };

	if (!m.name)
		return -1;
	if (s->count >= MEMBERS_MAX)
		return err_set(e, 0, "it holds more than %u files: not an image", MEMBERS_MAX);
	if (unpack_hardlink(x) || archive_entry_filetype(x) == AE_IFLNK) {
		m.target = link_target(s, x, m.name);
		if (!m.target)
			m.target = ""; /* leads nowhere, which matters to whoever asks for it */
	} else if (archive_entry_filetype(x) != AE_IFREG) {
		return 0;
	}
	m.size = m.target || archive_entry_size(x) < 0 ? 0 : (uint64_t)archive_entry_size(x);
	if (!m.target && m.size <= JSON_READ_MAX && read_small(s, a, &m, total, e))
		return -1;
	s->members = grow(s->members, s->count, &s->room, sizeof *s->members);
	s->members[s->count++] = m;
	return 0;
}

static int
scan_tar(struct oci_store *s, struct err *e)
{
	struct archive *a = archive_read_new();
	struct archive_entry *x;
	uint64_t total = 0;
	int r, failed = 0;

	archive_read_support_format_tar(a); /* and no filter: a compressed one could not be skipped through */
	r = archive_read_open_filename(a, s->path, 64u << 10);
	while (r == ARCHIVE_OK && !failed) {
		r = archive_read_next_header(a, &x);
		if (r == ARCHIVE_OK)
			failed = add_member(s, a, x, &total, e);
	}
	if (!failed && r != ARCHIVE_EOF)
		failed = err_set(e, 0, "it is neither an OCI layout folder nor a tar of one (uncompressed): %s",
				 archive_error_string(a) ? archive_error_string(a) : "it cannot be read");
	archive_read_free(a);
	return failed;
}

/* The last one of that name counts. */
static const struct oci_member *
find_member(const struct oci_store *s, const char *name)
{
	for (int links = 0; links < LINKS_MAX; links++) {
		const struct oci_member *m = NULL;
		for (size_t i = s->count; i-- > 0 && !m;)
			if (strcmp(s->members[i].name, name) == 0)
				m = &s->members[i];
		if (!m || !m->target)
			return m;
		name = m->target;
	}
	return NULL;
}

/* ---- a folder ---- */

static int
open_beneath(const struct oci_store *s, const char *name, struct stat *st, struct err *e)
{
	char *path = arena_printf(s->arena, "%s/%s", s->path, name);
	AUTO_FD fd = open(path, O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY);

	if (fd < 0 || fstat(fd, st))
		return err_set(e, errno, "it holds no %.200s", name);
	if (!S_ISREG(st->st_mode) || !host_path_beneath(s->path, path))
		return err_set(e, 0, "%.200s is not a file of the image's folder", name);
	int taken = fd;
	fd = -1;
	return taken;
}

static const char *
read_beneath(const struct oci_store *s, const char *name, size_t *size, struct err *e)
{
	struct stat st;
	AUTO_FD fd = open_beneath(s, name, &st, e);

	if (fd < 0)
		return NULL;
	if (st.st_size > (off_t)JSON_READ_MAX) {
		err_set(e, 0, "%.200s has more than %u MiB", name, JSON_READ_MAX >> 20);
		return NULL;
	}
	char *bytes = arena_alloc(s->arena, (size_t)st.st_size + 1);
	size_t done = 0;
	ssize_t n;
	while (done < (size_t)st.st_size && (n = read(fd, bytes + done, (size_t)st.st_size - done)) > 0)
		done += (size_t)n;
	*size = done;
	return bytes;
}

/* ---- both ---- */

int
oci_store_open(struct oci_store *s, struct arena *a, const char *path, struct err *e)
{
	struct stat st;

	*s = (struct oci_store){ .arena = a, .path = path };
	if (stat(path, &st))
		return err_set(e, errno, "cannot read %.200s", path);
	s->folder = S_ISDIR(st.st_mode);
	return s->folder ? 0 : scan_tar(s, e);
}

void
oci_store_release(struct oci_store *s)
{
	free(s->members);
}

bool
oci_store_has(const struct oci_store *s, const char *name)
{
	if (!s->folder)
		return find_member(s, name) != NULL;
	return access(arena_printf(s->arena, "%s/%s", s->path, name), F_OK) == 0;
}

int
oci_store_size(const struct oci_store *s, const char *name, uint64_t *size, struct err *e)
{
	const struct oci_member *m = s->folder ? NULL : find_member(s, name);
	struct stat st;

	if (m) {
		*size = m->size;
		return 0;
	}
	if (!s->folder)
		return err_set(e, 0, "it holds no %.200s", name);
	AUTO_FD fd = open_beneath(s, name, &st, e);
	if (fd < 0)
		return -1;
	*size = (uint64_t)st.st_size;
	return 0;
}

const char *
oci_store_get(const struct oci_store *s, const char *name, size_t *size, struct err *e)
{
	if (s->folder)
		return read_beneath(s, name, size, e);
	const struct oci_member *m = find_member(s, name);
	if (!m)
		err_set(e, 0, "it holds no %.200s", name);
	else if (!m->bytes)
		err_set(e, 0, "%.200s has more than %u MiB", name, JSON_READ_MAX >> 20);
	else
		*size = (size_t)m->size;
	return m ? m->bytes : NULL;
}

const char *
oci_blob_name(struct arena *a, const uint8_t sha256[DIGEST_SIZE])
{
	char hex[DIGEST_HEX];

	digest_hex(sha256, hex);
	return arena_printf(a, "blobs/sha256/%s", hex);
}

const char *
oci_store_blob(const struct oci_store *s, const uint8_t sha256[DIGEST_SIZE], uint64_t size, struct err *e)
{
	const char *name = oci_blob_name(s->arena, sha256);
	size_t found;
	const char *bytes = oci_store_get(s, name, &found, e);
	struct content c;

	if (!bytes)
		return NULL;
	content_of_mem(&c, bytes, found);
	if (found == size && memcmp(c.sha256, sha256, DIGEST_SIZE) == 0)
		return bytes;
	err_set(e, 0, "%s does not have the size and the digest that it should have: the image is damaged", name);
	return NULL;
}
