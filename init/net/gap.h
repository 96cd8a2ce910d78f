/* SPDX-License-Identifier: MIT
 *
 * What lies between the links as they are declared and the links as they are. The one comparison that the keeping of
 * links, readiness and `ingot-net check` are made of: it is pure, and has no memory.
 */
#ifndef INGOT_NET_GAP_H
#define INGOT_NET_GAP_H

#include "lease.h"
#include "seen.h"

enum gap_kind {
	/* what a request mends */
	GAP_DOWN,
	GAP_MTU,
	GAP_VLAN,       /* to be made */
	GAP_ADDR,       /* missing, or to be renewed */
	GAP_OLD_ADDR,   /* of a lease that is no more */
	GAP_ROUTE,
	GAP_DEAD_ROUTE, /* through a link without carrier */
	/* what is waited for */
	GAP_ABSENT,
	GAP_CARRIER,
	GAP_LEASE,
	GAP_TENTATIVE,  /* the kernel asks the network whether it is taken */
	/* what is said */
	GAP_TAKEN,      /* another computer has the address */
	GAP_OTHER_VLAN, /* a link of that name is another one */
	GAP_EXTRA,      /* an address that nobody has declared: it stays */
	GAP_KINDS
};
#define GAP_MENDED GAP_ABSENT /* the first kind that no request mends */
#define GAPS_MAX   128

struct gap {
	enum gap_kind kind;
	uint32_t entry; /* of the file */
	int index;      /* of the link, 0: there is none */
	uint32_t metric;
	uint32_t seconds; /* that an address lives, 0: for ever */
	struct netf_addr addr; /* the address, or the gateway */
};

/* What a link's DHCP client has got; without an address, that it has lost it. */
struct held {
	int index; /* of the link; 0: a free place */
	bool renewed; /* the address's life is to be set anew */
	struct lease lease;
};
struct leases {
	struct held held[SEEN_LINKS];
};

struct gaps {
	size_t n;
	struct gap v[GAPS_MAX];
	bool settled[NETF_LINKS]; /* by entry: it has a link that nothing is missing of */
	bool ready;               /* all that are not optional are settled */
};

/* The entry that a link belongs to, or -1. */
int gap_entry(const struct netf *f, const struct seen *s, const struct seen_link *l);

const struct held *gap_held(const struct leases *l, int index);

/* With leases of NULL they are not known: a link by DHCP is right with any address that has an end. */
void gap_find(const struct netf *f, const struct seen *s, const struct leases *leases, struct gaps *out);

/* What is missing, as a text: "address 10.0.0.2/24 is missing". */
#define GAP_TEXT 128
void gap_text(const struct netf *f, const struct gap *g, char out[GAP_TEXT]);

/* How the file names the links of an entry: "eth0", "mac 52:54:00:12:34:56", "driver virtio_net", "any". */
void gap_entry_text(const struct netf_link *l, char out[GAP_TEXT]);

#endif
