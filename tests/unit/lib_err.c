/* SPDX-License-Identifier: MIT
 *
 * lib/err.c: one line, set once, wrapped on the way up, cut and never overrun.
 */
#include "support.h"

#include <errno.h>

#include "err.h"

TEST(set_gives_minus_one_and_the_text)
{
	struct err e;

	assert_int_equal(err_set(&e, 0, "no %s on line %d", "kernel", 7), -1);
	assert_int_equal(e.code, 0);
	assert_string_equal(e.msg, "no kernel on line 7");
}

TEST(a_code_brings_its_text)
{
	struct err e;

	err_set(&e, ENOSPC, "cannot write %s", "/state");
	assert_int_equal(e.code, ENOSPC);
	assert_string_equal(e.msg, "cannot write /state: No space left on device");
	assert_string_equal(err_text(ENOENT), "No such file or directory");
}

TEST(wrapping_puts_the_context_before)
{
	struct err e;

	err_set(&e, ENOENT, "mount /var");
	assert_int_equal(err_wrap(&e, "step %u", 3u), -1);
	assert_int_equal(err_wrap(&e, "service %s", "web"), -1);
	assert_string_equal(e.msg, "service web: step 3: mount /var: No such file or directory");
	assert_int_equal(e.code, ENOENT);
}

TEST(what_is_too_long_is_cut)
{
	char longer[2 * ERR_MSG_MAX];
	struct {
		struct err e;
		char behind[8];
	} x;

	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	memset(x.behind, '#', sizeof x.behind);
	err_set(&x.e, EIO, "%s", longer);
	assert_int_equal(strlen(x.e.msg), ERR_MSG_MAX - 1);
	for (int i = 0; i < 3; i++)
		err_wrap(&x.e, "%s", i ? longer : "context");
	assert_int_equal(strlen(x.e.msg), ERR_MSG_MAX - 1);
	assert_int_equal(x.e.code, EIO);
	assert_memory_equal(x.behind, "########", sizeof x.behind);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(set_gives_minus_one_and_the_text),
		cmocka_unit_test(a_code_brings_its_text),
		cmocka_unit_test(wrapping_puts_the_context_before),
		cmocka_unit_test(what_is_too_long_is_cut),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
