/* SPDX-License-Identifier: MIT
 *
 * OCI images on the host: a layout folder, an oci-archive tar, or a docker-save tar. Layout, index, manifest and
 * configuration are those of the OCI image specification, and of docker's schema 2. Every blob's digest and size are
 * checked before it is used.
 */
#ifndef INGOT_OCI_H
#define INGOT_OCI_H

#include <stdbool.h>

#include "cache.h"
#include "mem.h"
#include "put.h"
#include "unpack.h"

#define OCI_LAYERS_MAX 1000

/* What is asked for. */
struct oci_ask {
	const char *path;
	const char *ref;       /* NULL: there is only one */
	const char *platform;  /* "linux/amd64" */
	const uint8_t *digest; /* NULL, or what oci_image.digest must be */
};

struct oci_layer {
	const char *blob; /* its file in the layout, or its member of the tar */
	const struct unpack_format *format; /* NULL in a docker-save tar: the bytes tell */
	bool pinned;                        /* digest and size are stated; not in a docker-save tar */
	uint8_t sha256[DIGEST_SIZE];
	uint64_t size;
	uint8_t plain[DIGEST_SIZE]; /* of its tar, uncompressed: the configuration's diff_id */
};

/* An image as far as its manifest and configuration tell. All of it is the arena's. */
struct oci_image {
	const char *path;
	bool folder;
	const char *name;            /* for people: "nginx.tar", "layout:v1" */
	uint8_t digest[DIGEST_SIZE]; /* of the manifest; of the configuration in a docker-save tar, which has none */
	struct oci_layer *layers;    /* the lowest first */
	size_t n_layers;
	/* the configuration's, as it states them */
	const char *user, *cwd; /* "" where it states none */
	const char *const *entrypoint, *const *cmd, *const *env;
	size_t n_entrypoint, n_cmd, n_env;
};

/* Reads no layer and needs no cache. */
int oci_load(struct arena *a, const struct oci_ask *ask, struct oci_image *out, struct err *e);

/* oci_layers.c: applies the layers to one another, and puts what comes of it. *left_out is the number of device nodes
 * below /dev that are not put. */
int oci_put(struct cache *c, const struct oci_image *image, struct put *p, uint64_t *left_out, struct err *e);

#endif
