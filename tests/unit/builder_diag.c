/* SPDX-License-Identifier: MIT
 *
 * builder/diag.c: messages in the order of their places, and suggestions that are near enough to be meant.
 */
#include "support_builder.h"

#include <stdlib.h>

TEST(messages_stand_in_the_order_of_their_places)
{
	struct diags *d = diags_new();

	diag_at(d, "b.yml", 1, 1, "sixth");
	diag_at(d, "a.yml", 10, 2, "fifth");
	diag_at(d, "a.yml", 9, 30, "fourth");
	diag_at(d, "a.yml", 9, 4, "second, %s", "first of two");
	diag_at(d, "a.yml", 9, 4, "third");
	diag_at(d, "a.yml", 0, 0, "first");
	diag(d, NULL, "no place");
	assert_int_equal(diags_count(d), 7);
	char *said = diags_text(d);
	assert_string_equal(said, "ingot: no place\n"
				  "a.yml: first\n"
				  "a.yml:9:4: second, first of two\n"
				  "a.yml:9:4: third\n"
				  "a.yml:9:30: fourth\n"
				  "a.yml:10:2: fifth\n"
				  "b.yml:1:1: sixth\n");
	free(said);
	diags_free(d);
}

TEST(a_node_tells_its_place)
{
	struct node n = { .file = "x.yml", .line = 3, .col = 7 };
	struct diags *d = diags_new();

	diag(d, &n, "here");
	char *said = diags_text(d);
	assert_string_equal(said, "x.yml:3:7: here\n");
	free(said);
	diags_free(d);
}

TEST(a_message_of_any_length_is_one_line)
{
	char longer[4096];
	struct diags *d = diags_new();

	memset(longer, 'x', sizeof longer - 1);
	longer[sizeof longer - 1] = '\0';
	diag(d, NULL, "%s", longer);
	char *said = diags_text(d);
	assert_int_equal(occurrences(said, "\n"), 1);
	free(said);
	diags_free(d);
}

/* A text from the file may hold a newline or an escape sequence; the message must not. */
TEST(control_characters_do_not_reach_the_terminal)
{
	struct diags *d = diags_new();

	diag(d, NULL, "unknown key `%s`", "a\nb\x1b[31m\x7f\r");
	char *said = diags_text(d);
	assert_string_equal(said, "ingot: unknown key `a?b?[31m??`\n");
	free(said);
	diags_free(d);
}

TEST(the_nearest_is_suggested)
{
	static const char *const keys[] = { "command", "description", "limits", "memory", "needs",
					    "network", "user",        "env",    NULL };

	assert_string_equal(nearest("comand", keys), "command");
	assert_string_equal(nearest("commnad", keys), "command");
	assert_string_equal(nearest("netwrok", keys), "network");
	assert_string_equal(nearest("desciption", keys), "description");
	assert_string_equal(nearest("need", keys), "needs");
	assert_string_equal(nearest("evn", keys), "env");
	assert_string_equal(nearest("users", keys), "user");
	assert_string_equal(nearest("user", keys), "user");
}

TEST(what_is_far_is_not_suggested)
{
	static const char *const keys[] = { "command", "limits", "user", "env", "x", "abcde", NULL };
	static const char *const none[] = { NULL };
	char longest[200];

	assert_null(nearest("colour", keys));
	assert_null(nearest("foo", keys));
	assert_null(nearest("abc", keys)); /* a short word is another word sooner */
	assert_null(nearest("", keys));
	assert_null(nearest("y", keys));
	assert_null(nearest("anything", none));
	memset(longest, 'x', sizeof longest - 1);
	longest[sizeof longest - 1] = '\0';
	assert_null(nearest(longest, keys));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(messages_stand_in_the_order_of_their_places),
		cmocka_unit_test(a_node_tells_its_place),
		cmocka_unit_test(a_message_of_any_length_is_one_line),
		cmocka_unit_test(control_characters_do_not_reach_the_terminal),
		cmocka_unit_test(the_nearest_is_suggested),
		cmocka_unit_test(what_is_far_is_not_suggested),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
