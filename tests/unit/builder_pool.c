/* SPDX-License-Identifier: MIT
 *
 * builder/pool.c: every job runs once, results come back in order, the window bounds what is held, and a pool may be
 * freed with jobs in it.
 */
#include "support_builder.h"

#include <assert.h>
#include <sched.h>

#include "pool.h"

struct job {
	unsigned number, result, runs;
};

static void
run(void *arg, void *job, unsigned thread)
{
	struct job *j = job;
	volatile unsigned sum = 0;

	assert(thread < pool_processors());
	assert(arg == NULL);
	for (unsigned i = 0; i < (j->number % 7) * 1000; i++) /* unequal, so that they end out of order */
		sum += i;
	j->result = j->number * 2;
	j->runs++;
}

TEST(results_come_in_the_order_of_the_jobs)
{
	static struct job jobs[2000];
	struct err e;
	struct pool *p = pool_new(run, NULL, 5, &e);
	unsigned put = 0, taken = 0;

	assert_non_null(p);
	while (taken < COUNT(jobs)) {
		while (put < COUNT(jobs) && !pool_full(p)) {
			jobs[put].number = put;
			pool_put(p, &jobs[put++]);
		}
		assert_true(put - taken <= 5);
		struct job *j = pool_take(p);
		assert_ptr_equal(j, &jobs[taken]);
		assert_int_equal(j->result, 2 * taken);
		assert_int_equal(j->runs, 1);
		taken++;
	}
	assert_null(pool_take(p));
	pool_free(p);
}

static void
count_tick(void *arg)
{
	unsigned *n = arg;

	++*n;
}

static void
run_slowly(void *arg, void *job, unsigned thread)
{
	unsigned *ticks = arg;

	(void)job;
	(void)thread;
	while (*(volatile unsigned *)ticks < 2)
		sched_yield();
}

TEST(whoever_waits_is_told_that_time_goes_on)
{
	struct err e;
	unsigned ticks = 0;
	struct pool *p = pool_new(run_slowly, &ticks, 1, &e);

	pool_put(p, &ticks);
	assert_ptr_equal(pool_take_watched(p, count_tick, &ticks), &ticks);
	assert_true(ticks >= 2);
	assert_null(pool_take_watched(p, count_tick, &ticks));
	pool_free(p);
}

TEST(a_pool_may_be_freed_with_jobs_in_it)
{
	struct job jobs[8] = { { .number = 0 } };
	struct err e;

	for (unsigned round = 0; round < 50; round++) {
		struct pool *p = pool_new(run, NULL, COUNT(jobs), &e);
		assert_non_null(p);
		for (unsigned i = 0; i < COUNT(jobs); i++)
			pool_put(p, &jobs[i]);
		assert_true(pool_full(p));
		pool_free(p);
	}
	pool_free(NULL);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(results_come_in_the_order_of_the_jobs),
		cmocka_unit_test(whoever_waits_is_told_that_time_goes_on),
		cmocka_unit_test(a_pool_may_be_freed_with_jobs_in_it),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
