/* SPDX-License-Identifier: MIT
 *
 * Why something is in an image, or is not: the questions that `ingot why` asks of a build.
 */
#ifndef INGOT_WHY_H
#define INGOT_WHY_H

#include "build.h"

/* The i-th root: the machine's own, then the units' in start order; NULL behind the last. */
const struct plan_root *why_root(const struct build *b, size_t i);
/* Whether the path lies in the root of a unit; the machine's holds what lies in none. */
bool why_in_root(const struct plan_root *root, const char *path);
const struct plan_root *why_root_of(const struct build *b, const char *path);

/* why_origin.c: prints what an origin's text stands for: the source with what it says, or the request that a package
 * came by, with the chain of dependencies. */
int why_origin(struct build *b, const char *path, const char *origin, FILE *to, struct err *e);

/* why_missing.c: says of a path that is not there what is nearest, and what left it out. */
int why_missing(struct build *b, const char *path, FILE *to, struct err *e);

#endif
