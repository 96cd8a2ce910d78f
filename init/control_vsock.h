/* SPDX-License-Identifier: MIT
 *
 * The control protocol over AF_VSOCK: the same packets as on the socket, from the host of a VM or from the machine
 * itself. There are no credentials of a peer; that it speaks from a port below 1024, which takes a capability on the
 * host as in the machine, stands for them.
 */
#ifndef INGOT_CONTROL_VSOCK_H
#define INGOT_CONTROL_VSOCK_H

#include "init.h"

/* Once the modules are loaded; again does no harm. A kernel without AF_VSOCK, and one without a transport, is no
 * failure. */
void vsock_init(struct init *in);

/* Whether the connection is one of AF_VSOCK: descriptors do not go through it. */
bool vsock_is(int fd);

/* And who speaks may ask: the VM's host or the machine itself, with a port that not everyone may have. */
bool vsock_trusts(int fd);

#endif
