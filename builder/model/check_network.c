/* SPDX-License-Identifier: MIT
 *
 * What a service's network may say in each mode, and that no port of the machine is taken twice, whoever takes it.
 */
#include <string.h>

#include "net_links.h"
#include "net_links_read.h"
#include "net_private.h"
#include "net_table.h"
#include "plan.h"
#include "replicas.h"
#include "table.h"

static const struct node *
place(const struct model_service *s, const char *key)
{
	return node_place(s->network.head.node, key);
}

/* Without bits behind its prefix, which would be a slip. */
static bool
is_network(const struct netf_addr *a)
{
	for (unsigned bit = a->prefix; bit < (a->family == 4 ? 32u : 128u); bit++)
		if (a->bytes[bit / 8] & (0x80 >> bit % 8))
			return false;
	return true;
}

static bool
is_any(const struct netf_addr *a)
{
	static const uint8_t none[sizeof a->bytes];

	return memcmp(a->bytes, none, sizeof none) == 0;
}

/* ---- one service ---- */

/* What only a private network has. */
static void
check_others(struct project *p, const struct model_service *s)
{
	static const char *const keys[] = { "egress", "reach", "masquerade" };
	const struct model_network *n = &s->network;
	const bool stated[] = { n->egress.n != 0, n->reach.n != 0, n->masquerade != 0 };

	for (size_t i = 0; i < sizeof keys / sizeof *keys; i++)
		if (stated[i])
			diag(p->diags, place(s, keys[i]), "`%s` belongs to a network of its own: write `mode: private` beside it", keys[i]);
	if (n->mode == NET_NONE && n->ports.n)
		diag(p->diags, place(s, "ports"), "ports without a network: write `mode: machine` beside them");
	for (size_t i = 0; i < n->ports.n && n->mode == NET_MACHINE; i++) {
		const struct node *at = n->ports.v[i].head.node;
		if (!n->ports.v[i].machine)
			diag(p->diags, at, "`machine` is missing: port on the machine");
		if (n->ports.v[i].service)
			diag(p->diags, node_place(at, "service"), "in the machine's network a port has one number: leave `service` out, "
								  "or write `mode: private`");
	}
}

static void
check_private_ports(struct project *p, const struct model_service *s)
{
	const struct model_network *n = &s->network;

	for (size_t i = 0; i < n->ports.n; i++) {
		const struct node *at = n->ports.v[i].head.node;
		if (!n->ports.v[i].machine && !n->ports.v[i].service)
			diag(p->diags, at, "a port needs `service`, its number in here, or `machine`, the one it is published as");
		if (n->ports.v[i].machine && replicas_count(s) > 1)
			diag(p->diags, node_place(at, "machine"), "%llu replicas cannot be published as one port: leave `machine` out",
			     (unsigned long long)s->replicas);
	}
}

static void
check_egress(struct project *p, const struct model_service *s)
{
	const struct model_network *n = &s->network;
	struct netf_addr a;

	for (size_t i = 0; i < n->egress.n; i++) {
		const struct model_egress *x = &n->egress.v[i];
		const struct node *at = node_place(x->head.node, "address");
		if (!x->address)
			continue;
		if (!links_read_address(x->address, &a))
			diag(p->diags, at, "`address` is one such as 192.0.2.7, 192.0.2.0/24 or 2001:db8::/32, not `%s`", x->address);
		else if (!is_network(&a))
			diag(p->diags, at, "`%s` has bits behind its prefix: is /%d meant, one address?", x->address,
			     a.family == 4 ? 32 : 128);
	}
	if (n->masquerade && !n->egress.n)
		diag(p->diags, place(s, "masquerade"), "`masquerade` without `egress`: nothing leaves the machine");
}

static void
check_reach(struct project *p, const struct model_service *s, const char *word)
{
	const struct model_service *to = private_unit(p, word);
	const struct node *at = place(s, "reach");

	if (!to) {
		const char **names = arena_alloc(p->arena, (project_units(p) + 1) * sizeof *names);
		for (size_t i = 0; i < project_units(p); i++)
			names[i] = project_unit(p, i)->head.name;
		const char *meant = nearest(word, names);
		diag(p->diags, at, "reach `%s`, which is no service%s%s%s", word, meant ? ": did you mean `" : "",
		     meant ? meant : "", meant ? "`?" : "");
	} else if (to == s && !s->replicas) {
		diag(p->diags, at, "`%s` reaches itself over its loopback", word);
	} else if (edge_instance(word) > (to->replicas ? to->replicas : 0)) {
		diag(p->diags, at, "`%s`: `%s` has %llu replicas", word, to->head.name, (unsigned long long)to->replicas);
	} else if (to->network.mode == NET_NONE) {
		diag(p->diags, at, "`%s` has no network to be reached in", to->head.name);
	} else if (!to->network.ports.n) {
		diag(p->diags, at, "`%s` has no `ports` that could be reached: write `ports: [{service: N}]` there", to->head.name);
	}
}

static void
check_reaches(struct project *p, const struct model_service *s)
{
	const struct model_network *n = &s->network;

	for (size_t i = 0; i < n->reach.n; i++) {
		check_reach(p, s, n->reach.v[i]);
		for (size_t k = 0; k < i; k++)
			if (edges_meet(n->reach.v[i], n->reach.v[k]))
				diag(p->diags, place(s, "reach"), "`%s` stands twice in `reach`", n->reach.v[i]);
	}
}

