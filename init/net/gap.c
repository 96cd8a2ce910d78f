/* SPDX-License-Identifier: MIT
 *
 * Comparing what is declared with what there is, link by link, in an order in which requests can mend it: a link is up
 * before it has an address, and has an address before a route leads through it.
 */
#include "gap.h"

#include <linux/if_addr.h>
#include <net/if_arp.h>
#include <string.h>

#include "fmt.h"

#define METRIC_STEP 100 /* above SEEN_LINKS: room for all links of one entry */

static bool
matches(const struct netf_link *l, const struct seen_link *x)
{
	if (x->flags & IFF_LOOPBACK)
		return false;
	switch (l->match) {
	case NETF_BY_NAME:
		return strcmp(l->name, x->name) == 0;
	case NETF_BY_MAC:
		return !x->stacked && memcmp(l->mac, x->mac, sizeof x->mac) == 0;
	case NETF_BY_DRIVER:
		return !x->stacked && strcmp(l->driver, x->driver) == 0;
	default:
		return !x->stacked && x->driver[0] && x->type == ARPHRD_ETHER;
	}
}

/* By the closest description: a name before an address before a driver, whatever the order in the file. One link
 * alone belongs to an entry by name or address. */
int
gap_entry(const struct netf *f, const struct seen *s, const struct seen_link *x)
{
	for (uint32_t match = 0; match < NETF_MATCHES; match++)
		for (uint32_t i = 0; i < f->n_links; i++) {
			if (f->links[i].match != match || !matches(&f->links[i], x))
				continue;
			for (size_t k = 0; match == NETF_BY_MAC && k < SEEN_LINKS; k++)
				if (s->links[k].index && s->links[k].index < x->index && matches(&f->links[i], &s->links[k]))
					return -1;
			return (int)i;
		}
	return -1;
}

const struct held *
gap_held(const struct leases *l, int index)
{
	for (size_t i = 0; l && i < SEEN_LINKS; i++)
		if (l->held[i].index == index)
			return &l->held[i];
	return NULL;
}

/* ---- one link ---- */

struct look {
	const struct netf_link *want;
	const struct seen *s;
	const struct seen_link *link;
	const struct held *held; /* NULL: no lease */
	bool unknown;            /* whether there is a lease */
	uint32_t entry;
	struct gaps *out;
};

/* Of its default routes: an earlier entry comes first, and no two links have the same. */
static uint32_t
metric_of(const struct look *k)
{
	bool many = k->want->match == NETF_BY_DRIVER || k->want->match == NETF_BY_ANY;

	return METRIC_STEP * (k->entry + 1) + (many ? (uint32_t)(k->link - k->s->links) : 0);
}

static struct gap *
add(const struct look *k, enum gap_kind kind)
{
	static struct gap spare; /* what has no place is found the next time */
	struct gap *g = k->out->n < GAPS_MAX ? &k->out->v[k->out->n++] : &spare;

	*g = (struct gap){ .kind = kind, .entry = k->entry, .index = k->link ? k->link->index : 0 };
	return g;
}

static void
add_addr(const struct look *k, enum gap_kind kind, const struct netf_addr *a, uint32_t seconds)
{
	struct gap *g = add(k, kind);

	g->addr = *a;
	g->seconds = seconds;
}

static void
look_at_address(const struct look *k, const struct netf_addr *a, uint32_t seconds, bool renew)
{
	const struct seen_addr *x = seen_addr(k->s, k->link->index, a);

	if (!x || renew)
		add_addr(k, GAP_ADDR, a, seconds);
	else if (x->flags & IFA_F_DADFAILED)
		add_addr(k, GAP_TAKEN, a, 0);
	else if (x->flags & IFA_F_TENTATIVE)
		add_addr(k, GAP_TENTATIVE, a, 0);
}

