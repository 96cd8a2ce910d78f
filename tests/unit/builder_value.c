/* SPDX-License-Identifier: MIT
 *
 * builder/value.c: each notation's good and bad texts, its edges, and that a refused text changes nothing.
 */
#include "support.h"

#include <stdlib.h>

#include "value.h"

struct sample {
	const char *text;
	uint64_t value;
};

#define UNTOUCHED 0x5555555555555555u

static void
check(bool (*read)(const char *, uint64_t *), const struct sample *good, size_t n_good, const char *const *bad,
      size_t n_bad)
{
	for (size_t i = 0; i < n_good; i++) {
		uint64_t v = UNTOUCHED;
		if (!read(good[i].text, &v) || v != good[i].value)
			fail_msg("`%s` gave %llu", good[i].text, (unsigned long long)v);
	}
	for (size_t i = 0; i < n_bad; i++) {
		uint64_t v = UNTOUCHED;
		if (read(bad[i], &v))
			fail_msg("`%s` was taken as %llu", bad[i], (unsigned long long)v);
		assert_true(v == UNTOUCHED);
	}
}

#define CHECK(read, good, bad) check(read, good, COUNT(good), bad, COUNT(bad))

TEST(whole_numbers)
{
	static const struct sample good[] = {
		{ "0", 0 }, { "1", 1 }, { "65535", 65535 }, { "18446744073709551615", UINT64_MAX }
	};
	static const char *const bad[] = { "",
					   "-1",
					   "+1",
					   " 1",
					   "1 ",
					   "1.5",
					   "0x10",
					   "010",
					   "00",
					   "1e3",
					   "18446744073709551616",
					   "99999999999999999999999",
					   "one",
					   "1_000",
					   "\xd9\xa1" };

	CHECK(value_int, good, bad);
}

TEST(sizes)
{
	static const struct sample good[] = { { "0", 0 }, { "4096", 4096 }, { "1K", 1024 }, { "64M", 64u << 20 },
					      { "2G", 2ull << 30 }, { "17179869183G", 17179869183ull << 30 } };
	static const char *const bad[] = { "", "M", "64m", "64MB", "64MiB", "64 M", "1.5G", "-1K", "17179869184G", "1T", "K1",
					   "99999999999999999999K" };

	CHECK(value_size, good, bad);
}

TEST(times)
{
	static const struct sample good[] = { { "0s", 0 },
					      { "100ms", 100 },
					      { "30s", 30000 },
					      { "5m", 300000 },
					      { "2h", 7200000 },
					      { "1d", 86400000 },
					      { "49d", 49 * 86400000ull },
					      { "4294967295ms", UINT32_MAX } };
	static const char *const bad[] = { "", "5", "s", "5 s", "5sec", "1h30m", "-5s", "50d", "4294967296ms", "1.5s", "5S",
					   "99999999999999999d" };

	CHECK(value_time, good, bad);
}

TEST(percentages)
{
	static const struct sample good[] = { { "0%", 0 }, { "50%", 50 }, { "400%", 400 } };
	static const char *const bad[] = { "", "50", "%", "50 %", "5.5%", "-1%", "50%%" };

	CHECK(value_percent, good, bad);
}

TEST(tenths)
{
	static const struct sample good[] = { { "0", 0 }, { "0.4", 4 }, { "10", 100 }, { "1.0", 10 } };
	static const char *const bad[] = { "", ".4", "0.", "0.45", "-1", "1,5", "0.4 ", "x" };

	CHECK(value_tenths, good, bad);
}

TEST(octal_modes)
{
	static const struct sample good[] = {
		{ "0", 0 }, { "0644", 0644 }, { "0755", 0755 }, { "04755", 04755 }, { "07777", 07777 }
	};
	static const char *const bad[] = { "",      "644",    "0o644",
					   "0648",  "010000", "rwx",
					   "-0644", "0644 ",  "0777777777777777777777777" };

	CHECK(value_octal, good, bad);
}

TEST(addresses)
{
	static const struct sample good[] = { { "10.0.2.15", 0x0f02000a }, { "255.255.255.255", 0xffffffff } };
	static const char *const bad[] = { "",    "10.0.2",     "10.0.2.256", "10.0.2.15/24",
					   "::1", "10.0.2.15 ", "a.b.c.d",    "1.2.3.4.5" };

	CHECK(value_ipv4, good, bad);
}

TEST(truth)
{
	static const char *const bad[] = { "", "yes", "no", "True", "TRUE", "1", "0", "on", "false " };
	int v = 7;

	assert_true(value_bool("true", &v) && v == 1);
	assert_true(value_bool("false", &v) && v == 0);
	v = 7;
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(value_bool(bad[i], &v));
	assert_int_equal(v, 7);
}

TEST(names)
{
	static const char *const bad[] = { "",    "-a",       "A",
					   "a_b", "a.b",      "a/b",
					   "a b", "\xc3\xa9", "abcdefghijklmnopqrstuvwxyz012345" };

	assert_true(value_is_name("a"));
	assert_true(value_is_name("0-a-"));
	assert_true(value_is_name("abcdefghijklmnopqrstuvwxyz01234"));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(value_is_name(bad[i]));
}

TEST(paths)
{
	static const char *const good[] = { "/", "/a", "/a/b", "/a/..b", "/a/.b", "/a b/c", "/.../x" };
	static const char *const bad[] = { "",      "a",  "./a", "../a",  "//",      "//a",   "/a/",
					   "/a//b", "/.", "/..", "/a/..", "/a/../b", "/a/./b",
					   "/a\nb", "/a\x7f" };
	char longest[TBL_PATH_MAX + 2];

	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(value_is_path(good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(value_is_path(bad[i]));
	memset(longest, 'x', sizeof longest);
	longest[0] = '/';
	longest[TBL_PATH_MAX + 1] = '\0';
	assert_false(value_is_path(longest));
	longest[TBL_PATH_MAX] = '\0';
	assert_true(value_is_path(longest));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whole_numbers), cmocka_unit_test(sizes),       cmocka_unit_test(times),
		cmocka_unit_test(percentages),   cmocka_unit_test(octal_modes), cmocka_unit_test(tenths), cmocka_unit_test(addresses),
		cmocka_unit_test(truth),         cmocka_unit_test(names),       cmocka_unit_test(paths),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
