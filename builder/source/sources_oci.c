/* SPDX-License-Identifier: MIT
 *
 * The source `oci:`: an image's files into a root. Its configuration is oci_defaults.c's.
 */
#include "assemble.h"
#include "oci.h"
#include "progress.h"

int
put_oci(struct cache *c, const struct plan_source *ps, const char *root, struct tree *t, struct err *e)
{
	const struct src_oci *o = ps->source->oci;
	struct put p = { .tree = t, .exclude = o->exclude.v, .n_exclude = o->exclude.n, .arena = arena_new() };
	uint64_t left_out = 0;

	p.how = (struct tree_put){ .origin = ps->origin, .conflict = ps->source->override ? TREE_OVERRIDE : TREE_STRICT };
	p.root = put_root(p.arena, root);
	int r = oci_put(c, o->image, &p, &left_out, e);
	if (r == 0 && left_out)
		progress_note("%s: %llu device nodes below /dev of %s are left out: a machine has its own /dev", ps->origin->text,
			      (unsigned long long)left_out, o->image->name);
	arena_free(p.arena);
	return r ? err_wrap(e, "%s: %.200s", ps->origin->text, o->path) : 0;
}
