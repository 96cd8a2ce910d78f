/* SPDX-License-Identifier: MIT
 *
 * What a Debian package says of itself: the fields of its control file, read from the archive once and then from a
 * small text of the cache.
 */
#ifndef INGOT_DEB_CONTROL_H
#define INGOT_DEB_CONTROL_H

#include <stdbool.h>

#include "mem.h"
#include "sources.h"

#define DEB_CONTROL_MAX (1u << 20)

/* The control file as it stands, in the arena; NULL with *e set. The package must be in the cache. */
const char *deb_control(struct cache *c, struct arena *a, const struct deb_pin *pin, struct err *e);
/* A field of it, its lines joined with a space, in the arena; "" where it is absent. Names match without case. */
const char *deb_control_field(struct arena *a, const char *control, const char *name);
/* Whether a list such as Depends or Provides names the package, versions and alternatives apart. */
bool deb_control_names(const char *list, const char *package);

#endif
