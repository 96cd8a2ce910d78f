/* SPDX-License-Identifier: MIT
 *
 * The arithmetic of a ring: where to write, where to read, what was lost. It owns no storage.
 */
#include "logring.h"

#include <string.h>

static void
copy_in(uint8_t *storage, size_t size, uint64_t pos, const void *data, size_t n)
{
	size_t at = pos % size, first = size - at < n ? size - at : n;

	memcpy(storage + at, data, first);
	memcpy(storage, (const uint8_t *)data + first, n - first);
}

static void
copy_out(const uint8_t *storage, size_t size, uint64_t pos, void *out, size_t n)
{
	size_t at = pos % size, first = size - at < n ? size - at : n;

	memcpy(out, storage + at, first);
	memcpy((uint8_t *)out + first, storage, n - first);
}

/* The oldest record that stays when `need` bytes come in at the head. */
static uint64_t
make_room(uint64_t head, uint64_t tail, const uint8_t *storage, size_t size, size_t need)
{
	while (tail != head && head + need - tail > size) {
		struct log_record old;
		copy_out(storage, size, tail, &old, sizeof old);
		if (old.size > LOG_RECORD_MAX || old.size + sizeof old > head - tail)
			return head; /* no record of ours */
		tail += sizeof old + old.size;
	}
	return tail;
}

void
logring_put(struct logring *r, uint8_t *storage, size_t size, const struct log_record *record, const void *data)
{
	uint64_t head = r->head, tail = make_room(head, r->tail, storage, size, sizeof *record + record->size);

	/* who reads meanwhile looks at the tail again after its copy */
	r->tail = tail;
	atomic_thread_fence(memory_order_seq_cst);
	copy_in(storage, size, head, record, sizeof *record);
	copy_in(storage, size, head + sizeof *record, data, record->size);
	r->head = head + sizeof *record + record->size;
}

size_t
logring_get(const struct logring *r, const uint8_t *storage, size_t size, uint64_t *pos, void *out, size_t max,
	    uint64_t *lost)
{
	uint64_t head = r->head, tail = r->tail;

	*lost = 0;
	if (tail > head || head - tail > size)
		tail = head;
	if (*pos > head)
		*pos = head; /* a client's invention, or a writer gone wrong */
	size_t n = *pos < tail ? 0 : head - *pos < max ? (size_t)(head - *pos) : max;
	copy_out(storage, size, *pos, out, n);
	atomic_thread_fence(memory_order_seq_cst);
	tail = r->tail > tail ? r->tail : tail;
	if (*pos >= tail)
		return n;
	*lost = tail - *pos;
	*pos = tail;
	return 0;
}
