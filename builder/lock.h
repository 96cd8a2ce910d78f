/* SPDX-License-Identifier: MIT
 *
 * The lock: NAME.lock beside NAME.yml pins what each request for packages came to, by version and SHA-256. A request
 * that stands there is never resolved again; one that no source makes any more is dropped when the lock is saved.
 */
#ifndef INGOT_LOCK_H
#define INGOT_LOCK_H

#include "diag.h"
#include "err.h"
#include "mem.h"
#include "sources.h"

enum lock_kind { LOCK_DEBIAN, LOCK_KERNEL };

/* What was asked for: the key that pins are found by. Borrowed. */
struct lock_ask {
	enum lock_kind kind;
	const char *const *packages;
	size_t n_packages;
	const char *const *drop;
	size_t n_drop;
};

struct lock;

/* A file that is absent makes an empty lock; one that is wrong is said to d and gives NULL. */
struct lock *lock_load(struct arena *a, struct diags *d, const char *file);
/* What was found stays in the arena; NULL is fine. */
void lock_release(struct lock *l);
/* NULL where it was not asked for before. The list belongs to the lock. */
const struct deb_list *lock_find(struct lock *l, const struct lock_ask *ask);
/* Copies the pins; returns the lock's own list. */
const struct deb_list *lock_put(struct lock *l, const struct lock_ask *ask, const struct deb_list *pins);
/* Writes the file if anything changed, by way of a temporary one; *changed tells. */
int lock_save(struct lock *l, bool *changed, struct err *e);

#endif
