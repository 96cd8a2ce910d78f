/* SPDX-License-Identifier: MIT
 *
 * builder/content.c: digests against published vectors, and that changed bytes are never handed on.
 */
#include "deb_maker.h"

#include <sha2.h>

#include "content.h"

static void
digest_is(const struct content *c, const char *hex)
{
	char got[DIGEST_HEX];

	digest_hex(c->sha256, got);
	assert_string_equal(got, hex);
}

static void
known_vectors(void **state)
{
	struct content c;

	(void)state;
	content_of_mem(&c, "", 0);
	digest_is(&c, "e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855");
	content_of_mem(&c, "abc", 3);
	digest_is(&c, "ba7816bf8f01cfea414140de5dae2223b00361a396177a9cb410ff61f20015ad");
	assert_int_equal(c.size, 3);
}

/* In C or by the processor's instructions, in whatever pieces: held against the library alone. */
static void
pieces_make_no_difference(void **state)
{
	uint8_t bytes[700], wanted[DIGEST_SIZE], got[DIGEST_SIZE];
	struct sha256 h;
	SHA2_CTX c;

	(void)state;
	for (size_t i = 0; i < sizeof bytes; i++)
		bytes[i] = (uint8_t)(i * i >> 3);
	for (size_t size = 0; size <= sizeof bytes; size += 7) {
		for (size_t first = 0; first <= size; first += 3) {
			SHA256Init(&c);
			SHA256Update(&c, bytes, size);
			SHA256Final(wanted, &c);
			sha256_init(&h);
			sha256_update(&h, bytes, first);
			sha256_update(&h, bytes + first, size - first);
			sha256_final(&h, got);
			assert_memory_equal(got, wanted, DIGEST_SIZE);
		}
	}
}

static void
hex_is_strict(void **state)
{
	char hex[DIGEST_HEX + 1], back[DIGEST_HEX];
	uint8_t d[DIGEST_SIZE];

	(void)state;
	for (size_t i = 0; i < DIGEST_SIZE; i++)
		d[i] = (uint8_t)(i * 37);
	digest_hex(d, hex);
	memset(d, 0, sizeof d);
	assert_true(digest_parse(hex, d));
	digest_hex(d, back);
	assert_string_equal(hex, back);
	assert_false(digest_parse("", d));
	strcat(hex, "0");
	assert_false(digest_parse(hex, d));
	hex[63] = '\0';
	assert_false(digest_parse(hex, d));
	hex[10] = 'g';
	assert_false(digest_parse(hex, d));
}

static void
write_file(const char *path, const char *data, size_t size)
{
	FILE *f = fopen(path, "w");

	assert_non_null(f);
	assert_int_equal(fwrite(data, 1, size, f), size);
	assert_int_equal(fclose(f), 0);
}

/* Larger than one piece, so that pieces join up. */
static void
file_and_memory_agree(void **state)
{
	size_t size = 700001;
	char *data = malloc(size), path[200];
	struct content a, b;
	struct err e;

	for (size_t i = 0; i < size; i++)
		data[i] = (char)(i * i >> 3);
	snprintf(path, sizeof path, "%s/f", (char *)*state);
	write_file(path, data, size);
	content_of_mem(&a, data, size);
	assert_int_equal(content_of_file(&b, path, &e), 0);
	assert_memory_equal(a.sha256, b.sha256, DIGEST_SIZE);
	assert_int_equal(b.size, size);
	char *back = content_load(&b, &e);
	assert_non_null(back);
	assert_memory_equal(back, data, size);
	assert_int_equal(back[size], 0);
	free(back);
	back = content_load(&a, &e);
	assert_memory_equal(back, data, size);
	free(back);
	free(data);
}

static void
changed_file_is_an_error(void **state)
{
	static const char *const later[] = { "hello, morld", "hello, world and more", "hello", "" };
	char path[200];
	struct content c;
	struct err e;

	snprintf(path, sizeof path, "%s/f", (char *)*state);
	for (size_t i = 0; i < sizeof later / sizeof *later; i++) {
		write_file(path, "hello, world", 12);
		assert_int_equal(content_of_file(&c, path, &e), 0);
		write_file(path, later[i], strlen(later[i]));
		assert_null(content_load(&c, &e));
		assert_non_null(strstr(e.msg, path));
	}
	unlink(path);
	assert_null(content_load(&c, &e));
}

/* A pipe would never end; a folder has no bytes. */
static void
only_regular_files(void **state)
{
	char path[200];
	struct content c;
	struct err e;

	snprintf(path, sizeof path, "%s/pipe", (char *)*state);
	assert_int_equal(mkfifo(path, 0600), 0);
	assert_int_equal(content_of_file(&c, path, &e), -1);
	assert_int_equal(content_of_file(&c, *state, &e), -1);
}

static int
stop_at_once(void *arg, const void *data, size_t size, struct err *e)
{
	(void)data;
	(void)size;
	++*(int *)arg;
	return err_set(e, 0, "enough");
}

static void
reader_may_stop(void **state)
{
	struct content c;
	struct err e;
	int calls = 0;

	(void)state;
	content_of_mem(&c, "abc", 3);
	assert_int_equal(content_read(&c, stop_at_once, &calls, &e), -1);
	assert_int_equal(calls, 1);
	assert_string_equal(e.msg, "enough");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(known_vectors),
		cmocka_unit_test(pieces_make_no_difference),
		cmocka_unit_test(hex_is_strict),
		cmocka_unit_test_setup_teardown(file_and_memory_agree, maker_setup, maker_teardown),
		cmocka_unit_test_setup_teardown(changed_file_is_an_error, maker_setup, maker_teardown),
		cmocka_unit_test_setup_teardown(only_regular_files, maker_setup, maker_teardown),
		cmocka_unit_test(reader_may_stop),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