static bool
is_declared(const struct look *k, const struct netf_addr *a)
{
	bool known = k->held && memcmp(&k->held->lease.addr, a, sizeof *a) == 0;

	for (uint32_t i = 0; i < k->want->n_addrs; i++)
		known |= memcmp(&k->want->addrs[i], a, sizeof *a) == 0;
	return known;
}

/* Whether the server's word is still to come: what it gave before, to a keeper that has ended, is used meanwhile, and
 * ends by itself. */
static bool
is_open(const struct look *k)
{
	return k->unknown || (!k->held && seen_has_carrier(k->link));
}

/* Returns whether there is one that a DHCP server has given. */
static bool
look_at_others(const struct look *k)
{
	bool leased = false;

	for (size_t i = 0; i < SEEN_ADDRS; i++) {
		const struct seen_addr *x = &k->s->addrs[i];
		bool ends = !(x->flags & IFA_F_PERMANENT);
		if (x->index != k->link->index || is_declared(k, &x->addr))
			continue;
		leased |= ends && x->addr.family == 4;
		if (ends && x->addr.family == 4 && k->want->flags & NETF_DHCP && !is_open(k))
			add_addr(k, GAP_OLD_ADDR, &x->addr, 0);
		else if (!ends && x->scope != RT_SCOPE_LINK)
			add_addr(k, GAP_EXTRA, &x->addr, 0);
	}
	return leased;
}

static void
look_at_routes(const struct look *k)
{
	uint32_t metric = metric_of(k);

	for (int i = 0; i < NETF_GATEWAYS; i++) {
		struct netf_addr want = k->want->gateways[i];
		bool leased = i == NETF_GATEWAY_4 && k->want->flags & NETF_DHCP;
		if (leased)
			want = k->held ? k->held->lease.gateway : (struct netf_addr){ 0 };
		want.prefix = 0;
		const struct seen_route *r = seen_route(k->s, k->link->index, i == NETF_GATEWAY_4 ? 4 : 6, metric);
		bool on = want.family && seen_has_carrier(k->link);
		struct gap *g = NULL;
		if (on && (!r || memcmp(&r->gateway, &want, sizeof want) != 0))
			g = add(k, GAP_ROUTE);
		else if (!on && r && !(leased && is_open(k)))
			g = add(k, GAP_DEAD_ROUTE);
		if (g) {
			g->metric = metric;
			g->addr = g->kind == GAP_ROUTE ? want : r->gateway;
		}
	}
}

static void
look_at_link(const struct look *k)
{
	const struct lease *lease = k->held && k->held->lease.addr.family ? &k->held->lease : NULL;

	if (k->want->vlan && (k->link->vlan != k->want->vlan ||
			      seen_link_named(k->s, k->want->vlan_of) != seen_link(k->s, k->link->of))) {
		add(k, GAP_OTHER_VLAN);
		return;
	}
	const struct seen_link *below = k->want->vlan ? seen_link(k->s, k->link->of) : NULL;
	if (!(k->link->flags & IFF_UP)) /* the kernel refuses to bring one up before the one that it is on */
		add(k, below && !(below->flags & IFF_UP) ? GAP_CARRIER : GAP_DOWN);
	if (k->want->mtu && k->link->mtu != k->want->mtu)
		add(k, GAP_MTU);
	bool leased = look_at_others(k); /* first: with an old address the kernel takes others of its network away */
	for (uint32_t i = 0; i < k->want->n_addrs; i++)
		look_at_address(k, &k->want->addrs[i], 0, false);
	if (lease)
		look_at_address(k, &lease->addr, lease->seconds, k->held->renewed);
	if (k->link->flags & IFF_UP && !seen_has_carrier(k->link))
		add(k, GAP_CARRIER);
	else if (k->want->flags & NETF_DHCP && !lease && !(k->unknown && leased))
		add(k, GAP_LEASE);
	look_at_routes(k);
}

/* ---- all of them ---- */

static bool
is_in_the_way(enum gap_kind kind)
{
	return kind != GAP_EXTRA && kind != GAP_OLD_ADDR && kind != GAP_DEAD_ROUTE;
}

