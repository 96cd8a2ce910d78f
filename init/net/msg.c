/* SPDX-License-Identifier: MIT
 *
 * Building and reading rtnetlink messages (rtnetlink(7), linux/rtnetlink.h). All sizes and offsets of what is read are
 * held against the bytes that are there, though the kernel is the only sender.
 */
#include "msg.h"

#include <linux/if_addr.h>
#include <linux/if_link.h>
#include <linux/veth.h>
#include <net/if.h>
#include <string.h>
#include <sys/socket.h>

/* ---- building ---- */

static void *
begin(struct msg *m, uint16_t type, uint16_t flags, const void *body, size_t size)
{
	memset(m, 0, sizeof *m);
	m->head = (struct nlmsghdr){ .nlmsg_type = type, .nlmsg_flags = NLM_F_REQUEST | flags,
				     .nlmsg_len = (uint32_t)(NLMSG_HDRLEN + size) };
	memcpy(m->bytes + NLMSG_HDRLEN, body, size);
	return m->bytes + NLMSG_HDRLEN;
}

/* Opens an attribute; what is added until close_attr belongs to it. */
static size_t
open_attr(struct msg *m, uint16_t type)
{
	size_t at = NLMSG_ALIGN(m->head.nlmsg_len);

	((struct rtattr *)(void *)(m->bytes + at))->rta_type = type;
	m->head.nlmsg_len = (uint32_t)(at + RTA_LENGTH(0));
	return at;
}

static void
close_attr(struct msg *m, size_t at)
{
	((struct rtattr *)(void *)(m->bytes + at))->rta_len = (unsigned short)(m->head.nlmsg_len - at);
}

static void
add(struct msg *m, uint16_t type, const void *data, size_t size)
{
	size_t at = open_attr(m, type);

	memcpy(m->bytes + m->head.nlmsg_len, data, size);
	m->head.nlmsg_len += (uint32_t)size;
	close_attr(m, at);
}

static void
add_text(struct msg *m, uint16_t type, const char *text)
{
	add(m, type, text, strlen(text) + 1);
}

static uint8_t
af_of(const struct netf_addr *a)
{
	return a->family == 4 ? AF_INET : AF_INET6;
}

static void
add_addr(struct msg *m, uint16_t type, const struct netf_addr *a)
{
	add(m, type, a->bytes, a->family == 4 ? 4 : 16);
}

void
msg_dump(struct msg *m, uint16_t type)
{
	struct rtgenmsg any = { .rtgen_family = AF_UNSPEC };

	begin(m, type, NLM_F_DUMP, &any, sizeof any);
}

void
msg_link_up(struct msg *m, int index)
{
	struct ifinfomsg i = { .ifi_index = index, .ifi_flags = IFF_UP, .ifi_change = IFF_UP };

	begin(m, RTM_NEWLINK, NLM_F_ACK, &i, sizeof i);
}

void
msg_link_mtu(struct msg *m, int index, uint32_t mtu)
{
	struct ifinfomsg i = { .ifi_index = index };

	begin(m, RTM_NEWLINK, NLM_F_ACK, &i, sizeof i);
	add(m, IFLA_MTU, &mtu, sizeof mtu);
}

void
msg_vlan(struct msg *m, const char *name, int of, uint16_t id)
{
	struct ifinfomsg i = { 0 };
	uint32_t parent = (uint32_t)of;

	begin(m, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &i, sizeof i);
	add(m, IFLA_LINK, &parent, sizeof parent);
	add_text(m, IFLA_IFNAME, name);
	size_t info = open_attr(m, IFLA_LINKINFO);
	add_text(m, IFLA_INFO_KIND, "vlan");
	size_t data = open_attr(m, IFLA_INFO_DATA);
	add(m, IFLA_VLAN_ID, &id, sizeof id);
	close_attr(m, data);
	close_attr(m, info);
}

/* The last address of an IPv4 network, whose hosts it speaks to all at once. */
static struct netf_addr
broadcast(const struct netf_addr *a)
{
	struct netf_addr b = *a;

	for (unsigned bit = a->prefix; bit < 32; bit++)
		b.bytes[bit / 8] |= (uint8_t)(0x80 >> bit % 8);
	return b;
}

void
msg_addr(struct msg *m, uint16_t type, int index, const struct netf_addr *a, uint32_t seconds)
{
	struct ifaddrmsg i = { .ifa_family = af_of(a), .ifa_prefixlen = a->prefix, .ifa_index = (uint32_t)index };
	struct ifa_cacheinfo life = { .ifa_prefered = seconds, .ifa_valid = seconds };

	begin(m, type, NLM_F_ACK | (type == RTM_NEWADDR ? NLM_F_CREATE | NLM_F_REPLACE : 0), &i, sizeof i);
	add_addr(m, IFA_LOCAL, a);
	add_addr(m, IFA_ADDRESS, a);
	if (type != RTM_NEWADDR)
		return;
	if (a->family == 4 && a->prefix < 31) {
		struct netf_addr b = broadcast(a);
		add_addr(m, IFA_BROADCAST, &b);
	}
	if (seconds)
		add(m, IFA_CACHEINFO, &life, sizeof life);
}

void
msg_peer_addr(struct msg *m, int index, const struct netf_addr *here, const struct netf_addr *there)
{
	struct ifaddrmsg i = { .ifa_family = af_of(here), .ifa_prefixlen = here->family == 4 ? 32 : 128,
			       .ifa_index = (uint32_t)index, .ifa_flags = IFA_F_NODAD };

	begin(m, RTM_NEWADDR, NLM_F_ACK | NLM_F_CREATE | NLM_F_REPLACE, &i, sizeof i);
	add_addr(m, IFA_LOCAL, here);
	add_addr(m, IFA_ADDRESS, there);
}

