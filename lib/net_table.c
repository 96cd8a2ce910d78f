/* SPDX-License-Identifier: MIT
 *
 * What must hold of the records of private networks before anything in them is used. Shared by the table's reader and
 * by ingot-net, which gets them from PID 1's children.
 */
#include "net_table.h"

#include <assert.h>
#include <netinet/in.h>
#include <stdbool.h>
#include <string.h>

static_assert(sizeof(struct tbl_net) == 128, "the layout is a contract: raise TBL_VERSION with it");
static_assert(sizeof(struct tbl_net_rule) == 28, "the layout is a contract: raise TBL_VERSION with it");

static bool
addr_ok(const struct netf_addr *a)
{
	return (a->family == 4 && a->prefix <= 32) || (a->family == 6 && a->prefix <= 128);
}

static bool
rule_ok(const struct tbl_net_rule *r)
{
	bool far = r->kind == TBL_NET_REACH || r->kind == TBL_NET_EGRESS;

	return r->kind < TBL_NET_KINDS && (r->protocol == IPPROTO_TCP || r->protocol == IPPROTO_UDP) &&
	       (r->kind == TBL_NET_EGRESS || r->port != 0) && (r->kind == TBL_NET_PUBLISH) == (r->to != 0) &&
	       (far ? addr_ok(&r->address) : r->address.family == 0);
}

static bool
net_ok(const struct tbl_net *n, uint32_t n_rules)
{
	for (int i = 0; i < 2; i++) {
		uint8_t family = i == 0 ? 4 : 6;
		if (n->address[i].family != family || n->machine[i].family != family)
			return false;
	}
	return n->name[0] && memchr(n->name, '\0', sizeof n->name) && !(n->flags & ~TBL_NET_FLAGS) && n->first <= n_rules &&
	       n->rules <= n_rules - n->first;
}

int
net_table_check(const struct tbl_net *nets, uint32_t n, const struct tbl_net_rule *rules, uint32_t n_rules,
		struct err *e)
{
	for (uint32_t i = 0; i < n_rules; i++)
		if (!rule_ok(&rules[i]))
			return err_set(e, 0, "rule %u of the private networks is wrong", i);
	for (uint32_t i = 0; i < n; i++)
		if (!net_ok(&nets[i], n_rules))
			return err_set(e, 0, "private network %u is wrong", i);
	return 0;
}
