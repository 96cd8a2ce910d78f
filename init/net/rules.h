/* SPDX-License-Identifier: MIT
 *
 * What packets of private networks may do: the records of all services as one table of nf_tables.
 */
#ifndef INGOT_NET_RULES_H
#define INGOT_NET_RULES_H

#include "err.h"
#include "net_table.h"

#define RULES_TABLE "ingot"
#define CABLE_NAME   16       /* with the NUL */

/* The name of the machine's end: it follows from the address. */
void cable_name(const struct tbl_net *n, char out[CABLE_NAME]);

/* In one transaction: these, and no others. */
int rules_set(const struct tbl_net *nets, uint32_t n, const struct tbl_net_rule *rules, struct err *e);

#endif
