/* SPDX-License-Identifier: MIT
 *
 * rtnetlink's messages, built into a buffer and taken apart again: bytes only, no socket.
 */
#ifndef INGOT_NET_MSG_H
#define INGOT_NET_MSG_H

#include <linux/netlink.h>
#include <linux/rtnetlink.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "net_file.h"

#define MSG_BYTES 512 /* the longest request is a fifth of it */

struct msg {
	union {
		struct nlmsghdr head;
		uint8_t bytes[MSG_BYTES];
	};
};

/* ---- requests; each asks for an answer (NLM_F_ACK) but the dump ---- */

/* All links, addresses or routes: type is RTM_GETLINK, RTM_GETADDR or RTM_GETROUTE. */
void msg_dump(struct msg *m, uint16_t type);
void msg_link_up(struct msg *m, int index);
void msg_link_mtu(struct msg *m, int index, uint32_t mtu);
/* A new link for the tagged frames of another one. */
void msg_vlan(struct msg *m, const char *name, int of, uint16_t id);
/* type is RTM_NEWADDR, which also renews the life of one that is there, or RTM_DELADDR. 0 seconds are for ever. */
void msg_addr(struct msg *m, uint16_t type, int index, const struct netf_addr *a, uint32_t seconds);
/* Of a link between two: the address here, and the one at the other end, each alone; taken for free at once. */
void msg_peer_addr(struct msg *m, int index, const struct netf_addr *here, const struct netf_addr *there);
/* A pair of links, the other one in the network namespace behind a descriptor; and their end. */
void msg_veth(struct msg *m, const char *name, const char *other, int space);
void msg_link_remove(struct msg *m, const char *name);
/* A default route: type is RTM_NEWROUTE, which takes the place of another one of the same metric, or RTM_DELROUTE. */
void msg_route(struct msg *m, uint16_t type, int index, const struct netf_addr *gateway, uint32_t metric);

/* ---- reading: nothing outside of the given bytes is looked at ---- */

/* The next whole message, or NULL; *at is moved behind it. */
const struct nlmsghdr *msg_next(const void *bytes, size_t size, size_t *at);

/* The body of a message as a struct of `size` bytes, or NULL where it is shorter; and what its attributes are. */
struct attrs {
	const uint8_t *bytes;
	size_t size;
};
const void *msg_body(const struct nlmsghdr *h, size_t size, struct attrs *a);

/* The first attribute of a type, or NULL where there is none of at least `least` bytes. */
const void *attr_find(const struct attrs *a, uint16_t type, size_t least, size_t *size);
/* The attributes inside one; empty where it is not there. */
struct attrs attr_nested(const struct attrs *a, uint16_t type);
uint32_t attr_u32(const struct attrs *a, uint16_t type, uint32_t absent);
/* Copies a text with at most cap - 1 bytes; an empty one where it is absent. */
void attr_text(const struct attrs *a, uint16_t type, char *into, size_t cap);
/* An address of a family as the kernel numbers them; family 0 where it is absent. */
struct netf_addr attr_addr(const struct attrs *a, uint16_t type, uint8_t af);

#endif
