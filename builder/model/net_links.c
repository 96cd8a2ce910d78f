/* SPDX-License-Identifier: MIT
 *
 * From the image file's links to the file of ingot-net. Texts are read here once, for the checks and for the file.
 */
#include "net_links.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "net_links_read.h"

bool
links_kept(const struct image *m)
{
	bool kept = m->network.service.head.node || m->network.links.n > 1;

	for (size_t i = 0; i < m->network.links.n; i++) {
		const struct model_link *l = &m->network.links.v[i];
		kept |= l->mac || l->driver || l->any || l->addresses.n || l->gateway6 || l->dns.n || l->mtu || l->vlan.head.node ||
			l->optional;
	}
	return kept;
}

/* ---- texts ---- */

bool
links_read_address(const char *text, struct netf_addr *out)
{
	char buf[64];
	size_t n = strlen(text);
	struct netf_addr a = { .family = strchr(text, ':') ? 6 : 4 };

	if (n >= sizeof buf)
		return false;
	memcpy(buf, text, n + 1);
	char *slash = strchr(buf, '/');
	a.prefix = a.family == 4 ? 32 : 128;
	if (slash) {
		*slash++ = '\0';
		size_t digits = strspn(slash, "0123456789");
		if (!digits || digits > 3 || slash[digits] || (digits > 1 && slash[0] == '0') || atoi(slash) > a.prefix)
			return false;
		a.prefix = (uint8_t)atoi(slash);
	}
	*out = a;
	return inet_pton(a.family == 4 ? AF_INET : AF_INET6, buf, out->bytes) == 1;
}

bool
links_read_mac(const char *text, uint8_t out[6])
{
	static const char digits[] = "0123456789abcdef";

	if (strlen(text) != 17)
		return false;
	for (int i = 0; i < 6; i++) {
		const char *high = strchr(digits, text[3 * i]), *low = strchr(digits, text[3 * i + 1]);
		if (!high || !low || (i < 5 && text[3 * i + 2] != ':'))
			return false;
		out[i] = (uint8_t)((high - digits) << 4 | (low - digits));
	}
	return true;
}

enum netf_match
links_match(const struct model_link *l)
{
	return l->mac ? NETF_BY_MAC : l->driver ? NETF_BY_DRIVER : l->any ? NETF_BY_ANY : NETF_BY_NAME;
}

/* ---- the file ---- */

static struct netf_addr
ipv4(uint64_t value, uint64_t prefix)
{
	uint32_t v = (uint32_t)value;
	struct netf_addr a = { .family = 4, .prefix = (uint8_t)prefix };

	memcpy(a.bytes, &v, sizeof v);
	return a;
}

size_t
links_addresses(const struct model_link *l, struct netf_addr out[NETF_ADDRS])
{
	size_t n = 0;

	if (l->address)
		out[n++] = ipv4(l->address, l->prefix);
	for (size_t i = 0; i < l->addresses.n && n < NETF_ADDRS; i++)
		n += links_read_address(l->addresses.v[i], &out[n]);
	return n;
}

static void
make_link(const struct model_link *l, struct netf_link *out)
{
	out->match = links_match(l);
	out->flags = (l->dhcp ? NETF_DHCP : 0u) | (l->optional ? NETF_OPTIONAL : 0u);
	if (out->match == NETF_BY_NAME)
		memcpy(out->name, l->name, strlen(l->name));
	else if (out->match == NETF_BY_MAC)
		links_read_mac(l->mac, out->mac);
	else if (out->match == NETF_BY_DRIVER)
		memcpy(out->driver, l->driver, strlen(l->driver));
	if (l->vlan.head.node) {
		out->vlan = (uint16_t)l->vlan.id;
		memcpy(out->vlan_of, l->vlan.of, strlen(l->vlan.of));
	}
	out->mtu = (uint32_t)l->mtu;
	out->n_addrs = (uint32_t)links_addresses(l, out->addrs);
	if (l->gateway)
		out->gateways[NETF_GATEWAY_4] = ipv4(l->gateway, 32);
	if (l->gateway6)
		links_read_address(l->gateway6, &out->gateways[NETF_GATEWAY_6]);
	for (size_t i = 0; i < l->dns.n; i++)
		out->n_dns += links_read_address(l->dns.v[i], &out->dns[out->n_dns]);
}

void
links_make(const struct image *m, struct netf *out)
{
	*out = (struct netf){ .magic = NETF_MAGIC, .version = NETF_VERSION, .n_links = (uint32_t)m->network.links.n };
	for (size_t i = 0; i < m->network.links.n; i++)
		make_link(&m->network.links.v[i], &out->links[i]);
	out->crc = netf_crc(out, netf_size(out->n_links));
}
