/* SPDX-License-Identifier: MIT
 *
 * builder/newc_place.c: the member that each byte of an archive belongs to, however it is cut into pieces; archives
 * behind one another; and what is no archive.
 */
#include "support.h"

#include <stdio.h>

#include "newc_place.h"

static size_t
put_member(char *to, const char *name, const char *data)
{
	size_t n = strlen(name) + 1, size = strlen(data);
	size_t at = (size_t)sprintf(to, "070701%08x%08x%08x%08x%08x%08x%08zx%08x%08x%08x%08x%08zx%08x", 1, 0100644, 0, 0, 1, 0,
				    size, 0, 0, 0, 0, n, 0);

	memcpy(to + at, name, n);
	at += n;
	while (at % 4)
		to[at++] = 0;
	memcpy(to + at, data, size);
	at += size;
	while (at % 4)
		to[at++] = 0;
	return at;
}

/* Two archives with zeroes between; the second's name and data are "second" and "world". */
static size_t
make(char *to, size_t *data)
{
	size_t n = put_member(to, "empty", "");

	n += put_member(to + n, "dir/first", "hello");
	n += put_member(to + n, "TRAILER!!!", "");
	memset(to + n, 0, 512);
	n += 512;
	*data = n + 110 + 7 + 3;
	n += put_member(to + n, "second", "world");
	return n;
}

TEST(each_byte_is_of_a_member)
{
	char bytes[4096];
	size_t data, n = make(bytes, &data);

	for (size_t piece = 1; piece < n; piece = piece * 3 + 1) {
		struct newc_place p = { .state = NEWC_IN_HEAD };
		for (size_t at = 0; at < data + 2; at += piece)
			newc_feed(&p, bytes + at, at + piece < data + 2 ? piece : data + 2 - at);
		assert_int_equal(p.state, NEWC_IN_DATA);
		assert_string_equal(p.name, "second");
		assert_int_equal(p.done, 2);
		assert_int_equal(p.members, 4);
	}
}

TEST(what_is_no_archive_is_lost_for_good)
{
	static const char *const heads[] = { "070707", "07070x", "hello!" };
	char bytes[4096];

	for (size_t i = 0; i < COUNT(heads); i++) {
		struct newc_place p = { .state = NEWC_IN_HEAD };
		size_t n = put_member(bytes, "a", "b");
		memcpy(bytes, heads[i], 6);
		newc_feed(&p, bytes, n);
		newc_feed(&p, bytes, n);
		assert_int_equal(p.state, NEWC_LOST);
	}
}

TEST(sizes_that_are_none_are_refused)
{
	static const char *const sizes[] = { "00000000", "ffffffff", "0000zz00", "00001001" };
	char bytes[4096];

	for (size_t i = 0; i < COUNT(sizes); i++) {
		struct newc_place p = { .state = NEWC_IN_HEAD };
		size_t n = put_member(bytes, "a", "b");
		memcpy(bytes + 6 + 8 * 11, sizes[i], 8); /* of the name */
		newc_feed(&p, bytes, n);
		assert_int_equal(p.state, NEWC_LOST);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(each_byte_is_of_a_member),
		cmocka_unit_test(what_is_no_archive_is_lost_for_good),
		cmocka_unit_test(sizes_that_are_none_are_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
