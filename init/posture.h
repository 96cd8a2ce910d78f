/* SPDX-License-Identifier: MIT
 *
 * The sysctls of the machine: those that every image gets, and those that its image file adds.
 */
#ifndef INGOT_POSTURE_H
#define INGOT_POSTURE_H

#include "table.h"

/* Before a service starts, and after the modules are loaded whose sysctls the table may name. What fails is a line on
 * the console. */
void posture_init(const struct tbl *t);

/* After the last module: the kernel takes no other one, for good. */
void posture_close(void);

#endif
