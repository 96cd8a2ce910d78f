/* SPDX-License-Identifier: MIT */
#include "net_print.h"

#include <arpa/inet.h>

void
net_print_address(const struct netf_addr *a, FILE *to)
{
	char text[INET6_ADDRSTRLEN];

	inet_ntop(a->family == 4 ? AF_INET : AF_INET6, a->bytes, text, sizeof text);
	fputs(text, to);
	if (a->prefix != (a->family == 4 ? 32 : 128))
		fprintf(to, "/%u", a->prefix);
}

static void
print_rule(const struct tbl_net_rule *r, FILE *to)
{
	static const char *const kinds[] = { [TBL_NET_PUBLISH] = "published", [TBL_NET_REACH] = "reaches",
					     [TBL_NET_MACHINE] = "reaches the machine", [TBL_NET_EGRESS] = "egress" };

	fprintf(to, "    network: %s ", kinds[r->kind]);
	if (r->address.family) {
		net_print_address(&r->address, to);
		fputc(' ', to);
	}
	fputs(r->protocol == IPPROTO_TCP ? "tcp" : "udp", to);
	if (r->port)
		fprintf(to, " port %u", r->port);
	if (r->kind == TBL_NET_PUBLISH)
		fprintf(to, " of the machine, inside %u", r->to);
	fputc('\n', to);
}

void
net_print(const struct tbl_net *n, const struct tbl_net_rule *rules, FILE *to)
{
	fprintf(to, "    network: private, ");
	net_print_address(&n->address[0], to);
	fputs(" and ", to);
	net_print_address(&n->address[1], to);
	fprintf(to, "%s\n", n->flags & TBL_NET_MASQUERADE ? ", masqueraded" : "");
	for (uint32_t i = 0; i < n->rules; i++)
		print_rule(&rules[n->first + i], to);
}
