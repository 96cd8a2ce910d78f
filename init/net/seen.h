/* SPDX-License-Identifier: MIT
 *
 * The links, addresses and default routes that there are, as the kernel's messages have told. Fixed size, no pointers.
 */
#ifndef INGOT_NET_SEEN_H
#define INGOT_NET_SEEN_H

#include <net/if.h>

#include "msg.h"

#define SEEN_LINKS  64
#define SEEN_ADDRS  256
#define SEEN_ROUTES 64

struct seen_link {
	int index; /* as the kernel numbers it; 0: a free place */
	bool stale; /* not met again in the dump that is going on */
	char name[NETF_NAME];
	char driver[NETF_DRIVER]; /* empty where no device is behind it */
	uint8_t mac[6];
	uint16_t type;  /* ARPHRD_* */
	uint32_t flags; /* IFF_* */
	uint32_t mtu;
	int of;         /* the link that it is on, 0: none */
	bool stacked;   /* made on top of another one, whose address it may bear */
	uint16_t vlan;  /* 0: none */
};

struct seen_addr {
	int index; /* of its link; 0: a free place */
	bool stale;
	struct netf_addr addr;
	uint32_t flags; /* IFA_F_* */
	uint8_t scope;
};

struct seen_route { /* to everywhere */
	int index; /* of its link; 0: a free place */
	bool stale;
	uint32_t metric;
	struct netf_addr gateway;
};

struct seen {
	struct seen_link links[SEEN_LINKS];
	struct seen_addr addrs[SEEN_ADDRS];
	struct seen_route routes[SEEN_ROUTES];
	uint32_t dropped; /* things that there was no place for */
};

/* Takes what one message tells; what is none of ours is passed over. */
void seen_take(struct seen *s, const struct nlmsghdr *h);

/* Around a dump of everything: what was not told again in between is gone. */
void seen_dump_begins(struct seen *s);
void seen_dump_ends(struct seen *s);

const struct seen_link *seen_link(const struct seen *s, int index);
const struct seen_link *seen_link_named(const struct seen *s, const char *name);

/* The address with its prefix on that link; the default route of that metric through it. */
const struct seen_addr *seen_addr(const struct seen *s, int index, const struct netf_addr *a);
const struct seen_route *seen_route(const struct seen *s, int index, uint8_t family, uint32_t metric);

/* The flags of a link that frames go through. The kernel sets IFF_RUNNING as well where it has not looked yet, and
 * IFF_LOWER_UP, which musl's net/if.h does not have, where the other end wants a password first. */
#define SEEN_CARRIER (IFF_UP | IFF_RUNNING | 0x10000u)

static inline bool
seen_has_carrier(const struct seen_link *l)
{
	return (l->flags & SEEN_CARRIER) == SEEN_CARRIER;
}

#endif
