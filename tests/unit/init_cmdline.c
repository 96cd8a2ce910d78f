/* SPDX-License-Identifier: MIT
 *
 * The kernel command line's words.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "cmdline.h"

/* In memory of exactly its size, so that a read beyond it is seen. */
static struct cmdline
parse_bytes(const char *text, size_t len)
{
	struct cmdline c;
	char *copy = malloc(len ? len : 1);

	assert_non_null(copy);
	memcpy(copy, text, len);
	cmdline_parse(&c, copy, len);
	free(copy);
	return c;
}

static struct cmdline
parse(const char *text)
{
	return parse_bytes(text, strlen(text));
}

static void
test_nothing(void **unused)
{
	static const char *const texts[] = { "", " ", "\n", "quiet console=ttyS0,115200 root=/dev/vda\n", "--" };
	const struct cmdline none = { 0 };
	(void)unused;

	for (size_t i = 0; i < sizeof texts / sizeof texts[0]; i++) {
		struct cmdline c = parse(texts[i]);
		assert_memory_equal(&c, &none, sizeof c);
	}
}

static void
test_words(void **unused)
{
	struct cmdline c = parse("quiet ingot.shell\tingot.emergency  ingot.quiet ingot.log=console panic=5\n");
	(void)unused;

	assert_true(c.shell && c.emergency && c.quiet && c.log_console);
	assert_int_equal(c.panic, 5);
	assert_string_equal(c.unknown, "");
}

static void
test_no_prefix_and_no_part_counts(void **unused)
{
	struct cmdline c = parse("xingot.shell ingot.shellx ingot.emergency=0 a\"b ingot.quiet c\"");
	(void)unused;

	assert_false(c.shell || c.emergency || c.quiet);
	assert_string_equal(c.unknown, "ingot.shellx");
}

static void
test_what_follows_two_dashes_is_not_ours(void **unused)
{
	struct cmdline c = parse("ingot.quiet -- ingot.shell");
	(void)unused;

	assert_true(c.quiet);
	assert_false(c.shell);
}

static void
test_panic(void **unused)
{
	static const struct {
		const char *text;
		int32_t value;
	} cases[] = {
		{ "panic=0", 0 }, { "panic=-1", -1 }, { "panic=10", 10 }, { "panic=", 0 }, { "panic=-", 0 },
		{ "panic=5x", 0 }, { "panic=5 panic=x", 5 }, { "panic=5 panic=7", 7 },
		{ "panic=99999999999999999999", 999999 }, { "panic=-99999999999999999999", -999999 },
	};
	(void)unused;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++)
		assert_int_equal(parse(cases[i].text).panic, cases[i].value);
}

static void
test_unknown_words_are_cut(void **unused)
{
	struct cmdline c = parse("ingot.abcdefghijklmnopqrstuvwxyz0123456789 ingot.other");
	(void)unused;

	assert_string_equal(c.unknown, "ingot.abcdefghijklmnopqrstuvwxy");
}

static void
test_bounds(void **unused)
{
	static char big[3 * CMDLINE_MAX];
	(void)unused;

	memset(big, 'a', sizeof big);
	memcpy(big + CMDLINE_MAX, " ingot.shell ", 13);
	assert_false(parse_bytes(big, sizeof big).shell); /* beyond what is read */
	memset(big, '"', sizeof big);
	parse_bytes(big, sizeof big);
	parse_bytes("ingot.shell", 5);
	assert_true(parse_bytes("ingot.shell\0junk", 16).shell);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_nothing),
		cmocka_unit_test(test_words),
		cmocka_unit_test(test_no_prefix_and_no_part_counts),
		cmocka_unit_test(test_what_follows_two_dashes_is_not_ours),
		cmocka_unit_test(test_panic),
		cmocka_unit_test(test_unknown_words_are_cut),
		cmocka_unit_test(test_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
