/* SPDX-License-Identifier: MIT
 *
 * The control protocol on a virtio-serial port, for the VM's host.
 */
#ifndef INGOT_CONTROL_PORT_H
#define INGOT_CONTROL_PORT_H

#include "control_packet.h"

/* After modules have been loaded: looks for the port, unless that is open, now and for some seconds on. */
void port_init(struct init *in);
void port_timers(struct init *in);

/* The port has something to read, or can be written to. */
void port_event(struct init *in, uint32_t events);

/* A packet to the host. */
enum sent port_send(struct init *in, uint32_t kind, int code, const void *data, size_t size);

/* The last packet, which is kept until the host can take it. */
void port_finish(struct init *in, int code, const char *text);

/* Nothing is asked any more. */
void port_idle(struct init *in);

/* Tells the host how the machine ends; false where it might take that a moment later. */
bool port_down(struct init *in);

#endif
