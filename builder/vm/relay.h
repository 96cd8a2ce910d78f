/* SPDX-License-Identifier: MIT
 *
 * Between a VM's control port and those who ask it. QEMU has one connection from its start to its end, so that no
 * message of a new one can be lost; who connects to the socket in the output folder is served in turn. PID 1's last
 * word, how the machine ends, is for the relay itself, and so is the request to end.
 */
#ifndef INGOT_RELAY_H
#define INGOT_RELAY_H

#include <poll.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "ctl_proto.h"
#include "err.h"

#define RELAY_WAITING 8 /* beyond them the listening socket keeps who comes */
#define RELAY_FDS     (3 + RELAY_WAITING)
#define RELAY_FRAME   (sizeof(struct ctl_frame) + sizeof(struct ctl_reply) + CTL_DATA_MAX)

struct relay_waiter {
	int fd;
	bool heard;        /* it has asked */
	uint64_t since_ms;
};

struct relay {
	int listener;      /* the caller's, or -1 */
	int guest;         /* to QEMU; -1 when it has ended */
	int client;        /* who is served, or -1 */
	bool asked;        /* something of it went to the guest */
	bool follows;      /* it asked for what never ends */
	struct relay_waiter waiting[RELAY_WAITING];
	size_t n_waiting;
	_Alignas(8) uint8_t in[RELAY_FRAME]; /* a frame of the guest's */
	size_t in_have, in_sent; /* in_sent: of a whole one that is the client's */
	_Alignas(8) uint8_t out[4096]; /* to the guest */
	size_t out_have, out_sent;
	bool hello_due, end_due; /* requests of our own that wait for room in out */
	bool answers;      /* PID 1 has answered: there is somebody who can be asked */
	bool ended;        /* PID 1 has accepted the request to end */
	struct ctl_down down; /* its last word; kind CTL_DOWN_NOT: none, or the machine has booted anew */
	int status;        /* with down: the machine's exit status */
};

/* Makes the connection; *qemu_end is the end for QEMU, the caller's. listener: where clients connect, or -1. */
int relay_open(struct relay *r, int listener, int *qemu_end, struct err *e);

/* What to wait for, RELAY_FDS of them, and until when. */
void relay_prepare(const struct relay *r, struct pollfd *fds);
uint64_t relay_due_ms(const struct relay *r);

/* Hands on what is there. */
void relay_step(struct relay *r, const struct pollfd *fds, uint64_t now_ms);

/* Asks PID 1 to power the machine off, now or when it listens. Who is served has had his turn. */
void relay_ask_end(struct relay *r);

/* QEMU has ended: reads what it left. */
void relay_finish(struct relay *r);

void relay_release(struct relay *r);

#endif
