/* SPDX-License-Identifier: MIT
 *
 * The log ring: what was put in comes out, in order, and what was overrun is counted.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "logring.h"

#define SIZE 16

static uint8_t storage[SIZE];

static void
put(struct logring *r, const char *text)
{
	size_t left = strlen(text);

	while (left > 0) {
		size_t room;
		uint8_t *to = logring_room(r, storage, SIZE, &room);
		assert_true(room > 0 && to >= storage && to + room <= storage + SIZE);
		if (room > left)
			room = left;
		memcpy(to, text, room);
		logring_put(r, room);
		text += room;
		left -= room;
	}
}

/* All that is there from *pos on, as text; returns what was lost. */
static uint64_t
get_all(const struct logring *r, uint64_t *pos, size_t max, char *out)
{
	uint64_t lost, lost_all = 0;
	const uint8_t *data;
	size_t n, len = 0;

	while ((n = logring_get(r, storage, SIZE, pos, max, &data, &lost)) > 0) {
		assert_true(n <= max && data >= storage && data + n <= storage + SIZE);
		lost_all += lost;
		memcpy(out + len, data, n);
		len += n;
		*pos += n;
	}
	out[len] = '\0';
	return lost_all;
}

static void
test_in_order(void **unused)
{
	struct logring r = { 0 };
	uint64_t pos = 0;
	char out[SIZE + 1];
	(void)unused;

	assert_int_equal(get_all(&r, &pos, 100, out), 0);
	assert_string_equal(out, "");
	put(&r, "hello ");
	assert_int_equal(get_all(&r, &pos, 100, out), 0);
	assert_string_equal(out, "hello ");
	put(&r, "wide world"); /* full to the byte */
	assert_int_equal(get_all(&r, &pos, 3, out), 0);
	assert_string_equal(out, "wide world");
	assert_int_equal(pos, 16);
}

static void
test_overrun_is_counted(void **unused)
{
	struct logring r = { 0 };
	uint64_t pos = 2;
	char out[SIZE + 1];
	(void)unused;

	put(&r, "0123456789abcdefghijkl"); /* 22 bytes: 6 are gone */
	assert_int_equal(logring_tail(&r, SIZE), 6);
	assert_int_equal(get_all(&r, &pos, 5, out), 4);
	assert_string_equal(out, "6789abcdefghijkl");
	assert_int_equal(pos, 22);
}

static void
test_far_behind_and_invented_positions(void **unused)
{
	struct logring r = { .head = UINT64_C(1) << 40 };
	uint64_t pos = 0, lost;
	const uint8_t *data;
	(void)unused;

	assert_true(logring_get(&r, storage, SIZE, &pos, 100, &data, &lost) > 0);
	assert_true(lost == (UINT64_C(1) << 40) - SIZE);
	pos = UINT64_MAX;
	assert_int_equal(logring_get(&r, storage, SIZE, &pos, 100, &data, &lost), 0);
	assert_true(pos == r.head && lost == 0);
}

static void
test_first_line(void **unused)
{
	struct logring r = { 0 };
	(void)unused;

	put(&r, "a line\n");
	assert_int_equal(logring_first_line(&r, storage, SIZE), 0);
	put(&r, "another one\nmore");
	/* 23 bytes: the oldest is the 7th, where a line begins, but nothing tells so */
	assert_int_equal(logring_tail(&r, SIZE), 7);
	assert_int_equal(logring_first_line(&r, storage, SIZE), 19);
	put(&r, "no line at all here");
	assert_int_equal(logring_first_line(&r, storage, SIZE), logring_tail(&r, SIZE));
}

/* Every length against every position, compared with a plain array. */
static void
test_against_a_model(void **unused)
{
	static char model[4000];
	struct logring r = { 0 };
	uint64_t pos = 0;
	size_t total = 0;
	(void)unused;

	for (uint32_t i = 0; total + 40 < sizeof model; i++) {
		char text[32], out[SIZE + 1];
		size_t n = i * 7 % 30;
		for (size_t k = 0; k < n; k++)
			text[k] = (char)('a' + (total + k) % 23);
		text[n] = '\0';
		memcpy(model + total, text, n);
		total += n;
		put(&r, text);
		assert_int_equal(r.head, total);
		if (i % 3 == 0)
			continue;
		uint64_t from = pos, lost = get_all(&r, &pos, 1 + i % 5, out);
		assert_int_equal(pos, total);
		assert_int_equal(strlen(out) + lost, total - from);
		assert_memory_equal(out, model + total - strlen(out), strlen(out));
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_overrun_is_counted),
		cmocka_unit_test(test_far_behind_and_invented_positions),
		cmocka_unit_test(test_first_line),
		cmocka_unit_test(test_against_a_model),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
