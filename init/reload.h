/* SPDX-License-Identifier: MIT
 *
 * Another service table under running services: what is the same in both runs on, what is gone or changed is stopped
 * first, and then the table changes in one step.
 */
#ifndef INGOT_RELOAD_H
#define INGOT_RELOAD_H

#include "init.h"

/* Takes a table that has been opened, with the descriptor it was mapped from (both are its own from here on, also on
 * failure). Nothing has changed where it fails. */
int reload_begin(struct init *in, struct tbl *next, int fd, struct err *e);

/* False while it is on its way; else *code is 0 or an errno, and text (of cap bytes) says why. */
bool reload_done(const struct init *in, int *code, char *text, size_t cap);

/* Tells what has to end to do so, each once nothing that ends too needs it any more. */
void reload_stop(struct init *in);

/* Changes the table once nothing is in its way. At the end of a wake-up alone: the services change their places. */
void reload_settle(struct init *in);

/* After an exec: the table that runs is the one of the descriptor, if there was a reload; one that was on its way goes
 * on. */
int reload_resume(struct init *in, struct err *e);

/* reload_table.c: opens the table in a descriptor whose bytes are sealed, so that they are what was checked for as long
 * as it is mapped; and lets go of a table. */
int reload_open(struct tbl *t, int fd, struct err *e);
void reload_close(struct tbl *t);

#endif
