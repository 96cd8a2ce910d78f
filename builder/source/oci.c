/* SPDX-License-Identifier: MIT
 *
 * From an OCI image's index to its manifest and its configuration.
 */
#include "oci.h"

#include <string.h>

#include "content.h"
#include "json_read.h"
#include "oci_config.h"
#include "oci_index.h"

#define INDEXES_MAX 4 /* an index in an index, and so on */

struct loading {
	struct oci_store store;
	const struct oci_ask *ask;
	struct oci_image *out;
};

static struct json_t *
read_file(struct loading *l, const char *name, struct err *e)
{
	size_t size;
	const char *bytes = oci_store_get(&l->store, name, &size, e);
	struct json_t *o = bytes ? json_read(bytes, size, e) : NULL;

	if (bytes && !o)
		err_wrap(e, "%.200s", name);
	return o;
}

static struct json_t *
read_blob(struct loading *l, const struct oci_descriptor *d, struct err *e)
{
	const char *bytes = oci_store_blob(&l->store, d->sha256, d->size, e);
	struct json_t *o = bytes ? json_read(bytes, (size_t)d->size, e) : NULL;

	if (bytes && !o)
		err_wrap(e, "%s", oci_blob_name(l->store.arena, d->sha256));
	return o;
}

static int
check_layout(struct loading *l, struct err *e)
{
	struct json_t *o = read_file(l, "oci-layout", e);
	const char *version = "";
	int r = o ? json_need_text(o, "imageLayoutVersion", &version, e) : -1;

	if (r == 0 && strncmp(version, "1.", 2) != 0)
		r = err_set(e, 0, "its layout is of version %.20s, not 1", version);
	json_read_free(o);
	return r;
}

/* The descriptor of the image's manifest. */
static int
find_manifest(struct loading *l, struct oci_descriptor *d, struct err *e)
{
	struct json_t *index = read_file(l, "index.json", e);
	int r = -1;

	for (int depth = 0; index; depth++) {
		r = oci_choose(l->store.arena, index, l->ask, depth == 0, d, e);
		json_read_free(index);
		index = NULL;
		if (r || !oci_is_index(d->media_type))
			break;
		r = -1;
		if (depth == INDEXES_MAX)
			err_set(e, 0, "its indexes stand in one another more than %d deep", INDEXES_MAX);
		else
			index = read_blob(l, d, e);
	}
	if (r == 0 && !oci_is_manifest(d->media_type))
		r = err_set(e, 0, "\"%.100s\" is not the media type of an image's manifest", d->media_type);
	return r;
}

static const struct {
	const char *type;
	const struct unpack_format *format;
} layer_types[] = {
	{ "application/vnd.oci.image.layer.v1.tar", &format_layer_tar },
	{ "application/vnd.oci.image.layer.v1.tar+gzip", &format_layer_gzip },
	{ "application/vnd.oci.image.layer.v1.tar+zstd", &format_layer_zstd },
	{ "application/vnd.docker.image.rootfs.diff.tar", &format_layer_tar },
	{ "application/vnd.docker.image.rootfs.diff.tar.gzip", &format_layer_gzip },
	{ "application/vnd.docker.image.rootfs.diff.tar.zstd", &format_layer_zstd },
};

static int
take_layer(struct loading *l, const struct json_t *o, struct oci_layer *to, struct err *e)
{
	struct oci_descriptor d;
	uint64_t size;

	if (oci_descriptor(l->store.arena, o, &d, e))
		return -1;
	for (size_t i = 0; i < sizeof layer_types / sizeof *layer_types; i++)
		if (strcmp(layer_types[i].type, d.media_type) == 0)
			to->format = layer_types[i].format;
	if (!to->format)
		return err_set(e, 0, "the media type \"%.100s\" is not one that a layer can have here: a tar, plain or within "
				     "gzip or zstd", d.media_type);
	to->blob = oci_blob_name(l->store.arena, d.sha256);
	to->pinned = true;
	to->size = d.size;
	memcpy(to->sha256, d.sha256, DIGEST_SIZE);
	if (oci_store_size(&l->store, to->blob, &size, e))
		return -1;
	return size == d.size ? 0 : err_set(e, 0, "%s has %llu bytes, the manifest says %llu: the image is damaged", to->blob,
					    (unsigned long long)size, (unsigned long long)d.size);
}

