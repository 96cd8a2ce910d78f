/* SPDX-License-Identifier: MIT
 *
 * What a boot puts off until the services have been launched, and what it does faster until then. Links are put off
 * where the table has nothing that could notice; ingot-log (logger.h), the host's ways to PID 1 (control_port.h,
 * control_vsock.h), the controller that no start wants (cgroup.h) and the descriptors of network namespaces (kept.h)
 * always are.
 *
 * The kernel's modules that PID 1 alone uses are loaded by a child: their signatures take the kernel longer than some
 * services' starts. No other module comes after them. And until then whoever waits for a grace period of RCU, as many a
 * mount and each end of a namespace does, has it at once: a boot is alone with the processors, and waits for nothing
 * else. Afterwards that would cost running services more than it gives.
 */
#ifndef INGOT_LATE_H
#define INGOT_LATE_H

#include "init.h"

/* Wants /sys mounted and the table open. */
void late_begin(struct init *in);

/* Brings the links up where the table, which may be another one by now, has something that could notice. */
void late_links(struct init *in);

/* Begins ingot-log and hears hosts, where that has not been: for who cannot wait until it is time. */
void late_open(struct init *in);

/* Looks whether it is time now, and when it will be at the latest. */
void late_settle(struct init *in);
uint64_t late_due(const struct init *in);

/* A child has ended: perhaps the one that loads. */
void late_reaped(struct init *in, pid_t pid);

#endif
