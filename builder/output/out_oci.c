/* SPDX-License-Identifier: MIT */
#include "out_oci.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "mem.h"
#include "out_oci_json.h"
#include "progress.h"
#include "tar_write.h"

struct unit_image {
	struct out_oci_layer layer;
	struct out_oci_text config, manifest;
};

struct oci {
	const struct build *b;
	struct unit_image *images; /* as many as units */
	struct out_oci_named *named;
	struct out_oci_text index;
	const struct content **blobs; /* what is in the archive already: units may share a layer */
	size_t n_blobs, room;
	int fd;
};

static int
to_file(void *arg, const void *data, size_t size, struct err *e)
{
	const struct oci *o = arg;

	return output_put(o->fd, data, size, e);
}

static int
make_images(struct oci *o, struct out_size *size, struct err *e)
{
	const struct plan *p = &o->b->plan;
	uint8_t digest[DIGEST_SIZE];
	char tree[DIGEST_HEX];

	tree_digest(o->b->tree, digest);
	digest_hex(digest, tree);
	progress_begin("packing the services for OCI", p->n_units, PROGRESS_ITEMS);
	for (size_t i = 0; i < p->n_units; i++) {
		struct unit_image *u = &o->images[i];
		const char *name = p->units[i].unit->head.name;
		if (out_oci_layer(tree_find(o->b->tree, p->units[i].root.path), o->b->cache, &u->layer, e)) {
			progress_cancel();
			return err_wrap(e, "%s", name);
		}
		out_oci_config(p->arena, &p->units[i], &u->layer, &u->config);
		out_oci_manifest(&u->config, &u->layer, o->b->project.image.image, tree, &u->manifest);
		o->named[i] = (struct out_oci_named){ name, &u->manifest };
		size->raw += u->layer.raw;
		progress_update(i + 1);
	}
	progress_end();
	out_oci_index(o->named, p->n_units, &o->index);
	return 0;
}

static int
put_file(struct tar_out *out, const char *name, const struct content *c, struct err *e)
{
	struct tar_member m = { .name = name, .type = TAR_FILE, .meta = { .mode = 0644 }, .size = c->size };

	return tar_file(out, &m, c, e);
}

static int
put_blob(struct oci *o, struct tar_out *out, const struct content *c, struct err *e)
{
	char name[32 + DIGEST_HEX] = "blobs/sha256/";

	for (size_t i = 0; i < o->n_blobs; i++)
		if (memcmp(o->blobs[i]->sha256, c->sha256, DIGEST_SIZE) == 0)
			return 0;
	o->blobs = grow(o->blobs, o->n_blobs, &o->room, sizeof *o->blobs);
	o->blobs[o->n_blobs++] = c;
	digest_hex(c->sha256, name + strlen(name));
	return put_file(out, name, c, e);
}

static int
put_layout(struct oci *o, struct tar_out *out, struct err *e)
{
	static const char version[] = "{\"imageLayoutVersion\": \"1.0.0\"}\n";
	static const char *const folders[] = { "blobs/", "blobs/sha256/" };
	struct content layout;

	content_of_mem(&layout, version, sizeof version - 1);
	if (put_file(out, "oci-layout", &layout, e) || put_file(out, "index.json", &o->index.c, e))
		return -1;
	for (size_t i = 0; i < sizeof folders / sizeof *folders; i++) {
		struct tar_member m = { .name = folders[i], .type = TAR_DIR, .meta = { .mode = 0755 } };
		if (tar_header(out, &m, e))
			return -1;
	}
	for (size_t i = 0; i < o->b->plan.n_units; i++)
		if (put_blob(o, out, &o->images[i].manifest.c, e) || put_blob(o, out, &o->images[i].config.c, e) ||
		    put_blob(o, out, &o->images[i].layer.blob, e))
			return -1;
	return tar_end(out, e);
}

int
out_oci(const struct build *b, int fd, struct out_size *size, struct err *e)
{
	struct oci o = { .b = b, .fd = fd };
	struct tar_out out = { .take = to_file, .arg = &o };
	size_t n = b->plan.n_units;

	*size = (struct out_size){ 0, 0 };
	o.images = xcalloc(n, sizeof *o.images);
	o.named = xcalloc(n, sizeof *o.named);
	int r = make_images(&o, size, e) || put_layout(&o, &out, e) ? -1 : 0;
	size->compressed = out.size;
	for (size_t i = 0; i < n; i++) {
		free(o.images[i].config.text);
		free(o.images[i].manifest.text);
	}
	free(o.index.text);
	free(o.blobs);
	free(o.images);
	free(o.named);
	return r;
}
