/* SPDX-License-Identifier: MIT
 *
 * Which of the images of an index is meant: by name, by platform, through indexes in indexes.
 */
#ifndef INGOT_OCI_INDEX_H
#define INGOT_OCI_INDEX_H

#include "json_read.h"
#include "oci.h"

/* A content descriptor. Texts are the arena's, "" where they are absent. */
struct oci_descriptor {
	const char *media_type;
	uint8_t sha256[DIGEST_SIZE];
	uint64_t size;
	const char *os, *arch, *variant;
	const char *ref, *name; /* annotations: a tag, a whole name */
};

bool oci_is_index(const char *media_type);
bool oci_is_manifest(const char *media_type);

int oci_descriptor(struct arena *a, const struct json_t *o, struct oci_descriptor *out, struct err *e);

/* "linux/arm/v7" against what an image states; an asked-for platform without a variant fits any. */
bool oci_platform_fits(const char *platform, const char *os, const char *arch, const char *variant);
bool oci_platform_ok(const char *platform);

/* Chooses from the "manifests" of an index. top: its names count, and more than one answer is an error. */
int oci_choose(struct arena *a, const struct json_t *index, const struct oci_ask *ask, bool top,
	       struct oci_descriptor *out, struct err *e);

#endif
