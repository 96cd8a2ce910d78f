/* SPDX-License-Identifier: MIT
 *
 * The small files of an OCI image, by name, whether it is a folder or a tar. Nothing is written, and no layer is read.
 */
#ifndef INGOT_OCI_STORE_H
#define INGOT_OCI_STORE_H

#include <stdbool.h>

#include "mem.h"
#include "tree.h"

struct oci_member {
	const char *name;
	const char *target; /* a link's, as a path in the tar; NULL for a file */
	const char *bytes;  /* NULL: too large to be one of the small files */
	uint64_t size;
};

struct oci_store {
	struct arena *arena;
	const char *path;
	bool folder;
	struct oci_member *members; /* of a tar; malloc'ed */
	size_t count, room;
};

int oci_store_open(struct oci_store *s, struct arena *a, const char *path, struct err *e);
void oci_store_release(struct oci_store *s);

bool oci_store_has(const struct oci_store *s, const char *name);
/* The bytes of a small file; NULL with *e set. */
const char *oci_store_get(const struct oci_store *s, const char *name, size_t *size, struct err *e);
/* The same for a blob, once its digest and size are found right. */
const char *oci_store_blob(const struct oci_store *s, const uint8_t sha256[DIGEST_SIZE], uint64_t size, struct err *e);
/* "blobs/sha256/..." */
const char *oci_blob_name(struct arena *a, const uint8_t sha256[DIGEST_SIZE]);
/* The size of a file, without reading it; -1 with *e set where there is none. */
int oci_store_size(const struct oci_store *s, const char *name, uint64_t *size, struct err *e);

#endif
