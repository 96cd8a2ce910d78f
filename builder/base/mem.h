/* SPDX-License-Identifier: MIT
 *
 * Memory for the builder, which is one short run: an arena that is freed as a whole, and allocation that ends the
 * program with one line where the host has no memory left (the one such place; PID 1 never links this).
 */
#ifndef INGOT_MEM_H
#define INGOT_MEM_H

#include <stddef.h>

void *xcalloc(size_t n, size_t size);
void *xrealloc(void *p, size_t size);
char *xstrdup(const char *s);
char *xprintf(const char *fmt, ...) __attribute__((format(printf, 1, 2)));

struct arena;
struct arena *arena_new(void);
void arena_free(struct arena *a);
/* Zeroed, aligned for anything. */
void *arena_alloc(struct arena *a, size_t size);
char *arena_strdup(struct arena *a, const char *s);
char *arena_strndup(struct arena *a, const char *s, size_t n);
char *arena_printf(struct arena *a, const char *fmt, ...) __attribute__((format(printf, 2, 3)));

/* Makes room for one more element in a malloc'ed array that grows by doubling; returns the array. */
void *grow(void *array, size_t count, size_t *room, size_t size);

#endif
