/* SPDX-License-Identifier: MIT
 *
 * When a start, stop or restart that a client asked for is done, and how it went.
 */
#ifndef INGOT_CONTROL_WAIT_H
#define INGOT_CONTROL_WAIT_H

#include "init.h"

/* The run of service i that a client is about to wait for: the one that is to be stopped, or the one that has to be
 * ready or, of a job, to end. */
uint64_t control_awaited_run(const struct init *in, uint32_t i, uint32_t verb);

/* False while it is still on its way; else *code is 0 or an errno, and text (of CONTROL_TEXT_MAX bytes) says why. */
bool control_done(const struct init *in, const struct client *cl, int *code, char *text);

#endif
