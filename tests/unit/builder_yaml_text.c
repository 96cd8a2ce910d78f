/* SPDX-License-Identifier: MIT
 *
 * builder/yaml_text.c: whatever a text holds, YAML reads it back as it was; and what is simple stays plain.
 */
#include "support_builder.h"

#include "effective.h"

static void
comes_back(const char *text, bool quoted)
{
	struct arena *a = arena_new();
	struct parsed p;

	parse(&p, arena_printf(a, "k: %s  # comment\n", yaml_scalar(a, text, quoted)));
	assert_string_equal(p.said, "");
	const struct node *n = node_get(p.root, "k");
	assert_non_null(n);
	assert_string_equal(n->text, text);
	parsed_release(&p);
	arena_free(a);
}

TEST(texts_come_back_as_they_were)
{
	static const char *const texts[] = {
		"", "a", "64M", "/usr/bin/x", "/", "//", "true", "~", "null", "a: b", "a #b", "- a", "-", "?", "[a]", "{a}",
		"*a", "&a", "!a", "|", ">", "%a", "@a", "`a`", "'", "\"", "\\", "a\"b\\c", "a\nb", "a\n", " a", "a ", "a\tb", "\t",
		"\x01\x1f\x7f", "\xc3\xa9", "\xe2\x82\xac", "\xf0\x9f\x98\x80", "\xc2\x85", "\xe2\x80\xa8", "\xe2\x80\xa9",
		"\xef\xbb\xbf", "50%", "0644", "10.0.2.15", "a=b", "#", "a:", ":a", "a,b", "a]", "daemon off;", "...", "---",
	};

	for (size_t i = 0; i < COUNT(texts); i++) {
		comes_back(texts[i], false);
		comes_back(texts[i], true);
	}
}

TEST(simple_texts_stay_plain)
{
	static const char *const texts[] = { "a", "64M", "/usr/bin/x", "/", "50%", "0644", "10.0.2.15",
					     "console=ttyS0", "a_b-c+d@e" };
	struct arena *a = arena_new();

	for (size_t i = 0; i < COUNT(texts); i++)
		assert_string_equal(yaml_scalar(a, texts[i], false), texts[i]);
	assert_string_equal(yaml_scalar(a, "true", true), "\"true\"");
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(texts_come_back_as_they_were),
		cmocka_unit_test(simple_texts_stay_plain),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
