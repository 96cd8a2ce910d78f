/* SPDX-License-Identifier: MIT
 *
 * Memory pressure of a service that has a memory_high: an event when it begins, and each ten seconds while it lasts.
 */
#ifndef INGOT_PRESSURE_H
#define INGOT_PRESSURE_H

#include "init.h"

/* It was launched: from here on the kernel tells. */
void pressure_begin(struct init *in, uint32_t i);

/* The kernel has told, or pressure_ms is reached. */
void pressure_look(struct init *in, uint32_t i);

#endif
