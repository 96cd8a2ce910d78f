/* SPDX-License-Identifier: MIT */
#include "diag.h"

#include <stdarg.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "node.h"

#define WORD_MAX 64

struct line {
	const char *file; /* borrowed */
	unsigned line, col;
	size_t order;
	char *text;
};

struct diags {
	struct line *lines;
	size_t count, room;
};

struct diags *
diags_new(void)
{
	return xcalloc(1, sizeof(struct diags));
}

void
diags_free(struct diags *d)
{
	if (!d)
		return;
	for (size_t i = 0; i < d->count; i++)
		free(d->lines[i].text);
	free(d->lines);
	free(d);
}

static void
add(struct diags *d, const char *file, unsigned line, unsigned col, const char *f, va_list ap)
{
	char text[1024];

	vsnprintf(text, sizeof text, f, ap);
	for (char *c = text; *c; c++) /* what the file holds must not break the line or steer the terminal */
		if ((unsigned char)*c < ' ' || *c == 0x7f)
			*c = '?';
	d->lines = grow(d->lines, d->count, &d->room, sizeof *d->lines);
	d->lines[d->count] = (struct line){ file, line, col, d->count, xstrdup(text) };
	d->count++;
}

void
diag(struct diags *d, const struct node *where, const char *f, ...)
{
	va_list ap;

	va_start(ap, f);
	if (where)
		add(d, where->file, where->line, where->col, f, ap);
	else
		add(d, NULL, 0, 0, f, ap);
	va_end(ap);
}

void
diag_at(struct diags *d, const char *file, unsigned line, unsigned col, const char *f, ...)
{
	va_list ap;

	va_start(ap, f);
	add(d, file, line, col, f, ap);
	va_end(ap);
}

size_t
diags_count(const struct diags *d)
{
	return d->count;
}

static int
by_place(const void *a, const void *b)
{
	const struct line *x = a, *y = b;
	int c = strcmp(x->file ? x->file : "", y->file ? y->file : "");

	if (c == 0)
		c = (x->line > y->line) - (x->line < y->line);
	if (c == 0)
		c = (x->col > y->col) - (x->col < y->col);
	return c ? c : (x->order > y->order) - (x->order < y->order);
}

void
diags_each(struct diags *d, void (*fn)(void *arg, const char *file, unsigned line, unsigned col, const char *text),
	   void *arg)
{
	if (d->count)
		qsort(d->lines, d->count, sizeof *d->lines, by_place);
	for (size_t i = 0; i < d->count; i++)
		fn(arg, d->lines[i].file, d->lines[i].line, d->lines[i].col, d->lines[i].text);
}

static void
print_line(void *arg, const char *file, unsigned line, unsigned col, const char *text)
{
	FILE *to = arg;

	if (file && line)
		fprintf(to, "%s:%u:%u: %s\n", file, line, col, text);
	else if (file)
		fprintf(to, "%s: %s\n", file, text);
	else
		fprintf(to, "ingot: %s\n", text);
}

void
diags_print(struct diags *d, FILE *to)
{
	diags_each(d, print_line, to);
}

/* Edit distance with transpositions, so that "mehtod" is one step from "method". */
static unsigned
distance(const char *a, const char *b)
{
	size_t n = strlen(a), m = strlen(b);
	unsigned d[3][WORD_MAX + 1];

	for (size_t j = 0; j <= m; j++)
		d[0][j] = (unsigned)j;
	for (size_t i = 1; i <= n; i++) {
		unsigned *row = d[i % 3], *up = d[(i - 1) % 3], *up2 = d[(i + 1) % 3];
		row[0] = (unsigned)i;
		for (size_t j = 1; j <= m; j++) {
			unsigned best = up[j - 1] + (a[i - 1] != b[j - 1]);
			if (up[j] + 1 < best)
				best = up[j] + 1;
			if (row[j - 1] + 1 < best)
				best = row[j - 1] + 1;
			if (i > 1 && j > 1 && a[i - 1] == b[j - 2] && a[i - 2] == b[j - 1] && up2[j - 2] + 1 < best)
				best = up2[j - 2] + 1;
			row[j] = best;
		}
	}
	return d[n % 3][m];
}

const char *
nearest(const char *written, const char *const *candidates)
{
	const char *best = NULL;
	size_t len = strlen(written);
	unsigned limit = len <= 3 ? 1 : len <= 6 ? 2 : 3;

	if (len > WORD_MAX)
		return NULL;
	for (; *candidates; candidates++) {
		if (strlen(*candidates) > WORD_MAX)
			continue;
		unsigned d = distance(written, *candidates);
		if (d <= limit && d < strlen(*candidates)) {
			best = *candidates;
			limit = d ? d - 1 : 0;
			if (d == 0)
				break;
		}
	}
	return best;
}
