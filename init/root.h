/* SPDX-License-Identifier: MIT
 *
 * The root of an image whose initramfs holds it as one compressed file.
 */
#ifndef INGOT_ROOT_H
#define INGOT_ROOT_H

#include "err.h"
#include "table.h"

/* Where the table names a root: loads the modules that it takes, attaches the file to a loop device and makes it /,
 * read-only. The initramfs is out of reach afterwards. Called before any other mount. Returns 0 as well where the table
 * names none. */
int root_init(const struct tbl *t, struct err *e);

#endif
