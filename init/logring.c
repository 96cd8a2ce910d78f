/* SPDX-License-Identifier: MIT
 *
 * The arithmetic of a ring: where to write, where to read, what was lost. It owns no storage.
 */
#include "logring.h"

#define LINE_MAX_BYTES 4096 /* what is longer is not taken for a line */

uint8_t *
logring_room(const struct logring *r, uint8_t *storage, size_t size, size_t *n)
{
	size_t at = r->head % size;

	*n = size - at;
	return storage + at;
}

void
logring_put(struct logring *r, size_t n)
{
	r->head += n;
}

uint64_t
logring_tail(const struct logring *r, size_t size)
{
	return r->head > size ? r->head - size : 0;
}

uint64_t
logring_first_line(const struct logring *r, const uint8_t *storage, size_t size)
{
	uint64_t tail = logring_tail(r, size);

	if (tail == 0)
		return 0;
	for (uint64_t pos = tail; pos < r->head && pos - tail < LINE_MAX_BYTES; pos++)
		if (storage[pos % size] == '\n')
			return pos + 1;
	return tail;
}

size_t
logring_get(const struct logring *r, const uint8_t *storage, size_t size, uint64_t *pos, size_t max,
	    const uint8_t **data, uint64_t *lost)
{
	uint64_t tail = logring_tail(r, size);

	*lost = 0;
	if (*pos > r->head)
		*pos = r->head;
	if (*pos < tail) {
		*lost = tail - *pos;
		*pos = tail;
	}
	size_t at = *pos % size, n = size - at;
	if (n > r->head - *pos)
		n = (size_t)(r->head - *pos);
	if (n > max)
		n = max;
	*data = storage + at;
	return n;
}
