/* SPDX-License-Identifier: MIT */
#include "build.h"

#include <errno.h>
#include <fcntl.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include "assemble.h"
#include "cleanup.h"
#include "content.h"
#include "fetch.h"
#include "out_cpio.h"
#include "progress.h"
#include "svc_table.h"

#define BUILD_KEY  "build-key"
#define PATH_CAP   4096

const char *
build_file(const struct build *b, const char *name)
{
	return arena_printf(b->project.arena, "%s/%s", b->dir, name);
}

/* web.yml has its lock in web.lock. */
static const char *
lock_path(struct arena *a, const char *image_file)
{
	const char *dot = strrchr(image_file, '.'), *slash = strrchr(image_file, '/');
	int n = dot && (!slash || dot > slash) ? (int)(dot - image_file) : (int)strlen(image_file);

	return arena_printf(a, "%.*s.lock", n, image_file);
}

static int
fetch(struct build *b, const struct build_options *o, struct err *e)
{
	const char *file = lock_path(b->project.arena, o->image_file);
	struct lock *l = lock_load(b->project.arena, b->project.diags, file);
	bool changed;

	if (!l)
		return -1;
	int r = fetch_inputs(&b->plan, l, b->cache, e) || lock_save(l, &changed, e) ? -1 : 0;
	if (r == 0 && changed)
		progress_note("wrote %s: it pins every package that this image is made of", file);
	lock_release(l);
	return r;
}

static int
add_table(struct build *b, struct err *e)
{
	static const struct origin own = { "ingot" };
	struct tree_put how = { .meta = { .mode = 0444 }, .origin = &own };
	struct content c;

	if (svc_table_make(&b->plan, &b->kernel, b->tree, &b->table, &b->table_size, e))
		return -1;
	content_of_mem(&c, b->table, b->table_size);
	return tree_put_file(b->tree, TBL_PATH, &c, &how, e);
}

int
build_prepare(struct build *b, const struct build_options *o, struct err *e)
{
	*b = (struct build){ .dir = NULL };
	if (project_load(&b->project, o->image_file, o->recipe_dir))
		return -1;
	b->dir = arena_printf(b->project.arena, "%s/%s", o->out_dir, b->project.image.image);
	plan_make(&b->plan, &b->project);
	b->cache = cache_open(o->cache_dir, e);
	if (!b->cache || fetch(b, o, e))
		return -1;
	b->tree = tree_new();
	return assemble(&b->plan, b->cache, b->tree, &b->kernel, e) || add_table(b, e) ? -1 : 0;
}

