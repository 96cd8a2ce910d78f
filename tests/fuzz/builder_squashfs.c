/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a tree: files of all sizes around a block's, sparse ones, links, attributes, names long and many. It is
 * written as a squashfs and read back by the reader of the unit tests, which aborts where a reader could stumble; what
 * comes back must be the tree, and what a squashfs cannot hold must have been refused.
 */
#include <stdint.h>
#include <sys/mman.h>
#include <unistd.h>

#include "../unit/squashfs_reader.h"
#include "mem.h"
#include "out_squashfs.h"
#include "progress.h"

#define BLOCK    131072u
#define BYTES    (5 * BLOCK)
#define IN_ALL   (24 * BLOCK) /* of files' contents: so that an input takes no longer than a moment */
#define NAMES    2000

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

struct making {
	const uint8_t *p, *end;
	struct tree *tree;
	struct arena *arena;
	uint32_t files, bytes;
};

static uint32_t
take(struct making *m, unsigned bytes)
{
	uint32_t v = 0;

	while (bytes--)
		v = v << 8 | (m->p < m->end ? *m->p++ : 0);
	return v;
}

static const uint8_t *
pool_of_bytes(void)
{
	static uint8_t *bytes;
	uint32_t x = 1;

	if (bytes)
		return bytes;
	bytes = malloc(BYTES);
	for (size_t i = 0; i < BYTES; i++) {
		x = x * 1664525 + 1013904223;
		/* text, noise, zeros, text */
		bytes[i] = i / BLOCK == 1 ? (uint8_t)(x >> 24) : i / BLOCK == 2 || i / BLOCK == 3 ? 0 : (uint8_t)"abcab"[x >> 30];
	}
	return bytes;
}

static void
make_content(struct making *m, struct content *c)
{
	static const uint32_t near[] = { 0, 1, BLOCK - 1, BLOCK, BLOCK + 1, 2 * BLOCK, 3 * BLOCK - 1, 3 * BLOCK + 77 };
	uint32_t how = take(m, 1), size = how < 128 ? take(m, 1) * (how & 63) : near[how & 7] + (how >> 3 & 3);
	uint32_t from = how & 64 ? take(m, 1) * (BLOCK / 64) : 0;

	if (size > IN_ALL - m->bytes)
		size = 0;
	if (from > BYTES - size)
		from = BYTES - size;
	m->bytes += size;
	content_of_mem(c, pool_of_bytes() + from, size);
}

/* Few folders, so that names meet. */
static const char *
make_path(struct making *m)
{
	static const char *const suffixes[] = { "", ".so", ".so.1", ".py", ".", ".mo", ".gz", ".conf" };
	uint32_t where = take(m, 1), length = take(m, 1), name = take(m, 1);
	char stem[300];

	length = where & 8 ? length + 1 : 1 + length % 16;
	memset(stem, 'a' + (int)(name >> 3 & 15), length);
	stem[length] = '\0';
	return arena_printf(m->arena, "/%.*s%s%s", (int)(where & 7) * 2, "d/e/f/g/h/i/j/", stem, suffixes[name & 7]);
}

static void
make_how(struct making *m, struct tree_put *how)
{
	static const char *const names[] = { "user.a", "user.longer-name", "security.capability", "trusted.t", "user.b",
					     "security.x" };
	uint32_t bits = take(m, 1), n = bits & 128 ? take(m, 1) % 6 : 0, first = take(m, 1);

	how->meta.mode = take(m, 2) & 07777;
	how->meta.uid = bits & 1 ? take(m, 4) : bits >> 1 & 3;
	how->meta.gid = bits & 2 ? take(m, 2) : bits >> 2 & 3;
	how->meta.mtime = bits & 4 ? take(m, 4) : 1700000000;
	struct tree_xattr *x = arena_alloc(m->arena, 8 * sizeof *x);
	for (uint32_t i = 0; i < n; i++)
		x[i] = (struct tree_xattr){ names[i], pool_of_bytes() + first % 7, (first * (i + 1) * 3) % 9000 };
	how->xattrs = x;
	how->n_xattrs = n;
}

/* Tree and writer each have their own tests of what is refused: here a conflict is no more than an entry less. */
static void
make_entry(struct making *m)
{
	static const struct origin origin = { "fuzz" };
	struct tree_put how = { .origin = &origin, .conflict = TREE_OVERRIDE };
	uint32_t kind = take(m, 1);
	struct content c;
	struct err e;

	const char *path = make_path(m);
	make_how(m, &how);
	switch (kind & 7) {
	case 0:
		tree_put_dir(m->tree, path, &how, &e);
		break;
	case 1:
		tree_put_symlink(m->tree, path, &"/a/target/that/leads/nowhere"[kind >> 4], &how, &e);
		break;
	case 2:
		tree_put_hardlink(m->tree, make_path(m), path, &how, &e);
		break;
	case 3:
		for (uint32_t i = take(m, 1) * 4; i-- > 0 && m->files < NAMES; m->files++) {
			make_content(m, &c);
			c.size = c.size > 200 ? 200 : c.size;
			content_of_mem(&c, c.mem, (size_t)c.size);
			if (strlen(path) < 200)
				tree_put_file(m->tree, arena_printf(m->arena, "%s-%u", path, i * 7919 % 1009), &c, &how, &e);
		}
		break;
	default:
		make_content(m, &c);
		tree_put_file(m->tree, path, &c, &how, &e);
	}
}

static int
too_much(struct tree_entry *x, void *arg)
{
	(void)arg;
	return strlen(x->name) > 255;
}

static void
check(struct making *m, int level)
{
	int fd = memfd_create("fuzz", MFD_CLOEXEC);
	struct out_size size;
	struct err e;

	int r = out_squashfs(m->tree, fd, level, &size, &e);
	MUST((r != 0) == (tree_walk(tree_root(m->tree), too_much, NULL) != 0));
	if (r == 0) {
		uint8_t *p = mmap(NULL, (size_t)size.compressed, PROT_READ, MAP_PRIVATE, fd, 0);
		MUST(p != MAP_FAILED && lseek(fd, 0, SEEK_END) == (off_t)size.compressed);
		char *image = image_listing(p, (size_t)size.compressed), *tree = tree_listing(m->tree);
		MUST(strcmp(image, tree) == 0);
		free(image);
		free(tree);
		munmap(p, (size_t)size.compressed);
	}
	close(fd);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct making m = { .p = data, .end = data + size, .tree = tree_new(), .arena = arena_new() };
	int level = 1 + (int)(take(&m, 1) % 4);

	progress_mode(PROGRESS_QUIET);
	while (m.p < m.end)
		make_entry(&m);
	check(&m, level);
	tree_free(m.tree);
	arena_free(m.arena);
	return 0;
}
