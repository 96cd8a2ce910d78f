/* SPDX-License-Identifier: MIT
 *
 * Replies of more than one packet: as much as the client takes, the rest when it can take more.
 */
#ifndef INGOT_CONTROL_PUMP_H
#define INGOT_CONTROL_PUMP_H

#include "init.h"

/* Goes on with the reply of a client whose phase is one of the longer replies; at its end the client is finished. */
void control_pump(struct init *in, uint32_t c);

/* Whether there is more to tell a client that has taken all so far. */
bool control_behind(const struct init *in, uint32_t c);

/* Whether a client that reads a log and does not follow it has all that was written. Where ingot-log hangs that is
 * never so: the client has its own patience. */
bool control_log_ends(const struct init *in, uint32_t c);

#endif
