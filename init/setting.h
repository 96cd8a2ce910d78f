/* SPDX-License-Identifier: MIT
 *
 * A value for a file of the kernel: of a group, of /proc/sys, of /sys.
 */
#ifndef INGOT_SETTING_H
#define INGOT_SETTING_H

/* The path is relative to the folder, which may be AT_FDCWD. Returns 0, or -1 with errno: that of the open or, where
 * the kernel does not want the value, of the write. */
int setting_write(int folder, const char *path, const char *value);

#endif
