/* SPDX-License-Identifier: MIT
 *
 * A ring of a service's newest output. Positions are absolute: bytes since boot, 64 bits, never reset. The storage is
 * the caller's; nothing here makes a system call.
 */
#ifndef INGOT_LOGRING_H
#define INGOT_LOGRING_H

#include <stddef.h>
#include <stdint.h>

struct logring {
	uint64_t head; /* bytes ever put in */
};

/* The free stretch at the head, as long as the storage does not wrap: *n bytes, 1 to size. Filling it overwrites the
 * oldest output. */
uint8_t *logring_room(const struct logring *r, uint8_t *storage, size_t size, size_t *n);

/* n bytes, no more than logring_room gave, were filled in. */
void logring_put(struct logring *r, size_t n);

/* The oldest position that is still there. */
uint64_t logring_tail(const struct logring *r, size_t size);

/* The oldest position at which a line begins; the tail, where no line ends within a reasonable distance of it. */
uint64_t logring_first_line(const struct logring *r, const uint8_t *storage, size_t size);

/* A stretch of at most max bytes at *pos, in place; returns its length, 0 at the head. A position that was overrun is
 * moved to the oldest byte and *lost says by how many bytes; one beyond the head (a client's invention) is moved to
 * the head. */
size_t logring_get(const struct logring *r, const uint8_t *storage, size_t size, uint64_t *pos, size_t max,
		   const uint8_t **data, uint64_t *lost);

#endif
