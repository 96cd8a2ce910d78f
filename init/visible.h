/* SPDX-License-Identifier: MIT
 *
 * A service's output as a terminal may see it: control characters are shown instead of obeyed, for a service must not
 * move an administrator's cursor.
 */
#ifndef INGOT_VISIBLE_H
#define INGOT_VISIBLE_H

#include <stddef.h>

/* Puts what is to be shown for the byte c into out and returns its length, 1 or 2. *before is the byte before it in the
 * stream, 0 at its start, and becomes c: the control characters U+0080 to U+009F are two bytes in UTF-8 and may be one
 * elsewhere. Newlines and tabs stay. */
size_t visible(unsigned char *before, unsigned char c, char out[2]);

#endif
