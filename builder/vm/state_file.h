/* SPDX-License-Identifier: MIT
 *
 * The file behind a VM's state disk: made once, never overwritten, refused where it is something else.
 */
#ifndef INGOT_STATE_FILE_H
#define INGOT_STATE_FILE_H

#include "build.h"
#include "options.h"

/* What can be said before anything is built. The second: -1 with *e set where the image does not boot without one. */
int state_file_check(const struct build *b, const struct run_options *o, struct err *e);
int state_file_needed(const struct build *b, struct err *e);

/* The path for QEMU of the file that --state names, which is made where there is none. */
int state_file_open(const struct build *b, const struct run_options *o, const char **path, struct err *e);

/* A new disk without a name, as long as *fd is open, which the caller owns; *path is NULL where the image has no use
 * for one. */
int state_file_scratch(const struct build *b, const struct run_options *o, int *fd, const char **path, struct err *e);

#endif
