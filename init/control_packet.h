/* SPDX-License-Identifier: MIT
 *
 * Packets to a client of the control protocol. None of them waits: what a client cannot take now is for later.
 */
#ifndef INGOT_CONTROL_PACKET_H
#define INGOT_CONTROL_PACKET_H

#include "init.h"
#include "loop.h"

enum sent { SENT, SENT_LATER, SENT_GONE };

static inline uint32_t
control_slot(uint32_t c)
{
	return WATCH_CLIENT + c;
}

/* One packet to a descriptor; the descriptors among fds (two at most) go along, and stay the caller's. */
enum sent control_send(int fd, uint32_t kind, int code, const void *data, size_t size, const int *fds, size_t nfds);

/* One packet to client c. Descriptors do not go to the host. */
enum sent control_reply(struct init *in, uint32_t c, uint32_t kind, const void *data, size_t size);

/* The last packet, and the end of the client; one that cannot take it has lost it. */
void control_finish(struct init *in, uint32_t c, int code, const char *text);

/* The end of the client without a word. */
void control_drop(struct init *in, uint32_t c);

/* The client is waited for as well to take more, or no longer. */
void control_want_out(struct init *in, uint32_t c, bool out);

/* A service as CTL_R_SVC tells of it. */
void control_fill(const struct init *in, uint32_t i, struct ctl_svc *r);

#endif
