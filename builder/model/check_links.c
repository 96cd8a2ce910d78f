/* SPDX-License-Identifier: MIT
 *
 * The machine's links: what must hold of each, and between them.
 */
#include <string.h>

#include "net_links_read.h"
#include "net_table.h"

static const struct node *
place(const struct model_link *l, const char *key)
{
	return node_place(l->head.node, key);
}

static bool
name_ok(const char *name)
{
	size_t n = strlen(name);

	return n > 0 && n < NETF_NAME && strcspn(name, "/: \t\n") == n && strcmp(name, ".") != 0 && strcmp(name, "..") != 0;
}

/* ---- which link it is ---- */

static void
check_match(struct project *p, const struct model_link *l)
{
	int ways = (node_get(l->head.node, "name") != NULL) + (l->mac != NULL) + (l->driver != NULL) + (l->any != 0);
	uint8_t mac[6];

	if (ways > 1)
		diag(p->diags, l->head.node, "a link is found by one of `name`, `mac`, `driver` and `any`");
	if (l->mac && !links_read_mac(l->mac, mac))
		diag(p->diags, place(l, "mac"), "`mac` is six bytes in small letters such as 52:54:00:12:34:56, not `%s`", l->mac);
	if (l->driver && (!l->driver[0] || strlen(l->driver) >= NETF_DRIVER))
		diag(p->diags, place(l, "driver"), "a driver's name has 1 to %d characters", NETF_DRIVER - 1);
	if (l->name && !name_ok(l->name))
		diag(p->diags, place(l, "name"), "a link's name has 1 to 15 characters, and no space, / or :");
	if (l->name && strncmp(l->name, NET_CABLE, strlen(NET_CABLE)) == 0)
		diag(p->diags, place(l, "name"), "names that begin with " NET_CABLE " are those of private networks' links");
	if (l->name && strcmp(l->name, "lo") == 0)
		diag(p->diags, place(l, "name"), "lo is the machine's own, and always up");
}

static bool
is_same(const struct model_link *a, const struct model_link *b)
{
	enum netf_match match = links_match(a);
	const char *x[] = { [NETF_BY_NAME] = a->name, [NETF_BY_MAC] = a->mac, [NETF_BY_DRIVER] = a->driver,
			    [NETF_BY_ANY] = "" };
	const char *y[] = { [NETF_BY_NAME] = b->name, [NETF_BY_MAC] = b->mac, [NETF_BY_DRIVER] = b->driver,
			    [NETF_BY_ANY] = "" };

	return match == links_match(b) && x[match] && y[match] && strcmp(x[match], y[match]) == 0;
}

static void
check_twice(struct project *p, size_t i)
{
	const struct model_link *v = p->image.network.links.v;

	for (size_t k = 0; k < i; k++)
		if (is_same(&v[i], &v[k])) {
			diag(p->diags, v[i].head.node, "this link is declared in line %u already", v[k].head.node->line);
			return;
		}
}

/* ---- what it gets ---- */

static void
check_texts(struct project *p, const struct model_link *l)
{
	struct netf_addr a;

	for (size_t i = 0; i < l->addresses.n; i++)
		if (!strchr(l->addresses.v[i], '/') || !links_read_address(l->addresses.v[i], &a) || !a.prefix)
			diag(p->diags, place(l, "addresses"), "`addresses` holds such as 10.0.0.2/24 and fd00::2/64, not `%s`",
			     l->addresses.v[i]);
	for (size_t i = 0; i < l->dns.n; i++)
		if (strchr(l->dns.v[i], '/') || !links_read_address(l->dns.v[i], &a))
			diag(p->diags, place(l, "dns"), "`dns` holds such as 10.0.0.53 and fd00::53, not `%s`", l->dns.v[i]);
	if (l->gateway6 && (strchr(l->gateway6, '/') || !links_read_address(l->gateway6, &a) || a.family != 6))
		diag(p->diags, place(l, "gateway6"), "`gateway6` is an IPv6 address such as fd00::1, not `%s`", l->gateway6);
	if (l->addresses.n + (l->address != 0) > NETF_ADDRS)
		diag(p->diags, place(l, "addresses"), "a link has at most %d addresses", NETF_ADDRS);
	if (l->dns.n > NETF_DNS)
		diag(p->diags, place(l, "dns"), "a link has at most %d name servers", NETF_DNS);
}

static bool
is_within(const struct netf_addr *gateway, const struct netf_addr *a)
{
	bool same = true;

	for (unsigned bit = 0; bit < a->prefix; bit++)
		same &= !((gateway->bytes[bit / 8] ^ a->bytes[bit / 8]) & 0x80 >> bit % 8);
	return same;
}

