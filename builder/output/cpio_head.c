/* SPDX-License-Identifier: MIT
 *
 * The headers of a newc cpio archive (Linux, Documentation/driver-api/early-userspace/buffer-format.rst): thirteen
 * numbers of eight hexadecimal digits, then the name. Device numbers are 0 and times the tree's: nothing in a header
 * comes from the host.
 */
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>

#include "cpio_parts.h"

#define HEADER 110u

struct head {
	unsigned ino, mode, uid, gid, nlink, mtime, size;
	const char *name;
};

static size_t
render(const struct head *h, char out[CPIO_HEAD_MAX])
{
	size_t name = strlen(h->name) + 1, n = HEADER + name;

	snprintf(out, HEADER + 1, "070701%08x%08x%08x%08x%08x%08x%08x%032x%08x%08x", h->ino, h->mode, h->uid, h->gid, h->nlink,
		 h->mtime, h->size, 0u, (unsigned)name, 0u); /* the 32 zeros are four device numbers */
	memcpy(out + HEADER, h->name, name);
	memset(out + n, 0, cpio_padding(n));
	return n + cpio_padding(n);
}

static unsigned
size_of(const struct cpio_member *m)
{
	const struct tree_inode *i = m->entry->inode;

	if (i->type == TREE_SYMLINK)
		return (unsigned)strlen(i->target);
	return m->data ? (unsigned)i->content.size : 0;
}

/* A time outside 32 bits becomes the nearest inside: cpio_parts_make has counted it. */
static unsigned
time_of(const struct tree_inode *i)
{
	return i->meta.mtime < 0 ? 0 : i->meta.mtime > UINT32_MAX ? UINT32_MAX : (unsigned)i->meta.mtime;
}

size_t
cpio_head(const struct cpio_member *m, char out[CPIO_HEAD_MAX])
{
	static const unsigned types[] = { [TREE_DIR] = S_IFDIR, [TREE_FILE] = S_IFREG, [TREE_SYMLINK] = S_IFLNK };
	const struct tree_inode *i = m->entry->inode;
	char path[TREE_PATH_MAX + 1];
	struct head h = {
		.ino = m->ino, .mode = types[i->type] | i->meta.mode, .uid = i->meta.uid, .gid = i->meta.gid,
		.nlink = i->type == TREE_FILE ? i->nlink : 1, .mtime = time_of(i), .size = size_of(m), .name = path + 1,
	};

	tree_path(m->entry, path, sizeof path);
	return render(&h, out);
}

size_t
cpio_trailer(char out[CPIO_HEAD_MAX])
{
	struct head h = { .nlink = 1, .name = CPIO_TRAILER };

	return render(&h, out);
}
