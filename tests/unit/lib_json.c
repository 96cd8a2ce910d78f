/* SPDX-License-Identifier: MIT
 *
 * lib/json.c: what it writes is compared byte for byte, and damaged UTF-8 never reaches the output.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "json.h"

struct sink {
	char text[4096];
	size_t size;
};

static void
sink_write(void *ctx, const char *bytes, size_t size)
{
	struct sink *s = ctx;

	assert_true(s->size + size < sizeof s->text);
	memcpy(s->text + s->size, bytes, size);
	s->size += size;
	s->text[s->size] = '\0';
}

static struct json
begin(struct sink *s)
{
	struct json j;

	memset(s, 0, sizeof *s);
	json_init(&j, sink_write, s);
	return j;
}

static void
assert_string(const char *in, size_t size, const char *expect)
{
	struct sink s;
	struct json j = begin(&s);

	json_string_n(&j, in, size);
	assert_string_equal(s.text, expect);
}

static void
empty_object_and_array(void **state)
{
	struct sink s;
	struct json j = begin(&s);

	(void)state;
	json_object(&j);
	json_object_end(&j);
	json_end(&j);
	assert_string_equal(s.text, "{}\n");
	j = begin(&s);
	json_array(&j);
	json_array_end(&j);
	assert_string_equal(s.text, "[]");
}

static void
nesting_has_commas_and_indentation(void **state)
{
	struct sink s;
	struct json j = begin(&s);

	(void)state;
	json_object(&j);
	json_key(&j, "a");
	json_uint(&j, 1);
	json_key(&j, "list");
	json_array(&j);
	json_int(&j, -2);
	json_object(&j);
	json_object_end(&j);
	json_object(&j);
	json_key(&j, "b");
	json_bool(&j, true);
	json_object_end(&j);
	json_array_end(&j);
	json_key(&j, "none");
	json_null(&j);
	json_key(&j, "no");
	json_bool(&j, false);
	json_object_end(&j);
	json_end(&j);
	assert_string_equal(s.text, "{\n  \"a\": 1,\n  \"list\": [\n    -2,\n    {},\n    {\n      \"b\": true\n    }\n  ],\n"
				    "  \"none\": null,\n  \"no\": false\n}\n");
}

static void
numbers_at_their_ends(void **state)
{
	struct sink s;
	struct json j = begin(&s);

	(void)state;
	json_uint(&j, UINT64_MAX);
	assert_string_equal(s.text, "18446744073709551615");
	j = begin(&s);
	json_int(&j, INT64_MIN);
	assert_string_equal(s.text, "-9223372036854775808");
}

static void
control_characters_are_escaped(void **state)
{
	(void)state;
	assert_string("a\"b\\c", 5, "\"a\\\"b\\\\c\"");
	assert_string("\b\f\n\r\t", 5, "\"\\b\\f\\n\\r\\t\"");
	assert_string("\0\x01\x1f\x7f", 4, "\"\\u0000\\u0001\\u001f\\u007f\"");
	assert_string("", 0, "\"\"");
}

static void
good_utf8_passes(void **state)
{
	static const char *const good[] = { "\xc2\x80", "\xdf\xbf", "\xe0\xa0\x80", "\xed\x9f\xbf", "\xee\x80\x80",
					    "\xef\xbf\xbf", "\xf0\x90\x80\x80", "\xf4\x8f\xbf\xbf" };
	char expect[8];

	(void)state;
	for (size_t i = 0; i < sizeof good / sizeof *good; i++) {
		size_t n = strlen(good[i]);
		expect[0] = '"';
		memcpy(expect + 1, good[i], n);
		memcpy(expect + 1 + n, "\"", 2);
		assert_string(good[i], n, expect);
	}
}

static void
damaged_utf8_is_replaced_byte_by_byte(void **state)
{
	(void)state;
	assert_string("\xff", 1, "\"\\ufffd\"");
	assert_string("a\x80z", 3, "\"a\\ufffdz\"");
	assert_string("\xc0\xaf", 2, "\"\\ufffd\\ufffd\"");                         /* overlong */
	assert_string("\xe0\x80\x80", 3, "\"\\ufffd\\ufffd\\ufffd\"");               /* overlong */
	assert_string("\xed\xa0\x80", 3, "\"\\ufffd\\ufffd\\ufffd\"");               /* surrogate */
	assert_string("\xf4\x90\x80\x80", 4, "\"\\ufffd\\ufffd\\ufffd\\ufffd\"");     /* above U+10FFFF */
	assert_string("\xe2\x82", 2, "\"\\ufffd\\ufffd\"");                         /* cut off at the end */
	assert_string("\xe2\x82" "a", 3, "\"\\ufffd\\ufffda\"");
}

static void
no_byte_makes_bad_output(void **state)
{
	(void)state;
	for (unsigned a = 0; a < 256; a++)
		for (unsigned b = 0; b < 256; b++) {
			char in[2] = { (char)a, (char)b };
			struct sink s;
			struct json j = begin(&s);
			json_string_n(&j, in, 2);
			assert_true(s.size >= 3 && s.text[0] == '"' && s.text[s.size - 1] == '"');
			for (size_t i = 1; i + 1 < s.size; i++)
				assert_true((unsigned char)s.text[i] >= 0x20 && s.text[i] != 0x7f);
		}
}

static void
count_brackets(void *ctx, const char *bytes, size_t size)
{
	int *counts = ctx;

	for (size_t i = 0; i < size; i++) {
		counts[0] += bytes[i] == '[';
		counts[1] += bytes[i] == ',';
		counts[2] += bytes[i] == ']';
	}
}

static void
deepest_nesting(void **state)
{
	int counts[3] = { 0 };
	struct json j;

	(void)state;
	json_init(&j, count_brackets, counts);
	for (int i = 0; i < JSON_DEPTH_MAX; i++) {
		json_array(&j);
		json_null(&j);
	}
	for (int i = 0; i < JSON_DEPTH_MAX; i++)
		json_array_end(&j);
	assert_int_equal(counts[0], JSON_DEPTH_MAX);
	assert_int_equal(counts[1], JSON_DEPTH_MAX - 1);
	assert_int_equal(counts[2], JSON_DEPTH_MAX);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(empty_object_and_array),
		cmocka_unit_test(nesting_has_commas_and_indentation),
		cmocka_unit_test(numbers_at_their_ends),
		cmocka_unit_test(control_characters_are_escaped),
		cmocka_unit_test(good_utf8_passes),
		cmocka_unit_test(damaged_utf8_is_replaced_byte_by_byte),
		cmocka_unit_test(no_byte_makes_bad_output),
		cmocka_unit_test(deepest_nesting),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
