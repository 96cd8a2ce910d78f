/* SPDX-License-Identifier: MIT
 *
 * The sockets that a service gets bound and listening: PID 1's own, in the machine's network, kept while the service is
 * wanted, so that who connects while it restarts waits and is not turned away.
 */
#ifndef INGOT_LISTEN_H
#define INGOT_LISTEN_H

#include "init.h"

/* Makes those of the service that are not there; returns -1 with errno where one cannot be made, and says which. */
int listen_open(struct init *in, uint32_t i);

/* Closes all that it has. */
void listen_close(struct svc_run *r);

#endif
