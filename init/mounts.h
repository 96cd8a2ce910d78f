/* SPDX-License-Identifier: MIT
 *
 * The machine's own mounts. Every mountpoint was made by the builder.
 */
#ifndef INGOT_MOUNTS_H
#define INGOT_MOUNTS_H

#include <stdbool.h>

/* Makes / a mount that pivot_root can leave, unless it is one already (rooted), then mounts /proc, /sys, /dev, the
 * cgroups and the tmpfs on it, and makes /run/ingot, for root alone. Each failure is a line on the console. */
void mounts_init(bool rooted);

/* / becomes read-only: the last step of a boot. */
void mounts_seal(void);

#endif
