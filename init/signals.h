/* SPDX-License-Identifier: MIT
 *
 * PID 1's signals come out of a descriptor; none has a handler, all are blocked.
 */
#ifndef INGOT_SIGNALS_H
#define INGOT_SIGNALS_H

#include "init.h"

/* Blocks them; the first thing that PID 1 does. */
void signals_block(void);

int signals_init(struct init *in, struct err *e);
void signals_event(struct init *in);

#endif