void
build_release(struct build *b)
{
	free(b->table);
	kernel_release(&b->kernel);
	tree_free(b->tree);
	plan_release(&b->plan);
	if (b->cache)
		cache_close(b->cache);
	project_release(&b->project);
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

/* What the outputs depend on: if a folder holds outputs with this key, they are what would be written. */
static void
make_key(const struct build *b, char key[DIGEST_HEX])
{
	uint8_t digest[DIGEST_SIZE];
	struct sha256 h;
	const char *params = arena_printf(b->project.arena, "%s %s level %llu", INGOT_VERSION, b->plan.cmdline,
					  (unsigned long long)b->project.image.compression.level);

	tree_digest(b->tree, digest);
	sha256_init(&h);
	sha256_update(&h, digest, sizeof digest);
	sha256_update(&h, b->kernel.image.sha256, DIGEST_SIZE);
	sha256_update(&h, params, strlen(params));
	sha256_final(&h, digest);
	digest_hex(digest, key);
}

static bool
has_key(const struct build *b, const char *key)
{
	static const char *const files[] = { BUILD_KERNEL, BUILD_INITRAMFS, BUILD_CMDLINE, BUILD_MANIFEST };
	char held[DIGEST_HEX] = "";
	FILE *f = fopen(build_file(b, BUILD_KEY), "re");

	if (f) {
		if (!fgets(held, sizeof held, f))
			held[0] = '\0';
		fclose(f);
	}
	for (size_t i = 0; i < sizeof files / sizeof *files; i++)
		if (access(build_file(b, files[i]), R_OK) != 0)
			return false;
	return strcmp(held, key) == 0;
}

/* ---- the outputs, each written to NAME.part; the folder is locked, so nobody else writes there ---- */

static const char *
part(const struct build *b, const char *name)
{
	return arena_printf(b->project.arena, "%s/%s.part", b->dir, name);
}

static int
open_part(const struct build *b, const char *name, struct err *e)
{
	int fd = open(part(b, name), O_WRONLY | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

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

static int
write_content(const struct build *b, const char *name, const struct content *c, struct err *e)
{
	AUTO_FD fd = open_part(b, name, e);

	return fd < 0 || content_read(c, write_all, &fd, e) ? -1 : 0;
}

static int
write_text(const struct build *b, const char *name, const char *text, struct err *e)
{
	struct content c;

	content_of_mem(&c, text, strlen(text));
	return write_content(b, name, &c, e);
}

static int
write_initramfs(const struct build *b, struct err *e)
{
	struct out_size size;
	AUTO_FD fd = open_part(b, BUILD_INITRAMFS, e);

	if (fd < 0 || out_cpio_zst(b->tree, fd, (int)b->project.image.compression.level, &size, e))
		return -1;
	progress_note("%s: %llu KiB, %llu KiB unpacked", build_file(b, BUILD_INITRAMFS),
		      (unsigned long long)size.compressed >> 10, (unsigned long long)size.raw >> 10);
	return 0;
}

static int
write_manifest(const struct build *b, struct err *e)
{
	FILE *f = fopen(part(b, BUILD_MANIFEST), "we");

	if (!f)
		return err_set(e, errno, "cannot write %s", part(b, BUILD_MANIFEST));
	manifest_write(b, f);
	bool bad = ferror(f) != 0;
	if (fclose(f) != 0 || bad)
		return err_set(e, errno, "cannot write %s", part(b, BUILD_MANIFEST));
	return 0;
}

static const char *const outputs[] = { BUILD_KERNEL, BUILD_INITRAMFS, BUILD_CMDLINE, BUILD_MANIFEST, BUILD_KEY };
#define N_OUTPUTS (sizeof outputs / sizeof *outputs)

static int
write_parts(const struct build *b, const char *key, struct err *e)
{
	return write_content(b, BUILD_KERNEL, &b->kernel.image, e) || write_initramfs(b, e) ||
	       write_text(b, BUILD_CMDLINE, arena_printf(b->project.arena, "%s\n", b->plan.cmdline), e) ||
	       write_manifest(b, e) || write_text(b, BUILD_KEY, key, e) ? -1 : 0;
}

/* The key goes first and comes back last: whatever interrupts the renames, no key stands beside files of another
 * build. */
static int
publish(const struct build *b, struct err *e)
{
	unlink(build_file(b, BUILD_KEY));
	for (size_t i = 0; i < N_OUTPUTS; i++)
		if (rename(part(b, outputs[i]), build_file(b, outputs[i])))
			return err_set(e, errno, "cannot write %s", build_file(b, outputs[i]));
	return 0;
}

int
build_write(struct build *b, bool *written, struct err *e)
{
	char key[DIGEST_HEX];

	if (make_dirs(b->dir, e))
		return -1;
	AUTO_FD lock = open(b->dir, O_RDONLY | O_DIRECTORY | O_CLOEXEC);
	if (lock < 0 || flock(lock, LOCK_EX))
		return err_set(e, errno, "cannot lock %s", b->dir);
	make_key(b, key);
	*written = !has_key(b, key);
	if (!*written)
		return 0;
	if (write_parts(b, key, e) == 0 && publish(b, e) == 0)
		return 0;
	for (size_t i = 0; i < N_OUTPUTS; i++)
		unlink(part(b, outputs[i]));
	return -1;
}
