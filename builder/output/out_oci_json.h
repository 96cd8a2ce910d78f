/* SPDX-License-Identifier: MIT
 *
 * The JSON documents of an OCI image (OCI Image Format Specification 1.0), as malloc'ed texts.
 */
#ifndef INGOT_OUT_OCI_JSON_H
#define INGOT_OUT_OCI_JSON_H

#include "out_oci_layer.h"
#include "plan.h"

/* A document, as the texts that refer to it need it: c borrows the text. */
struct out_oci_text {
	char *text;
	struct content c;
};

void out_oci_config(struct arena *a, const struct plan_unit *u, const struct out_oci_layer *l,
		    struct out_oci_text *out);
/* tree: the digest of the whole image's tree, in hexadecimal. */
void out_oci_manifest(const struct out_oci_text *config, const struct out_oci_layer *l, const char *image,
		      const char *tree, struct out_oci_text *out);

struct out_oci_named {
	const char *name;
	const struct out_oci_text *manifest;
};

void out_oci_index(const struct out_oci_named *images, size_t n, struct out_oci_text *out);

#endif
