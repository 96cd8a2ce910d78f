/* SPDX-License-Identifier: MIT
 *
 * Names and numbers of the machine's system calls: x86_64's, as the kernel's headers of the build have them.
 */
#ifndef INGOT_SYSCALLS_H
#define INGOT_SYSCALLS_H

#include <stddef.h>

#define SYSCALLS 512 /* every known number is below it */

/* The number of a call, or -1. */
int syscall_number(const char *name);

/* The name of a number, or NULL. */
const char *syscall_name(unsigned number);

#endif
