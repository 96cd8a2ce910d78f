/* SPDX-License-Identifier: MIT
 *
 * The socket in an image's output folder that leads to the control port of its running VM.
 */
#ifndef INGOT_CONTROL_SOCKET_H
#define INGOT_CONTROL_SOCKET_H

#include "err.h"

#define CONTROL_SOCKET "control"

/* Makes it, for this user alone, and returns a descriptor that listens, the caller's. -1 with *e set where that cannot
 * be, or where another running VM has it. */
int control_socket_make(const char *dir, struct err *e);

/* A connection to it, the caller's; -1 with *e set and its code ENOENT or ECONNREFUSED where no VM runs. */
int control_socket_open(const char *dir, struct err *e);

/* Takes it away again. */
void control_socket_remove(const char *dir);

#endif
