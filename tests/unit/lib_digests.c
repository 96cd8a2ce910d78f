/* SPDX-License-Identifier: MIT
 *
 * lib/sha256.c against the digests of FIPS 180-4's examples and of every length around a block; lib/digests.c: what was
 * encoded is decoded, and what is cut or has a byte otherwise is refused without a read outside of it.
 */
#include "support.h"

#include <stdlib.h>

#include "crc32.h"
#include "digests.h"

static void
hex_of(const void *data, size_t size, size_t step, char out[65])
{
	static const char digits[] = "0123456789abcdef";
	struct sha256_c h;
	uint8_t sum[SHA256_SIZE];

	sha256_c_init(&h);
	for (size_t at = 0; at < size; at += step)
		sha256_c_update(&h, (const char *)data + at, size - at < step ? size - at : step);
	sha256_c_final(&h, sum);
	for (size_t i = 0; i < SHA256_SIZE; i++) {
		out[2 * i] = digits[sum[i] >> 4];
		out[2 * i + 1] = digits[sum[i] & 15];
	}
	out[64] = '\0';
}

TEST(the_digests_of_the_standards_examples)
{
	static char million[1000000];
	char hex[65];

	hex_of("", 0, 1, hex);
	assert_string_equal(hex, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	hex_of("abc", 3, 3, hex);
	assert_string_equal(hex, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	hex_of("abcdbcdecdefdefgefghfghighijhijkijkljklmklmnlmnomnopnopq", 56, 56, hex);
	assert_string_equal(hex, "248d6a61d20638b8e5c026930c3e6039a33ce45964ff2167f6ecedd419db06c1");
	memset(million, 'a', sizeof million);
	hex_of(million, sizeof million, 777, hex);
	assert_string_equal(hex, "cdc76e5c9914fb9281a1c7e284d73e67f1809a48a497200e046d39ccc7112cd0");
}

TEST(how_it_is_cut_changes_no_digest)
{
	char data[200], whole[65], pieces[65];

	for (size_t i = 0; i < sizeof data; i++)
		data[i] = (char)i;
	for (size_t size = 0; size <= sizeof data; size++) {
		hex_of(data, size, sizeof data, whole);
		for (size_t step = 1; step <= 65; step += 8) {
			hex_of(data, size, step, pieces);
			assert_string_equal(whole, pieces);
		}
	}
}

#define ENTRIES 5

static void
fill(struct digests_entry v[ENTRIES])
{
	const struct digests_entry x[ENTRIES] = {
		{ "/usr/bin/b", DIGESTS_FILE, 04755, 0, 0, { 1, 2, 3 }, NULL },
		{ "", DIGESTS_DIR, 0755, 0, 0, { 0 }, NULL },
		{ "/usr/bin/a", DIGESTS_SYMLINK, 0777, 0, 0, { 0 }, "../b" },
		{ "/usr/bin", DIGESTS_DIR, 0700, 10001, 33, { 0 }, NULL },
		{ "/dev/x", DIGESTS_OTHER, 0600, 0, 5, { 0 }, NULL },
	};

	memcpy(v, x, sizeof x);
}

TEST(what_was_encoded_is_decoded)
{
	static const char *const order[ENTRIES] = { "", "/dev/x", "/usr/bin", "/usr/bin/a", "/usr/bin/b" };
	struct digests_entry v[ENTRIES];
	struct digests d;
	struct err e;
	void *bytes;
	size_t size;

	fill(v);
	assert_int_equal(digests_encode(v, ENTRIES, &bytes, &size, &e), 0);
	assert_int_equal(digests_decode(&d, bytes, size, &e), 0);
	assert_int_equal(d.n, ENTRIES);
	for (size_t i = 0; i < ENTRIES; i++) {
		assert_string_equal(d.v[i].path, order[i]);
		assert_int_equal(d.v[i].type, v[i].type);
		assert_int_equal(d.v[i].mode, v[i].mode);
		assert_int_equal(d.v[i].uid, v[i].uid);
		assert_int_equal(d.v[i].gid, v[i].gid);
		assert_memory_equal(d.v[i].sha256, v[i].sha256, SHA256_SIZE);
	}
	assert_string_equal(d.v[3].target, "../b");
	digests_release(&d);
	free(bytes);
	assert_int_equal(digests_encode(NULL, 0, &bytes, &size, &e), 0);
	assert_int_equal(digests_decode(&d, bytes, size, &e), 0);
	assert_int_equal(d.n, 0);
	digests_release(&d);
	free(bytes);
}

/* Cut at each byte, and each byte with each bit otherwise, with the checksum made right again: refused or read as
 * something else, within its bounds. */
TEST(what_is_damaged_is_refused_or_harmless)
{
	struct digests_entry v[ENTRIES];
	struct digests d;
	struct err e;
	void *bytes;
	size_t size;

	fill(v);
	assert_int_equal(digests_encode(v, ENTRIES, &bytes, &size, &e), 0);
	for (size_t n = 0; n < size; n++) {
		uint8_t *cut = malloc(n ? n : 1);
		memcpy(cut, bytes, n);
		uint32_t crc = n > 24 ? crc32_of(cut + 24, n - 24) : 0;
		if (n > 24)
			memcpy(cut + 16, &crc, 4);
		assert_int_equal(digests_decode(&d, cut, n, &e), -1);
		free(cut);
	}
	for (size_t bit = 0; bit < size * 8; bit++) {
		uint8_t *copy = malloc(size);
		memcpy(copy, bytes, size);
		copy[bit / 8] ^= (uint8_t)(1u << bit % 8);
		if (bit / 8 < 20)
			assert_int_equal(digests_decode(&d, copy, size, &e), -1);
		uint32_t crc = crc32_of(copy + 24, size - 24);
		memcpy(copy + 16, &crc, 4);
		if (digests_decode(&d, copy, size, &e) == 0)
			digests_release(&d);
		free(copy);
	}
	free(bytes);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_digests_of_the_standards_examples),
		cmocka_unit_test(how_it_is_cut_changes_no_digest),
		cmocka_unit_test(what_was_encoded_is_decoded),
		cmocka_unit_test(what_is_damaged_is_refused_or_harmless),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
