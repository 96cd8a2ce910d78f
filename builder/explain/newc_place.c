/* SPDX-License-Identifier: MIT */
#include "newc_place.h"

#include <stdbool.h>
#include <string.h>

/* The header's fields are eight hexadecimal digits each, behind a magic of six characters. */
enum { FIELD_FILESIZE = 6, FIELD_NAMESIZE = 11 };

static bool
field(const struct newc_place *n, int i, uint32_t *out)
{
	*out = 0;
	for (const unsigned char *p = n->head + 6 + 8 * i, *end = p + 8; p < end; p++) {
		const char *digits = "0123456789abcdef", *d = memchr(digits, *p >= 'A' && *p <= 'F' ? *p + 32 : *p, 16);
		if (!d)
			return false;
		*out = *out << 4 | (uint32_t)(d - digits);
	}
	return true;
}

static uint32_t
padding(uint64_t n)
{
	return (uint32_t)(-n & 3);
}

/* The header is whole. */
static void
begin_member(struct newc_place *n)
{
	uint32_t size, name;
	bool magic = memcmp(n->head, "070701", 6) == 0 || memcmp(n->head, "070702", 6) == 0;

	n->filled = n->name_size = 0;
	if (!magic || !field(n, FIELD_FILESIZE, &size) || !field(n, FIELD_NAMESIZE, &name) || name < 1 ||
	    name > NEWC_NAME_MAX) {
		n->state = NEWC_LOST;
		return;
	}
	n->state = NEWC_IN_NAME;
	n->name_size = name;
	n->data = size;
	n->padding = padding(size);
	n->done = 0;
}

/* Takes what the state wants of the bytes; returns how many. */
static size_t
step(struct newc_place *n, const unsigned char *bytes, size_t size)
{
	if (n->state == NEWC_IN_HEAD) {
		if (n->filled == 0 && bytes[0] == 0)
			return 1;
		n->head[n->filled++] = bytes[0];
		if (n->filled == NEWC_HEAD)
			begin_member(n);
		return 1;
	}
	if (n->state == NEWC_IN_NAME) {
		if (n->filled < n->name_size)
			n->name[n->filled] = (char)bytes[0];
		n->filled++;
		if (n->filled < n->name_size + padding(NEWC_HEAD + (uint64_t)n->name_size))
			return 1;
		n->name[n->name_size - 1] = '\0';
		n->members++;
		n->state = n->data ? NEWC_IN_DATA : NEWC_IN_HEAD;
		n->filled = 0;
		return 1;
	}
	uint64_t left = n->data + n->padding - n->done;
	size_t take = left < size ? (size_t)left : size;
	n->done += take;
	if (take == left) {
		n->state = NEWC_IN_HEAD;
		n->filled = 0;
	}
	return take;
}

void
newc_feed(struct newc_place *n, const void *bytes, size_t size)
{
	const unsigned char *p = bytes;

	while (size && n->state != NEWC_LOST) {
		size_t took = step(n, p, size);
		p += took;
		size -= took;
	}
}