/* SPDX-License-Identifier: MIT
 *
 * Children of PID 1 that run in its own memory, each on a stack of its own, until they execute or end: to copy the
 * memory, and to part the copies afterwards, is the dearest of what PID 1 does for a start. Several may run beside
 * PID 1, so such a child may write to its stack and its argument alone, and reads nothing that PID 1 changes meanwhile;
 * errno is its own. Once all stacks are taken, a child gets a copy of the memory: whoever starts one sees no
 * difference.
 */
#ifndef INGOT_CHILD_H
#define INGOT_CHILD_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/sched.h>

#define CHILD_ARG_MAX 512

/* Makes the stacks, once. Without it, or without memory for them, each child gets a copy. */
void child_init(void);

struct child {
	void (*run)(void *arg); /* does not return */
	const void *arg;        /* the child gets its own copy, of CHILD_ARG_MAX bytes at most */
	size_t size;
	const void *reads;      /* what child_reads() is asked about, or NULL */
};

/* clone3 with args, in which the memory, the stack and the thread pointer are filled in. The child has all signals
 * blocked: a stop request that comes at once is not lost, and a fault in it is not taken for one of PID 1. Returns the
 * pid, or -1 with errno. */
pid_t child_start(struct clone_args *args, const struct child *c);

/* For a child that has PID 1's descriptors (CLONE_FILES), as a copy of them all takes long: the number that whatever is
 * opened next gets; any: one that is open. */
int child_next_fd(int any);

/* Waits for the end of one that was started without a signal for it. fd: the one that it may have opened among PID 1's,
 * which is closed if it was killed. Returns how it ended, as waitpid has it, or -1. */
int child_wait(pid_t pid, int fd);

/* Whether a child that was started with that may still look at it. It changes without a word, but a child that executes
 * or ends closes its descriptors afterwards. */
bool child_reads(const void *reads);

/* Whether a child more would get a stack, and find a processor that has nothing else to do. True where there are no
 * stacks at all. */
bool child_room(void);

/* Gives back the memory of the stacks that are free, but for the first one's. */
void child_rest(void);

#endif
