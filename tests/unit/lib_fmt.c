/* SPDX-License-Identifier: MIT
 *
 * lib/fmt.c: what it understands comes out as printf has it, what it does not is copied, and it never writes beyond its
 * room.
 */
#include "support.h"

#include <limits.h>
#include <stdio.h>

#include "fmt.h"

/* Without the attribute, for formats that a compiler would refuse. */
static size_t (*const unchecked)(char *buf, size_t cap, const char *f, ...) = fmt;

#define SAME(...)                                                 \
	do {                                                      \
		char got[256], want[256];                         \
		int n = snprintf(want, sizeof want, __VA_ARGS__); \
		assert_int_equal(fmt(got, sizeof got, __VA_ARGS__), n); \
		assert_string_equal(got, want);                   \
	} while (0)

TEST(numbers_are_as_printf_has_them)
{
	SAME("%d %i %u %x", -1, 7, 7u, 0xabcdefu);
	SAME("%d %d", INT_MIN, INT_MAX);
	SAME("%ld %lu %lx", LONG_MIN, ULONG_MAX, ULONG_MAX);
	SAME("%lld %llu %llx", LLONG_MIN, ULLONG_MAX, ULLONG_MAX);
	SAME("%zu %zx", SIZE_MAX, SIZE_MAX);
	SAME("%u", 0u);
}

TEST(width_and_zeros_are_as_printf_has_them)
{
	SAME("[%5d] [%-5s] [%05d] [%05d] [%3d]", 42, "ab", 42, -42, 12345);
	SAME("%08x %2u", 0xbeefu, 7u);
	SAME("[%*d]", 6, 42);
}

TEST(strings_are_bounded_by_their_precision)
{
	const char open[3] = { 'a', 'b', 'c' }; /* no NUL: must not be read beyond the precision */

	SAME("[%.*s] [%.2s] [%.0s] [%s]", 3, open, "xyz", "xyz", "");
	SAME("[%.*s]", -1, "all of it");
	char buf[16];
	const char *volatile none = NULL;
	unchecked(buf, sizeof buf, "%s", none);
	assert_string_equal(buf, "(null)");
}

TEST(a_negative_width_ends)
{
	SAME("[%*s]", -5, "ab");
}

TEST(the_rest_is_copied)
{
	char buf[32];

	SAME("100%% %c%c", 'o', 'k');
	unchecked(buf, sizeof buf, "%q %");
	assert_string_equal(buf, "%q %");
}

TEST(the_room_is_never_left)
{
	static const char whole[] = "ab -00042 c";

	for (size_t cap = 1; cap <= sizeof whole + 2; cap++) {
		char buf[32];
		memset(buf, '#', sizeof buf);
		size_t n = fmt(buf, cap, "%s %06d %c", "ab", -42, 'c'),
		       want = cap - 1 < sizeof whole - 1 ? cap - 1 : sizeof whole - 1;
		assert_int_equal(n, want);
		assert_memory_equal(buf, whole, n);
		assert_int_equal(buf[n], '\0');
		for (size_t i = n + 1; i < sizeof buf; i++)
			assert_int_equal(buf[i], '#');
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(numbers_are_as_printf_has_them),
		cmocka_unit_test(width_and_zeros_are_as_printf_has_them),
		cmocka_unit_test(strings_are_bounded_by_their_precision),
		cmocka_unit_test(a_negative_width_ends),
		cmocka_unit_test(the_rest_is_copied),
		cmocka_unit_test(the_room_is_never_left),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
