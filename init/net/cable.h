/* SPDX-License-Identifier: MIT
 *
 * A service's network namespace, and the pair of links between it and the machine: point to point, with the one
 * address of the machine at one end and the service's at the other. There is no bridge: services share no wire, so that
 * none can take another's address, and all that goes from one to another passes by the machine's rules.
 */
#ifndef INGOT_NET_CABLE_H
#define INGOT_NET_CABLE_H

#include "err.h"
#include "net_table.h"

struct cables {
	int own;    /* the machine's network namespace */
	int routes; /* rtnetlink in it */
};

int cables_open(struct cables *c, struct err *e);

/* A new namespace with its link: returns its descriptor, which the caller owns, or -1. What was there of an earlier one
 * is taken away. */
int cable_make(struct cables *c, const struct tbl_net *n, struct err *e);

/* Takes the link away, if there is one. */
void cable_remove(struct cables *c, const struct tbl_net *n);

/* Whether the machine's end is there. */
int cable_is_there(const struct tbl_net *n);

#endif
