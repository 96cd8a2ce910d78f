/* SPDX-License-Identifier: MIT
 *
 * The mount namespace that each launch begins with: an empty, read-only folder over the kernel's first root, which no
 * namespace can be without, and nothing else that the machine has mounted. To copy this one, and not PID 1's own, is
 * what makes a start cheap however many mounts the machine has; and none of them has to be taken away again.
 */
#ifndef INGOT_BARE_H
#define INGOT_BARE_H

/* A descriptor of a new one, the caller's, or -1 with errno. Wants /proc and a folder /run. */
int bare_make(void);

#endif
