/* SPDX-License-Identifier: MIT
 *
 * Finds the next request: the first place from which on the bytes could be one. What fails its sum is given up byte by
 * byte, so that one that began inside it is not lost.
 */
#include "hail.h"

#include <string.h>


/* Gives up the first `from` bytes, and all up to where a request may begin. */
static void
find(struct hail *h, uint32_t from)
{
	for (; from < h->have; from++) {
		size_t n = h->have - from;
		if (memcmp(h->u.bytes + from, CTL_PORT_MAGIC, n < CTL_MAGIC_SIZE ? n : CTL_MAGIC_SIZE) == 0)
			break;
	}
	h->have -= from;
	memmove(h->u.bytes, h->u.bytes + from, h->have);
}

uint8_t *
hail_room(struct hail *h, size_t *n)
{
	*n = sizeof h->u.bytes - h->have;
	return h->u.bytes + h->have;
}

bool
hail_put(struct hail *h, size_t n, struct ctl_hail *out)
{
	const struct ctl_hail *w = &h->u.whole;

	h->have += (uint32_t)n;
	find(h, 0);
	if (h->have < sizeof h->u.bytes)
		return false;
	if (w->crc != ctl_hail_crc(w)) {
		find(h, 1);
		return false;
	}
	*out = *w;
	h->have = 0;
	return true;
}
