/* SPDX-License-Identifier: MIT */
#include "zstd_memory.h"

#include <stdint.h>
#include <stdlib.h>
#include <sys/mman.h>

#define HUGE  (2u << 20)
#define LARGE (1u << 20) /* from here on a mapping of its own */
#define SPACE 64u        /* before what is handed out; zstd aligns to 64 */

/* In the space before each. */
struct head {
	void *base; /* NULL: malloc's */
	size_t size;
};

void *
zstd_memory_alloc(void *opaque, size_t size)
{
	char *at;

	(void)opaque;
	if (size > SIZE_MAX / 2)
		return NULL;
	if (size < LARGE) {
		at = malloc(size + SPACE);
		if (!at)
			return NULL;
		*(struct head *)at = (struct head){ NULL, 0 };
		return at + SPACE;
	}
	struct head h = { NULL, size + SPACE + HUGE };
	h.base = mmap(NULL, h.size, PROT_READ | PROT_WRITE, MAP_PRIVATE | MAP_ANONYMOUS, -1, 0);
	if (h.base == MAP_FAILED)
		return NULL;
	at = (char *)h.base + (-(uintptr_t)h.base & (HUGE - 1));
	madvise(at, size + SPACE, MADV_HUGEPAGE); /* an advice: small pages do as well */
	*(struct head *)at = h;
	return at + SPACE;
}

void
zstd_memory_free(void *opaque, void *p)
{
	(void)opaque;
	if (!p)
		return;
	char *at = (char *)p - SPACE;
	const struct head h = *(struct head *)at;
	if (h.base)
		munmap(h.base, h.size);
	else
		free(at);
}
