/* SPDX-License-Identifier: MIT
 *
 * From the kernel's exec to the first service: the boot steps in their order.
 */
#ifndef INGOT_BOOT_H
#define INGOT_BOOT_H

#include "init.h"

/* Fails only where going on makes no sense; everything else is a line on the console. */
int boot(struct init *in, struct err *e);

/* A step of a program that goes on with running services: what it lacks may be there a moment later, and a reboot is
 * all there is otherwise. The step can be taken again where it has failed. */
int boot_patiently(struct init *in, int (*step)(struct init *in, struct err *e), struct err *e);

/* The same in a program that goes on with the state of another: everything is there, and is opened again. */
int boot_again(struct init *in, struct err *e);
__attribute__((noreturn)) void boot_again_failed(const struct err *e); /* reboots */

/* Whether boot_again would have a table to go on with; for a program that is not PID 1. */
int boot_check(struct err *e);

/* What the command line's panic= says, for a boot that failed: power off, reboot, or reboot after a while. */
__attribute__((noreturn)) void boot_failed(const struct init *in, const struct err *e);

#endif
