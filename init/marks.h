/* SPDX-License-Identifier: MIT
 *
 * A set of services. To go through it costs a step for each member, and one for each 64 places.
 */
#ifndef INGOT_MARKS_H
#define INGOT_MARKS_H

#include <stdbool.h>
#include <stdint.h>

#include "limits.h"

#define MARKS_NONE UINT32_MAX
#define MARKS_WORDS ((CFG_MAX_SERVICES + 63) / 64)

struct marks {
	uint64_t bits[MARKS_WORDS];
};

static inline void
marks_set(struct marks *m, uint32_t i, bool in)
{
	uint64_t bit = 1ull << i % 64;

	m->bits[i / 64] = in ? m->bits[i / 64] | bit : m->bits[i / 64] & ~bit;
}

static inline bool
marks_has(const struct marks *m, uint32_t i)
{
	return m->bits[i / 64] >> i % 64 & 1;
}

/* The first member at or behind i, or MARKS_NONE. */
static inline uint32_t
marks_from(const struct marks *m, uint32_t i)
{
	for (uint64_t mask = ~0ull << i % 64; i / 64 < MARKS_WORDS; mask = ~0ull, i = (i / 64 + 1) * 64)
		if (m->bits[i / 64] & mask)
			return i / 64 * 64 + (uint32_t)__builtin_ctzll(m->bits[i / 64] & mask);
	return MARKS_NONE;
}

/* The last member before i, or MARKS_NONE. */
static inline uint32_t
marks_below(const struct marks *m, uint32_t i)
{
	uint64_t mask = (1ull << i % 64) - 1;

	for (uint32_t w = i / 64 + 1; w-- > 0; mask = ~0ull)
		if (w < MARKS_WORDS && m->bits[w] & mask)
			return w * 64 + 63 - (uint32_t)__builtin_clzll(m->bits[w] & mask);
	return MARKS_NONE;
}

#endif
