/* SPDX-License-Identifier: MIT */
#include "out_cpio.h"

#include <archive.h>
#include <archive_entry.h>
#include <errno.h>
#include <string.h>
#include <sys/stat.h>

#include "content.h"
#include "progress.h"
#include "zstd_file.h"

#define NEWC_HEADER  110u
#define NEWC_TRAILER "TRAILER!!!"
#define NEWC_MAX     UINT32_MAX /* of a file: the field has eight hexadecimal digits */
#define PATH_CAP     4096

struct cpio {
	struct archive *archive;
	struct archive_entry *entry;
	struct zstd_file *zstd;
	uint64_t raw;   /* bytes fed to zstd */
	uint32_t inodes;
	struct err *e;  /* where the archive's callback leaves its error */
	bool failed;    /* that it did */
};

static uint64_t
pad4(uint64_t n)
{
	return (n + 3) & ~(uint64_t)3;
}

/* The path as the archive holds it: without the leading slash. */
static const char *
member_name(const struct tree_entry *x, char buf[PATH_CAP])
{
	tree_path(x, buf, PATH_CAP);
	return buf + 1;
}

/* ---- the first walk: numbers the inodes, counts their names, and adds up the archive's size ---- */

struct measure {
	uint64_t total;
	uint32_t inodes;
	struct err *e;
};

static int
clear_inode(struct tree_entry *x, void *arg)
{
	(void)arg;
	x->inode->id = 0;
	return 0;
}

static int
measure_entry(struct tree_entry *x, void *arg)
{
	struct measure *m = arg;
	char buf[PATH_CAP];

	if (!x->parent)
		return 0;
	const char *name = member_name(x, buf);
	m->total += pad4(NEWC_HEADER + strlen(name) + 1);
	if (x->inode->id)
		return 0; /* a further name: no data */
	x->inode->id = ++m->inodes;
	if (x->inode->type == TREE_SYMLINK)
		m->total += pad4(strlen(x->inode->target));
	if (x->inode->type != TREE_FILE)
		return 0;
	if (x->inode->content.size > NEWC_MAX)
		return err_set(m->e, 0, "%s has %llu bytes: a cpio archive holds at most 4 GiB - 1 in one file", name,
			       (unsigned long long)x->inode->content.size);
	m->total += pad4(x->inode->content.size);
	return 0;
}

static int
measure(struct tree *t, uint64_t *total, struct err *e)
{
	struct measure m = { .e = e };

	tree_walk(tree_root(t), clear_inode, NULL);
	if (tree_walk(tree_root(t), measure_entry, &m))
		return -1;
	*total = m.total + pad4(NEWC_HEADER + sizeof NEWC_TRAILER);
	return 0;
}

/* ---- the second walk: writes ---- */

static la_ssize_t
to_zstd(struct archive *a, void *arg, const void *data, size_t size)
{
	struct cpio *c = arg;

	(void)a;
	if (c->failed) /* libarchive tries once more when it is freed: the first error is the one to say */
		return -1;
	if (zstd_write(c->zstd, data, size, c->e)) {
		c->failed = true;
		return -1;
	}
	c->raw += size;
	progress_update(c->raw);
	return (la_ssize_t)size;
}

static int
archive_failed(struct cpio *c, const char *name)
{
	if (c->failed)
		return -1;
	return err_set(c->e, 0, "%s: cannot archive it: %s", name, archive_error_string(c->archive));
}

static int
write_data(void *arg, const void *data, size_t size, struct err *e)
{
	struct cpio *c = arg;

	(void)e; /* is c->e */
	return archive_write_data(c->archive, data, size) == (la_ssize_t)size ? 0 : archive_failed(c, "data");
}

static void
fill_entry(struct archive_entry *a, const struct tree_entry *x, const char *name, bool with_data)
{
	static const unsigned types[] = { [TREE_DIR] = AE_IFDIR, [TREE_FILE] = AE_IFREG, [TREE_SYMLINK] = AE_IFLNK };
	const struct tree_inode *i = x->inode;

	archive_entry_clear(a);
	archive_entry_set_pathname(a, name);
	archive_entry_set_filetype(a, types[i->type]);
	archive_entry_set_perm(a, i->meta.mode);
	archive_entry_set_uid(a, i->meta.uid);
	archive_entry_set_gid(a, i->meta.gid);
	archive_entry_set_mtime(a, i->meta.mtime, 0);
	archive_entry_set_dev(a, 0);
	archive_entry_set_ino64(a, i->id);
	archive_entry_set_nlink(a, i->type == TREE_FILE ? i->nlink : 1);
	archive_entry_set_size(a, with_data ? (int64_t)i->content.size : 0);
	if (i->type == TREE_SYMLINK)
		archive_entry_set_symlink(a, i->target);
}

/* Of several names of one file the first carries the data, and the rest follow with none: the kernel links them as it
 * meets them. Inode numbers rise along the walk, so that "first" is "a number not seen yet". */
static int
write_entry(struct tree_entry *x, void *arg)
{
	struct cpio *c = arg;
	char buf[PATH_CAP];

	if (!x->parent)
		return 0;
	const char *name = member_name(x, buf);
	bool first = x->inode->id > c->inodes;
	bool with_data = first && x->inode->type == TREE_FILE;
	if (first)
		c->inodes = x->inode->id;
	fill_entry(c->entry, x, name, with_data);
	if (archive_write_header(c->archive, c->entry) != ARCHIVE_OK)
		return archive_failed(c, name);
	if (with_data && content_read(&x->inode->content, write_data, c, c->e))
		return c->failed ? -1 : err_wrap(c->e, "%s", name);
	return 0;
}

static int
write_archive(struct cpio *c, struct tree *t)
{
	if (archive_write_set_format_cpio_newc(c->archive) != ARCHIVE_OK ||
	    archive_write_set_bytes_per_block(c->archive, 1 << 17) != ARCHIVE_OK ||
	    archive_write_set_bytes_in_last_block(c->archive, 1) != ARCHIVE_OK ||
	    archive_write_open2(c->archive, c, NULL, to_zstd, NULL, NULL) != ARCHIVE_OK)
		return archive_failed(c, "the archive");
	if (tree_walk(tree_root(t), write_entry, c))
		return -1;
	return archive_write_close(c->archive) == ARCHIVE_OK ? 0 : archive_failed(c, "the archive");
}

int
out_cpio_zst(struct tree *t, int fd, int level, struct out_size *size, struct err *e)
{
	struct cpio c = { .e = e };
	uint64_t total;

	if (measure(t, &total, e))
		return -1;
	c.zstd = zstd_begin(fd, level, total, e);
	if (!c.zstd)
		return -1;
	c.archive = archive_write_new();
	c.entry = archive_entry_new();
	progress_begin("compressing", total, PROGRESS_BYTES);
	int r = c.archive && c.entry ? write_archive(&c, t) : err_set(e, ENOMEM, "libarchive");
	archive_entry_free(c.entry);
	archive_write_free(c.archive);
	size->raw = c.raw;
	if (r)
		zstd_abort(c.zstd);
	else
		r = zstd_end(c.zstd, &size->compressed, e); /* the workers are far behind: most of the time is here */
	if (r)
		progress_cancel();
	else
		progress_end();
	return r;
}
