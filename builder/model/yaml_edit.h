/* SPDX-License-Identifier: MIT
 *
 * Changing a value in the text of a YAML file, at its place: comments, order and everything else stay as they are.
 */
#ifndef INGOT_YAML_EDIT_H
#define INGOT_YAML_EDIT_H

#include "err.h"
#include "node.h"

/* The text with `key: value` in the mapping that the path of n keys leads to, which must be there. The value is YAML on
 * one line. What the key has now is replaced where it is a scalar or in brackets. NULL with *e set, and the line to be
 * written by hand, where it is not. The result is parsed, and holds the value. */
const char *yaml_set(struct arena *a, const char *file, const char *text, const char *const *path, size_t n,
		     const char *key, const char *value, struct err *e);

#endif
