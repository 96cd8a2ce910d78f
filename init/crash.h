/* SPDX-License-Identifier: MIT
 *
 * A crash of PID 1 itself: a record of it, and the same program again, with the state and the services kept.
 */
#ifndef INGOT_CRASH_H
#define INGOT_CRASH_H

#include "init.h"

/* From here on a crash is caught; before, it is the kernel's panic. */
void crash_init(struct init *in);

#endif
