/* SPDX-License-Identifier: MIT
 *
 * The control protocol over the port of a virtual machine, from the host's end.
 */
#ifndef INGOT_CTL_PORT_H
#define INGOT_CTL_PORT_H

#include "ctl.h"

/* Whether the machine is asked by its port: ctl_port_use was called. */
bool ctl_port_used(void);

/* fd is a connection to the port, and stays the caller's. */
void ctl_port_use(int fd);

/* Sends the request, and waits until the machine says that it is there. */
int ctl_port_ask(const struct ctl_request *q, struct err *e);

/* The next packet of its reply; *size is that of the whole packet. ms: how long it is waited for, -1: as long as it
 * takes; e->code is ETIMEDOUT then. */
int ctl_port_receive(struct ctl_packet *p, int ms, size_t *size, struct err *e);

#endif
