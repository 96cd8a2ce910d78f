/* SPDX-License-Identifier: MIT
 *
 * What the parts of the tracer share.
 */
#ifndef INGOT_PROBE_TRACE_H
#define INGOT_PROBE_TRACE_H

#include <sys/types.h>

#include <linux/ptrace.h>

#include "probe.h"

#define TRACE_PATH_MAX 180 /* of a path that is told */

/* A thread of the service, in a system call or not. */
struct traced {
	pid_t tid;
	bool inside;
	unsigned long nr;
	unsigned long long args[6];
	char path[TRACE_PATH_MAX + 1]; /* absolute; "" where the call has none, or it is too long */
};

/* trace_tell.c: a line for the machine's side, each once. Where its memory cannot be had, the program ends. */
void tell_init(void);
void tell(const char *f, ...) __attribute__((format(printf, 1, 2)));
/* Waits until all is taken, or for some seconds. */
void tell_finish(void);

/* trace_calls.c: what a call means. */
void call_enter(struct traced *t, const struct ptrace_syscall_info *i);
void call_leave(struct traced *t, long long result, bool failed);
/* A program was executed: what it is made of. */
void call_executed(pid_t tid);

#endif
