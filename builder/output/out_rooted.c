/* SPDX-License-Identifier: MIT */
#include "out_rooted.h"

#include <errno.h>
#include <fcntl.h>
#include <unistd.h>

#include "cleanup.h"
#include "content.h"
#include "out_cpio.h"
#include "out_squashfs.h"
#include "table.h"

/* What is in the file is compressed already: a higher level would take its time and find nothing. */
#define ARCHIVE_LEVEL 1

static const struct origin own = { "ingot" };

static int
write_squashfs(const struct build *b, const char *scratch, struct err *e)
{
	struct out_size ignored;
	AUTO_FD fd = open(scratch, O_RDWR | O_CREAT | O_TRUNC | O_CLOEXEC, 0666);

	if (fd < 0)
		return err_set(e, errno, "cannot write %s", scratch);
	return out_squashfs(b->tree, fd, b->level, &ignored, e);
}

/* A file or folder of the whole tree, at the same path. */
static int
copy(const struct build *b, struct tree *to, const char *path, struct err *e)
{
	const struct tree_entry *x = tree_find(b->tree, path);
	struct tree_put how = { .origin = &own };

	if (!x || x->inode->type == TREE_SYMLINK)
		return err_set(e, 0, "a bug of ingot: there is no %s in the tree", path);
	how.meta = x->inode->meta;
	return x->inode->type == TREE_DIR ? tree_put_dir(to, path, &how, e) :
					    tree_put_file(to, path, &x->inode->content, &how, e);
}

/* The folders are what PID 1 mounts on, also where attaching the root has failed. */
static int
fill(const struct build *b, struct tree *t, const char *scratch, struct err *e)
{
	static const char *const paths[] = { "/init", TBL_PATH, "/proc", "/sys", "/dev", "/run", "/tmp", "/state" };
	struct tree_put how = { .meta = { .mode = 0400 }, .origin = &own };
	struct content root;

	for (size_t i = 0; i < sizeof paths / sizeof *paths; i++)
		if (copy(b, t, paths[i], e))
			return -1;
	for (size_t i = 0; i < b->kernel.n_early; i++)
		if (copy(b, t, arena_printf(b->project.arena, "/ingot/modules/%s.ko", b->kernel.modules[i].name), e))
			return -1;
	return content_of_file(&root, scratch, e) || tree_put_file(t, ROOTED_FILE, &root, &how, e) ? -1 : 0;
}

int
out_rooted(const struct build *b, const char *scratch, int fd, struct out_size *size, struct err *e)
{
	struct tree *t = tree_new();
	int r = write_squashfs(b, scratch, e);

	if (r == 0)
		r = fill(b, t, scratch, e);
	if (r == 0)
		r = out_cpio_zst(t, b->cache, fd, ARCHIVE_LEVEL, size, e);
	tree_free(t);
	unlink(scratch);
	return r;
}
