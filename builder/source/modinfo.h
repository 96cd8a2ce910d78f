/* SPDX-License-Identifier: MIT
 *
 * The .modinfo section of a kernel module: "key=value" strings. Nothing is copied: the results point into the module's
 * bytes. The bytes are untrusted.
 */
#ifndef INGOT_MODINFO_H
#define INGOT_MODINFO_H

#include <stddef.h>

#include "err.h"

struct modinfo {
	const char *text; /* the section: strings, each ended by a NUL, the last one too */
	size_t size;
};

/* Finds the section in a 64-bit little-endian ELF file. A module without one gives an empty modinfo. */
int modinfo_open(struct modinfo *m, const void *elf, size_t size, struct err *e);

/* The next value of a key after `after` (NULL: the first one), or NULL where there is none. */
const char *modinfo_next(const struct modinfo *m, const char *key, const char *after);

#endif
