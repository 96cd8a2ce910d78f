/* SPDX-License-Identifier: MIT
 *
 * The two netlink sockets: one that the kernel tells changes on, and one that is asked.
 */
#ifndef INGOT_NET_RTNL_H
#define INGOT_NET_RTNL_H

#include "seen.h"

struct rtnl {
	int events;   /* non-blocking: links, addresses, routes; -1: not wanted */
	int requests;
	uint32_t seq;
};

/* With events, what changes from now on is kept for rtnl_events. */
int rtnl_open(struct rtnl *r, bool events, struct err *e);

/* Asks for everything there is. */
int rtnl_dump(struct rtnl *r, struct seen *s, struct err *e);

/* Takes all changes that have come. Where some were lost, everything is asked for anew. */
int rtnl_events(struct rtnl *r, struct seen *s, struct err *e);

/* Sends a request and waits for its answer, which the kernel gives at once. Returns 0, or the errno of its refusal. */
int rtnl_request(struct rtnl *r, struct msg *m);

#endif
