/* SPDX-License-Identifier: MIT
 *
 * Where a service's root holds programs: the names at its top with a file below them that can be executed. Mostly that
 * is usr alone, so that a launch has one rule to make.
 */
#include "svc_compiler.h"

static int
is_program(struct tree_entry *x, void *unused)
{
	(void)unused;
	return x->inode->type == TREE_FILE && (x->inode->meta.mode & 0111);
}

struct tbl_span
svc_programs(struct compiler *c, const char *root)
{
	const struct tree_entry *top = tree_resolve(c->tree, root);
	const char *names[TBL_PROGRAMS_MAX], *all = ".";
	size_t n = 0;

	for (size_t i = 0; top && i < top->n_children; i++) {
		if (!tree_walk(top->children[i], is_program, NULL))
			continue;
		if (n == TBL_PROGRAMS_MAX)
			return svc_words(c, &all, 1);
		names[n++] = top->children[i]->name;
	}
	return svc_words(c, names, n);
}
