/* SPDX-License-Identifier: MIT
 *
 * The files of a built image: each is written beside its final name, and all are renamed at the end, under a lock on
 * the folder. A record of what they were made from and how large they are tells a later build that there is nothing to
 * do.
 */
#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "build.h"
#include "checks.h"
#include "cleanup.h"
#include "content.h"
#include "out_cpio.h"
#include "out_oci.h"
#include "out_rooted.h"
#include "out_squashfs.h"
#include "out_tar.h"
#include "progress.h"

#define BUILD_RECORD "build-record"
#define BUILD_ROOT   "initramfs.squashfs" /* while an initramfs that holds it is written */
#define OUTPUTS_FORMAT "2" /* another number where a writer makes other bytes of the same tree */
#define PATH_CAP     4096

static const char *
part(const struct build *b, const char *name)
{
	return arena_printf(b->project.arena, "%s/%s.part", b->dir, name);
}

static int
write_initramfs(const struct build *b, int fd, struct out_size *size, struct err *e)
{
	if (b->plan.rooted)
		return out_rooted(b, part(b, BUILD_ROOT), fd, size, e);
	return out_cpio_zst(b->tree, b->cache, fd, b->level, size, e);
}

static int
write_squashfs(const struct build *b, int fd, struct out_size *size, struct err *e)
{
	return out_squashfs(b->tree, fd, b->level, size, e);
}

static int
write_tar(const struct build *b, int fd, struct out_size *size, struct err *e)
{
	return out_tar_zst(b->tree, fd, b->level, size, e);
}

const struct output_kind output_kinds[] = {
	{ "initramfs", BUILD_INITRAMFS, write_initramfs },
	{ "squashfs", BUILD_SQUASHFS, write_squashfs },
	{ "tar", "root.tar.zst", write_tar },
	{ "oci", "oci.tar", out_oci },
	{ NULL, NULL, NULL },
};

#define KINDS (sizeof output_kinds / sizeof *output_kinds - 1)

/* What is being written. */
struct writing {
	const struct build *b;
	char *manifest; /* malloc'ed */
	size_t manifest_size;
	char key[DIGEST_HEX]; /* over all that decides the bytes */
	/* In the order of their renames; the record is last, so that none stands beside files of another build. */
	const char *files[KINDS + 4];
	size_t n_files;
};

bool
build_wants(const struct build *b, const char *output)
{
	const struct image *m = &b->project.image;

	if (b->for_run)
		return strcmp(output, "initramfs") == 0;
	for (size_t i = 0; i < m->outputs.n; i++)
		if (strcmp(m->outputs.v[i], output) == 0)
			return true;
	return !m->outputs.n && strcmp(output, "initramfs") == 0;
}

static void
list_files(struct writing *w)
{
	w->files[w->n_files++] = BUILD_KERNEL;
	for (const struct output_kind *o = output_kinds; o->word; o++)
		if (build_wants(w->b, o->word))
			w->files[w->n_files++] = o->file;
	w->files[w->n_files++] = BUILD_CMDLINE;
	w->files[w->n_files++] = BUILD_MANIFEST;
	w->files[w->n_files++] = BUILD_RECORD;
}

const char *
build_file(const struct build *b, const char *name)
{
	return arena_printf(b->project.arena, "%s/%s", b->dir, name);
}

static int
make_dirs(const char *path, struct err *e)
{
	char part[PATH_CAP];

	for (const char *p = path; *p;) {
		p += strspn(p, "/");
		p += strcspn(p, "/");
		if ((size_t)(p - path) >= sizeof part)
			return err_set(e, ENAMETOOLONG, "%s", path);
		memcpy(part, path, (size_t)(p - path));
		part[p - path] = '\0';
		if (part[0] && mkdir(part, 0777) && errno != EEXIST)
			return err_set(e, errno, "cannot make the folder %s", part);
	}
	return 0;
}

static int
render_manifest(struct writing *w, struct err *e)
{
	FILE *f = open_memstream(&w->manifest, &w->manifest_size);

	if (!f)
		return err_set(e, errno, "the manifest");
	manifest_write(w->b, f);
	return fclose(f) ? err_set(e, errno, "the manifest") : 0;
}

/* The manifest holds the tree's digest, the kernel's and the command line; what is left is the level, and how this
 * version of ingot writes. */
static void
make_key(struct writing *w)
{
	uint8_t digest[DIGEST_SIZE];
	struct sha256 h;
	const char *level = arena_printf(w->b->project.arena, "format " OUTPUTS_FORMAT " level %d", w->b->level);

	sha256_init(&h);
	sha256_update(&h, w->manifest, w->manifest_size);
	sha256_update(&h, level, strlen(level));
	sha256_final(&h, digest);
	digest_hex(digest, w->key);
}

/* The record that stands, or would stand, beside files of these sizes; NULL where one of them is missing. */
static const char *
make_record(const struct writing *w, const char *(*name)(const struct build *b, const char *name))
{
	const char *text = arena_printf(w->b->project.arena, "%s\n", w->key);
	struct stat st;

	for (size_t i = 0; i + 1 < w->n_files; i++) {
		if (stat(name(w->b, w->files[i]), &st))
			return NULL;
		text = arena_printf(w->b->project.arena, "%s%s %lld\n", text, w->files[i], (long long)st.st_size);
	}
	return text;
}