static int
take_layers(struct loading *l, const struct json_t *manifest, struct err *e)
{
	const struct json_t *layers;

	if (json_need_array(manifest, "layers", &layers, e))
		return -1;
	size_t n = json_count(layers);
	if (n == 0 || n > OCI_LAYERS_MAX)
		return err_set(e, 0, "the image has %zu layers: from 1 to %d are supported", n, OCI_LAYERS_MAX);
	l->out->layers = arena_alloc(l->store.arena, n * sizeof *l->out->layers);
	l->out->n_layers = n;
	for (size_t i = 0; i < n; i++)
		if (take_layer(l, json_item(layers, i), &l->out->layers[i], e))
			return err_wrap(e, "layer %zu", i);
	return 0;
}

static int
take_config(struct loading *l, const struct json_t *manifest, struct err *e)
{
	const struct json_t *o;
	struct oci_descriptor d;

	if (json_need_object(manifest, "config", &o, e) || oci_descriptor(l->store.arena, o, &d, e))
		return -1;
	if (strcmp(d.media_type, "application/vnd.oci.image.config.v1+json") != 0 &&
	    strcmp(d.media_type, "application/vnd.docker.container.image.v1+json") != 0)
		return err_set(e, 0, "\"%.100s\" is not the media type of an image's configuration", d.media_type);
	const char *bytes = oci_store_blob(&l->store, d.sha256, d.size, e);
	return bytes ? oci_config(l->store.arena, bytes, (size_t)d.size, l->ask->platform, l->out, e) : -1;
}

static int
take_manifest(struct loading *l, struct err *e)
{
	struct oci_descriptor d;
	uint64_t version = 0;

	if (find_manifest(l, &d, e))
		return -1;
	struct json_t *o = read_blob(l, &d, e);
	if (!o)
		return -1;
	memcpy(l->out->digest, d.sha256, DIGEST_SIZE);
	int r = json_need_number(o, "schemaVersion", &version, e);
	if (r == 0 && version != 2)
		r = err_set(e, 0, "the manifest is of version %llu, not 2", (unsigned long long)version);
	if (r == 0)
		r = take_layers(l, o, e) || take_config(l, o, e) ? -1 : 0;
	json_read_free(o);
	return r;
}

static int
load(struct loading *l, struct err *e)
{
	if (!oci_platform_ok(l->ask->platform))
		return err_set(e, 0, "`platform` is OS/ARCHITECTURE, such as linux/amd64, not `%.100s`", l->ask->platform);
	if (oci_store_has(&l->store, "oci-layout"))
		return check_layout(l, e) || take_manifest(l, e) ? -1 : 0;
	if (!l->store.folder && oci_store_has(&l->store, "manifest.json"))
		return oci_load_docker(&l->store, l->ask, l->out, e);
	return err_set(e, 0, "it is no OCI image: it holds neither oci-layout nor, as a tar, docker's manifest.json");
}

static int
check_digest(const struct oci_ask *ask, const struct oci_image *image, struct err *e)
{
	char wanted[DIGEST_HEX], found[DIGEST_HEX];

	if (!ask->digest || memcmp(ask->digest, image->digest, DIGEST_SIZE) == 0)
		return 0;
	digest_hex(ask->digest, wanted);
	digest_hex(image->digest, found);
	return err_set(e, 0, "it is another image: sha256:%s is wanted, sha256:%s was found; where the new one is meant, "
			     "write it as `digest`", wanted, found);
}

int
oci_load(struct arena *a, const struct oci_ask *ask, struct oci_image *out, struct err *e)
{
	struct loading l = { .ask = ask, .out = out };
	const char *slash = strrchr(ask->path, '/');

	*out = (struct oci_image){ .path = ask->path };
	out->name = arena_printf(a, "%s%s%s", slash && slash[1] ? slash + 1 : ask->path, ask->ref ? ":" : "",
				 ask->ref ? ask->ref : "");
	int r = oci_store_open(&l.store, a, ask->path, e);
	out->folder = l.store.folder;
	if (r == 0)
		r = load(&l, e);
	oci_store_release(&l.store);
	return r ? -1 : check_digest(ask, out, e);
}
