/* SPDX-License-Identifier: MIT
 *
 * What /state is: memory, or the disk that the image names. It decides by the image's policies; what may hang is done
 * by children with a deadline.
 */
#ifndef INGOT_STATE_H
#define INGOT_STATE_H

#include "init.h"

/* Below /state: what PID 1 itself keeps on the disk, by the version of its form. Absent where /state is in memory. */
#define STATE_OWN ".ingot/1"

/* In the boot, once all modules are loaded. Returns -1 where a policy refuses the boot. */
int state_init(struct init *in, struct err *e);

/* In a child, at the end: the disk is unmounted, or made read-only where something holds it. Nothing where /state is in
 * memory. It may hang. */
void state_leave(void);

/* Ends a child, without waiting for one that no signal reaches: its end is reaped like any other's. */
void state_end_child(pid_t pid);

#endif
