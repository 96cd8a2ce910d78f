/* SPDX-License-Identifier: MIT
 *
 * The machine's own mounts. Every mountpoint was made by the builder.
 */
#ifndef INGOT_MOUNTS_H
#define INGOT_MOUNTS_H

/* Makes / a mount that pivot_root can leave, then mounts /proc, /sys, /dev, the cgroups and the tmpfs on it, and
 * makes /run/ingot, for root alone. Each failure is a line on the console. */
void mounts_init(void);

/* / becomes read-only: the last step of a boot. */
void mounts_seal(void);

#endif
