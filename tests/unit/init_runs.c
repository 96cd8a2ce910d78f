/* SPDX-License-Identifier: MIT
 *
 * Records of runs: what is sealed is taken, what is damaged is not, and no job pushes out another's.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "runs.h"
#include "svc.h"

static struct run_ring ring;

static struct run_record
make(const char *name, uint64_t seq)
{
	struct run_record r = { .seq = seq, .boot = 1, .start_ms = seq * 1000, .run = (uint32_t)seq, .end = CTL_END_EXIT };

	strcpy(r.name, name);
	run_seal(&r);
	return r;
}

static void
put(const char *name, uint64_t seq, uint32_t share)
{
	struct run_record r = make(name, seq);

	runs_put(&ring, &r, share);
}

static uint32_t
count(const char *name)
{
	uint32_t n = 0;

	for (const struct run_record *r = NULL; (r = runs_next(&ring, name, r ? r->seq : 0)); n++)
		;
	return n;
}

static int
empty(void **unused)
{
	(void)unused;
	memset(&ring, 0, sizeof ring);
	return 0;
}

static void
test_a_sealed_record_is_right_and_each_changed_bit_is_seen(void **unused)
{
	struct run_record r = make("nightly", 7), bad;
	(void)unused;

	assert_true(run_ok(&r));
	for (size_t bit = 0; bit < 8 * offsetof(struct run_record, pad); bit++) {
		bad = r;
		((uint8_t *)&bad)[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_false(run_ok(&bad));
	}
}

static void
test_a_sealed_record_out_of_range_is_refused(void **unused)
{
	(void)unused;
	for (int what = 0; what < 7; what++) {
		struct run_record r = make("nightly", 7);
		switch (what) {
		case 0: r.what = RUN_WHATS; break;
		case 1: r.end = CTL_ENDS; break;
		case 2: r.reason = SVC_REASONS; break;
		case 3: r.what = RUN_SKIPPED, r.reason = RUN_SKIPS; break;
		case 4: r.name[0] = '\0'; break;
		case 5: memset(r.name, 'a', sizeof r.name); break;
		default: r.seq = 0;
		}
		run_seal(&r);
		assert_false(run_ok(&r));
	}
}

static void
test_records_come_in_the_order_of_their_numbers(void **unused)
{
	(void)unused;
	put("b", 5, 8);
	put("a", 9, 8);
	put("b", 2, 8);
	assert_int_equal(runs_next(&ring, "", 0)->seq, 2);
	assert_int_equal(runs_next(&ring, "", 2)->seq, 5);
	assert_int_equal(runs_next(&ring, "a", 2)->seq, 9);
	assert_null(runs_next(&ring, "b", 5));
	assert_int_equal(runs_newest(&ring, "b")->seq, 5);
	assert_null(runs_newest(&ring, "c"));
}

static void
test_a_job_that_runs_often_pushes_out_its_own_runs_alone(void **unused)
{
	(void)unused;
	put("nightly", 1, CFG_RUNS_KEPT / 2);
	for (uint64_t seq = 2; seq < 10 * CFG_RUNS_KEPT; seq++)
		put("often", seq, CFG_RUNS_KEPT / 2);
	assert_int_equal(count("nightly"), 1);
	assert_int_equal(count("often"), CFG_RUNS_KEPT / 2);
	assert_int_equal(runs_newest(&ring, "often")->seq, 10 * CFG_RUNS_KEPT - 1);
	assert_int_equal(runs_next(&ring, "often", 0)->seq, 10 * CFG_RUNS_KEPT - CFG_RUNS_KEPT / 2);
}

/* init case 61: as many jobs as have no place each, all of which end in one second. */
static void
test_more_jobs_than_places_keep_the_newest(void **unused)
{
	char name[TBL_NAME_MAX + 1] = "job-0000";
	(void)unused;

	for (uint64_t seq = 1; seq <= 1000; seq++) {
		for (uint64_t k = 7, n = seq; k > 3; k--, n /= 10)
			name[k] = (char)('0' + n % 10);
		put(name, seq, 1);
	}
	assert_int_equal(count(""), CFG_RUNS_KEPT);
	assert_int_equal(runs_next(&ring, "", 0)->seq, 1000 - CFG_RUNS_KEPT + 1);
}

static void
test_the_same_run_has_one_place(void **unused)
{
	struct run_record r = make("often", 3);
	(void)unused;

	runs_put(&ring, &r, 8);
	r.seq = 4; /* skipped once more, or written twice */
	run_seal(&r);
	runs_put(&ring, &r, 8);
	assert_int_equal(count("often"), 1);
	assert_int_equal(runs_newest(&ring, "often")->seq, 4);
}

static void
test_a_job_was_seen_at_its_latest_start_or_due_time(void **unused)
{
	struct run_record r = make("nightly", 3);
	(void)unused;

	assert_int_equal(runs_seen_s(&ring, "nightly"), 0);
	runs_put(&ring, &r, 8); /* without a clock */
	assert_int_equal(runs_seen_s(&ring, "nightly"), 0);
	r = make("nightly", 4);
	r.start_wall_ms = 1767225600999;
	r.due_s = 1767225601; /* it woke a moment early */
	runs_put(&ring, &r, 8);
	assert_int_equal(runs_seen_s(&ring, "nightly"), 1767225601);
	r = make("nightly", 5);
	r.start_wall_ms = 1767225700000;
	runs_put(&ring, &r, 8);
	assert_int_equal(runs_seen_s(&ring, "nightly"), 1767225700);
}

/* init case 60: a power cut leaves half a record, a bad block damages some. */
static void
test_what_is_damaged_costs_itself_alone(void **unused)
{
	struct run_record file[5];
	(void)unused;

	for (uint32_t i = 0; i < 5; i++)
		file[i] = make("nightly", i + 1);
	file[1].cpu_us ^= 1;
	memset(&file[3], 0, sizeof file[3]);
	assert_int_equal(runs_take(&ring, file, sizeof file - 60, 8), 2);
	assert_int_equal(count("nightly"), 2);
	assert_int_equal(runs_newest(&ring, "nightly")->seq, 3);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup(test_a_sealed_record_is_right_and_each_changed_bit_is_seen, empty),
		cmocka_unit_test_setup(test_a_sealed_record_out_of_range_is_refused, empty),
		cmocka_unit_test_setup(test_records_come_in_the_order_of_their_numbers, empty),
		cmocka_unit_test_setup(test_a_job_that_runs_often_pushes_out_its_own_runs_alone, empty),
		cmocka_unit_test_setup(test_more_jobs_than_places_keep_the_newest, empty),
		cmocka_unit_test_setup(test_the_same_run_has_one_place, empty),
		cmocka_unit_test_setup(test_a_job_was_seen_at_its_latest_start_or_due_time, empty),
		cmocka_unit_test_setup(test_what_is_damaged_costs_itself_alone, empty),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
