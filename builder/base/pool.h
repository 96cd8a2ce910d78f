/* SPDX-License-Identifier: MIT
 *
 * Work on all processors whose results come back in the order in which it was given, so that what is written from them
 * is the same however many processors there are.
 */
#ifndef INGOT_POOL_H
#define INGOT_POOL_H

#include <stdbool.h>
#include <stddef.h>

#include "err.h"

struct pool;

/* The processors that this process may use: at least 1, at most 64. */
unsigned pool_processors(void);

/* One thread for each processor; `run` is called in them with arg, one of the jobs, and the thread's number from 0 on
 * (below pool_processors()). At most `window` jobs are held at a time, which bounds the memory. NULL with *e set where
 * no thread can be made. */
struct pool *pool_new(void (*run)(void *arg, void *job, unsigned thread), void *arg, size_t window, struct err *e);

/* Whether the window is full: pool_take comes before the next pool_put. */
bool pool_full(const struct pool *p);
/* The job is the caller's own, and must live until pool_take has given it back. */
void pool_put(struct pool *p, void *job);
/* The oldest job, once it is done; NULL where none is held. */
void *pool_take(struct pool *p);
/* The same; tick is called about ten times a second while it waits. */
void *pool_take_watched(struct pool *p, void (*tick)(void *arg), void *arg);

/* Waits for what runs; jobs not taken are the caller's to free, all are run or will not be. NULL is fine. */
void pool_free(struct pool *p);

#endif
