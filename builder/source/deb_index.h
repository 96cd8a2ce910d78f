/* SPDX-License-Identifier: MIT
 *
 * What is inside a Debian package. The files' bytes are blobs of the cache.
 */
#ifndef INGOT_DEB_INDEX_H
#define INGOT_DEB_INDEX_H

#include "sources.h"
#include "unpack.h"

/* The package must be in the cache under its digest (apt_fetch sees to that), or its index. Errors name the package. */
int deb_index_open(struct cache *c, const struct deb_pin *pin, struct unpacked *out, struct err *e);

#endif
