/* SPDX-License-Identifier: MIT
 *
 * From the plan to the bytes of the service table, and from such bytes to a text for people.
 */
#ifndef INGOT_SVC_TABLE_H
#define INGOT_SVC_TABLE_H

#include <stdio.h>

#include "plan.h"
#include "sources.h"
#include "table.h"
#include "tree.h"

/* Fills *out with malloc'ed bytes, which tbl_open has accepted. */
int svc_table_make(const struct plan *p, const struct kernel *k, struct tree *t, void **out, size_t *size,
		   struct err *e);

/* The deadline of the whole shutdown, in milliseconds. */
uint32_t svc_stop_deadline(const struct plan *p);

/* show_table.c */
void svc_table_print(const struct tbl *t, FILE *to);

#endif
