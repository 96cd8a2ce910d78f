/* SPDX-License-Identifier: MIT
 *
 * Whether a path on the host leads out of a folder: what recipes and OCI layouts of others may read.
 */
#ifndef INGOT_HOST_PATH_H
#define INGOT_HOST_PATH_H

#include <stdbool.h>

/* Absolute, or with a ".." in it: as it is written, without a look at the host. */
bool host_path_leaves(const char *path);

/* With every symbolic link followed, path is folder or below it. Of a path that is not there, false. */
bool host_path_beneath(const char *folder, const char *path);

#endif
