/* SPDX-License-Identifier: MIT
 *
 * Two files compared byte by byte, and where they first differ; of a compressed archive also where that is in what it
 * unpacks to, and in which member.
 */
#ifndef INGOT_COMPARE_H
#define INGOT_COMPARE_H

#include <stdbool.h>
#include <stdint.h>

#include "err.h"
#include "mem.h"

struct difference {
	bool differs;
	uint64_t at;      /* the first byte that differs, or that only one of them has */
	const char *more; /* in the arena: what else is known; "" where nothing is */
};

/* An error where one of them cannot be read at all. */
int compare_files(struct arena *a, const char *right, const char *found, struct difference *out, struct err *e);

#endif
