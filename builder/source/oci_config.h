/* SPDX-License-Identifier: MIT
 *
 * An OCI image's configuration, and the form that docker saves images in.
 */
#ifndef INGOT_OCI_CONFIG_H
#define INGOT_OCI_CONFIG_H

#include "oci.h"
#include "oci_store.h"

/* Fills in what the configuration says, and each layer's `plain` from it; there must be as many. */
int oci_config(struct arena *a, const char *bytes, size_t size, const char *platform, struct oci_image *out,
	       struct err *e);

/* oci_docker.c: manifest.json and what it names. */
int oci_load_docker(const struct oci_store *s, const struct oci_ask *ask, struct oci_image *out, struct err *e);

#endif