static void
check_listen(struct project *p, const struct model_service *s)
{
	static const char *const ours[] = { "LISTEN_FDS=", "LISTEN_PID=", "LISTEN_FDNAMES=" };
	const struct node *at = node_place(s->head.node, "listen");
	struct netf_addr a;

	if (s->listen.n && !CFG_LISTEN)
		diag(p->diags, at, "this ingot was configured without `listen`: set CONFIG_LISTEN");
	if (s->listen.n > TBL_LISTEN_MAX)
		diag(p->diags, at, "more than %d sockets", TBL_LISTEN_MAX);
	if (s->listen.n && replicas_count(s) > 1)
		diag(p->diags, at, "%llu replicas cannot have one socket each at the same port", (unsigned long long)s->replicas);
	if (s->listen.n && s->ready.fd >= 3 && s->ready.fd < 3 + s->listen.n)
		diag(p->diags, node_place(s->ready.head.node, "fd"), "descriptor %llu is a socket of `listen`: take %zu or more",
		     (unsigned long long)s->ready.fd, 3 + s->listen.n);
	for (size_t i = 0; i < s->listen.n; i++) {
		const struct model_listen *l = &s->listen.v[i];
		if (l->address && (!links_read_address(l->address, &a) || strchr(l->address, '/')))
			diag(p->diags, node_place(l->head.node, "address"), "`address` is one such as 127.0.0.1, 0.0.0.0 or ::, not `%s`",
			     l->address);
	}
	for (size_t i = 0; i < s->env.n && s->listen.n; i++)
		for (size_t k = 0; k < sizeof ours / sizeof *ours; k++)
			if (strncmp(s->env.v[i], ours[k], strlen(ours[k])) == 0)
				diag(p->diags, node_place(s->head.node, "env"), "%.*s is set by `listen`: take it out of `env`",
				     (int)strlen(ours[k]) - 1, ours[k]);
}

void
project_check_network(struct project *p, const struct model_service *s)
{
	check_listen(p, s);
	if (s->network.mode != NET_PRIVATE) {
		check_others(p, s);
		return;
	}
	if (!CFG_NET)
		diag(p->diags, place(s, "mode"), "this ingot was configured without ingot-net: set CONFIG_NET");
	check_private_ports(p, s);
	check_egress(p, s);
	check_reaches(p, s);
}

/* ---- all of them ---- */

/* Who takes a port of the machine; without an address, at all of them. */
struct claim {
	uint64_t port;
	int protocol;
	struct netf_addr address;
	const char *name;
	const struct node *node;
};

struct claims {
	struct claim *v;
	size_t n;
};

static bool
meet(const struct claim *a, const struct claim *b)
{
	if (a->port != b->port || a->protocol != b->protocol || !a->port)
		return false;
	if (!a->address.family || !b->address.family)
		return true;
	return a->address.family == b->address.family &&
	       (is_any(&a->address) || is_any(&b->address) || memcmp(&a->address, &b->address, sizeof a->address) == 0);
}

static void
claim(struct project *p, struct claims *all, const struct claim *c)
{
	for (size_t i = 0; i < all->n; i++) {
		if (!meet(&all->v[i], c))
			continue;
		diag(p->diags, c->node, "port %llu of the machine is `%s`'s already, in line %u", (unsigned long long)c->port,
		     all->v[i].name, all->v[i].node->line);
		return;
	}
	all->v[all->n++] = *c;
}

static void
check_ranges(struct project *p)
{
	const struct model_private *m = &p->image.network.private;
	const char *const texts[] = { m->ipv4, m->ipv6 };
	static const char *const keys[] = { "ipv4", "ipv6" };
	static const int family[] = { 4, 6 }, most[] = { 29, 120 };
	size_t n = private_count(p), room = 0;

	for (int i = 0; i < 2; i++) {
		struct netf_addr a;
		if (!texts[i])
			continue;
		if (!links_read_address(texts[i], &a) || a.family != family[i] || a.prefix > most[i] || !is_network(&a))
			diag(p->diags, node_place(m->head.node, keys[i]),
			     "`%s` is a network of IPv%d, at most a /%d, without bits behind its prefix, not `%s`", keys[i], family[i],
			     most[i], texts[i]);
		else if (i == 0)
			room = (1u << (32 - a.prefix)) - 3;
	}
	if (room > TBL_NETS_MAX)
		room = TBL_NETS_MAX;
	if (room && n > room)
		diag(p->diags, node_place(m->head.node ? m->head.node : p->image.head.node, "ipv4"),
		     "%zu private networks, and room for %zu", n, room);
}

void
project_check_ports(struct project *p)
{
	struct claims all = { 0 };
	size_t most = 0;

	for (size_t i = 0; i < project_units(p); i++)
		most += project_unit(p, i)->network.ports.n + project_unit(p, i)->listen.n;
	all.v = arena_alloc(p->arena, (most + 1) * sizeof *all.v);
	for (size_t i = 0; i < project_units(p); i++) {
		const struct model_service *s = project_unit(p, i);
		for (size_t k = 0; k < s->network.ports.n; k++) {
			const struct model_port *x = &s->network.ports.v[k];
			claim(p, &all, &(struct claim){ x->machine, x->protocol, { 0 }, s->head.name, x->head.node });
		}
		for (size_t k = 0; k < s->listen.n; k++) {
			const struct model_listen *x = &s->listen.v[k];
			struct claim c = { x->port, x->protocol, { 0 }, s->head.name, x->head.node };
			if (x->address && !links_read_address(x->address, &c.address))
				c.address.family = 0;
			claim(p, &all, &c);
		}
	}
	check_ranges(p);
}
