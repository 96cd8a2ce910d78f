/* SPDX-License-Identifier: MIT
 *
 * Any bytes as the file of runs, as they are and with each record's magic and checksum made right. What the ring holds
 * afterwards is in order, and each record in it is right.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "runs.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
try(const void *bytes, size_t size, uint32_t share)
{
	static struct run_ring ring;
	const struct run_record *r = NULL;
	uint32_t n = 0;

	memset(&ring, 0, sizeof ring);
	uint32_t damaged = runs_take(&ring, bytes, size, share);
	while ((r = runs_next(&ring, "", r ? r->seq : 0))) {
		if (!run_ok(r) || strlen(r->name) > TBL_NAME_MAX || !runs_newest(&ring, r->name))
			abort();
		(void)runs_seen_s(&ring, r->name);
		n++;
	}
	if (n > CFG_RUNS_KEPT || n + damaged > size / sizeof *r)
		abort();
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1); /* not a byte more */
	struct run_record r;

	memcpy(copy, data, size);
	try(copy, size, 1);
	for (size_t at = 0; at + sizeof r <= size; at += sizeof r) {
		memcpy(&r, copy + at, sizeof r);
		run_seal(&r);
		memcpy(copy + at, &r, sizeof r);
	}
	try(copy, size, 3);
	free(copy);
	return 0;
}
