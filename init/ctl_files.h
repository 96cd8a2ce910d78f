/* SPDX-License-Identifier: MIT
 *
 * Reading what the kernel tells in small text files, and writing sizes for people.
 */
#ifndef INGOT_CTL_FILES_H
#define INGOT_CTL_FILES_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#define CTL_CGROUPS "/sys/fs/cgroup/svc" /* as cgroup.h has it, which is PID 1's own */

/* The first cap - 1 bytes of a file below a folder (or AT_FDCWD), as a string; false where it cannot be read. */
bool file_text(int dir, const char *path, char *buf, size_t cap);

/* The number behind the key, which stands at the start of a line and is followed by separators: "usage_usec 12",
 * "PPid:\t12". False where there is none. */
bool keyed_value(const char *text, const char *key, uint64_t *out);

/* The sum of all "key=N" in the text: of io.stat, over the devices. */
uint64_t summed_value(const char *text, const char *key);

/* "512K", "12.3M", "1.2G": never more than six characters up to a terabyte. */
void size_text(uint64_t bytes, char *buf, size_t cap);

#endif
