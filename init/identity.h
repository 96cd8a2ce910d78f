/* SPDX-License-Identifier: MIT
 *
 * Who a service's process is and what it may no longer do.
 * The launcher and `ingotctl exec` share this, so that what enters a service later is held as the service is.
 */
#ifndef INGOT_IDENTITY_H
#define INGOT_IDENTITY_H

#include <stdint.h>
#include <sys/resource.h>
#include <sys/types.h>

#include <linux/filter.h>

#include "table.h"

/* Each signal's disposition is the default. An exec sees to that but for what is ignored, which it hands on: PID 1
 * calls this once and ignores none, so that a start need not; ingotctl does not know what its shell has ignored. */
void identity_signals(void);

/* Limits of resources that differ from the default posture's; those that are not set are filled in. */
struct limits {
	struct rlimit at[TBL_RLIMIT_KINDS]; /* by RLIMIT_* */
	uint32_t set;                       /* bit N: at[N] holds */
};
void identity_limit(struct limits *l, uint32_t resource, uint64_t soft, uint64_t hard);

/* With a session keyring of its own, umask 077, an ordinary policy and nice 0; its session and its signals stay as they
 * are. Then, unless uid is 0, which a program of the machine has: the resource limits, every processor, the user
 * namespace `user` unless that is -1, the ids without extra groups, locked securebits, all five capability sets hold
 * caps (bit N: capability N) and nothing else, no_new_privs. Undumpable from here until exec. Returns 0, or -1 with
 * errno and *step, an enum launch_step; the process must not go on then. */
int identity_become(uid_t uid, gid_t gid, uint64_t caps, int user, struct limits *l, uint32_t *step);

/* One of ordinary programs, such as SCHED_OTHER, with nice 0: for the process and its children, as what the kernel
 * takes away from those by SCHED_RESET_ON_FORK is what is privileged alone. Returns 0, or -1 with errno. */
int identity_policy(uint32_t policy);

/* From here on nothing that the process has written can become executable, for it and all that it executes; of a launch
 * the stub does that, as it is of the memory. Returns 0, or -1 with errno; 0 too where the kernel does not have it, as
 * those before 6.3. */
int identity_memory(void);

/* Puts the process under a filter of n instructions, for good; n of 0: under none. Wants no_new_privs. Returns 0, or -1
 * with errno. */
int identity_filter(const struct sock_filter *code, uint32_t n);

#endif
