/* SPDX-License-Identifier: MIT
 *
 * What the making and the checking of links share: their texts as values.
 */
#ifndef INGOT_NET_LINKS_READ_H
#define INGOT_NET_LINKS_READ_H

#include "net_links.h"

/* 10.0.0.2/24 or fd00::2/64; without a prefix it is that of one address alone. */
bool links_read_address(const char *text, struct netf_addr *out);
/* Six bytes in small hexadecimal digits, with colons. */
bool links_read_mac(const char *text, uint8_t out[6]);

enum netf_match links_match(const struct model_link *l);

/* `address` and `addresses` as one list; returns how many there are. */
size_t links_addresses(const struct model_link *l, struct netf_addr out[NETF_ADDRS]);

#endif
