/* SPDX-License-Identifier: MIT
 *
 * What is wrong in the files that people write, collected so that one run shows all of it: path:line:col: message.
 */
#ifndef INGOT_DIAG_H
#define INGOT_DIAG_H

#include <stddef.h>
#include <stdio.h>

struct node;
struct diags;

struct diags *diags_new(void);
void diags_free(struct diags *d);

/* The node tells the place; NULL is no place at all. */
void diag(struct diags *d, const struct node *where, const char *fmt, ...) __attribute__((format(printf, 3, 4)));
void diag_at(struct diags *d, const char *file, unsigned line, unsigned col, const char *fmt, ...)
	__attribute__((format(printf, 5, 6)));

size_t diags_count(const struct diags *d);
/* Prints them in the order of file, line and column. */
void diags_print(struct diags *d, FILE *to);

/* The same order, one call each; line 0 is no place in the file, a NULL file no file. */
void diags_each(struct diags *d,
		void (*fn)(void *arg, const char *file, unsigned line, unsigned col, const char *text), void *arg);

/* The candidate nearest to what was written, or NULL where none is near enough to be meant. The list ends with NULL. */
const char *nearest(const char *written, const char *const *candidates);

#endif
