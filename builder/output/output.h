/* SPDX-License-Identifier: MIT
 *
 * What can be written of a tree: one table of kinds, as the image file's `outputs` names them. Each is one file below
 * OUT/NAME. A writer is a pure function of the build: the tree, the level, and nothing of the host.
 */
#ifndef INGOT_OUTPUT_H
#define INGOT_OUTPUT_H

#include <stdint.h>

#include "build.h"

struct out_size {
	uint64_t raw;        /* bytes before compression */
	uint64_t compressed; /* bytes of the file */
};

struct output_kind {
	const char *word; /* in `outputs` */
	const char *file;
	/* Writes to fd, which is the caller's: a new, empty file that may be read back and seeked in. */
	int (*write)(const struct build *b, int fd, struct out_size *size, struct err *e);
};

/* Writes all of it to a writer's fd. */
int output_put(int fd, const void *data, size_t size, struct err *e);

/* Ends with an output without a word. */
extern const struct output_kind output_kinds[];

#endif
