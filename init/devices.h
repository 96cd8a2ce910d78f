/* SPDX-License-Identifier: MIT
 *
 * Which devices services may open, whatever their /dev holds.
 */
#ifndef INGOT_DEVICES_H
#define INGOT_DEVICES_H

#include <stdbool.h>
#include <stddef.h>
#include <sys/types.h>

/* For all processes of the group and of those below it that have no rules of their own, until the group is gone: the
 * nodes of the template of /dev, terminals, and the n character devices of these numbers, TBL_DEVICES_MAX at most; no
 * node is made. Without any it is for the group of all services, where programs of the machine are too. Returns 0, or
 * -1 with errno: ENOSYS or EINVAL where the kernel has no such thing. */
int devices_hold(int cgroup, const dev_t *numbers, size_t n);

/* Whether the group has rules. */
bool devices_held(int cgroup);

#endif
