/* SPDX-License-Identifier: MIT
 *
 * builder/deb_control.c: fields of a control file, and names in lists of packages.
 */
#include "support.h"

#include "deb_control.h"

static void
has_field(const char *control, const char *name, const char *value)
{
	struct arena *a = arena_new();

	assert_string_equal(deb_control_field(a, control, name), value);
	arena_free(a);
}

TEST(fields_are_found_by_name)
{
	has_field("Package: a\nVersion: 1\n", "Package", "a");
	has_field("Package: a\nVersion: 1\n", "version", "1");
	has_field("Package: a\nVersion:1", "Version", "1");
	has_field("Package: a\nVersion: 1\n", "Vers", "");
	has_field("X-Package: a\nPackage: b\n", "Package", "b");
	has_field("Depends: a,\n b,\n\tc\nNext: x\n", "Depends", "a,  b,  c");
	has_field("Description: x\n Depends: inside\n", "Depends", "");
	has_field("A: 1\n\nB: 2\n", "B", "");
	has_field("A:  1  \n", "A", "1");
	has_field("A: x\x1b[31m\n", "A", "x [31m");
	has_field("", "A", "");
	has_field("A:", "A", "");
}

TEST(names_in_lists_are_whole_names)
{
	assert_true(deb_control_names("a", "a"));
	assert_true(deb_control_names("b, a (>= 1), c", "a"));
	assert_true(deb_control_names("b|a", "a"));
	assert_true(deb_control_names("b (<< 2) | a:any", "a"));
	assert_true(deb_control_names("a[amd64], b", "b"));
	assert_false(deb_control_names("aa, ba, a-b, b (= a)", "a"));
	assert_false(deb_control_names("", "a"));
	assert_false(deb_control_names(", ,|", "a"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(fields_are_found_by_name),
		cmocka_unit_test(names_in_lists_are_whole_names),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
