/* SPDX-License-Identifier: MIT
 *
 * From messages to what there is. It asks the kernel for nothing and decides nothing.
 */
#include "seen.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <string.h>

#include "net_table.h"

const struct seen_link *
seen_link(const struct seen *s, int index)
{
	for (size_t i = 0; i < SEEN_LINKS && index; i++)
		if (s->links[i].index == index)
			return &s->links[i];
	return NULL;
}

const struct seen_link *
seen_link_named(const struct seen *s, const char *name)
{
	for (size_t i = 0; i < SEEN_LINKS; i++)
		if (s->links[i].index && strcmp(s->links[i].name, name) == 0)
			return &s->links[i];
	return NULL;
}

const struct seen_addr *
seen_addr(const struct seen *s, int index, const struct netf_addr *a)
{
	for (size_t i = 0; i < SEEN_ADDRS; i++)
		if (s->addrs[i].index == index && memcmp(&s->addrs[i].addr, a, sizeof *a) == 0)
			return &s->addrs[i];
	return NULL;
}

const struct seen_route *
seen_route(const struct seen *s, int index, uint8_t family, uint32_t metric)
{
	for (size_t i = 0; i < SEEN_ROUTES; i++)
		if (s->routes[i].index == index && s->routes[i].metric == metric && s->routes[i].gateway.family == family)
			return &s->routes[i];
	return NULL;
}

/* ---- links ---- */

static struct seen_link *
place_of_link(struct seen *s, int index)
{
	struct seen_link *l = (struct seen_link *)seen_link(s, index);

	for (size_t i = 0; i < SEEN_LINKS && !l; i++)
		if (!s->links[i].index)
			l = &s->links[i];
	s->dropped += l == NULL;
	return l;
}

/* The kernel takes away the routes of a link that goes down, and those of IPv4 with its last address, without a word.
 * One that is there all the same is made again, which changes nothing. A family of 0 is both. */
static void
forget_routes(struct seen *s, int index, uint8_t family)
{
	for (size_t i = 0; i < SEEN_ROUTES; i++)
		if (s->routes[i].index == index && (!family || s->routes[i].gateway.family == family))
			s->routes[i].index = 0;
}

static void
take_kind(struct seen_link *l, const struct attrs *a)
{
	static const char *const stacked[] = { "vlan", "macvlan", "bridge", "bond", "team" };
	struct attrs info = attr_nested(a, IFLA_LINKINFO), data = attr_nested(&info, IFLA_INFO_DATA);
	char kind[16];
	size_t size;

	attr_text(&info, IFLA_INFO_KIND, kind, sizeof kind);
	for (size_t i = 0; i < sizeof stacked / sizeof *stacked; i++)
		l->stacked |= strcmp(kind, stacked[i]) == 0;
	const void *id = strcmp(kind, "vlan") == 0 ? attr_find(&data, IFLA_VLAN_ID, sizeof l->vlan, &size) : NULL;
	if (id)
		memcpy(&l->vlan, id, sizeof l->vlan);
}

/* Of private networks there may be more than places here, and they are another's work. */
static bool
is_cable(const struct attrs *a)
{
	char name[NETF_NAME];

	attr_text(a, IFLA_IFNAME, name, sizeof name);
	return strncmp(name, NET_CABLE, strlen(NET_CABLE)) == 0;
}

static void
take_link(struct seen *s, const struct ifinfomsg *i, const struct attrs *a)
{
	bool ours = i->ifi_family == AF_UNSPEC && !is_cable(a); /* a bridge tells of its ports in a family of its own */
	struct seen_link *l = ours ? place_of_link(s, i->ifi_index) : NULL;
	size_t size;

	if (!l)
		return;
	struct seen_link old = *l;
	*l = (struct seen_link){ .index = i->ifi_index, .type = i->ifi_type, .flags = i->ifi_flags,
				 .mtu = attr_u32(a, IFLA_MTU, 0), .of = (int)attr_u32(a, IFLA_LINK, 0) };
	attr_text(a, IFLA_IFNAME, l->name, sizeof l->name);
	const void *mac = attr_find(a, IFLA_ADDRESS, sizeof l->mac, &size);
	if (mac && size == sizeof l->mac)
		memcpy(l->mac, mac, sizeof l->mac);
	take_kind(l, a);
	if (old.index == l->index)
		memcpy(l->driver, old.driver, sizeof l->driver);
	if (old.index == l->index && (old.flags ^ l->flags) & IFF_UP)
		forget_routes(s, l->index, 0);
}

