/* SPDX-License-Identifier: MIT
 *
 * Makes the user namespace of a service: its uid and gid are themselves in it, and no other id is there.
 */
#ifndef INGOT_USERNS_H
#define INGOT_USERNS_H

#include <sys/types.h>

/* Returns a descriptor of a new one, which is the caller's, or -1 with errno. In it no further one can be made, and on
 * the machine by nobody else. */
int userns_make(uid_t uid, gid_t gid);

#endif
