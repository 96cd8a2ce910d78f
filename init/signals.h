/* SPDX-License-Identifier: MIT
 *
 * PID 1's signals come out of a descriptor; none has a handler, all are blocked, but for those of its own faults.
 */
#ifndef INGOT_SIGNALS_H
#define INGOT_SIGNALS_H

#include <signal.h>

#include "init.h"

/* As a mask; crash.c handles them. */
#define SIGNALS_FAULTS \
	(1ull << (SIGSEGV - 1) | 1ull << (SIGBUS - 1) | 1ull << (SIGILL - 1) | 1ull << (SIGFPE - 1) | \
	 1ull << (SIGABRT - 1))

/* Blocks them; the first thing that PID 1 does. */
void signals_block(void);

int signals_init(struct init *in, struct err *e);
void signals_event(struct init *in);

#endif
