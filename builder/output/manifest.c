/* SPDX-License-Identifier: MIT
 *
 * The manifest: every path of the tree with its metadata, its digest and the line or package that it comes from.
 */
#include <stdio.h>
#include <stdlib.h>

#include "build.h"
#include "json_out.h"

#define PATH_CAP 4096

/* Values as hexadecimal digits: they are bytes. */
static void
add_xattrs(struct json *j, const struct tree_inode *i)
{
	if (!i->n_xattrs)
		return;
	json_key(j, "xattrs");
	json_object(j);
	for (size_t k = 0; k < i->n_xattrs; k++) {
		const struct tree_xattr *x = &i->xattrs[k];
		char *hex = xcalloc(2, x->size + 1);
		for (size_t n = 0; n < x->size; n++)
			snprintf(hex + 2 * n, 3, "%02x", ((const uint8_t *)x->value)[n]);
		json_text(j, x->name, hex);
		free(hex);
	}
	json_object_end(j);
}

static int
add_entry(struct tree_entry *x, void *arg)
{
	static const char *const types[] = { [TREE_DIR] = "dir", [TREE_FILE] = "file", [TREE_SYMLINK] = "symlink" };
	const struct tree_inode *i = x->inode;
	struct json *j = arg;
	char path[PATH_CAP], mode[8];

	tree_path(x, path, sizeof path);
	snprintf(mode, sizeof mode, "%04o", i->meta.mode & 07777);
	json_object(j);
	json_text(j, "path", path);
	json_text(j, "type", types[i->type]);
	json_text(j, "mode", mode);
	json_number(j, "uid", i->meta.uid);
	json_number(j, "gid", i->meta.gid);
	json_key(j, "mtime");
	json_int(j, i->meta.mtime);
	if (i->type == TREE_FILE) {
		json_number(j, "size", i->content.size);
		json_digest(j, "sha256", i->content.sha256);
	}
	if (i->type == TREE_FILE && i->nlink > 1)
		json_number(j, "inode", i->id);
	if (i->type == TREE_SYMLINK)
		json_text(j, "target", i->target);
	add_xattrs(j, i);
	json_text(j, "origin", x->origin->text);
	json_object_end(j);
	return 0;
}

static void
add_kernel(struct json *j, const struct kernel *k)
{
	json_key(j, "kernel");
	json_object(j);
	json_text(j, "release", k->release ? k->release : "");
	json_digest(j, "sha256", k->image.sha256);
	json_key(j, "modules");
	json_array(j);
	for (size_t i = 0; i < k->n_modules; i++)
		json_string(j, k->modules[i].name);
	json_array_end(j);
	json_object_end(j);
}

void
manifest_write(const struct build *b, FILE *to)
{
	uint8_t digest[DIGEST_SIZE];
	struct json j;

	json_to_file(&j, to);
	json_object(&j);
	json_text(&j, "image", b->project.image.image);
	json_text(&j, "ingot", INGOT_VERSION);
	tree_digest(b->tree, digest);
	json_digest(&j, "tree", digest);
	json_text(&j, "cmdline", b->plan.cmdline);
	add_kernel(&j, &b->kernel);
	json_key(&j, "paths");
	json_array(&j);
	tree_walk(tree_root(b->tree), add_entry, &j);
	json_array_end(&j);
	json_object_end(&j);
	json_end(&j);
}
