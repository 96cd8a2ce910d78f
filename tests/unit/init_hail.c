/* SPDX-License-Identifier: MIT
 *
 * Requests out of a stream: whatever came before one, it is found, once, and nothing else is taken for one.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include <cmocka.h>

#include "hail.h"

static struct ctl_hail
request(uint32_t session)
{
	struct ctl_hail h = { .session = session, .request = { .version = CTL_VERSION, .verb = CTL_STATUS } };

	memcpy(h.magic, CTL_PORT_MAGIC, CTL_MAGIC_SIZE);
	strcpy(h.request.name, "web");
	h.crc = ctl_hail_crc(&h);
	return h;
}

/* Feeds the bytes, at most `step` at a time; the sessions that were found go to `found`. */
static size_t
feed(struct hail *h, const void *data, size_t size, size_t step, uint32_t *found)
{
	const uint8_t *p = data;
	struct ctl_hail out;
	size_t n = 0;

	while (size > 0) {
		size_t room;
		uint8_t *to = hail_room(h, &room);
		assert_true(room > 0);
		room = room < size ? room : size;
		room = room < step ? room : step;
		memcpy(to, p, room);
		if (hail_put(h, room, &out)) {
			assert_string_equal(out.request.name, "web");
			found[n++] = out.session;
		}
		p += room;
		size -= room;
	}
	return n;
}

static void
test_one_byte_at_a_time_or_all_at_once(void **state)
{
	struct ctl_hail two[] = { request(7), request(8) };
	uint32_t found[2];

	(void)state;
	for (size_t step = 1; step <= sizeof two; step++) {
		struct hail h = { 0 };
		assert_int_equal(feed(&h, two, sizeof two, step, found), 2);
		assert_int_equal(found[0], 7);
		assert_int_equal(found[1], 8);
	}
}

/* Whoever died after any part of a request has left that much before the next one. */
static void
test_half_a_request_does_not_swallow_the_next(void **state)
{
	struct ctl_hail first = request(1), second = request(2);
	uint8_t stream[2 * sizeof first];
	uint32_t found[2];

	(void)state;
	for (size_t part = 1; part < sizeof first; part++) {
		struct hail h = { 0 };
		memcpy(stream, &first, part);
		memcpy(stream + part, &second, sizeof second);
		assert_int_equal(feed(&h, stream, part + sizeof second, sizeof stream, found), 1);
		assert_int_equal(found[0], 2);
	}
}

static void
test_junk_is_passed_over(void **state)
{
	struct ctl_hail good = request(3), bad = request(4);
	uint8_t stream[4096];
	uint32_t found[2];

	(void)state;
	bad.request.verb ^= 1; /* its sum is wrong now */
	srand(1);
	for (int round = 0; round < 500; round++) {
		struct hail h = { 0 };
		size_t junk = (size_t)rand() % 3000, n;
		for (size_t i = 0; i < junk; i++)
			stream[i] = rand() % 3 ? (uint8_t)CTL_PORT_MAGIC[rand() % CTL_MAGIC_SIZE] : (uint8_t)rand();
		memcpy(stream + junk, &bad, sizeof bad);
		memcpy(stream + junk + sizeof bad, &good, sizeof good);
		n = feed(&h, stream, junk + sizeof bad + sizeof good, (size_t)rand() % 200 + 1, found);
		assert_int_equal(n, 1);
		assert_int_equal(found[0], 3);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_one_byte_at_a_time_or_all_at_once),
		cmocka_unit_test(test_half_a_request_does_not_swallow_the_next),
		cmocka_unit_test(test_junk_is_passed_over),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
