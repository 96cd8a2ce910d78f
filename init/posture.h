/* SPDX-License-Identifier: MIT
 *
 * The sysctls of the machine: those that every image gets, and those that its image file adds.
 */
#ifndef INGOT_POSTURE_H
#define INGOT_POSTURE_H

#include "table.h"

/* After the modules are loaded and before a service starts. What fails is a line on the console. */
void posture_init(const struct tbl *t);

#endif
