/* SPDX-License-Identifier: MIT
 *
 * What this kernel lacks of lib/features.h, found out once at boot: a machine whose image requires it does not come up,
 * and any other one says so.
 */
#ifndef INGOT_LACKS_H
#define INGOT_LACKS_H

#include "init.h"

/* Wants /proc mounted and the launcher set up. Returns 0 with state.lacks filled, or -1 with what is missing. */
int lacks_init(struct init *in, struct err *e);

#endif
