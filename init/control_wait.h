/* SPDX-License-Identifier: MIT
 *
 * When a start, stop or restart that a client asked for is done, and how it went.
 */
#ifndef INGOT_CONTROL_WAIT_H
#define INGOT_CONTROL_WAIT_H

#include "init.h"

/* False while it is still on its way; else *code is 0 or an errno, and text (of CONTROL_TEXT_MAX bytes) says why. */
bool control_done(const struct init *in, const struct client *cl, int *code, char *text);

#endif
