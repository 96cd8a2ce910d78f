/* SPDX-License-Identifier: MIT
 *
 * The rules: which packets of and to private networks pass. Whatever is not named here is dropped, whichever way it
 * goes: forwarding has that policy, and what comes from a service for the machine itself ends at a drop.
 *
 *     raw      what comes from a service has that service's address
 *     publish  a packet for one of the machine's own addresses and a published port goes to the service
 *     leave    what is masqueraded
 *     forward  answers; what was published; what a service may open, in a chain of its own
 *     input    of services' packets for the machine: answers, neighbours, declared ports
 *     output   of the machine's own packets for services: answers, neighbours, root's, who looks whether they are well
 */
#include "rules.h"

#include <string.h>

#include "fmt.h"
#include "nft.h"

#define BATCH_BYTES (6u << 20) /* a rule has 700 bytes at most */
#define ESTABLISHED_OR_RELATED (2u | 4u) /* NF_CT_STATE_BIT of IP_CT_ESTABLISHED and IP_CT_RELATED */
#define DNATED (1u << 5)       /* IPS_DST_NAT */
#define ND_SOLICIT   135
#define ND_ADVERTISE 136

enum { PRIORITY_RAW = -300, PRIORITY_DNAT = -100, PRIORITY_FILTER = 0, PRIORITY_SNAT = 100 };

/* Of address space: what a machine uses of it costs memory. */
static uint8_t batch[BATCH_BYTES] __attribute__((aligned(8)));

void
cable_name(const struct tbl_net *n, char out[CABLE_NAME])
{
	const uint8_t *a = n->address[0].bytes;

	fmt(out, CABLE_NAME, "%s%02x%02x%02x%02x", NET_CABLE, a[0], a[1], a[2], a[3]);
}

static void
from_services(struct nft *t, bool no)
{
	nft_link(t, NFT_META_IIFNAME, NET_CABLE, true, no);
}

static void
to_services(struct nft *t, bool no)
{
	nft_link(t, NFT_META_OIFNAME, NET_CABLE, true, no);
}

static void
finish(struct nft *t, struct nft_rule r, int32_t verdict, const char *chain)
{
	nft_verdict(t, verdict, chain);
	nft_rule_end(t, r);
}

static void
answers(struct nft *t, const char *chain)
{
	struct nft_rule r = nft_rule(t, chain);

	nft_state(t, ESTABLISHED_OR_RELATED);
	finish(t, r, NF_ACCEPT, NULL);
}

/* ---- what all services have alike ---- */

static void
raw_chain(struct nft *t)
{
	nft_base_chain(t, "raw", "filter", NF_INET_PRE_ROUTING, PRIORITY_RAW, NF_ACCEPT);
	struct nft_rule r = nft_rule(t, "raw");
	from_services(t, false);
	nft_way_back(t, true);
	finish(t, r, NF_DROP, NULL);
}

/* What passes in any case between a service and the machine. */
static void
answers_and_neighbours(struct nft *t, const char *chain)
{
	static const uint8_t neighbours[] = { ND_SOLICIT, ND_ADVERTISE };

	answers(t, chain);
	for (size_t i = 0; i < sizeof neighbours; i++) {
		struct nft_rule r = nft_rule(t, chain);
		nft_protocol(t, IPPROTO_ICMPV6);
		nft_icmp6(t, neighbours[i]);
		finish(t, r, NF_ACCEPT, NULL);
	}
}

static void
input_chain(struct nft *t)
{
	nft_chain(t, "machine");
	nft_base_chain(t, "input", "filter", NF_INET_LOCAL_IN, PRIORITY_FILTER, NF_ACCEPT);
	struct nft_rule r = nft_rule(t, "input");
	from_services(t, false);
	finish(t, r, NFT_JUMP, "machine");
	answers_and_neighbours(t, "machine");
}

/* A service in the machine's network is no part of any other. */
static void
output_chain(struct nft *t)
{
	nft_chain(t, "own");
	nft_base_chain(t, "output", "filter", NF_INET_LOCAL_OUT, PRIORITY_FILTER, NF_ACCEPT);
	struct nft_rule r = nft_rule(t, "output");
	to_services(t, false);
	finish(t, r, NFT_JUMP, "own");
	answers_and_neighbours(t, "own");
	r = nft_rule(t, "own");
	nft_user(t, 0);
	finish(t, r, NF_ACCEPT, NULL);
	finish(t, nft_rule(t, "own"), NF_DROP, NULL);
}

