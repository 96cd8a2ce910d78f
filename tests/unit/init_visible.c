/* SPDX-License-Identifier: MIT
 *
 * What a terminal gets of a service's output: no control character, in one byte or in two, also where it is cut between
 * two packets; all other text as it is.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "visible.h"

static void
shows(const char *text, const char *wanted)
{
	unsigned char before = 0;
	char shown[128];
	size_t n = 0;

	for (; *text; text++)
		n += visible(&before, (unsigned char)*text, shown + n);
	shown[n] = '\0';
	assert_string_equal(shown, wanted);
}

static void
test_text_stays(void **state)
{
	(void)state;
	shows("a line\n\tand another\n", "a line\n\tand another\n");
	shows("gr\xc3\xbc\xc3\x9f" "e \xe2\x82\xac \xf0\x9f\x98\x80", "gr\xc3\xbc\xc3\x9f" "e \xe2\x82\xac \xf0\x9f\x98\x80");
}

static void
test_control_characters_are_shown(void **state)
{
	(void)state;
	shows("\x1b[2J\r\x7f\x01", "^[[2J^M^?^A");
}

static void
test_upper_control_characters_are_masked(void **state)
{
	(void)state;
	shows("\xc2\x9b" "31m", "\xc2?31m");
	shows("\x9b" "31m", "?31m");
	shows("\xc3\xbc\n\x9b", "\xc3\xbc\n?");
}

static void
test_no_byte_is_lost_and_none_is_obeyed(void **state)
{
	(void)state;
	for (unsigned c = 0; c < 256; c++) {
		unsigned char before = 0;
		char out[2];
		size_t n = visible(&before, (unsigned char)c, out);
		assert_true(n == 1 || n == 2);
		assert_int_equal(before, c);
		for (size_t i = 0; i < n; i++)
			assert_true(((unsigned char)out[i] & 0x7f) >= 0x20 || out[i] == '\n' || out[i] == '\t');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_text_stays),
		cmocka_unit_test(test_control_characters_are_shown),
		cmocka_unit_test(test_upper_control_characters_are_masked),
		cmocka_unit_test(test_no_byte_is_lost_and_none_is_obeyed),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
