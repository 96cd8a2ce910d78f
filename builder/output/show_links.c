/* SPDX-License-Identifier: MIT
 *
 * The links as ingot-net will read them, for people.
 */
#include <arpa/inet.h>

#include "net_links.h"

static void
print_address(FILE *to, const char *before, const struct netf_addr *a, bool prefix)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->bytes, text, sizeof text);
	fprintf(to, "%s%s", before, text);
	if (prefix)
		fprintf(to, "/%u", a->prefix);
}

static void
print_link(FILE *to, const struct netf_link *l)
{
	static const char *const ways[] = { [NETF_BY_NAME] = "", [NETF_BY_MAC] = "with mac ",
					    [NETF_BY_DRIVER] = "of driver ", [NETF_BY_ANY] = "any" };

	fprintf(to, "  link %s%s", ways[l->match], l->match == NETF_BY_DRIVER ? l->driver : l->name);
	for (int i = 0; i < 6 && l->match == NETF_BY_MAC; i++)
		fprintf(to, "%s%02x", i ? ":" : "", l->mac[i]);
	if (l->vlan)
		fprintf(to, ", VLAN %u of %s", l->vlan, l->vlan_of);
	fprintf(to, ":%s", l->flags & NETF_DHCP ? " dhcp" : "");
	for (uint32_t i = 0; i < l->n_addrs; i++)
		print_address(to, " ", &l->addrs[i], true);
	for (int i = 0; i < NETF_GATEWAYS; i++)
		if (l->gateways[i].family)
			print_address(to, " gateway ", &l->gateways[i], false);
	for (uint32_t i = 0; i < l->n_dns; i++)
		print_address(to, " dns ", &l->dns[i], false);
	if (l->mtu)
		fprintf(to, " mtu %u", l->mtu);
	fprintf(to, "%s\n", l->flags & NETF_OPTIONAL ? " optional" : "");
}

void
links_print(const struct image *m, FILE *to)
{
	struct netf f;

	links_make(m, &f);
	fprintf(to, "links, kept by ingot-net:\n");
	for (uint32_t i = 0; i < f.n_links; i++)
		print_link(to, &f.links[i]);
}
