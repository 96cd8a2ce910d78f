/* SPDX-License-Identifier: MIT
 *
 * init/marks.h: what was put in is met once, upwards and downwards, at the edges of words too.
 */
#include "support.h"

#include "marks.h"

static const uint32_t members[] = { 0, 1, 62, 63, 64, 65, 127, 128, 1023 };

/* Those that a set has room for, however few services this build takes. */
static size_t
count(void)
{
	size_t n = 0;

	while (n < sizeof members / sizeof *members && members[n] < MARKS_WORDS * 64)
		n++;
	return n;
}

static struct marks
some(void)
{
	struct marks m = { 0 };

	for (size_t k = 0; k < count(); k++)
		marks_set(&m, members[k], true);
	return m;
}

TEST(members_are_met_in_order)
{
	struct marks m = some();
	size_t k = 0;

	for (uint32_t i = 0; (i = marks_from(&m, i)) != MARKS_NONE; i++)
		assert_int_equal(i, members[k++]);
	assert_int_equal(k, count());
	for (uint32_t i = MARKS_WORDS * 64; (i = marks_below(&m, i)) != MARKS_NONE;)
		assert_int_equal(i, members[--k]);
	assert_int_equal(k, 0);
}

TEST(a_member_leaves_alone)
{
	struct marks m = some();

	marks_set(&m, 63, false);
	assert_false(marks_has(&m, 63));
	assert_true(marks_has(&m, 62));
	assert_int_equal(marks_from(&m, 63), MARKS_WORDS > 1 ? 64 : MARKS_NONE);
	assert_int_equal(marks_below(&m, 64), 62);
}

TEST(an_empty_set_has_no_first_and_no_last)
{
	struct marks m = { 0 };

	for (uint32_t i = 0; i <= CFG_MAX_SERVICES; i++) {
		assert_int_equal(marks_from(&m, i), MARKS_NONE);
		assert_int_equal(marks_below(&m, i), MARKS_NONE);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(members_are_met_in_order),
		cmocka_unit_test(a_member_leaves_alone),
		cmocka_unit_test(an_empty_set_has_no_first_and_no_last),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
