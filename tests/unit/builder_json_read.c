/* SPDX-License-Identifier: MIT
 *
 * builder/json_read.c: what is read of JSON by others, and what is said of what is wrong.
 */
#include <stdio.h>
#include <stdlib.h>

#include "json_read.h"
#include "support.h"

static void
refused(const char *text, const char *why)
{
	struct err e = { .msg = "" };

	assert_null(json_read(text, strlen(text), &e));
	assert_has(e.msg, why);
	assert_null(strchr(e.msg, '\n'));
}

TEST(what_is_no_json_is_refused)
{
	char deep[2 * JSON_READ_DEPTH + 4];

	refused("", "not valid JSON: line 1");
	refused("{", "not valid JSON: line 1");
	refused("{} x", "not valid JSON");
	refused("{\"a\": 1,\n \"a\": 2}", "not valid JSON: line 2");
	refused("{\"a\": \"\xff\"}", "not valid JSON");
	refused("{\"a\": \"\\u0000\"}", "not valid JSON");
	memset(deep, '[', sizeof deep);
	deep[JSON_READ_DEPTH + 1] = '\0';
	refused(deep, "nested more than 64 deep");
}

TEST(brackets_in_texts_do_not_nest)
{
	char text[400] = "[\"\\\"";
	struct err e;

	for (int i = 0; i < 100; i++)
		strcat(text, "[{");
	strcat(text, "\\\\\", 1]");
	struct json_t *j = json_read(text, strlen(text), &e);
	assert_non_null(j);
	assert_int_equal(json_count(j), 2);
	json_read_free(j);
}

TEST(too_large_is_refused)
{
	char *text = malloc(JSON_READ_MAX + 1);
	struct err e = { .msg = "" };

	memset(text, ' ', JSON_READ_MAX + 1);
	assert_null(json_read(text, JSON_READ_MAX + 1, &e));
	assert_string_equal(e.msg, "it has more than 4 MiB");
	free(text);
}

static const char sample[] = "{\"text\": \"x\", \"n\": 7, \"minus\": -1, \"part\": 1.5, \"none\": null, "
			     "\"list\": [\"a\", \"b\"], \"mixed\": [\"a\", 1], \"object\": {\"in\": \"y\"}}";

TEST(members_by_type)
{
	struct err e = { .msg = "" };
	struct json_t *j = json_read(sample, sizeof sample - 1, &e);
	struct arena *a = arena_new();
	const char *text = "old", *const *v = NULL;
	const struct json_t *o = NULL;
	uint64_t number = 5;
	size_t n = 0;

	assert_int_equal(json_need_text(j, "text", &text, &e), 0);
	assert_string_equal(text, "x");
	assert_int_equal(json_need_number(j, "n", &number, &e), 0);
	assert_int_equal(number, 7);
	assert_int_equal(json_get_texts(j, "list", a, &v, &n, &e), 0);
	assert_int_equal(n, 2);
	assert_string_equal(v[1], "b");
	assert_int_equal(json_need_object(j, "object", &o, &e), 0);
	assert_int_equal(json_get_text(o, "in", &text, &e), 0);
	assert_string_equal(text, "y");
	/* absent and null: nothing is touched */
	assert_int_equal(json_get_text(j, "none", &text, &e), 0);
	assert_int_equal(json_get_number(j, "not there", &number, &e), 0);
	assert_string_equal(text, "y");
	assert_int_equal(number, 7);
	arena_free(a);
	json_read_free(j);
}

TEST(members_of_another_type)
{
	struct err e = { .msg = "" };
	struct json_t *j = json_read(sample, sizeof sample - 1, &e);
	struct arena *a = arena_new();
	const char *text, *const *v;
	const struct json_t *o;
	uint64_t number;
	size_t n;

	assert_int_equal(json_get_text(j, "n", &text, &e), -1);
	assert_string_equal(e.msg, "\"n\" is not a text");
	assert_int_equal(json_get_number(j, "minus", &number, &e), -1);
	assert_string_equal(e.msg, "\"minus\" is below 0");
	assert_int_equal(json_get_number(j, "part", &number, &e), -1);
	assert_string_equal(e.msg, "\"part\" is not a whole number");
	assert_int_equal(json_get_texts(j, "mixed", a, &v, &n, &e), -1);
	assert_int_equal(json_get_array(j, "object", &o, &e), -1);
	assert_int_equal(json_get_object(j, "list", &o, &e), -1);
	assert_int_equal(json_need_text(j, "none", &text, &e), -1);
	assert_string_equal(e.msg, "\"none\" is missing");
	assert_int_equal(json_get_text(NULL, "x", &text, &e), -1);
	arena_free(a);
	json_read_free(j);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_no_json_is_refused), cmocka_unit_test(brackets_in_texts_do_not_nest),
		cmocka_unit_test(too_large_is_refused),       cmocka_unit_test(members_by_type),
		cmocka_unit_test(members_of_another_type),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
