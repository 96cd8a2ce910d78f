/* SPDX-License-Identifier: MIT
 *
 * The inputs of a plan: each request for packages is taken from the lock or resolved, and everything pinned is brought
 * into the cache.
 */
#ifndef INGOT_FETCH_H
#define INGOT_FETCH_H

#include "lock.h"
#include "plan.h"

int fetch_inputs(struct plan *p, struct lock *l, struct cache *c, struct err *e);

#endif
