/* SPDX-License-Identifier: MIT
 *
 * The list of the image's own paths that ingot-drift compares a running machine with.
 */
#ifndef INGOT_DIGEST_LIST_H
#define INGOT_DIGEST_LIST_H

#include "tree.h"

/* Of all that is in the tree now; *out is the caller's. */
int digest_list_make(struct tree *t, void **out, size_t *size, struct err *e);

#endif
