/* SPDX-License-Identifier: MIT
 *
 * nf_tables' messages: a batch that the kernel takes as a whole or not at all, and the rules in it, expression by
 * expression. Plain netlink: of what libnftnl does a twentieth is wanted here, and it would be larger than the rest of
 * ingot-net.
 */
#ifndef INGOT_NET_NFT_H
#define INGOT_NET_NFT_H

#include <linux/netfilter.h>
#include <linux/netfilter/nf_tables.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "net_file.h"

struct nft {
	uint8_t *bytes;
	size_t cap, used;
	size_t message; /* where the one that is being made begins */
	uint32_t seq;
	bool full;      /* something had no room: the batch is not sent */
	const char *table;
};

/* Begins a batch in bytes that are the caller's; the table is of the family inet. */
void nft_begin(struct nft *n, void *bytes, size_t cap, const char *table);
/* An empty table, also where there was one. */
void nft_table_anew(struct nft *n);
/* A chain that packets come to by itself; of that type, "filter" or "nat", with that policy. */
void nft_base_chain(struct nft *n, const char *name, const char *type, uint32_t hook, int32_t priority,
		    uint32_t policy);
/* One that rules jump to. */
void nft_chain(struct nft *n, const char *name);

/* Around each rule's expressions, which hold all together or not at all. */
struct nft_rule {
	size_t list, whole;
};
struct nft_rule nft_rule(struct nft *n, const char *chain);
void nft_rule_end(struct nft *n, struct nft_rule r);

/* What must be so of a packet; `no` turns it round. */
void nft_link(struct nft *n, uint32_t key, const char *name, bool prefix, bool no); /* NFT_META_IIFNAME or OIFNAME */
void nft_protocol(struct nft *n, uint8_t protocol);
void nft_port(struct nft *n, uint16_t port);             /* where it goes; behind nft_protocol */
void nft_address(struct nft *n, const struct netf_addr *a, bool source, bool no); /* with its family */
void nft_icmp6(struct nft *n, uint8_t type);             /* behind nft_protocol */
void nft_user(struct nft *n, uint32_t uid);              /* whose socket it is from, on this machine */
void nft_state(struct nft *n, uint32_t any);             /* of its connection, NF_CT_STATE_BIT's bits */
void nft_status(struct nft *n, uint32_t any);            /* the same, IPS_* */
void nft_local(struct nft *n, bool no);                  /* its destination is the machine's */
void nft_way_back(struct nft *n, bool no);               /* its source would be answered by the link that it came by */

/* What becomes of it: NF_ACCEPT, NF_DROP, NFT_RETURN, or NFT_JUMP with a chain. */
void nft_verdict(struct nft *n, int32_t code, const char *chain);
void nft_dnat(struct nft *n, const struct netf_addr *to, uint16_t port);
void nft_masquerade(struct nft *n);

/* Sends the batch, and says what the kernel says of it. */
int nft_commit(struct nft *n, struct err *e);

#endif
