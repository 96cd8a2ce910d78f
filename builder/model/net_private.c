/* SPDX-License-Identifier: MIT */
#include "net_private.h"

#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "crc32.h"
#include "net_links_read.h"
#include "replicas.h"

#define FIRST 2u /* addresses of a network: itself, the machine's, then services'; the last one speaks to all */

size_t
private_count(const struct project *p)
{
	size_t n = 0;

	for (size_t i = 0; i < project_units(p); i++)
		if (project_unit(p, i)->network.mode == NET_PRIVATE)
			n += replicas_count(project_unit(p, i));
	return n;
}

/* The address so many behind the network's own; by the last four bytes, as no more of them are ever asked for. */
static struct netf_addr
address_at(struct netf_addr network, uint32_t at)
{
	size_t size = network.family == 4 ? 4 : 16;
	uint32_t low;

	memcpy(&low, network.bytes + size - sizeof low, sizeof low);
	low = htonl(ntohl(low) + at);
	memcpy(network.bytes + size - sizeof low, &low, sizeof low);
	network.prefix = (uint8_t)(8 * size);
	return network;
}

static int
by_name(const void *a, const void *b)
{
	const struct private_net *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

/* By the checksum of the name, in the order of names: only two that meet move one of them. */
static void
place_all(struct private_nets *out, const struct netf_addr network[2])
{
	uint32_t bits = 32u - network[0].prefix, room = (bits > 16 ? 1u << 16 : 1u << bits) - FIRST - 1;
	struct private_net **order = xcalloc(out->n, sizeof(struct private_net *));
	bool *taken = xcalloc(room, sizeof *taken);

	for (size_t i = 0; i < out->n; i++)
		order[i] = &out->v[i];
	qsort(order, out->n, sizeof *order, by_name);
	for (size_t i = 0; i < out->n; i++) {
		uint32_t at = crc32_of(order[i]->name, strlen(order[i]->name)) % room;
		while (taken[at])
			at = (at + 1) % room;
		taken[at] = true;
		for (int f = 0; f < 2; f++)
			order[i]->address[f] = address_at(network[f], FIRST + at);
	}
	free(order);
	free(taken);
}

void
private_nets_make(const struct project *p, struct private_nets *out)
{
	const struct model_private *m = &p->image.network.private;
	size_t count = private_count(p);
	struct netf_addr network[2];

	*out = (struct private_nets){ .v = arena_alloc(p->arena, (count + 1) * sizeof *out->v) };
	if (!count || !links_read_address(m->ipv4, &network[0]) || !links_read_address(m->ipv6, &network[1]))
		return;
	for (int f = 0; f < 2; f++)
		out->machine[f] = address_at(network[f], 1);
	for (size_t i = 0; i < project_units(p); i++) {
		const struct model_service *s = project_unit(p, i);
		for (uint64_t k = 1; s->network.mode == NET_PRIVATE && k <= replicas_count(s); k++)
			out->v[out->n++] = (struct private_net){ .unit = s, .instance = k,
								 .name = replicas_name(p->arena, s, k) };
	}
	place_all(out, network);
}

const struct private_net *
private_net_of(const struct private_nets *n, const struct model_service *s, uint64_t instance)
{
	for (size_t i = 0; i < n->n; i++)
		if (n->v[i].unit == s && n->v[i].instance == instance)
			return &n->v[i];
	return NULL;
}

const struct model_service *
private_unit(const struct project *p, const char *word)
{
	for (size_t i = 0; i < project_units(p); i++)
		if (edges_meet(project_unit(p, i)->head.name, word))
			return project_unit(p, i);
	return NULL;
}

uint64_t
private_port(const struct model_port *port)
{
	return port->service ? port->service : port->machine;
}

/* ---- names ---- */

static const char *
add_host(struct arena *a, const char *text, const struct netf_addr address[2], const char *name)
{
	for (int f = 0; f < 2; f++) {
		char number[INET6_ADDRSTRLEN];
		inet_ntop(address[f].family == 4 ? AF_INET : AF_INET6, address[f].bytes, number, sizeof number);
		text = arena_printf(a, "%s%s %s\n", text, number, name);
	}
	return text;
}

/* An instance by its own name, and each of them by the service's. */
static const char *
add_target(const struct private_nets *n, const struct project *p, const char *text, const char *word)
{
	const struct model_service *s = private_unit(p, word);
	uint64_t one = edge_instance(word);

	if (s->network.mode == NET_MACHINE)
		return add_host(p->arena, text, n->machine, s->head.name);
	for (uint64_t k = 1; k <= replicas_count(s); k++) {
		const struct private_net *x = private_net_of(n, s, k);
		if (one && one != k)
			continue;
		const char *names = one || !s->replicas ? x->name : arena_printf(p->arena, "%s %s", s->head.name, x->name);
		text = add_host(p->arena, text, x->address, names);
	}
	return text;
}

const char *
private_hosts(const struct private_nets *n, const struct project *p, const struct model_service *s)
{
	const char *text = "";

	if (s->network.mode != NET_PRIVATE)
		return text;
	if (!s->replicas) /* instances share one root */
		text = add_host(p->arena, text, private_net_of(n, s, 1)->address, s->head.name);
	for (size_t i = 0; i < s->network.reach.n; i++)
		text = add_target(n, p, text, s->network.reach.v[i]);
	return text;
}
