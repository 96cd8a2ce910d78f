/* SPDX-License-Identifier: MIT
 *
 * A shell of the machine on its console, for whoever put the word for it on the kernel's command line. It runs as uid 0
 * in the machine's own namespaces and is started again when it ends. Where an emergency has none, the machine switches
 * off.
 */
#ifndef INGOT_SHELL_H
#define INGOT_SHELL_H

#include "init.h"

/* Wanted from now on. */
void shell_init(struct init *in);

/* An orphan that was reaped; it may have been the shell. */
void shell_reaped(struct init *in, pid_t pid);

void shell_timers(struct init *in);
uint64_t shell_due(const struct init *in);

#endif
