/* SPDX-License-Identifier: MIT
 *
 * A terminal for a command inside a service. The administrator's own is not handed over: what runs there could type
 * into it, and would keep it.
 */
#ifndef INGOT_CTL_PTY_H
#define INGOT_CTL_PTY_H

#include <sys/types.h>

#include "err.h"

/* A fresh terminal that belongs to uid and gid, with the size of the caller's; both descriptors are the caller's. */
int pty_open(uid_t uid, gid_t gid, int *master, int *peer, struct err *e);

/* In the child: makes peer the controlling terminal of its session, and puts it in the place of each of 0, 1, 2 that is
 * a terminal: what is a file or a pipe stays. Returns -1 with errno. */
int pty_become(int peer);

/* The caller's terminal, if that is its standard input, passes every key on, until pty_restore. */
void pty_raw(void);
void pty_restore(void);

/* Copies the size of the caller's terminal. */
void pty_resize(int master);

#endif
