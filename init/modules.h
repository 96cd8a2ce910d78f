/* SPDX-License-Identifier: MIT
 *
 * Kernel modules, at boot.
 */
#ifndef INGOT_MODULES_H
#define INGOT_MODULES_H

#include "table.h"

/* Loads the table's modules from the index first up to, not including, last, in its order. One that fails is a line on
 * the console, and the next is loaded. */
void modules_load(const struct tbl *t, uint32_t first, uint32_t last);

#endif
