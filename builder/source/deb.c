/* SPDX-License-Identifier: MIT
 *
 * Packages: the index of what is in one, and putting its files into the tree. No script of a package is run.
 */
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "deb_index.h"
#include "mem.h"
#include "put.h"

void
deb_list_release(struct deb_list *l)
{
	for (size_t i = 0; i < l->count; i++) {
		free(l->pins[i].name);
		free(l->pins[i].version);
		free(l->pins[i].arch);
	}
	free(l->pins);
	*l = (struct deb_list){ 0 };
}

int
deb_index_open(struct cache *c, const struct deb_pin *pin, struct unpacked *out, struct err *e)
{
	struct content deb;
	char hex[DIGEST_HEX];

	digest_hex(pin->sha256, hex);
	deb = (struct content){ .size = pin->size };
	memcpy(deb.sha256, pin->sha256, DIGEST_SIZE);
	cache_lookup(c, pin->sha256, &deb); /* without it the index alone may do */
	if (unpacked_open(c, &deb, &format_deb, pin->name, out, e))
		return err_wrap(e, "package %s %s", pin->name, pin->version);
	return 0;
}

int
deb_put(struct cache *c, const struct deb_pin *pin, struct tree *t, const char *root, const char *const *exclude,
	size_t n_exclude, enum tree_conflict conflict, char **scripts, struct err *e)
{
	struct unpacked ix;

	if (deb_index_open(c, pin, &ix, e))
		return -1;
	struct origin *origin = arena_alloc(cache_arena(c), sizeof *origin); /* the tree borrows it */
	origin->text = arena_printf(cache_arena(c), "debian %s %s", pin->name, pin->version);
	struct put p = { .tree = t, .exclude = exclude, .n_exclude = n_exclude, .arena = ix.arena };
	p.how = (struct tree_put){ .origin = origin, .conflict = conflict };
	p.root = put_root(ix.arena, root);
	int r = unpacked_put(&ix, &p, "", 0, e);
	if (r)
		err_wrap(e, "package %s %s", pin->name, pin->version);
	else if (scripts)
		*scripts = ix.note ? xstrdup(ix.note) : NULL;
	unpacked_release(&ix);
	return r;
}
