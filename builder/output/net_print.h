/* SPDX-License-Identifier: MIT
 *
 * A service's private network as a text for people.
 */
#ifndef INGOT_NET_PRINT_H
#define INGOT_NET_PRINT_H

#include <stdio.h>

#include "net_table.h"

void net_print(const struct tbl_net *n, const struct tbl_net_rule *rules, FILE *to);
/* Without a prefix that says one address alone. */
void net_print_address(const struct netf_addr *a, FILE *to);

#endif
