/* SPDX-License-Identifier: MIT
 *
 * Landlock: what a process may still do with files, whatever their modes and mounts say. The launcher and `ingotctl
 * exec` share this. It grants and enters; what is granted is for its callers to know.
 */
#ifndef INGOT_LANDLOCK_H
#define INGOT_LANDLOCK_H

#include <stdbool.h>
#include <stdint.h>

enum landlock_right {
	LANDLOCK_EXECUTE, /* the programs beneath a folder, or one file */
	LANDLOCK_WRITE,   /* all that changes what is beneath a folder, but to make devices */
	LANDLOCK_DEVICES, /* to write to the files beneath a folder, or to one */
};

/* The version that the kernel has; 0: it has none, or not switched on. */
int landlock_version(void);

/* What does not leave the processes that enter a set of rules together, from version 6 on. */
enum landlock_scope { LANDLOCK_SOCKETS = 1 /* connections to abstract sockets */, LANDLOCK_SIGNALS = 2 };

/* A set of rules that forbids all of the above wherever it is not allowed, and with `binds` (version 4 on) to bind a
 * port of TCP. Returns its descriptor, the caller's and close-on-exec, or -1 with errno. */
int landlock_new(int version, unsigned scopes, bool binds);

#define LANDLOCK_BINDS 4 /* the version that knows ports */

/* With `binds`: a port of TCP that may be bound all the same. */
int landlock_bind(int rules, uint32_t port);

/* at: any descriptor of the folder or file. Returns 0, or -1 with errno. */
int landlock_allow(int rules, int version, int at, enum landlock_right right);

/* For good, and for all that the process starts. Wants no_new_privs. Returns 0, or -1 with errno. */
int landlock_enter(int rules);

#endif
