/* SPDX-License-Identifier: MIT
 *
 * The root of a service or job as one OCI layer: a tar in gzip, which is what every reader of OCI images takes. It is
 * kept in the cache, by a digest over all that decides its bytes.
 */
#ifndef INGOT_OUT_OCI_LAYER_H
#define INGOT_OUT_OCI_LAYER_H

#include "cache.h"
#include "err.h"
#include "tree.h"

struct out_oci_layer {
	struct content blob;           /* compressed, in the cache */
	uint8_t diff_id[DIGEST_SIZE];  /* of the tar itself */
	uint64_t raw;                  /* bytes of the tar */
};

/* Found in the cache, or made. `top` is the folder that will be the root. */
int out_oci_layer(struct tree_entry *top, struct cache *c, struct out_oci_layer *out, struct err *e);

#endif