void
msg_veth(struct msg *m, const char *name, const char *other, int space)
{
	struct ifinfomsg i = { 0 };
	uint32_t fd = (uint32_t)space;

	begin(m, RTM_NEWLINK, NLM_F_ACK | NLM_F_CREATE | NLM_F_EXCL, &i, sizeof i);
	add_text(m, IFLA_IFNAME, name);
	size_t info = open_attr(m, IFLA_LINKINFO);
	add_text(m, IFLA_INFO_KIND, "veth");
	size_t data = open_attr(m, IFLA_INFO_DATA), peer = open_attr(m, VETH_INFO_PEER);
	memcpy(m->bytes + m->head.nlmsg_len, &i, sizeof i); /* which its attributes stand behind */
	m->head.nlmsg_len += (uint32_t)sizeof i;
	add_text(m, IFLA_IFNAME, other);
	add(m, IFLA_NET_NS_FD, &fd, sizeof fd);
	close_attr(m, peer);
	close_attr(m, data);
	close_attr(m, info);
}

void
msg_link_remove(struct msg *m, const char *name)
{
	struct ifinfomsg i = { 0 };

	begin(m, RTM_DELLINK, NLM_F_ACK, &i, sizeof i);
	add_text(m, IFLA_IFNAME, name);
}

void
msg_route(struct msg *m, uint16_t type, int index, const struct netf_addr *gateway, uint32_t metric)
{
	bool new = type == RTM_NEWROUTE;
	struct rtmsg r = { .rtm_family = af_of(gateway), .rtm_table = RT_TABLE_MAIN, .rtm_type = RTN_UNICAST,
			   .rtm_protocol = RTPROT_STATIC, .rtm_scope = RT_SCOPE_UNIVERSE,
			   /* some networks hand out an address of /32 and a gateway that is next to it all the same */
			   .rtm_flags = RTNH_F_ONLINK };
	uint32_t out = (uint32_t)index;

	begin(m, type, NLM_F_ACK | (new ? NLM_F_CREATE | NLM_F_REPLACE : 0), &r, sizeof r);
	add(m, RTA_OIF, &out, sizeof out);
	add_addr(m, RTA_GATEWAY, gateway);
	add(m, RTA_PRIORITY, &metric, sizeof metric);
}

/* ---- reading ---- */

const struct nlmsghdr *
msg_next(const void *bytes, size_t size, size_t *at)
{
	const struct nlmsghdr *h = (const void *)((const uint8_t *)bytes + *at);

	if (*at > size || size - *at < sizeof *h || h->nlmsg_len < sizeof *h || h->nlmsg_len > size - *at)
		return NULL;
	*at += NLMSG_ALIGN((size_t)h->nlmsg_len);
	return h;
}

const void *
msg_body(const struct nlmsghdr *h, size_t size, struct attrs *a)
{
	size_t begins = NLMSG_HDRLEN + NLMSG_ALIGN(size);

	if (h->nlmsg_len < NLMSG_HDRLEN + size)
		return NULL;
	*a = (struct attrs){ (const uint8_t *)h + begins, h->nlmsg_len > begins ? h->nlmsg_len - begins : 0 };
	return (const uint8_t *)h + NLMSG_HDRLEN;
}

const void *
attr_find(const struct attrs *a, uint16_t type, size_t least, size_t *size)
{
	size_t at = 0;

	while (at <= a->size && a->size - at >= sizeof(struct rtattr)) {
		struct rtattr r;
		memcpy(&r, a->bytes + at, sizeof r);
		if (r.rta_len < sizeof r || r.rta_len > a->size - at)
			return NULL;
		if ((r.rta_type & NLA_TYPE_MASK) == type && r.rta_len - sizeof r >= least) {
			*size = r.rta_len - sizeof r;
			return a->bytes + at + sizeof r;
		}
		at += RTA_ALIGN((size_t)r.rta_len);
	}
	return NULL;
}

struct attrs
attr_nested(const struct attrs *a, uint16_t type)
{
	size_t size = 0;
	const void *bytes = attr_find(a, type, 0, &size);

	return (struct attrs){ bytes, bytes ? size : 0 };
}

uint32_t
attr_u32(const struct attrs *a, uint16_t type, uint32_t absent)
{
	size_t size;
	const void *v = attr_find(a, type, sizeof absent, &size);

	if (v)
		memcpy(&absent, v, sizeof absent);
	return absent;
}

void
attr_text(const struct attrs *a, uint16_t type, char *into, size_t cap)
{
	size_t size = 0;
	const void *v = attr_find(a, type, 0, &size);

	size = v ? strnlen(v, size < cap ? size : cap - 1) : 0;
	if (v)
		memcpy(into, v, size);
	into[size] = '\0';
}

struct netf_addr
attr_addr(const struct attrs *a, uint16_t type, uint8_t af)
{
	size_t want = af == AF_INET ? 4 : 16, size;
	struct netf_addr out = { .family = af == AF_INET ? 4 : 6 };
	const void *v = af == AF_INET || af == AF_INET6 ? attr_find(a, type, want, &size) : NULL;

	if (!v)
		return (struct netf_addr){ 0 };
	memcpy(out.bytes, v, want);
	return out;
}
