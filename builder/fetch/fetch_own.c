/* SPDX-License-Identifier: MIT
 *
 * What comes from ingot itself and from beside it: it cannot be fetched as it was when the lock was written, so that a
 * difference is an error with --locked, and else a note and a new pin.
 */
#include <string.h>

#include "content.h"
#include "fetcher.h"
#include "guest.h"
#include "progress.h"

void
fetch_take_one(struct fetcher *f, const struct lock_ask *ask, const struct lock_one *is, const struct node *node,
	       const char *what)
{
	const struct lock_one *held = lock_find_one(f->lock, ask);
	char is_hex[DIGEST_HEX], held_hex[DIGEST_HEX];
	bool same_version = held && strcmp(held->version ? held->version : "", is->version ? is->version : "") == 0;

	if (held && same_version && held->size == is->size && memcmp(held->sha256, is->sha256, DIGEST_SIZE) == 0)
		return;
	digest_hex(is->sha256, is_hex);
	if (held)
		digest_hex(held->sha256, held_hex);
	if (f->options->locked && held)
		diag(f->diags, lock_place(f->lock, ask), "%s is another one now: %s%ssha256 %.12s, pinned is %s%ssha256 %.12s; "
		     "mend: %s", what, is->version ? is->version : "", is->version ? " " : "", is_hex,
		     held->version ? held->version : "", held->version ? " " : "", held_hex, f->mend);
	else if (f->options->locked && node)
		diag(f->diags, node, "%s has no pin in %s; mend: %s", what, f->lock->file, f->mend);
	else if (f->options->locked)
		diag_at(f->diags, f->lock->file, 0, 0, "%s has no pin here; mend: %s", what, f->mend);
	if (held && !f->options->locked)
		progress_note("%s: %s is another one than when the lock was written: the same inputs may give other bytes",
			      f->lock->file, what);
	if (!f->options->locked)
		lock_put_one(f->lock, ask, is);
}

static void
take_tool(struct fetcher *f)
{
	struct lock_ask ask = { .kind = LOCK_TOOL };
	struct lock_one is = { .version = INGOT_VERSION };

	guest_digest(is.sha256);
	fetch_take_one(f, &ask, &is, NULL, "ingot itself");
}

static const struct node *
busybox_in(const struct plan_root *root)
{
	for (size_t i = 0; i < root->n_sources; i++)
		if (root->sources[i].source->busybox)
			return root->sources[i].source->head.node;
	return NULL;
}

static int
take_busybox(struct fetcher *f, struct err *e)
{
	const struct node *node = busybox_in(&f->plan->machine);
	struct content files[GUEST_BUSYBOX_FILES];

	for (size_t i = 0; !node && i < f->plan->n_units; i++)
		node = busybox_in(&f->plan->units[i].root);
	if (!node)
		return 0;
	if (guest_busybox_files(f->arena, files, e))
		return -1;
	for (size_t i = 0; i < GUEST_BUSYBOX_FILES; i++) {
		struct lock_ask ask = { .kind = LOCK_BUSYBOX, .path = guest_busybox_names[i] };
		struct lock_one is = { .size = files[i].size };
		memcpy(is.sha256, files[i].sha256, DIGEST_SIZE);
		fetch_take_one(f, &ask, &is, node, arena_printf(f->arena, "%s beside ingot", guest_busybox_names[i]));
	}
	return 0;
}

int
fetch_own(struct fetcher *f, struct err *e)
{
	take_tool(f);
	return take_busybox(f, e);
}
