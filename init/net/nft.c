/* SPDX-License-Identifier: MIT */
#include "nft.h"

#include <endian.h>
#include <errno.h>
#include <linux/netfilter/nfnetlink.h>
#include <linux/netlink.h>
#include <string.h>
#include <sys/socket.h>

#include "cleanup.h"
#include "msg.h"

#define REG NFT_REG_1 /* sixteen bytes: a link's name, an address */
#define LINK_NAME 16

/* ---- messages and attributes ---- */

static void *
take_room(struct nft *n, size_t size)
{
	void *at = n->bytes + n->used;

	if (n->full || size > n->cap - n->used) {
		n->full = true;
		return NULL;
	}
	memset(at, 0, size);
	n->used += size;
	return at;
}

static void
end_message(struct nft *n)
{
	if (!n->full)
		((struct nlmsghdr *)(void *)(n->bytes + n->message))->nlmsg_len = (uint32_t)(n->used - n->message);
}

static void
begin_message(struct nft *n, uint16_t type, uint16_t flags, uint8_t family, uint16_t resource)
{
	n->message = n->used;
	struct nlmsghdr *h = take_room(n, NLMSG_HDRLEN);
	struct nfgenmsg *g = take_room(n, NLMSG_ALIGN(sizeof *g));
	if (n->full)
		return;
	h->nlmsg_type = type;
	h->nlmsg_flags = NLM_F_REQUEST | flags;
	h->nlmsg_seq = n->seq++;
	*g = (struct nfgenmsg){ .nfgen_family = family, .version = NFNETLINK_V0, .res_id = htobe16(resource) };
}

static void
begin_nft(struct nft *n, uint16_t what, uint16_t flags)
{
	begin_message(n, NFNL_SUBSYS_NFTABLES << 8 | what, flags, NFPROTO_INET, 0);
}

static void
put(struct nft *n, uint16_t type, const void *data, size_t size)
{
	struct nlattr *a = take_room(n, NLA_HDRLEN + NLA_ALIGN(size));

	if (!a)
		return;
	*a = (struct nlattr){ .nla_type = type, .nla_len = (uint16_t)(NLA_HDRLEN + size) };
	memcpy((uint8_t *)a + NLA_HDRLEN, data, size);
}

static void
put_text(struct nft *n, uint16_t type, const char *text)
{
	put(n, type, text, strlen(text) + 1);
}

/* nf_tables has its own numbers in the network's order; what it compares is in the packet's, or the machine's. */
static void
put_number(struct nft *n, uint16_t type, uint32_t v)
{
	v = htobe32(v);
	put(n, type, &v, sizeof v);
}

static size_t
open_nest(struct nft *n, uint16_t type)
{
	size_t at = n->used;

	put(n, type | NLA_F_NESTED, NULL, 0);
	return at;
}

static void
close_nest(struct nft *n, size_t at)
{
	if (!n->full)
		((struct nlattr *)(void *)(n->bytes + at))->nla_len = (uint16_t)(n->used - at);
}

/* ---- tables and chains ---- */

