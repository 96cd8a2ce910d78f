/* SPDX-License-Identifier: MIT
 *
 * The one in-memory tree that every output is written from: names, and the inodes they lead to. Metadata lives here and
 * goes straight into the output; nothing is ever unpacked, chowned or taken from the host's own file metadata.
 * Entries of a directory are kept sorted by byte order, so that a walk has one order on every machine.
 */
#ifndef INGOT_TREE_H
#define INGOT_TREE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "content.h"

enum tree_type { TREE_DIR, TREE_FILE, TREE_SYMLINK };

/* Where an entry came from, for errors and the manifest: "recipes/nginx.yml:12", "debian nginx-light 1.22.1-9". */
struct origin {
	const char *text; /* borrowed, outlives the tree */
};

struct tree_meta {
	uint32_t mode; /* permission bits with setuid, setgid and sticky: 07777 */
	uint32_t uid, gid;
	int64_t mtime; /* seconds since 1970 */
};

/* An extended attribute, such as security.capability: the name with its namespace, the bytes of its value. */
struct tree_xattr {
	const char *name;
	const void *value;
	size_t size;
};

/* At most so many of one inode, and so many bytes of names and values: what a squashfs or a pax header can hold. */
#define TREE_XATTRS_MAX      64
#define TREE_XATTR_BYTES_MAX (64u << 10)

/* Shared by all names of one file (hard links). */
struct tree_inode {
	enum tree_type type;
	struct tree_meta meta;
	const struct tree_xattr *xattrs; /* sorted by name, each name once */
	size_t n_xattrs;
	uint32_t nlink;         /* names in the tree: 1 but for hard links */
	uint32_t id;            /* for the writer's use */
	struct content content; /* TREE_FILE */
	const char *target;     /* TREE_SYMLINK */
};

#define TREE_PATH_MAX 4095 /* Linux' PATH_MAX without the NUL */

struct tree_entry {
	const char *name; /* one component */
	struct tree_inode *inode;
	const struct origin *origin;
	struct tree_entry *parent;    /* NULL for the root */
	size_t path_len;              /* of its whole path; at most TREE_PATH_MAX */
	struct tree_entry **children; /* TREE_DIR: sorted by name */
	size_t n_children;
	bool top; /* the root of a service: see tree_set_top */
};

struct tree; /* owns all entries, inodes, and copies of names and targets */

struct tree *tree_new(void);
void tree_free(struct tree *t);
struct tree_entry *tree_root(struct tree *t);

/* What to do where the path is there already. A directory over a directory is never a conflict: the later one's
 * metadata holds if it was put explicitly. */
enum tree_conflict {
	TREE_STRICT,   /* an error that names both origins, unless type, content and metadata are the same */
	TREE_OVERRIDE, /* the new one replaces the old */
	TREE_KEEP,     /* the old one stays */
};

/* How something is put: its metadata, its origin, and what to do on a conflict. */
struct tree_put {
	struct tree_meta meta;
	const struct tree_xattr *xattrs; /* in any order; copied */
	size_t n_xattrs;
	const struct origin *origin;
	enum tree_conflict conflict;
};

/* Paths are absolute or relative to the root, without "." and ".." components. Missing parents are made as 0755 root
 * directories. A parent that is a symlink is followed inside the tree (so that bin/ls lands in usr/bin where bin is a
 * link to usr/bin); one that leads outside, loops or hits a file is an error. */
int tree_put_dir(struct tree *t, const char *path, const struct tree_put *how, struct err *e);
int tree_put_file(struct tree *t, const char *path, const struct content *c, const struct tree_put *how, struct err *e);
int tree_put_symlink(struct tree *t, const char *path, const char *target, const struct tree_put *how, struct err *e);
/* Another name for the file at `existing`. */
int tree_put_hardlink(struct tree *t, const char *path, const char *existing, const struct tree_put *how,
		      struct err *e);

/* Makes a folder (there is one at the path, or one is made) a root of its own: below it, absolute links start there and
 * ".." ends there, as for a process whose root it will be. */
int tree_set_top(struct tree *t, const char *path, struct err *e);

/* NULL where there is nothing; parents that are symlinks are followed, the last component is not. */
struct tree_entry *tree_find(struct tree *t, const char *path);
/* The same, but the last component is followed as well. */
struct tree_entry *tree_resolve(struct tree *t, const char *path);
/* Removes an entry with all below it; false if it was not there. */
bool tree_remove(struct tree *t, const char *path);

/* The entry's absolute path; returns the length, the text is cut at cap. */
size_t tree_path(const struct tree_entry *x, char *buf, size_t cap);

/* Gives files of the same bytes, metadata and extended attributes one inode with several names, wherever they are, so
 * that every output holds them once: ten services cost one libc. Empty files stay apart. Returns the bytes that this
 * saves. */
uint64_t tree_share(struct tree *t);

/* The same names with the same values. */
bool tree_same_xattrs(const struct tree_inode *a, const struct tree_inode *b);

/* Calls fn for each entry, parents first, in sorted order, until one returns other than 0, which it returns. */
int tree_walk(struct tree_entry *from, int (*fn)(struct tree_entry *x, void *arg), void *arg);

/* Sets every inode's id to 0 below and at `from`, for whoever numbers them anew. */
void tree_clear_ids(struct tree_entry *from);

/* SHA-256 over the walk: path, type, metadata, link structure, target and content digest of each entry. All outputs of
 * one image hold the same tree, and this is what proves it. */
void tree_digest(struct tree *t, uint8_t out[DIGEST_SIZE]);

#endif