static bool
is_settled(const struct gaps *g, size_t from)
{
	bool settled = g->n < GAPS_MAX;

	for (size_t i = from; i < g->n; i++)
		settled &= !is_in_the_way(g->v[i].kind);
	return settled;
}

static void
look_at_entry(const struct netf *f, const struct seen *s, const struct leases *leases, uint32_t entry, struct gaps *out)
{
	struct look k = { .want = &f->links[entry], .s = s, .unknown = !leases, .entry = entry, .out = out };
	bool any = false;

	for (size_t i = 0; i < SEEN_LINKS; i++) {
		size_t from = out->n;
		k.link = &s->links[i];
		if (!k.link->index || gap_entry(f, s, k.link) != (int)entry)
			continue;
		any = true;
		k.held = gap_held(leases, k.link->index);
		look_at_link(&k);
		out->settled[entry] |= is_settled(out, from);
	}
	if (any)
		return;
	k.link = k.want->vlan ? seen_link_named(s, k.want->vlan_of) : NULL;
	add(&k, k.link ? GAP_VLAN : GAP_ABSENT);
}

void
gap_find(const struct netf *f, const struct seen *s, const struct leases *leases, struct gaps *out)
{
	*out = (struct gaps){ .ready = true };
	for (uint32_t i = 0; i < f->n_links; i++) {
		look_at_entry(f, s, leases, i, out);
		out->ready &= out->settled[i] || f->links[i].flags & NETF_OPTIONAL;
	}
}

/* ---- texts ---- */

void
gap_entry_text(const struct netf_link *l, char out[GAP_TEXT])
{
	if (l->match == NETF_BY_NAME)
		fmt(out, GAP_TEXT, "%s", l->name);
	else if (l->match == NETF_BY_MAC)
		fmt(out, GAP_TEXT, "mac %02x:%02x:%02x:%02x:%02x:%02x", l->mac[0], l->mac[1], l->mac[2], l->mac[3], l->mac[4],
		    l->mac[5]);
	else if (l->match == NETF_BY_DRIVER)
		fmt(out, GAP_TEXT, "driver %s", l->driver);
	else
		fmt(out, GAP_TEXT, "any");
}

void
gap_text(const struct netf *f, const struct gap *g, char out[GAP_TEXT])
{
	static const char *const words[GAP_KINDS] = {
		[GAP_DOWN] = "it is down", [GAP_VLAN] = "it is not made", [GAP_ABSENT] = "there is no such link",
		[GAP_CARRIER] = "no carrier", [GAP_LEASE] = "no lease from a DHCP server",
		[GAP_OTHER_VLAN] = "it is not the declared VLAN",
	};
	static const char *const about[GAP_KINDS] = {
		[GAP_ADDR] = "address %s is missing", [GAP_OLD_ADDR] = "address %s is of an older lease",
		[GAP_ROUTE] = "default route via %s is missing", [GAP_DEAD_ROUTE] = "default route via %s leads nowhere",
		[GAP_TENTATIVE] = "address %s is not known to be free yet", [GAP_TAKEN] = "address %s is another computer's",
		[GAP_EXTRA] = "address %s is not declared",
	};
	char addr[ADDR_TEXT];

	if (g->kind == GAP_MTU) {
		fmt(out, GAP_TEXT, "its MTU is not %u", f->links[g->entry].mtu);
	} else if (words[g->kind]) {
		fmt(out, GAP_TEXT, "%s", words[g->kind]);
	} else {
		const char *around = about[g->kind], *at = strchr(around, '%');
		if (g->kind == GAP_ROUTE || g->kind == GAP_DEAD_ROUTE)
			addr_text(&g->addr, addr);
		else
			addr_text_prefix(&g->addr, addr);
		fmt(out, GAP_TEXT, "%.*s%s%s", (int)(at - around), around, addr, at + 2);
	}
}
