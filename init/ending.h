/* SPDX-License-Identifier: MIT
 *
 * The end of the machine itself, once the services are gone or given up.
 */
#ifndef INGOT_ENDING_H
#define INGOT_ENDING_H

#include "init.h"

/* Kills what is left, syncs within what the deadline leaves, and ends the machine. Does not return. */
void ending(struct init *in, enum down_kind kind);

/* At once: sync within sync_ms, then reboot(2). */
__attribute__((noreturn)) void ending_now(enum down_kind kind, int sync_ms);

#endif
