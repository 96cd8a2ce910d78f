/* SPDX-License-Identifier: MIT
 *
 * The private networks of services, as the builder writes them into the service table and as ingot-net gets them: each
 * record stands for itself, with names and addresses in it, as ingot-net has no other part of the table. Everything is
 * checked at build time; numbers are in the host's order, addresses in the network's.
 */
#ifndef INGOT_NET_TABLE_H
#define INGOT_NET_TABLE_H

#include <stdint.h>

#include "err.h"
#include "net_file.h"

#define TBL_NETS_MAX  512
#define TBL_RULES_MAX 4096 /* of all services */
#define TBL_NET_NAME  32   /* of a service, with the NUL */
#define NET_CABLE     "ingot-" /* what the names of the machine's ends of their links begin with, and no other link's */

enum tbl_net_kind {
	TBL_NET_PUBLISH, /* the machine's `port` leads to the service's `to` */
	TBL_NET_REACH,   /* it may open `port` of the address: another service's */
	TBL_NET_MACHINE, /* it may open `port` of the machine's own address in here */
	TBL_NET_EGRESS,  /* it may open `port`, or any with 0, of the addresses: outside of the machine */
	TBL_NET_KINDS
};

struct tbl_net_rule {
	uint16_t kind;     /* enum tbl_net_kind */
	uint16_t protocol; /* IPPROTO_TCP or IPPROTO_UDP */
	uint16_t port;
	uint16_t to;            /* PUBLISH */
	struct netf_addr address; /* REACH and EGRESS */
};

#define TBL_NET_MASQUERADE (1u << 0) /* what leaves the machine has the machine's address */
#define TBL_NET_FLAGS      TBL_NET_MASQUERADE

struct tbl_net {
	char name[TBL_NET_NAME]; /* of the service */
	struct netf_addr address[2]; /* its own: of IPv4, of IPv6 */
	struct netf_addr machine[2]; /* what the machine has at the other end; the same for all services */
	uint32_t flags;
	uint32_t first, rules; /* of TBL_NET_RULES */
	uint32_t pad;
};

/* Whether all of them are right: spans within the rules, names closed, each address of its family. */
int net_table_check(const struct tbl_net *nets, uint32_t n, const struct tbl_net_rule *rules, uint32_t n_rules,
		    struct err *e);

#endif
