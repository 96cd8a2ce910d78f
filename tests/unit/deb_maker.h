/* SPDX-License-Identifier: MIT
 *
 * For tests: .deb files made in memory with libarchive, a temporary folder, and an ELF module with a .modinfo. What
 * is made may be as wrong as a test wants it.
 */
#ifndef INGOT_TEST_DEB_MAKER_H
#define INGOT_TEST_DEB_MAKER_H

#include <archive.h>
#include <archive_entry.h>
#include <elf.h>
#include <ftw.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "cache.h"
#include "sources.h"

#define MAKER_MAX (1u << 20)

/* One member of data.tar. A file where nothing else is said. */
struct member {
	const char *name;
	const char *data;     /* text of a file, target of a link */
	unsigned type;        /* AE_IF..., 0 for a file */
	unsigned mode;        /* 0: 0644 */
	const char *hardlink;
	size_t size;          /* of data, where it is not text */
	int64_t claim;        /* a size that the header tells instead of the true one */
	const char *xattr;
};

struct bytes {
	char *at;
	size_t size;
};

static inline int
maker_remove(const char *path, const struct stat *st, int kind, struct FTW *ftw)
{
	(void)st;
	(void)kind;
	(void)ftw;
	return remove(path);
}

static inline int
maker_setup(void **state)
{
	char path[] = "/tmp/ingot-test-XXXXXX";

	if (!mkdtemp(path))
		return -1;
	*state = strdup(path);
	return 0;
}

static inline int
maker_teardown(void **state)
{
	int r = nftw(*state, maker_remove, 16, FTW_DEPTH | FTW_PHYS);

	free(*state);
	return r;
}

static inline void
maker_add(struct archive *a, const struct member *m)
{
	struct archive_entry *x = archive_entry_new();
	size_t size = m->size ? m->size : m->data ? strlen(m->data) : 0;
	unsigned type = m->type ? m->type : AE_IFREG;

	archive_entry_set_pathname(x, m->name);
	archive_entry_set_filetype(x, type);
	archive_entry_set_perm(x, m->mode ? m->mode : type == AE_IFDIR ? 0755 : 0644);
	archive_entry_set_mtime(x, 1700000000, 0);
	if (type == AE_IFLNK)
		archive_entry_set_symlink(x, m->data);
	if (m->hardlink)
		archive_entry_set_hardlink(x, m->hardlink);
	if (m->xattr)
		archive_entry_xattr_add_entry(x, m->xattr, "v", 1);
	bool bytes = type == AE_IFREG && !m->hardlink;
	archive_entry_set_size(x, bytes ? (m->claim ? m->claim : (int64_t)size) : 0);
	assert_int_equal(archive_write_header(a, x), ARCHIVE_OK);
	if (bytes && size)
		assert_true(archive_write_data(a, m->data, size) >= 0);
	archive_entry_free(x);
}

/* filter: ARCHIVE_FILTER_NONE, _GZIP, _XZ or _ZSTD. */
static inline struct bytes
maker_tar(const struct member *members, size_t n, int filter, bool pax)
{
	struct bytes b = { malloc(MAKER_MAX), 0 };
	struct archive *a = archive_write_new();

	archive_write_add_filter(a, filter);
	if (pax)
		archive_write_set_format_pax(a);
	else
		archive_write_set_format_gnutar(a);
	archive_write_set_bytes_per_block(a, 0);
	assert_int_equal(archive_write_open_memory(a, b.at, MAKER_MAX, &b.size), ARCHIVE_OK);
	for (size_t i = 0; i < n; i++)
		maker_add(a, &members[i]);
	archive_write_close(a); /* a member that claimed more than it had is padded */
	archive_write_free(a);
	return b;
}

static inline struct bytes
maker_ar(const struct member *members, size_t n)
{
	struct bytes b = { malloc(2 * MAKER_MAX), 0 };
	struct archive *a = archive_write_new();

	archive_write_set_format_ar_svr4(a);
	archive_write_set_bytes_per_block(a, 0);
	assert_int_equal(archive_write_open_memory(a, b.at, 2 * MAKER_MAX, &b.size), ARCHIVE_OK);
	for (size_t i = 0; i < n; i++)
		maker_add(a, &members[i]);
	assert_int_equal(archive_write_close(a), ARCHIVE_OK);
	archive_write_free(a);
	return b;
}

static inline const char *
maker_suffix(int filter)
{
	switch (filter) {
	case ARCHIVE_FILTER_GZIP: return "data.tar.gz";
	case ARCHIVE_FILTER_XZ: return "data.tar.xz";
	case ARCHIVE_FILTER_ZSTD: return "data.tar.zst";
	default: return "data.tar";
	}
}

/* A package with these files, and with these scripts in its control archive. */
static inline struct bytes
maker_deb(const struct member *files, size_t n, int filter, bool pax, const char *script)
{
	struct member control[] = {
		{ .name = "./control", .data = "Package: x\n" },
		{ .name = script, .data = "#!/bin/sh\n" },
	};
	struct bytes c = maker_tar(control, script ? 2 : 1, ARCHIVE_FILTER_GZIP, false);
	struct bytes d = maker_tar(files, n, filter, pax);
	struct member parts[] = {
		{ .name = "debian-binary", .data = "2.0\n" },
		{ .name = "control.tar.gz", .data = c.at, .size = c.size },
		{ .name = maker_suffix(filter), .data = d.at, .size = d.size },
	};
	struct bytes deb = maker_ar(parts, 3);

	free(c.at);
	free(d.at);
	return deb;
}

/* Stores the bytes in the cache and fills the pin; frees the bytes. */
static inline void
maker_store(struct cache *c, struct bytes b, const char *name, struct deb_pin *pin)
{
	struct content content;
	struct err e;
	struct blob_writer *w = blob_begin(c, &e);

	assert_non_null(w);
	assert_int_equal(blob_write(w, b.at, b.size, &e), 0);
	assert_int_equal(blob_end(w, &content, &e), 0);
	*pin = (struct deb_pin){ .name = (char *)name, .version = (char *)"1.0", .arch = (char *)"amd64" };
	pin->size = content.size;
	memcpy(pin->sha256, content.sha256, DIGEST_SIZE);
	free(b.at);
}

/* A 64-bit ELF file with the sections null, .modinfo and .shstrtab. */
static inline size_t
maker_module(char *to, const char *modinfo, size_t size)
{
	static const char names[] = "\0.modinfo\0.shstrtab";
	Elf64_Ehdr head = { .e_shentsize = sizeof(Elf64_Shdr), .e_shnum = 3, .e_shstrndx = 2 };
	Elf64_Shdr s[3] = { { 0 } };

	memcpy(head.e_ident, ELFMAG, SELFMAG);
	head.e_ident[EI_CLASS] = ELFCLASS64;
	head.e_ident[EI_DATA] = ELFDATA2LSB;
	s[1] = (Elf64_Shdr){ .sh_name = 1, .sh_type = SHT_PROGBITS, .sh_offset = sizeof head, .sh_size = size };
	s[2] = (Elf64_Shdr){ .sh_name = 10, .sh_type = SHT_STRTAB, .sh_offset = sizeof head + size, .sh_size = sizeof names };
	head.e_shoff = sizeof head + size + sizeof names;
	memcpy(to, &head, sizeof head);
	memcpy(to + sizeof head, modinfo, size);
	memcpy(to + sizeof head + size, names, sizeof names);
	memcpy(to + head.e_shoff, s, sizeof s);
	return head.e_shoff + sizeof s;
}

#endif