static bool
is_current(const struct writing *w)
{
	const char *wanted = make_record(w, build_file);
	char held[1024];
	FILE *f = fopen(build_file(w->b, BUILD_RECORD), "re");

	if (!f)
		return false;
	held[fread(held, 1, sizeof held - 1, f)] = '\0';
	fclose(f);
	return wanted && strcmp(held, wanted) == 0;
}

static int
open_part(const struct build *b, const char *name, struct err *e)
{
	int fd = open(part(b, name), O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	return fd >= 0 ? fd : err_set(e, errno, "cannot write %s", part(b, name));
}

static int
write_all(void *arg, const void *data, size_t size, struct err *e)
{
	const int *fd = arg;

	for (const char *p = data; size > 0;) {
		ssize_t n = write(*fd, p, size);
		if (n < 0 && errno != EINTR)
			return err_set(e, errno, "cannot write");
		if (n > 0) {
			p += n;
			size -= (size_t)n;
		}
	}
	return 0;
}

/* Nobody compares an output's bytes later, as the cache's are compared: they are on the disk before their names are. */
static int
settle(const struct build *b, const char *name, int fd, struct err *e)
{
	return fdatasync(fd) ? err_set(e, errno, "cannot write %s", part(b, name)) : 0;
}

static int
write_content(const struct build *b, const char *name, const struct content *c, struct err *e)
{
	AUTO_FD fd = open_part(b, name, e);

	return fd < 0 || content_read(c, write_all, &fd, e) ? -1 : settle(b, name, fd, e);
}

static int
write_bytes(const struct build *b, const char *name, const char *bytes, size_t size, struct err *e)
{
	struct content c;

	content_of_mem(&c, bytes, size);
	return write_content(b, name, &c, e);
}

static int
write_output(const struct build *b, const struct output_kind *o, struct err *e)
{
	struct out_size size;
	AUTO_FD fd = open_part(b, o->file, e);

	if (fd < 0 || o->write(b, fd, &size, e) || settle(b, o->file, fd, e))
		return -1;
	progress_note("%s: %llu KiB, %llu KiB unpacked", build_file(b, o->file),
		      (unsigned long long)size.compressed >> 10, (unsigned long long)size.raw >> 10);
	return 0;
}

static int
write_parts(const struct writing *w, struct err *e)
{
	const struct build *b = w->b;
	const char *cmdline = arena_printf(b->project.arena, "%s\n", b->plan.cmdline), *record;

	for (const struct output_kind *o = output_kinds; o->word; o++)
		if (build_wants(b, o->word) && write_output(b, o, e))
			return -1;
	if (write_content(b, BUILD_KERNEL, &b->kernel.image, e) ||
	    write_bytes(b, BUILD_CMDLINE, cmdline, strlen(cmdline), e) ||
	    write_bytes(b, BUILD_MANIFEST, w->manifest, w->manifest_size, e))
		return -1;
	record = make_record(w, part);
	return record ? write_bytes(b, BUILD_RECORD, record, strlen(record), e) : err_set(e, errno, "%s", b->dir);
}

/* What an earlier build with other `outputs` left must not stand beside this one's as if it were of it. */
static void
remove_others(const struct build *b)
{
	for (const struct output_kind *o = output_kinds; o->word; o++)
		if (!build_wants(b, o->word))
			unlink(build_file(b, o->file));
}

static int
publish(const struct writing *w, struct err *e)
{
	const struct build *b = w->b;

	unlink(build_file(b, BUILD_RECORD));
	remove_others(b);
	for (size_t i = 0; i < w->n_files; i++)
		if (rename(part(b, w->files[i]), build_file(b, w->files[i])))
			return err_set(e, errno, "cannot write %s", build_file(b, w->files[i]));
	return 0;
}

static int
keeps_budget(const struct writing *w, const char *(*name)(const struct build *b, const char *name))
{
	check_budget(w->b, name);
	return diags_count(w->b->project.diags) ? -1 : 0;
}

static int
begin(struct writing *w, struct err *e)
{
	if (render_manifest(w, e))
		return -1;
	make_key(w);
	list_files(w);
	return 0;
}

int
build_is_current(const struct build *b, bool *current, struct err *e)
{
	struct writing w = { .b = b };
	int r = begin(&w, e);

	*current = r == 0 && is_current(&w);
	free(w.manifest);
	return r;
}

static int
write_new(struct writing *w, bool *written, struct err *e)
{
	*written = !is_current(w);
	if (!*written)
		return keeps_budget(w, build_file);
	if (write_parts(w, e) == 0 && keeps_budget(w, part) == 0 && publish(w, e) == 0)
		return 0;
	for (size_t i = 0; i < w->n_files; i++)
		unlink(part(w->b, w->files[i]));
	return -1;
}

int
build_write(struct build *b, bool *written, struct err *e)
{
	struct writing w = { .b = b };

	if (make_dirs(b->dir, e))
		return -1;
	AUTO_FD lock = open(b->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_EX))
		return err_set(e, errno, "cannot lock %s", b->dir);
	int r = begin(&w, e) || write_new(&w, written, e) ? -1 : 0;
	free(w.manifest);
	return r;
}