void
nft_begin(struct nft *n, void *bytes, size_t cap, const char *table)
{
	*n = (struct nft){ .bytes = bytes, .cap = cap, .seq = 1, .table = table };
	begin_message(n, NFNL_MSG_BATCH_BEGIN, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	end_message(n);
}

static void
one_table(struct nft *n, uint16_t what, uint16_t flags)
{
	begin_nft(n, what, flags);
	put_text(n, NFTA_TABLE_NAME, n->table);
	end_message(n);
}

void
nft_table_anew(struct nft *n)
{
	one_table(n, NFT_MSG_NEWTABLE, NLM_F_CREATE); /* so that there is one to be deleted */
	one_table(n, NFT_MSG_DELTABLE, 0);
	one_table(n, NFT_MSG_NEWTABLE, NLM_F_CREATE);
}

static void
begin_chain(struct nft *n, const char *name)
{
	begin_nft(n, NFT_MSG_NEWCHAIN, NLM_F_CREATE);
	put_text(n, NFTA_CHAIN_TABLE, n->table);
	put_text(n, NFTA_CHAIN_NAME, name);
}

void
nft_base_chain(struct nft *n, const char *name, const char *type, uint32_t hook, int32_t priority, uint32_t policy)
{
	begin_chain(n, name);
	size_t at = open_nest(n, NFTA_CHAIN_HOOK);
	put_number(n, NFTA_HOOK_HOOKNUM, hook);
	put_number(n, NFTA_HOOK_PRIORITY, (uint32_t)priority);
	close_nest(n, at);
	put_number(n, NFTA_CHAIN_POLICY, policy);
	put_text(n, NFTA_CHAIN_TYPE, type);
	end_message(n);
}

void
nft_chain(struct nft *n, const char *name)
{
	begin_chain(n, name);
	end_message(n);
}

struct nft_rule
nft_rule(struct nft *n, const char *chain)
{
	begin_nft(n, NFT_MSG_NEWRULE, NLM_F_CREATE | NLM_F_APPEND);
	put_text(n, NFTA_RULE_TABLE, n->table);
	put_text(n, NFTA_RULE_CHAIN, chain);
	return (struct nft_rule){ .list = open_nest(n, NFTA_RULE_EXPRESSIONS) };
}

void
nft_rule_end(struct nft *n, struct nft_rule r)
{
	close_nest(n, r.list);
	end_message(n);
}

/* ---- expressions ---- */

struct expression {
	size_t whole, data;
};

static struct expression
begin(struct nft *n, const char *name)
{
	struct expression x = { .whole = open_nest(n, NFTA_LIST_ELEM) };

	put_text(n, NFTA_EXPR_NAME, name);
	x.data = open_nest(n, NFTA_EXPR_DATA);
	return x;
}

static void
end(struct nft *n, struct expression x)
{
	close_nest(n, x.data);
	close_nest(n, x.whole);
}

static void
put_value(struct nft *n, uint16_t type, const void *data, size_t size)
{
	size_t at = open_nest(n, type);

	put(n, NFTA_DATA_VALUE, data, size);
	close_nest(n, at);
}

static void
compare(struct nft *n, const void *data, size_t size, bool no)
{
	struct expression x = begin(n, "cmp");

	put_number(n, NFTA_CMP_SREG, REG);
	put_number(n, NFTA_CMP_OP, no ? NFT_CMP_NEQ : NFT_CMP_EQ);
	put_value(n, NFTA_CMP_DATA, data, size);
	end(n, x);
}

static void
meta(struct nft *n, uint32_t key)
{
	struct expression x = begin(n, "meta");

	put_number(n, NFTA_META_KEY, key);
	put_number(n, NFTA_META_DREG, REG);
	end(n, x);
}

static void
payload(struct nft *n, uint32_t base, uint32_t offset, uint32_t size)
{
	struct expression x = begin(n, "payload");

	put_number(n, NFTA_PAYLOAD_DREG, REG);
	put_number(n, NFTA_PAYLOAD_BASE, base);
	put_number(n, NFTA_PAYLOAD_OFFSET, offset);
	put_number(n, NFTA_PAYLOAD_LEN, size);
	end(n, x);
}

static void
mask(struct nft *n, const void *bits, size_t size)
{
	static const uint8_t none[16];
	struct expression x = begin(n, "bitwise");

	put_number(n, NFTA_BITWISE_SREG, REG);
	put_number(n, NFTA_BITWISE_DREG, REG);
	put_number(n, NFTA_BITWISE_LEN, (uint32_t)size);
	put_value(n, NFTA_BITWISE_MASK, bits, size);
	put_value(n, NFTA_BITWISE_XOR, none, size);
	end(n, x);
}

/* Without its end a name is all those that begin so. */
void
nft_link(struct nft *n, uint32_t key, const char *name, bool prefix, bool no)
{
	char text[LINK_NAME] = "";
	size_t size = strnlen(name, sizeof text - 1);

	memcpy(text, name, size);
	meta(n, key);
	compare(n, text, prefix ? size : sizeof text, no);
}

void
nft_protocol(struct nft *n, uint8_t protocol)
{
	meta(n, NFT_META_L4PROTO);
	compare(n, &protocol, sizeof protocol, false);
}

void
nft_port(struct nft *n, uint16_t port)
{
	port = htobe16(port);
	payload(n, NFT_PAYLOAD_TRANSPORT_HEADER, 2, sizeof port);
	compare(n, &port, sizeof port, false);
}

void
nft_user(struct nft *n, uint32_t uid)
{
	meta(n, NFT_META_SKUID);
	compare(n, &uid, sizeof uid, false);
}

void
nft_icmp6(struct nft *n, uint8_t type)
{
	payload(n, NFT_PAYLOAD_TRANSPORT_HEADER, 0, sizeof type);
	compare(n, &type, sizeof type, false);
}

void
nft_address(struct nft *n, const struct netf_addr *a, bool source, bool no)
{
	bool v4 = a->family == 4;
	uint8_t family = v4 ? NFPROTO_IPV4 : NFPROTO_IPV6, bits[16] = { 0 };
	uint32_t size = v4 ? 4 : 16, offset = v4 ? 12 : 8;

	meta(n, NFT_META_NFPROTO);
	compare(n, &family, sizeof family, false);
	if (a->prefix == 0)
		return;
	payload(n, NFT_PAYLOAD_NETWORK_HEADER, source ? offset : offset + size, size);
	for (unsigned i = 0; i < a->prefix; i++)
		bits[i / 8] |= (uint8_t)(0x80 >> i % 8);
	if (a->prefix < 8 * size)
		mask(n, bits, size);
	compare(n, a->bytes, size, no);
}

static void
connection(struct nft *n, uint32_t key, uint32_t any)
{
	const uint32_t none = 0;
	struct expression x = begin(n, "ct");

	put_number(n, NFTA_CT_KEY, key);
	put_number(n, NFTA_CT_DREG, REG);
	end(n, x);
	mask(n, &any, sizeof any);
	compare(n, &none, sizeof none, true);
}

void
nft_state(struct nft *n, uint32_t any)
{
	connection(n, NFT_CT_STATE, any);
}

void
nft_status(struct nft *n, uint32_t any)
{
	connection(n, NFT_CT_STATUS, any);
}

static void
look_up(struct nft *n, uint32_t flags, uint32_t result, uint32_t wanted, bool no)
{
	struct expression x = begin(n, "fib");

	put_number(n, NFTA_FIB_FLAGS, flags);
	put_number(n, NFTA_FIB_RESULT, result);
	put_number(n, NFTA_FIB_DREG, REG);
	end(n, x);
	compare(n, &wanted, sizeof wanted, no);
}

void
nft_local(struct nft *n, bool no)
{
	look_up(n, NFTA_FIB_F_DADDR, NFT_FIB_RESULT_ADDRTYPE, RTN_LOCAL, no);
}

void
nft_way_back(struct nft *n, bool no)
{
	look_up(n, NFTA_FIB_F_SADDR | NFTA_FIB_F_IIF, NFT_FIB_RESULT_OIF, 0, !no);
}

/* ---- what becomes of it ---- */

void
nft_verdict(struct nft *n, int32_t code, const char *chain)
{
	struct expression x = begin(n, "immediate");

	put_number(n, NFTA_IMMEDIATE_DREG, NFT_REG_VERDICT);
	size_t data = open_nest(n, NFTA_IMMEDIATE_DATA), verdict = open_nest(n, NFTA_DATA_VERDICT);
	put_number(n, NFTA_VERDICT_CODE, (uint32_t)code);
	if (chain)
		put_text(n, NFTA_VERDICT_CHAIN, chain);
	close_nest(n, verdict);
	close_nest(n, data);
	end(n, x);
}

static void
load(struct nft *n, uint32_t reg, const void *data, size_t size)
{
	struct expression x = begin(n, "immediate");

	put_number(n, NFTA_IMMEDIATE_DREG, reg);
	put_value(n, NFTA_IMMEDIATE_DATA, data, size);
	end(n, x);
}

void
nft_dnat(struct nft *n, const struct netf_addr *to, uint16_t port)
{
	port = htobe16(port);
	load(n, NFT_REG_1, to->bytes, to->family == 4 ? 4 : 16);
	load(n, NFT_REG_2, &port, sizeof port);
	struct expression x = begin(n, "nat");
	put_number(n, NFTA_NAT_TYPE, NFT_NAT_DNAT);
	put_number(n, NFTA_NAT_FAMILY, to->family == 4 ? NFPROTO_IPV4 : NFPROTO_IPV6);
	put_number(n, NFTA_NAT_REG_ADDR_MIN, NFT_REG_1);
	put_number(n, NFTA_NAT_REG_PROTO_MIN, NFT_REG_2);
	end(n, x);
}

void
nft_masquerade(struct nft *n)
{
	end(n, begin(n, "masq"));
}

/* ---- the transaction ---- */

/* The first refusal; 0 where there is none: the kernel has answered before the batch was sent. */
static int
refusal(int fd)
{
	union {
		struct nlmsghdr head;
		uint8_t bytes[16 << 10];
	} in;
	ssize_t size;

	while ((size = recv(fd, in.bytes, sizeof in.bytes, MSG_DONTWAIT)) > 0) {
		const struct nlmsghdr *h;
		size_t at = 0;
		while ((h = msg_next(in.bytes, (size_t)size, &at))) {
			struct attrs a;
			const struct nlmsgerr *x = h->nlmsg_type == NLMSG_ERROR ? msg_body(h, sizeof x->error, &a) : NULL;
			if (x && x->error)
				return -x->error;
		}
	}
	return size < 0 && errno != EAGAIN ? errno : 0;
}

int
nft_commit(struct nft *n, struct err *e)
{
	struct sockaddr_nl kernel = { .nl_family = AF_NETLINK };
	int room = (int)n->cap;
	AUTO_FD fd = socket(AF_NETLINK, SOCK_RAW | SOCK_CLOEXEC, NETLINK_NETFILTER);

	begin_message(n, NFNL_MSG_BATCH_END, 0, AF_UNSPEC, NFNL_SUBSYS_NFTABLES);
	end_message(n);
	if (n->full)
		return err_set(e, E2BIG, "the rules take more than %zu KiB", n->cap >> 10);
	if (fd < 0)
		return err_set(e, errno, "the kernel has no netfilter: netlink socket");
	if (setsockopt(fd, SOL_SOCKET, SO_SNDBUFFORCE, &room, sizeof room) < 0 ||
	    sendto(fd, n->bytes, n->used, 0, (struct sockaddr *)&kernel, sizeof kernel) < 0)
		return err_set(e, errno, "handing the rules to the kernel");
	int code = refusal(fd);
	if (code == EOPNOTSUPP || code == EINVAL)
		return err_set(e, code, "the kernel takes no rules of nf_tables for IPv4 and IPv6 together: is nf_tables loaded?");
	if (code)
		return err_set(e, code, "the kernel refuses the rules: are nft_ct, nft_chain_nat, nft_nat, nft_masq and nft_fib_inet "
					"loaded?");
	return 0;
}
