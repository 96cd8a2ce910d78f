/* SPDX-License-Identifier: MIT
 *
 * lib/crc32.c against published values and against the definition, bit by bit.
 */
#include "support.h"

#include "crc32.h"

static uint32_t
by_definition(const uint8_t *p, size_t size)
{
	uint32_t crc = ~0u;

	while (size--) {
		crc ^= *p++;
		for (int i = 0; i < 8; i++)
			crc = crc & 1 ? crc >> 1 ^ 0xedb88320 : crc >> 1;
	}
	return ~crc;
}

TEST(published_values)
{
	assert_int_equal(crc32_of("", 0), 0);
	assert_int_equal(crc32_of("123456789", 9), 0xcbf43926);
	assert_int_equal(crc32_of("The quick brown fox jumps over the lazy dog", 43), 0x414fa339);
	assert_int_equal(crc32_of("\0\0\0\0", 4), 0x2144df1c);
}

TEST(every_length_is_as_defined)
{
	uint8_t bytes[600];

	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * 167 + (i >> 3));
	for (size_t n = 0; n <= sizeof bytes; n++)
		assert_int_equal(crc32_of(bytes, n), by_definition(bytes, n));
}

TEST(each_flipped_bit_is_seen)
{
	uint8_t bytes[64] = "a flipped bit anywhere gives another sum";
	uint32_t right = crc32_of(bytes, sizeof bytes);

	for (size_t bit = 0; bit < 8 * sizeof bytes; bit++) {
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
		assert_int_not_equal(crc32_of(bytes, sizeof bytes), right);
		bytes[bit / 8] ^= (uint8_t)(1u << bit % 8);
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(published_values),
		cmocka_unit_test(every_length_is_as_defined),
		cmocka_unit_test(each_flipped_bit_is_seen),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
