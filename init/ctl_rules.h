/* SPDX-License-Identifier: MIT
 *
 * Landlock's rules for a command inside a service: what the launcher allows the service, found out from its process.
 */
#ifndef INGOT_CTL_RULES_H
#define INGOT_CTL_RULES_H

#include <stdint.h>
#include <sys/types.h>

#include "err.h"

/* Of the service that pid is a process of, with these flags of its record in the service table. Once in a program. */
int rules_read(pid_t pid, uint32_t flags, struct err *e);

/* Inside the service: holds the calling process for good. One of `program`, a program that is no file of the service,
 * can be executed too, and `terminal` be written to by its name; -1: there is none. Returns 0, or -1 with errno. */
int rules_enter(int program, int terminal);

#endif
