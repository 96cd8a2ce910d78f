/* SPDX-License-Identifier: MIT
 *
 * A ring of jobs: put at one end, run by whichever thread is free, taken at the other end. Only the thread that made
 * the pool puts and takes.
 */
#include "pool.h"

#include <pthread.h>
#include <sched.h>
#include <stdlib.h>
#include <time.h>

#include "mem.h"

#define PROCESSORS_MAX 64
#define TICK_NS        100000000

struct slot {
	void *job;
	bool done;
};

struct pool {
	void (*run)(void *arg, void *job, unsigned thread);
	void *arg;
	struct slot *ring;
	size_t window;
	size_t first, next, last; /* counted from the beginning: to take, to run, to put */
	bool ending;
	pthread_mutex_t lock;
	pthread_cond_t work, done;
	struct worker {
		struct pool *pool;
		unsigned number;
		pthread_t thread;
	} workers[PROCESSORS_MAX];
	unsigned n_workers;
};

unsigned
pool_processors(void)
{
	cpu_set_t set;
	int n = sched_getaffinity(0, sizeof set, &set) == 0 ? CPU_COUNT(&set) : 1;

	return n < 1 ? 1 : n > PROCESSORS_MAX ? PROCESSORS_MAX : (unsigned)n;
}

static void *
work(void *arg)
{
	struct worker *w = arg;
	struct pool *p = w->pool;

	pthread_mutex_lock(&p->lock);
	for (;;) {
		while (p->next == p->last && !p->ending)
			pthread_cond_wait(&p->work, &p->lock);
		if (p->ending)
			break;
		struct slot *s = &p->ring[p->next++ % p->window];
		pthread_mutex_unlock(&p->lock);
		p->run(p->arg, s->job, w->number);
		pthread_mutex_lock(&p->lock);
		s->done = true;
		pthread_cond_signal(&p->done);
	}
	pthread_mutex_unlock(&p->lock);
	return NULL;
}

struct pool *
pool_new(void (*run)(void *arg, void *job, unsigned thread), void *arg, size_t window, struct err *e)
{
	pthread_condattr_t monotonic;
	struct pool *p = xcalloc(1, sizeof *p);
	unsigned n = pool_processors();

	p->run = run;
	p->arg = arg;
	p->window = window ? window : 1;
	p->ring = xcalloc(p->window, sizeof *p->ring);
	pthread_mutex_init(&p->lock, NULL);
	pthread_cond_init(&p->work, NULL);
	pthread_condattr_init(&monotonic);
	pthread_condattr_setclock(&monotonic, CLOCK_MONOTONIC);
	pthread_cond_init(&p->done, &monotonic);
	pthread_condattr_destroy(&monotonic);
	while (p->n_workers < n) {
		struct worker *w = &p->workers[p->n_workers];
		*w = (struct worker){ .pool = p, .number = p->n_workers };
		int code = pthread_create(&w->thread, NULL, work, w);
		if (code && !p->n_workers) {
			err_set(e, code, "cannot make a thread");
			pool_free(p);
			return NULL;
		}
		if (code)
			break; /* fewer are slower, and no more than that */
		p->n_workers++;
	}
	return p;
}

bool
pool_full(const struct pool *p)
{
	return p->last - p->first == p->window;
}

void
pool_put(struct pool *p, void *job)
{
	pthread_mutex_lock(&p->lock);
	p->ring[p->last++ % p->window] = (struct slot){ job, false };
	pthread_cond_signal(&p->work);
	pthread_mutex_unlock(&p->lock);
}

void *
pool_take(struct pool *p)
{
	return pool_take_watched(p, NULL, NULL);
}

/* Waits for one of the jobs to be done, or for the next tick. */
static void
wait_done(struct pool *p, bool ticks)
{
	struct timespec until;

	if (!ticks) {
		pthread_cond_wait(&p->done, &p->lock);
		return;
	}
	clock_gettime(CLOCK_MONOTONIC, &until);
	until.tv_nsec += TICK_NS;
	if (until.tv_nsec >= 1000000000) {
		until.tv_nsec -= 1000000000;
		until.tv_sec++;
	}
	pthread_cond_timedwait(&p->done, &p->lock, &until);
}

void *
pool_take_watched(struct pool *p, void (*tick)(void *arg), void *arg)
{
	if (p->first == p->last)
		return NULL;
	struct slot *s = &p->ring[p->first++ % p->window];
	pthread_mutex_lock(&p->lock);
	while (!s->done) {
		wait_done(p, tick != NULL);
		if (tick) {
			pthread_mutex_unlock(&p->lock);
			tick(arg);
			pthread_mutex_lock(&p->lock);
		}
	}
	pthread_mutex_unlock(&p->lock);
	return s->job;
}

void
pool_free(struct pool *p)
{
	if (!p)
		return;
	pthread_mutex_lock(&p->lock);
	p->ending = true;
	pthread_cond_broadcast(&p->work);
	pthread_mutex_unlock(&p->lock);
	for (unsigned i = 0; i < p->n_workers; i++)
		pthread_join(p->workers[i].thread, NULL);
	pthread_cond_destroy(&p->work);
	pthread_cond_destroy(&p->done);
	pthread_mutex_destroy(&p->lock);
	free(p->ring);
	free(p);
}
