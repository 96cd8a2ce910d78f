/* SPDX-License-Identifier: MIT
 *
 * How ingot-net is asked for a service's private network: one packet on a socket of its own, and one answer, which
 * carries the network namespace. The asker sends the networks of all services, as its table has them: ingot-net keeps
 * to the newest that it was told of, and there is no other way in which it learns of them.
 */
#ifndef INGOT_NET_ASK_H
#define INGOT_NET_ASK_H

#include <stdint.h>

#include "net_table.h"

#define NET_ASK_PATH  "/run/net-private" /* the socket, root's alone */
#define NET_ASK_NONE  UINT32_MAX
#define NET_ASK_MAGIC 0x746e6769u
#define NET_ASK_MS    10000 /* then whoever asked gives up */

struct net_ask {
	uint32_t magic;
	uint32_t which; /* whose namespace is wanted; NET_ASK_NONE: none, the networks are told alone */
	uint32_t nets, rules; /* so many of each follow */
};

struct net_answer {
	int32_t code; /* 0, with the namespace's descriptor where one was wanted, or the errno of what failed */
};

struct tbl;

/* net_ask.c: the namespace of a service's private network, by its index in the table, or 0 with NET_ASK_NONE; -1 with
 * errno. It waits for NET_ASK_MS at most. */
int net_ask(const struct tbl *t, uint32_t which);

#endif