static void
forward_chain(struct nft *t)
{
	nft_chain(t, "services");
	nft_base_chain(t, "forward", "filter", NF_INET_FORWARD, PRIORITY_FILTER, NF_DROP);
	answers(t, "forward");
	struct nft_rule r = nft_rule(t, "forward");
	from_services(t, false);
	finish(t, r, NFT_JUMP, "services");
	r = nft_rule(t, "forward");
	from_services(t, true);
	to_services(t, false);
	nft_status(t, DNATED);
	finish(t, r, NF_ACCEPT, NULL);
}

/* Neither for services, who have names for each other, nor for what passes by. */
static void
nat_chains(struct nft *t)
{
	nft_base_chain(t, "publish", "nat", NF_INET_PRE_ROUTING, PRIORITY_DNAT, NF_ACCEPT);
	struct nft_rule r = nft_rule(t, "publish");
	from_services(t, false);
	finish(t, r, NF_ACCEPT, NULL);
	r = nft_rule(t, "publish");
	nft_local(t, true);
	finish(t, r, NF_ACCEPT, NULL);
	nft_base_chain(t, "leave", "nat", NF_INET_POST_ROUTING, PRIORITY_SNAT, NF_ACCEPT);
	r = nft_rule(t, "leave");
	to_services(t, false);
	finish(t, r, NF_ACCEPT, NULL);
}

/* ---- one service ---- */

static void
add_publish(struct nft *t, const struct tbl_net *n, const struct tbl_net_rule *x)
{
	for (int f = 0; f < 2; f++) {
		const uint8_t family = f == 0 ? 4 : 6;
		const struct netf_addr any = { .family = family };
		struct nft_rule r = nft_rule(t, "publish");
		nft_address(t, &any, false, false);
		nft_protocol(t, (uint8_t)x->protocol);
		nft_port(t, x->port);
		nft_dnat(t, &n->address[f], x->to);
		nft_rule_end(t, r);
	}
}

static void
add_machine(struct nft *t, const struct tbl_net *n, const struct tbl_net_rule *x, const char *cable)
{
	for (int f = 0; f < 2; f++) {
		struct nft_rule r = nft_rule(t, "machine");
		nft_link(t, NFT_META_IIFNAME, cable, false, false);
		nft_address(t, &n->machine[f], false, false);
		nft_protocol(t, (uint8_t)x->protocol);
		nft_port(t, x->port);
		finish(t, r, NF_ACCEPT, NULL);
	}
}

static void
add_open(struct nft *t, const struct tbl_net_rule *x, const char *chain)
{
	struct nft_rule r = nft_rule(t, chain);

	nft_address(t, &x->address, false, false);
	nft_protocol(t, (uint8_t)x->protocol);
	if (x->port)
		nft_port(t, x->port);
	finish(t, r, NF_ACCEPT, NULL);
}

/* In its chain come other services first, then a drop of all that goes to services, so that an egress to everywhere is
 * none to them. */
static void
add_service(struct nft *t, const struct tbl_net *n, const struct tbl_net_rule *rules)
{
	char cable[CABLE_NAME];

	cable_name(n, cable);
	nft_chain(t, cable);
	struct nft_rule r = nft_rule(t, "services");
	nft_link(t, NFT_META_IIFNAME, cable, false, false);
	finish(t, r, NFT_JUMP, cable);
	for (uint32_t i = 0; i < n->rules; i++)
		if (rules[i].kind == TBL_NET_REACH)
			add_open(t, &rules[i], cable);
		else if (rules[i].kind == TBL_NET_PUBLISH)
			add_publish(t, n, &rules[i]);
		else if (rules[i].kind == TBL_NET_MACHINE)
			add_machine(t, n, &rules[i], cable);
	r = nft_rule(t, cable);
	to_services(t, false);
	finish(t, r, NF_DROP, NULL);
	for (uint32_t i = 0; i < n->rules; i++)
		if (rules[i].kind == TBL_NET_EGRESS)
			add_open(t, &rules[i], cable);
	for (int f = 0; f < 2 && n->flags & TBL_NET_MASQUERADE; f++) {
		r = nft_rule(t, "leave");
		nft_address(t, &n->address[f], true, false);
		nft_masquerade(t);
		nft_rule_end(t, r);
	}
}

static void
drop_rest(struct nft *t, const char *chain)
{
	finish(t, nft_rule(t, chain), NF_DROP, NULL);
}

int
rules_set(const struct tbl_net *nets, uint32_t n, const struct tbl_net_rule *rules, struct err *e)
{
	struct nft t;

	nft_begin(&t, batch, sizeof batch, RULES_TABLE);
	nft_table_anew(&t);
	raw_chain(&t);
	input_chain(&t);
	output_chain(&t);
	forward_chain(&t);
	nat_chains(&t);
	for (uint32_t i = 0; i < n; i++)
		add_service(&t, &nets[i], rules + nets[i].first);
	drop_rest(&t, "machine");
	drop_rest(&t, "services");
	return nft_commit(&t, e);
}
