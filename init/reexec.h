/* SPDX-License-Identifier: MIT
 *
 * Another program as PID 1 under running services: it is asked in a child first whether it can go on with the state,
 * and only one that says so is executed.
 */
#ifndef INGOT_REEXEC_H
#define INGOT_REEXEC_H

#include "init.h"

#define REEXEC_PATH "/init" /* without another one */
#define REEXEC_CHECK "--check" /* the word before the layout in the arguments of the check */

/* Begins the check. Returns 0, or an errno with the reason in *why. */
int reexec_begin(struct init *in, const char *path, const char **why);

/* False while it is on its way; else *code is 0 or an errno, and text (of cap bytes) says why. */
bool reexec_done(const struct init *in, int *code, char *text, size_t cap);

/* A child that was reaped; it may have been the check. */
void reexec_reaped(struct init *in, pid_t pid, int status);

/* Executes what passed its check; returns if there is nothing to execute, or it cannot be. */
void reexec_settle(struct init *in);

/* In the new program: what the old one wanted is done. */
void reexec_resumed(struct init *in);

/* Ends a check that takes too long. */
void reexec_timers(struct init *in);
uint64_t reexec_due(const struct init *in);

/* The check, in the new program: whether it can go on with a state of that layout on this machine; an exit code. */
int reexec_check(const char *layout);

#endif
