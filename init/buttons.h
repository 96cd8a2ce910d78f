/* SPDX-License-Identifier: MIT
 *
 * The power button.
 */
#ifndef INGOT_BUTTONS_H
#define INGOT_BUTTONS_H

#include "init.h"

/* Watches each input device that has a power key, at most BUTTONS_MAX, for that key alone. */
void buttons_init(struct init *in);

void buttons_event(struct init *in, uint32_t i);

#endif
