/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a list of digests, as they are and with the header made right. Where it is taken, each text is read, the
 * paths are sorted, and what is encoded again is the same.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "crc32.h"
#include "digests.h"

#define HEADER 24
#define CRC_AT 16

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try(const void *bytes, size_t size)
{
	struct err e = { .msg = "" };
	struct digests d;
	size_t again_size;
	void *again;

	if (digests_decode(&d, bytes, size, &e)) {
		if (!e.msg[0] || d.v || d.texts)
			abort();
		return;
	}
	for (size_t i = 0; i < d.n; i++)
		if (strlen(d.v[i].path) > DIGESTS_TEXT_MAX || (i && strcmp(d.v[i - 1].path, d.v[i].path) >= 0) ||
		    (d.v[i].type == DIGESTS_SYMLINK && strlen(d.v[i].target) > DIGESTS_TEXT_MAX))
			abort();
	if (digests_encode(d.v, d.n, &again, &again_size, &e) || again_size > size)
		abort();
	free(again);
	digests_release(&d);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1); /* not a byte more */

	memcpy(copy, data, size);
	try(copy, size);
	if (size >= HEADER) {
		memcpy(copy, "INGOTDIG\1\0\0\0", 12);
		uint32_t crc = crc32_of(copy + HEADER, size - HEADER);
		memcpy(copy + CRC_AT, &crc, sizeof crc);
		try(copy, size);
	}
	free(copy);
	return 0;
}
