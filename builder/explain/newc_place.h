/* SPDX-License-Identifier: MIT
 *
 * Where in a newc archive a byte stands: the name of the member, and how far into its data. Fed with the archive's
 * bytes in order; archives may follow one another, with zeroes between them.
 */
#ifndef INGOT_NEWC_PLACE_H
#define INGOT_NEWC_PLACE_H

#include <stddef.h>
#include <stdint.h>

#define NEWC_HEAD     110
#define NEWC_NAME_MAX 4096

struct newc_place {
	enum { NEWC_IN_HEAD, NEWC_IN_NAME, NEWC_IN_DATA, NEWC_LOST } state;
	unsigned char head[NEWC_HEAD];
	char name[NEWC_NAME_MAX + 1];
	size_t filled;          /* of head, or of the name with its padding */
	uint64_t data, padding; /* of the member */
	uint64_t done;          /* of data and padding */
	uint32_t name_size;
	uint64_t members;       /* whose names were read: `name` is the last one's */
};

/* All zero is the beginning. What is no newc archive makes it NEWC_LOST for good. */
void newc_feed(struct newc_place *n, const void *bytes, size_t size);

#endif
