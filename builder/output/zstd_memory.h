/* SPDX-License-Identifier: MIT
 *
 * Memory for zstd's tables, in huge pages where the kernel gives them: they are tens of megabytes that are read and
 * written all over, so that small pages cost a fault for each and misses ever after.
 */
#ifndef INGOT_ZSTD_MEMORY_H
#define INGOT_ZSTD_MEMORY_H

#include <stddef.h>

/* As zstd's ZSTD_customMem wants them; may be called in any thread. */
void *zstd_memory_alloc(void *opaque, size_t size);
void zstd_memory_free(void *opaque, void *p);

#endif
