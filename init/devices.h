/* SPDX-License-Identifier: MIT
 *
 * Which devices services may open, whatever their /dev holds.
 */
#ifndef INGOT_DEVICES_H
#define INGOT_DEVICES_H

/* For all processes of the group and of those below it, until the group is gone: the nodes of the template of /dev and
 * terminals, and no node is made. Returns 0, or -1 with errno: ENOSYS or EINVAL where the kernel has no such thing. */
int devices_hold(int cgroup);

#endif
