/* SPDX-License-Identifier: MIT
 *
 * The machine's own network links, at boot.
 */
#ifndef INGOT_LINKS_H
#define INGOT_LINKS_H

#include <stdbool.h>

#include "table.h"

/* Brings up lo and the table's links and gives the static ones their addresses. A link for DHCP is brought up only: a
 * service of the machine asks for its address. Each failure is a line on the console. Waits for nothing. */
void links_init(const struct tbl *t);

/* Whether the table has anything that could notice that they are not up yet. */
bool links_awaited(const struct tbl *t);

#endif
