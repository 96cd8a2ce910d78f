/* SPDX-License-Identifier: MIT
 *
 * Compiling what a service has of networks: sockets that PID 1 binds, and the record of its private network, in which
 * names have become addresses.
 */
#include "svc_compiler.h"

#include <netinet/in.h>
#include <string.h>

#include "net_links_read.h"
#include "replicas.h"

/* Of the service's program: the stub's first child, in a pid namespace that begins with the stub. */
#define MAIN_PID "2"

static uint16_t
protocol_of(int protocol)
{
	return protocol == NET_TCP ? IPPROTO_TCP : IPPROTO_UDP;
}

/* ---- listeners ---- */

struct tbl_span
svc_listen(struct compiler *c, const struct model_service *s)
{
	struct tbl_span span = { svc_count(c, TBL_LISTENS), (uint32_t)s->listen.n };

	for (size_t i = 0; i < s->listen.n; i++) {
		struct tbl_listen l = { .port = (uint16_t)s->listen.v[i].port, .protocol = protocol_of(s->listen.v[i].protocol) };
		links_read_address(s->listen.v[i].address, &l.address); /* it has been checked */
		svc_append(c, TBL_LISTENS, &l);
	}
	return span;
}

size_t
svc_listen_env(struct arena *a, const struct model_service *s, const char *out[LISTEN_WORDS])
{
	const char *names = "";

	if (!s->listen.n)
		return 0;
	for (size_t i = 0; i < s->listen.n; i++)
		names = arena_printf(a, "%s%s%s", names, i ? ":" : "", s->listen.v[i].name ? s->listen.v[i].name : s->head.name);
	out[0] = arena_printf(a, "LISTEN_FDS=%zu", s->listen.n);
	out[1] = "LISTEN_PID=" MAIN_PID;
	out[2] = arena_printf(a, "LISTEN_FDNAMES=%s", names);
	return LISTEN_WORDS;
}

uint32_t
svc_listen_words(struct compiler *c, const struct model_service *s)
{
	const char *words[LISTEN_WORDS];

	return svc_words(c, words, svc_listen_env(c->plan->arena, s, words)).count;
}

/* ---- private networks ---- */

static void
add_rule(struct compiler *c, uint16_t kind, int protocol, uint64_t port, uint64_t to, const struct netf_addr *address)
{
	struct tbl_net_rule r = { .kind = kind, .protocol = protocol_of(protocol), .port = (uint16_t)port,
				  .to = (uint16_t)to };

	if (address)
		r.address = *address;
	svc_append(c, TBL_NET_RULES, &r);
}

static void
add_reach(struct compiler *c, const char *word)
{
	const struct model_service *s = private_unit(c->plan->project, word);
	uint64_t one = edge_instance(word);

	for (size_t i = 0; i < s->network.ports.n; i++) {
		const struct model_port *port = &s->network.ports.v[i];
		if (s->network.mode == NET_MACHINE) {
			add_rule(c, TBL_NET_MACHINE, port->protocol, port->machine, 0, NULL);
			continue;
		}
		for (uint64_t k = one ? one : 1; k <= (one ? one : replicas_count(s)); k++)
			for (int f = 0; f < 2; f++)
				add_rule(c, TBL_NET_REACH, port->protocol, private_port(port), 0,
					 &private_net_of(&c->plan->nets, s, k)->address[f]);
	}
}

static void
add_rules(struct compiler *c, const struct model_network *n)
{
	for (size_t i = 0; i < n->ports.n; i++)
		if (n->ports.v[i].machine)
			add_rule(c, TBL_NET_PUBLISH, n->ports.v[i].protocol, n->ports.v[i].machine, private_port(&n->ports.v[i]), NULL);
	for (size_t i = 0; i < n->reach.n; i++)
		add_reach(c, n->reach.v[i]);
	for (size_t i = 0; i < n->egress.n; i++) {
		struct netf_addr to;
		links_read_address(n->egress.v[i].address, &to); /* it has been checked */
		add_rule(c, TBL_NET_EGRESS, n->egress.v[i].protocol, n->egress.v[i].port, 0, &to);
	}
}

uint32_t
svc_net(struct compiler *c, const struct model_service *s)
{
	const struct private_nets *all = &c->plan->nets;
	const struct private_net *x = private_net_of(all, s, c->instance);
	struct tbl_net n = { .flags = s->network.masquerade ? TBL_NET_MASQUERADE : 0u, .first = svc_count(c, TBL_NET_RULES) };

	if (!x)
		return 0;
	memcpy(n.name, x->name, strlen(x->name));
	memcpy(n.address, x->address, sizeof n.address);
	memcpy(n.machine, all->machine, sizeof n.machine);
	add_rules(c, &s->network);
	n.rules = svc_count(c, TBL_NET_RULES) - n.first;
	svc_append(c, TBL_NETS, &n);
	return svc_count(c, TBL_NETS);
}