/* A gateway that no address reaches is a slip of the pen; one next to a lone address (/32) is the way of some clouds,
 * and those of IPv6 often have an address of the link alone. */
static void
check_reach(struct project *p, const struct model_link *l, const char *key, const struct netf_addr *gateway)
{
	struct netf_addr v[NETF_ADDRS];
	size_t n = links_addresses(l, v);
	bool near = gateway->family == 6 && gateway->bytes[0] == 0xfe && (gateway->bytes[1] & 0xc0) == 0x80;

	for (size_t i = 0; i < n; i++)
		near |= v[i].family == gateway->family &&
			(v[i].prefix == (v[i].family == 4 ? 32 : 128) || is_within(gateway, &v[i]));
	if (!near)
		diag(p->diags, place(l, key), "`%s` is in no network of this link's addresses", key);
}

static void
check_gateways(struct project *p, const struct model_link *l)
{
	struct netf_addr a = { .family = 4 };
	uint32_t v = (uint32_t)l->gateway;

	memcpy(a.bytes, &v, sizeof v);
	if (l->gateway)
		check_reach(p, l, "gateway", &a);
	if (l->gateway6 && links_read_address(l->gateway6, &a) && a.family == 6)
		check_reach(p, l, "gateway6", &a);
}

static void
check_vlan(struct project *p, size_t i)
{
	const struct model_link *v = p->image.network.links.v, *l = &v[i];
	size_t k = 0;

	if (!node_get(l->head.node, "name"))
		diag(p->diags, l->head.node, "a VLAN needs a `name`, such as lan.5");
	while (l->vlan.of && k < i &&
	       (links_match(&v[k]) != NETF_BY_NAME || !v[k].name || strcmp(v[k].name, l->vlan.of) != 0))
		k++;
	if (l->vlan.of && k == i)
		diag(p->diags, node_place(l->vlan.head.node, "of"), "`of` is the `name` of a link before this one, not `%s`",
		     l->vlan.of);
}

static bool
is_below_another(const struct image *m, const struct model_link *l)
{
	bool below = false;

	for (size_t i = 0; i < m->network.links.n; i++) {
		const struct model_vlan *v = &m->network.links.v[i].vlan;
		below |= v->of && l->name && strcmp(v->of, l->name) == 0;
	}
	return below;
}

/* Of a link that ingot-net keeps. */
static void
check_kept(struct project *p, size_t i)
{
	const struct model_link *l = &p->image.network.links.v[i];
	enum netf_match match = links_match(l);
	bool fixed = l->address || l->addresses.n;

	check_match(p, l);
	check_twice(p, i);
	check_texts(p, l);
	if (fixed || l->gateway || l->gateway6)
		check_gateways(p, l);
	if ((match == NETF_BY_DRIVER || match == NETF_BY_ANY) && fixed)
		diag(p->diags, l->head.node, "several links cannot have one address: write `name` or `mac`");
	if (!l->dhcp && !fixed && !(match == NETF_BY_NAME && is_below_another(&p->image, l)))
		diag(p->diags, l->head.node, "a link needs `dhcp: true` or `addresses`, or a VLAN on it");
	if (l->dhcp && l->address)
		diag(p->diags, l->head.node, "beside `dhcp: true` write further addresses as `addresses`");
	if (l->mtu && l->mtu < 1280 && (l->gateway6 || (l->addresses.n && strchr(l->addresses.v[0], ':'))))
		diag(p->diags, place(l, "mtu"), "IPv6 needs an `mtu` of 1280 at least");
	if (l->vlan.head.node)
		check_vlan(p, i);
}

void
project_check_links(struct project *p)
{
	const struct image *m = &p->image;
	bool kept = links_kept(m);

	if (kept && !CFG_NET)
		diag(p->diags, node_place(m->head.node, "network"), "this ingot was configured without ingot-net: set CONFIG_NET");
	if (m->network.links.n > NETF_LINKS)
		diag(p->diags, m->network.links.v[NETF_LINKS].head.node, "more than %d links", NETF_LINKS);
	for (size_t i = 0; i < m->network.links.n; i++) {
		const struct model_link *l = &m->network.links.v[i];
		if (l->dhcp && (node_get(l->head.node, "prefix") || l->gateway))
			diag(p->diags, l->head.node, "prefix and gateway come from the DHCP server where `dhcp: true` stands");
		if (kept) {
			check_kept(p, i);
			continue;
		}
		if (l->dhcp == (l->address != 0))
			diag(p->diags, l->head.node, "a link needs either `dhcp: true` or an `address`");
		if (l->name && (!l->name[0] || strlen(l->name) > 15))
			diag(p->diags, place(l, "name"), "a link's name has 1 to 15 characters");
	}
}
