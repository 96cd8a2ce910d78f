/* SPDX-License-Identifier: MIT
 *
 * What each request of the control protocol asks for.
 */
#ifndef INGOT_CONTROL_SERVE_H
#define INGOT_CONTROL_SERVE_H

#include "init.h"

/* Checks the request of client c and does it, or begins to. */
void control_serve(struct init *in, uint32_t c, const struct ctl_request *q);

#endif
