/* SPDX-License-Identifier: MIT
 *
 * What the thread pointer of PID 1, and of each child in its memory, leads to.
 */
#ifndef INGOT_LIBC_THREAD_H
#define INGOT_LIBC_THREAD_H

#include <stddef.h>
#include <sys/types.h>

struct clone_args;

/* calls.c knows the places. */
struct thread {
	struct thread *self;
	int code; /* errno */
};

/* clone3 with a stack: 0 does not return, but runs `run` there, which must not return either. -1 with errno. */
pid_t thread_clone(const struct clone_args *args, size_t size, void (*run)(void *arg), void *arg);

#endif
