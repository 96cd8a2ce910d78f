/* SPDX-License-Identifier: MIT
 *
 * What a DHCP server has given, on its way from the program that udhcpc calls (ingot-net itself) to the one that keeps
 * the links: one record of fixed size on a pipe.
 */
#ifndef INGOT_NET_LEASE_H
#define INGOT_NET_LEASE_H

#include <stdbool.h>

#include "net_file.h"

#define LEASE_FD     9 /* the pipe's end in udhcpc, which takes 3 and 4 for itself */
#define LEASE_DOMAIN 64

struct lease {
	int client;       /* process id of the udhcpc that it is from */
	uint32_t seconds; /* that it holds; 0: for ever */
	struct netf_addr addr;    /* family 0: there is none any more */
	struct netf_addr gateway; /* family 0: none */
	uint32_t n_dns;
	struct netf_addr dns[NETF_DNS];
	char domain[LEASE_DOMAIN];
};

/* From the words that udhcpc gives: the event, and its environment. Returns false where it is none that changes the
 * lease, or what it says is no lease: a server may say anything. */
bool lease_read(const char *event, char *const *env, struct lease *out);

/* An IPv4 address as a dotted quad, up to a space or the end; returns where it ends, NULL where it is none. */
const char *addr_read4(const char *text, struct netf_addr *out);

/* The text of an address without its prefix (RFC 5952), of at most ADDR_TEXT bytes with the NUL; and with it. */
#define ADDR_TEXT 48
void addr_text(const struct netf_addr *a, char out[ADDR_TEXT]);
void addr_text_prefix(const struct netf_addr *a, char out[ADDR_TEXT]);

#endif
