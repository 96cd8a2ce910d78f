/* SPDX-License-Identifier: MIT
 *
 * The private networks of services: what must hold of them, and which addresses they have. An address follows from the
 * service's name, so that it is the same in the next image.
 */
#ifndef INGOT_NET_PRIVATE_H
#define INGOT_NET_PRIVATE_H

#include "net_file.h"
#include "project.h"

#define PRIVATE_SERVICE "net-private" /* ingot-net's name as the service that makes them */

/* An instance of a unit with `mode: private`. */
struct private_net {
	const struct model_service *unit;
	uint64_t instance;
	const char *name;
	struct netf_addr address[2]; /* of IPv4, of IPv6; each alone */
};

struct private_nets {
	struct private_net *v; /* in the order of the file */
	size_t n;
	struct netf_addr machine[2];
};

/* How many there are, one for each instance. */
size_t private_count(const struct project *p);

/* What it may use. In steps, as a table that gives it another limit starts it anew. */
static inline uint64_t
private_memory(size_t networks)
{
	return networks ? (1 + networks / 64) * (24u << 20) : 0;
}

/* Of a project that is right; lives in its arena. */
void private_nets_make(const struct project *p, struct private_nets *out);
/* NULL where it has none. */
const struct private_net *private_net_of(const struct private_nets *n, const struct model_service *s,
					 uint64_t instance);

/* The unit that a word of `reach` names; NULL: there is none. */
const struct model_service *private_unit(const struct project *p, const char *word);
/* The port that it listens on itself. */
uint64_t private_port(const struct model_port *port);

/* The lines of /etc/hosts for a unit's root: its own name, and what it may reach. */
const char *private_hosts(const struct private_nets *n, const struct project *p, const struct model_service *s);

/* check_network.c: what must hold of a unit's `network` and `listen`, and of the ports of all. */
void project_check_network(struct project *p, const struct model_service *s);
void project_check_ports(struct project *p);

#endif
