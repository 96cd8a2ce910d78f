/* SPDX-License-Identifier: MIT
 *
 * The machine's links: who keeps them, what must hold of them, and the file that ingot-net reads.
 */
#ifndef INGOT_NET_LINKS_H
#define INGOT_NET_LINKS_H

#include <stdio.h>

#include "net_file.h"
#include "project.h"

#define NET_SERVICE "net" /* ingot-net's name as a service of the machine */

/* Whether ingot-net keeps the links: where something is asked for that PID 1 and one DHCP client do not do. */
bool links_kept(const struct image *m);

/* What must hold of them; says what does not to p->diags. */
void project_check_links(struct project *p);

/* The file, for links that are right. */
void links_make(const struct image *m, struct netf *out);

/* show_links.c: prints what the file says. */
void links_print(const struct image *m, FILE *to);

#endif
