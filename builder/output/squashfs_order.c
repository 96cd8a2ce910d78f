/* SPDX-License-Identifier: MIT
 *
 * The order in which small files are packed: like stands by like, as a block is compressed without sight of the others.
 * What is alike is told by names alone: by suffix, then by the whole name, which brings together a library's files for
 * each language, and every package's "copyright".
 */
#include "squashfs.h"

#include <stdlib.h>
#include <string.h>

#include "mem.h"

struct key {
	const char *suffix, *name;
	uint32_t file; /* decides last: files are numbered along the walk */
};

/* From the last dot on; "" where there is none, or nothing before it. */
static const char *
suffix(const char *name)
{
	const char *dot = strrchr(name, '.');

	return dot && dot > name ? dot : "";
}

static int
by_likeness(const void *a, const void *b)
{
	const struct key *x = a, *y = b;
	int d = strcmp(x->suffix, y->suffix);

	d = d ? d : strcmp(x->name, y->name);
	return d ? d : (x->file > y->file) - (x->file < y->file);
}

void
sqfs_order_small(struct sqfs *s)
{
	struct key *keys = xcalloc(s->n_small, sizeof *keys);

	for (size_t i = 0; i < s->n_small; i++) {
		const char *name = s->files[s->small[i]].entry->name;
		keys[i] = (struct key){ suffix(name), name, s->small[i] };
	}
	qsort(keys, s->n_small, sizeof *keys, by_likeness);
	for (size_t i = 0; i < s->n_small; i++)
		s->small[i] = keys[i].file;
	free(keys);
}
