/* SPDX-License-Identifier: MIT
 *
 * Any bytes as an archive, a layer or a package: what is read of it is the same from its index, and goes into a tree
 * without leaving the root it is put below. The first byte says which kind.
 */
#include "fuzz_folder.h"

#include "content.h"
#include "mem.h"
#include "unpack.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
same_xattrs(const struct unpacked_entry *a, const struct unpacked_entry *b)
{
	if (a->n_xattrs != b->n_xattrs)
		abort();
	for (size_t i = 0; i < a->n_xattrs; i++)
		if (strcmp(a->xattrs[i].name, b->xattrs[i].name) != 0 || a->xattrs[i].size != b->xattrs[i].size ||
		    memcmp(a->xattrs[i].value, b->xattrs[i].value, a->xattrs[i].size) != 0)
			abort();
}

static void
same_entry(const struct unpacked_entry *a, const struct unpacked_entry *b)
{
	if (a->type != b->type || strcmp(a->path, b->path) != 0 || memcmp(&a->meta, &b->meta, sizeof a->meta) != 0)
		abort();
	if (!a->target != !b->target || (a->target && strcmp(a->target, b->target) != 0) || a->file != b->file)
		abort();
	if (memcmp(a->content.sha256, b->content.sha256, DIGEST_SIZE) != 0 || a->content.size != b->content.size)
		abort();
	same_xattrs(a, b);
}

static void
check_entry(const struct unpacked *ix, size_t i)
{
	const struct unpacked_entry *x = &ix->entries[i];

	if (!x->path[0] || x->path[0] == '/' || strstr(x->path, "//") || strncmp(x->path, "../", 3) == 0 ||
	    strstr(x->path, "/../") || strchr(x->path, '\n'))
		abort();
	if (x->type == UNPACKED_HARDLINK && !x->target && (x->file >= i || ix->entries[x->file].type != UNPACKED_FILE))
		abort();
}

static void
put_into_tree(const struct unpacked *ix)
{
	static const struct origin origin = { "fuzz" };
	struct tree *t = tree_new();
	struct err e = { .msg = "" };

	if (tree_set_top(t, "svc/x", &e))
		abort();
	struct put p = { .tree = t, .root = "svc/x", .how = { .origin = &origin }, .arena = ix->arena };
	if (unpacked_put(ix, &p, "", 0, &e) && !e.msg[0])
		abort();
	if (tree_root(t)->n_children != 1 || tree_find(t, "svc")->n_children != 1)
		abort(); /* something left the root */
	tree_free(t);
}

static void
try(struct cache *c, const struct content *bytes, const struct unpack_format *format)
{
	struct unpacked first, again;
	struct err e = { .msg = "" };

	if (unpacked_open(c, bytes, format, "fuzz", &first, &e)) {
		if (!e.msg[0] || strchr(e.msg, '\n'))
			abort();
		return;
	}
	struct content gone = *bytes;
	gone.mem = NULL; /* now the index alone must do */
	if (unpacked_open(c, &gone, format, "fuzz", &again, &e))
		abort();
	if (first.count != again.count || first.left_out != again.left_out ||
	    memcmp(first.plain, again.plain, DIGEST_SIZE) != 0)
		abort();
	for (size_t i = 0; i < first.count; i++) {
		check_entry(&first, i);
		same_entry(&first.entries[i], &again.entries[i]);
	}
	if (!format->layer)
		put_into_tree(&first);
	unpacked_release(&first);
	unpacked_release(&again);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	static const struct unpack_format *const formats[] = { &format_archive, &format_layer_tar, &format_layer_gzip,
							       &format_layer_zstd, &format_deb };
	struct content c;

	if (size < 1)
		return 0;
	struct cache *cache = folder_cache();
	content_of_mem(&c, data + 1, size - 1);
	try(cache, &c, formats[data[0] % (sizeof formats / sizeof *formats)]);
	cache_close(cache);
	return 0;
}
