/* SPDX-License-Identifier: MIT
 *
 * Whether a service that was started can be used: it accepts a TCP connection, or says so on a descriptor.
 */
#ifndef INGOT_READY_H
#define INGOT_READY_H

#include "init.h"

/* Begins to look; the end of it is ready_end, which may come without a beginning. */
void ready_begin(struct init *in, uint32_t i);
void ready_end(struct init *in, uint32_t i);

/* The wait is over: connects once more, or gives up on a pipe that was closed. */
void ready_try(struct init *in, uint32_t i);

/* The socket or the readiness pipe has something to tell. */
void ready_event(struct init *in, uint32_t i);

#endif
