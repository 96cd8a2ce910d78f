/* SPDX-License-Identifier: MIT
 *
 * What `docker save` writes: manifest.json names each image's configuration and layers as files of the tar. No digest
 * of a layer is stated but that of its uncompressed tar, in the configuration.
 */
#include <string.h>

#include "content.h"
#include "json_read.h"
#include "oci_config.h"

#define IMAGES_MAX 1000

/* Whether "nginx:1.25" is meant: by the whole name, or by the tag alone. */
static bool
is_named(const char *const *tags, size_t n, const char *ref)
{
	for (size_t i = 0; i < n; i++) {
		const char *tag = strrchr(tags[i], ':');
		if (strcmp(tags[i], ref) == 0 || (tag && strcmp(tag + 1, ref) == 0))
			return true;
	}
	return false;
}

static const struct json_t *
choose(struct arena *a, const struct json_t *list, const struct oci_ask *ask, struct err *e)
{
	const struct json_t *found = NULL;
	const char *names = "";
	size_t n_found = 0;

	for (size_t i = 0; i < json_count(list) && i < IMAGES_MAX; i++) {
		const struct json_t *one = json_item(list, i);
		const char *const *tags = NULL;
		size_t n = 0;
		if (json_get_texts(one, "RepoTags", a, &tags, &n, e))
			return NULL;
		if (!ask->ref || is_named(tags, n, ask->ref)) {
			found = one;
			n_found++;
		}
		if (strlen(names) < 200)
			names = arena_printf(a, "%s%s%.100s", names, names[0] ? ", " : "", n ? tags[0] : "one without a name");
	}
	if (n_found == 1)
		return found;
	if (n_found > 1)
		err_set(e, 0, "it holds several images, of which one must be meant by `ref`: %s", names);
	else if (ask->ref)
		err_set(e, 0, "no image `%.100s` in it: there is %s", ask->ref, names[0] ? names : "none");
	else
		err_set(e, 0, "it holds no image");
	return NULL;
}

static int
take_layers(const struct oci_store *s, const struct json_t *o, struct oci_image *out, struct err *e)
{
	const char *const *names = NULL;
	size_t n = 0;

	if (json_get_texts(o, "Layers", s->arena, &names, &n, e))
		return -1;
	if (n == 0 || n > OCI_LAYERS_MAX)
		return err_set(e, 0, "the image has %zu layers: from 1 to %d are supported", n, OCI_LAYERS_MAX);
	out->layers = arena_alloc(s->arena, n * sizeof *out->layers);
	out->n_layers = n;
	for (size_t i = 0; i < n; i++) {
		out->layers[i].blob = names[i];
		if (oci_store_size(s, names[i], &out->layers[i].size, e))
			return -1;
	}
	return 0;
}

/* The configuration's file bears its digest as its name, so that a damaged one can be told. */
static int
take_config(const struct oci_store *s, const struct json_t *o, const struct oci_ask *ask, struct oci_image *out,
	    struct err *e)
{
	const char *name, *bytes, *base;
	uint8_t wanted[DIGEST_SIZE];
	struct content c;
	size_t size;

	if (json_need_text(o, "Config", &name, e))
		return -1;
	bytes = oci_store_get(s, name, &size, e);
	if (!bytes)
		return -1;
	content_of_mem(&c, bytes, size);
	memcpy(out->digest, c.sha256, DIGEST_SIZE);
	base = strrchr(name, '/') ? strrchr(name, '/') + 1 : name;
	if (digest_parse(arena_strndup(s->arena, base, strcspn(base, ".")), wanted) &&
	    memcmp(wanted, c.sha256, DIGEST_SIZE) != 0)
		return err_set(e, 0, "%.100s does not have the digest that its name says: the image is damaged", name);
	return oci_config(s->arena, bytes, size, ask->platform, out, e);
}

int
oci_load_docker(const struct oci_store *s, const struct oci_ask *ask, struct oci_image *out, struct err *e)
{
	size_t size;
	const char *bytes = oci_store_get(s, "manifest.json", &size, e);
	struct json_t *list = bytes ? json_read(bytes, size, e) : NULL;
	int r = -1;

	if (list) {
		const struct json_t *one = choose(s->arena, list, ask, e);
		if (one)
			r = take_layers(s, one, out, e) || take_config(s, one, ask, out, e) ? -1 : 0;
		json_read_free(list);
	}
	return r;
}
