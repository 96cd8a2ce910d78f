/* SPDX-License-Identifier: MIT
 *
 * What the kernel says of a service's process, as the facts that a score is made of. Nothing is printed here.
 */
#ifndef INGOT_CTL_SCORE_H
#define INGOT_CTL_SCORE_H

#include <sys/types.h>

#include "err.h"
#include "score.h"

/* The service's program: the stub's child, or the process itself where it has no stub. 0: it has just ended. */
pid_t score_program(int cgroup, pid_t first);

/* cgroup is the service's folder; the n instructions are the filter that PID 1 says it has, which counts only where the
 * process is under one. Of the keyring the kernel tells nobody: it counts as its own, as each launch makes one. Of
 * Landlock, and of memory that cannot become executable, it tells nobody either: they count where PID 1 says so by
 * `flags` (TBL_SVC_) and this kernel has them. */
int score_live(pid_t pid, int cgroup, uint32_t flags, const struct sock_filter *filter, size_t n,
	       struct score_facts *out, struct err *e);

#endif
