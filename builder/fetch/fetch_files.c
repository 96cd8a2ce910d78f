/* SPDX-License-Identifier: MIT
 *
 * Inputs that are one file with one digest: archives, which are brought into the cache, and OCI images of the host.
 */
#include <string.h>

#include "content.h"
#include "fetcher.h"
#include "oci.h"

/* The bytes must be there to be put: a URL is fetched unless the cache has what its digest says. */
static int
take_archive(struct fetcher *f, struct plan_source *s, struct err *e)
{
	const struct src_archive *a = s->source->archive;
	struct lock_ask ask = { .kind = LOCK_ARCHIVE, .url = a->url };
	struct lock_one is = { .size = 0 };

	digest_parse(a->sha256, is.sha256); /* check_source.c has seen to its form */
	if (a->url && f->options->offline && !cache_lookup(f->cache, is.sha256, &s->archive)) {
		diag(f->diags, s->source->head.node, "%s is not in the cache %s; mend: build once without --offline", a->url,
		     cache_dir(f->cache));
		return 0;
	}
	if (fetch_archive(f->cache, s, e))
		return -1;
	if (!a->url) /* as the file has it: a lock does not tell from where ingot was called */
		ask.path = node_get(a->head.node, "path")->text;
	is.size = s->archive.size;
	fetch_take_one(f, &ask, &is, s->source->head.node, lock_ask_text(f->arena, &ask));
	return 0;
}

static void
take_oci(struct fetcher *f, const struct plan_source *s)
{
	const struct src_oci *o = s->source->oci;
	struct lock_ask ask = { .kind = LOCK_OCI, .path = node_get(o->head.node, "path")->text, .ref = o->ref,
				.platform = o->platform };
	struct lock_one is = { .size = 0 };

	memcpy(is.sha256, o->image->digest, DIGEST_SIZE);
	fetch_take_one(f, &ask, &is, s->source->head.node, lock_ask_text(f->arena, &ask));
}

static int
take_root(struct fetcher *f, struct plan_root *root, struct err *e)
{
	for (size_t i = 0; i < root->n_sources; i++) {
		if (root->sources[i].source->archive && take_archive(f, &root->sources[i], e))
			return -1;
		if (root->sources[i].source->oci)
			take_oci(f, &root->sources[i]);
	}
	return 0;
}

int
fetch_files(struct fetcher *f, struct err *e)
{
	if (take_root(f, &f->plan->machine, e))
		return -1;
	for (size_t i = 0; i < f->plan->n_units; i++)
		if (take_root(f, &f->plan->units[i].root, e))
			return -1;
	return 0;
}
