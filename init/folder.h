/* SPDX-License-Identifier: MIT
 *
 * What is in a folder, without a library's readdir, which would bring an allocator.
 */
#ifndef INGOT_FOLDER_H
#define INGOT_FOLDER_H

/* Calls each() with the name of every entry but those that begin with a dot, in the kernel's order. Returns -1 with
 * errno where the folder could not be read, or not to its end. */
int folder_each(const char *path, void (*each)(void *arg, const char *name), void *arg);

#endif
