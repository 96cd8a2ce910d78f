/* SPDX-License-Identifier: MIT
 *
 * The log ring: whole records come out, in order, what was overrun is counted, and a ring that was written over with
 * anything at all is read within its bounds.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "logring.h"

#define HEAD sizeof(struct log_record)
#define SIZE (4 * (HEAD + 4))

static uint8_t storage[SIZE];

static void
put(struct logring *r, const char *text)
{
	struct log_record record = { .size = (uint32_t)strlen(text), .stream = LOG_ERR };

	logring_put(r, storage, SIZE, &record, text);
}

/* All that is there from *pos on, record by record, as text; returns what was lost. */
static uint64_t
get_all(const struct logring *r, uint64_t *pos, char *out)
{
	uint64_t lost, lost_all = 0;
	struct log_record record;
	char text[SIZE];

	out[0] = '\0';
	while (logring_get(r, storage, SIZE, pos, &record, HEAD, &lost) > 0 || lost > 0) {
		lost_all += lost;
		if (lost > 0)
			continue;
		*pos += HEAD;
		assert_int_equal(record.stream, LOG_ERR);
		assert_int_equal(logring_get(r, storage, SIZE, pos, text, record.size, &lost), record.size);
		strncat(out, text, record.size);
		*pos += record.size;
	}
	return lost_all;
}

static void
test_in_order(void **unused)
{
	struct logring r = { 0 };
	uint64_t pos = 0;
	char out[SIZE];

	(void)unused;
	put(&r, "one.");
	put(&r, "two.");
	assert_int_equal(get_all(&r, &pos, out), 0);
	assert_string_equal(out, "one.two.");
	put(&r, "3");
	assert_int_equal(get_all(&r, &pos, out), 0);
	assert_string_equal(out, "3");
	assert_int_equal(pos, r.head);
}

static void
test_the_oldest_records_go_as_a_whole(void **unused)
{
	struct logring r = { 0 };
	uint64_t pos = 0, lost;
	char out[SIZE], name[5] = "aaa.";

	(void)unused;
	for (int i = 0; i < 26; i++, name[0]++)
		put(&r, name);
	assert_int_equal(r.head - r.tail, SIZE);
	assert_int_equal(logring_get(&r, storage, SIZE, &pos, out, 4, &lost), 0);
	assert_int_equal(lost, 22 * (HEAD + 4));
	assert_int_equal(pos, r.tail);
	assert_int_equal(get_all(&r, &pos, out), 0);
	assert_string_equal(out, "waa.xaa.yaa.zaa.");
	put(&r, "longer"); /* two go for it */
	pos = r.tail;
	get_all(&r, &pos, out);
	assert_string_equal(out, "yaa.zaa.longer");
}

static void
test_a_record_that_was_not_finished_is_not_there(void **unused)
{
	struct logring r = { 0 };
	uint64_t pos = 0;
	char out[SIZE];

	(void)unused;
	put(&r, "whole");
	uint64_t head = r.head;
	put(&r, "half");
	r.head = head; /* as it is when the writer dies before its last store */
	get_all(&r, &pos, out);
	assert_string_equal(out, "whole");
	put(&r, "next");
	get_all(&r, &pos, out);
	assert_string_equal(out, "next");
}

static void
test_a_ring_of_anything_is_read_within_its_bounds(void **unused)
{
	static const uint64_t numbers[] = { 0, 1, SIZE, SIZE + 1, UINT64_C(1) << 40, UINT64_MAX - 1, UINT64_MAX };
	size_t n = sizeof numbers / sizeof *numbers;
	uint8_t out[SIZE];

	(void)unused;
	memset(storage, 0xee, sizeof storage);
	for (size_t i = 0; i < n * n * n; i++) {
		struct logring r = { .head = numbers[i % n], .tail = numbers[i / n % n] };
		uint64_t pos = numbers[i / n / n], lost;
		assert_true(logring_get(&r, storage, SIZE, &pos, out, sizeof out, &lost) <= SIZE);
		put(&r, "abc");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_in_order),
		cmocka_unit_test(test_the_oldest_records_go_as_a_whole),
		cmocka_unit_test(test_a_record_that_was_not_finished_is_not_there),
		cmocka_unit_test(test_a_ring_of_anything_is_read_within_its_bounds),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
