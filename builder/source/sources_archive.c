/* SPDX-License-Identifier: MIT
 *
 * The source `archive:`: what is inside one, below a folder of the root. Owner, permissions and time of an entry are
 * the archive's: they are part of what its digest pins.
 */
#include <string.h>

#include "assemble.h"
#include "unpack.h"

int
put_archive(struct cache *c, const struct plan_source *ps, const char *root, struct tree *t, struct err *e)
{
	const struct src_archive *a = ps->source->archive;
	const char *name = a->url ? a->url : a->path, *slash = strrchr(name, '/');
	struct unpacked ix;

	if (unpacked_open(c, &ps->archive, &format_archive, slash && slash[1] ? slash + 1 : name, &ix, e))
		return err_wrap(e, "%s: %.200s", ps->origin->text, name);
	struct put p = { .tree = t, .exclude = a->exclude.v, .n_exclude = a->exclude.n, .arena = ix.arena };
	p.how = (struct tree_put){ .origin = ps->origin, .conflict = ps->source->override ? TREE_OVERRIDE : TREE_STRICT };
	p.root = put_root(ix.arena, root);
	int r = unpacked_put(&ix, &p, put_root(ix.arena, a->to), (unsigned)a->strip, e);
	if (r == 0 && p.count == 0)
		r = err_set(e, 0, "nothing of it is put into the root: see `strip` and `exclude`");
	unpacked_release(&ix);
	return r ? err_wrap(e, "%s: %.200s", ps->origin->text, name) : 0;
}
