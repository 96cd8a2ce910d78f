/* SPDX-License-Identifier: MIT
 *
 * Requests out of a stream of bytes that knows no connections: who sent a half of one is gone, and the next one begins
 * behind it. Pure; the bytes are the caller's to read.
 */
#ifndef INGOT_HAIL_H
#define INGOT_HAIL_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl_proto.h"

/* All zero at the start. */
struct hail {
	union {
		struct ctl_hail whole;
		uint8_t bytes[sizeof(struct ctl_hail)];
	} u;
	uint32_t have;
};

/* Where the next bytes go; *n of them at most, never 0. */
uint8_t *hail_room(struct hail *h, size_t *n);

/* n bytes were put there. True where a request is whole and its sum is right: *out is it. */
bool hail_put(struct hail *h, size_t n, struct ctl_hail *out);

#endif
