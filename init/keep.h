/* SPDX-License-Identifier: MIT
 *
 * Where the state lies: a file in memory without a name, mapped, so that another program can go on with it after an
 * exec. What lies in it holds no pointers, and means the same to every program of the same layout.
 */
#ifndef INGOT_KEEP_H
#define INGOT_KEEP_H

#include "init.h"

#define KEEP_WORD "--resume" /* the word before the descriptor's number in the arguments of a program that goes on */

/* A number for how the state is laid out and what it means; programs with the same one can follow each other. */
uint32_t keep_layout(void);

/* Makes an empty state. Where the kernel has no such files it is ordinary memory, and in->memory is -1. */
int keep_init(struct init *in, struct err *e);

/* Maps the memory for the services' output, a file of its own, as ingot-log gets it; makes it where there is none. The
 * address space is taken now, a page of memory only when it is written. */
int keep_book(struct init *in, struct err *e);

/* The number behind KEEP_WORD if this program was executed to go on with a state, else -1. */
int keep_given(int argc, char **argv);

/* Maps the state that an earlier program left in in->memory; fails where it is damaged or of another layout. */
int keep_resume(struct init *in, struct err *e);

/* Executes the program at path, which goes on with the state and the watched descriptors; returns only if that fails,
 * with errno, and nothing has changed then. Safe in a signal handler. */
void keep_exec(struct init *in, const char *path);

#endif