static void
drop_link(struct seen *s, int index)
{
	struct seen_link *l = (struct seen_link *)seen_link(s, index);

	if (!l)
		return;
	l->index = 0;
	forget_routes(s, index, 0);
	for (size_t i = 0; i < SEEN_ADDRS; i++)
		if (s->addrs[i].index == index)
			s->addrs[i].index = 0;
}

/* ---- addresses ---- */

static void
take_addr(struct seen *s, const struct ifaddrmsg *i, const struct attrs *a, bool there)
{
	struct netf_addr addr = attr_addr(a, IFA_LOCAL, i->ifa_family);

	if (!addr.family) /* IPv6 has a local one only where the other end is another one */
		addr = attr_addr(a, IFA_ADDRESS, i->ifa_family);
	addr.prefix = i->ifa_prefixlen;
	if (!addr.family || !seen_link(s, (int)i->ifa_index))
		return;
	struct seen_addr *x = (struct seen_addr *)seen_addr(s, (int)i->ifa_index, &addr);
	for (size_t k = 0; k < SEEN_ADDRS && !x && there; k++)
		if (!s->addrs[k].index)
			x = &s->addrs[k];
	s->dropped += there && !x;
	if (x)
		*x = (struct seen_addr){ .index = there ? (int)i->ifa_index : 0, .addr = addr, .scope = i->ifa_scope,
					 .flags = attr_u32(a, IFA_FLAGS, i->ifa_flags) };
	if (!there && addr.family == 4)
		forget_routes(s, (int)i->ifa_index, 4);
}

/* ---- routes ---- */

static void
take_route(struct seen *s, const struct rtmsg *r, const struct attrs *a, bool there)
{
	struct netf_addr gateway = attr_addr(a, RTA_GATEWAY, r->rtm_family);
	uint32_t metric = attr_u32(a, RTA_PRIORITY, 0);
	int index = (int)attr_u32(a, RTA_OIF, 0);

	if (!gateway.family || r->rtm_dst_len || !index || attr_u32(a, RTA_TABLE, r->rtm_table) != RT_TABLE_MAIN)
		return;
	struct seen_route *x = (struct seen_route *)seen_route(s, index, gateway.family, metric);
	if (!there && x && memcmp(&x->gateway, &gateway, sizeof gateway) != 0)
		return; /* one that has been replaced already */
	for (size_t k = 0; k < SEEN_ROUTES && !x && there; k++)
		if (!s->routes[k].index)
			x = &s->routes[k];
	s->dropped += there && !x;
	if (x)
		*x = (struct seen_route){ .index = there ? index : 0, .metric = metric, .gateway = gateway };
}

void
seen_take(struct seen *s, const struct nlmsghdr *h)
{
	struct attrs a;
	const void *body;

	switch (h->nlmsg_type) {
	case RTM_NEWLINK:
	case RTM_DELLINK:
		body = msg_body(h, sizeof(struct ifinfomsg), &a);
		if (body && h->nlmsg_type == RTM_NEWLINK)
			take_link(s, body, &a);
		else if (body && ((const struct ifinfomsg *)body)->ifi_family == AF_UNSPEC)
			drop_link(s, ((const struct ifinfomsg *)body)->ifi_index);
		break;
	case RTM_NEWADDR:
	case RTM_DELADDR:
		body = msg_body(h, sizeof(struct ifaddrmsg), &a);
		if (body)
			take_addr(s, body, &a, h->nlmsg_type == RTM_NEWADDR);
		break;
	case RTM_NEWROUTE:
	case RTM_DELROUTE:
		body = msg_body(h, sizeof(struct rtmsg), &a);
		if (body)
			take_route(s, body, &a, h->nlmsg_type == RTM_NEWROUTE);
		break;
	default:
		break;
	}
}

/* ---- dumps ---- */

void
seen_dump_begins(struct seen *s)
{
	s->dropped = 0;
	for (size_t i = 0; i < SEEN_LINKS; i++)
		s->links[i].stale = true;
	for (size_t i = 0; i < SEEN_ADDRS; i++)
		s->addrs[i].stale = true;
	for (size_t i = 0; i < SEEN_ROUTES; i++)
		s->routes[i].stale = true;
}

void
seen_dump_ends(struct seen *s)
{
	for (size_t i = 0; i < SEEN_LINKS; i++)
		if (s->links[i].index && s->links[i].stale)
			drop_link(s, s->links[i].index);
	for (size_t i = 0; i < SEEN_ADDRS; i++)
		if (s->addrs[i].stale)
			s->addrs[i].index = 0;
	for (size_t i = 0; i < SEEN_ROUTES; i++)
		if (s->routes[i].stale)
			s->routes[i].index = 0;
}
