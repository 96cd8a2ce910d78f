/* SPDX-License-Identifier: MIT
 *
 * lib/superblock.c and state_fs.c: what is an ext4 superblock and what it says, whatever the bytes are; and a file
 * system that is known by a copy of its superblock.
 */
#include "support.h"

#include <stdlib.h>
#include <unistd.h>

#include "state_fs.h"
#include "superblock.h"

static void
put16(uint8_t *at, uint32_t v)
{
	at[0] = (uint8_t)v;
	at[1] = (uint8_t)(v >> 8);
}

static void
put32(uint8_t *at, uint32_t v)
{
	put16(at, v);
	put16(at + 2, v >> 16);
}

#define OURS (0x2u | 0x40 | 0x80 | 0x200)           /* filetype extent 64bit flex_bg */
#define OURS_RO (0x1u | 0x2 | 0x8 | 0x20 | 0x40 | 0x400) /* what state_fs_argv asks for, quotas apart */
#define QUOTAS  (0x100u | 0x2000)

static void
good(uint8_t b[SUPERBLOCK_SIZE])
{
	memset(b, 0, SUPERBLOCK_SIZE);
	put32(b + 0x4, 65536);
	put16(b + 0x38, 0xef53);
	put16(b + 0x3a, 1);
	put32(b + 0x4c, 1);
	put32(b + 0x60, OURS);
	put32(b + 0x64, OURS_RO | QUOTAS);
	memcpy(b + 0x78, "ingot-state", 11);
}

/* In memory of exactly its size, so that a read beyond it is seen. */
static bool
read_bytes(const uint8_t b[SUPERBLOCK_SIZE], struct superblock *out)
{
	uint8_t *copy = malloc(SUPERBLOCK_SIZE);

	assert_non_null(copy);
	memcpy(copy, b, SUPERBLOCK_SIZE);
	bool is = superblock_read(out, copy);
	free(copy);
	return is;
}

TEST(a_good_one)
{
	uint8_t b[SUPERBLOCK_SIZE];
	struct superblock s;

	good(b);
	assert_true(read_bytes(b, &s));
	assert_string_equal(s.label, "ingot-state");
	assert_false(s.errors);
	assert_false(s.foreign);
	assert_true(s.limited);
}

TEST(what_is_none)
{
	static const struct {
		unsigned at, size;
		uint32_t value;
	} wrong[] = {
		{ 0x38, 2, 0 }, { 0x38, 2, 0x53ef }, { 0x38, 2, 0xffff }, /* the magic number */
		{ 0x4c, 4, 0 },                                           /* the revision without features */
		{ 0x4, 4, 0 },                                            /* no blocks */
		{ 0x18, 4, 7 }, { 0x18, 4, UINT32_MAX },                  /* blocks of 128 KiB and more */
	};
	struct superblock s = { .label = "untouched" };
	uint8_t b[SUPERBLOCK_SIZE];

	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		good(b);
		(wrong[i].size == 2 ? put16 : put32)(b + wrong[i].at, wrong[i].value);
		assert_false(read_bytes(b, &s));
	}
	memset(b, 0, sizeof b);
	assert_false(read_bytes(b, &s));
	memset(b, 0xff, sizeof b);
	assert_false(read_bytes(b, &s));
	assert_string_equal(s.label, "untouched");
}

TEST(a_label_of_sixteen_characters_is_closed)
{
	uint8_t b[SUPERBLOCK_SIZE];
	struct superblock s;

	good(b);
	memset(b + 0x78, 'x', 200);
	assert_true(read_bytes(b, &s));
	assert_string_equal(s.label, "xxxxxxxxxxxxxxxx");
}

TEST(errors_are_seen)
{
	uint8_t b[SUPERBLOCK_SIZE];
	struct superblock s;

	good(b);
	put16(b + 0x3a, 3);
	assert_true(read_bytes(b, &s));
	assert_true(s.errors);
	put16(b + 0x3a, 0); /* in use when the power went: the journal's matter */
	assert_true(read_bytes(b, &s));
	assert_false(s.errors);
}

/* Each feature by itself: those that are asked for at the making are known, those of no kernel are not. */
TEST(features_that_are_not_known_make_it_foreign)
{
	uint8_t b[SUPERBLOCK_SIZE];
	struct superblock s;

	for (unsigned bit = 0; bit < 32; bit++) {
		good(b);
		put32(b + 0x60, OURS | 1u << bit);
		assert_true(read_bytes(b, &s));
		if (bit > 17)
			assert_true(s.foreign);
		if (OURS & 1u << bit || bit == 2) /* needs_recovery: it was not unmounted */
			assert_false(s.foreign);
		good(b);
		put32(b + 0x64, OURS_RO | 1u << bit);
		assert_true(read_bytes(b, &s));
		if (bit > 16)
			assert_true(s.foreign);
		if ((OURS_RO | QUOTAS) & 1u << bit)
			assert_false(s.foreign);
	}
	good(b);
	put32(b + 0x60, 0x8); /* a journal's own device */
	assert_true(read_bytes(b, &s));
	assert_true(s.foreign);
}

TEST(quotas_want_both_features)
{
	static const uint32_t one[] = { 0, 0x100, 0x2000 };
	uint8_t b[SUPERBLOCK_SIZE];
	struct superblock s;

	for (size_t i = 0; i < 3; i++) {
		good(b);
		put32(b + 0x64, OURS_RO | one[i]);
		assert_true(read_bytes(b, &s));
		assert_false(s.limited);
	}
}

TEST(any_bytes_at_all)
{
	uint8_t b[SUPERBLOCK_SIZE];
	struct superblock s;
	uint32_t x = 1;

	for (int round = 0; round < 20000; round++) {
		for (size_t i = 0; i < sizeof b; i++)
			b[i] = (uint8_t)((x = x * 1664525 + 1013904223) >> 24);
		if (round % 2)
			put16(b + 0x38, 0xef53);
		if (read_bytes(b, &s))
			assert_true(strlen(s.label) <= TBL_LABEL_MAX);
	}
}

/* ---- a file with one ---- */

static int
file_with(const uint8_t *bytes, off_t at)
{
	char path[] = "/tmp/superblock.XXXXXX";
	int fd = mkstemp(path);

	assert_true(fd >= 0);
	unlink(path);
	if (bytes)
		assert_int_equal(pwrite(fd, bytes, SUPERBLOCK_SIZE, at), SUPERBLOCK_SIZE);
	return fd;
}

TEST(a_copy_tells_whose_a_damaged_one_is)
{
	static const off_t copies[] = { (off_t)32768 * 4096, (off_t)8193 * 1024 };
	uint8_t b[SUPERBLOCK_SIZE];
	struct superblock s;

	good(b);
	int fd = file_with(b, SUPERBLOCK_AT);
	assert_int_equal(state_fs_probe(fd, "ingot-state", &s), STATE_FS_WHOLE);
	assert_int_equal(state_fs_probe(fd, "ingot", &s), STATE_FS_OTHER);
	assert_int_equal(state_fs_probe(fd, "ingot-state2", &s), STATE_FS_OTHER);
	/* a whole one with another label is another's, whatever an older copy says */
	assert_int_equal(pwrite(fd, b, sizeof b, copies[1]), sizeof b);
	memcpy(b + 0x78, "other-state", 11);
	assert_int_equal(pwrite(fd, b, sizeof b, SUPERBLOCK_AT), sizeof b);
	assert_int_equal(state_fs_probe(fd, "ingot-state", &s), STATE_FS_OTHER);
	close(fd);
	good(b);
	for (size_t i = 0; i < 2; i++) {
		fd = file_with(b, copies[i]);
		assert_int_equal(state_fs_probe(fd, "ingot-state", &s), STATE_FS_DAMAGED);
		assert_int_equal(state_fs_probe(fd, "other-state", &s), STATE_FS_OTHER);
		close(fd);
	}
	fd = file_with(NULL, 0);
	assert_int_equal(state_fs_probe(fd, "ingot-state", &s), STATE_FS_OTHER);
	assert_int_equal(ftruncate(fd, 1500), 0); /* not as long as one */
	assert_int_equal(state_fs_probe(fd, "ingot-state", &s), STATE_FS_OTHER);
	close(fd);
}

TEST(the_words_of_mke2fs)
{
	const char *argv[STATE_FS_ARGS];
	size_t n = 0;

	state_fs_argv(argv, "label", "/dev/x", 64 << 20, true);
	while (argv[n])
		n++;
	assert_true(n < STATE_FS_ARGS);
	assert_string_equal(argv[0], "mke2fs");
	assert_string_equal(argv[n - 1], "/dev/x");
	assert_string_equal(argv[n - 2], "label");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_one),
		cmocka_unit_test(what_is_none),
		cmocka_unit_test(a_label_of_sixteen_characters_is_closed),
		cmocka_unit_test(errors_are_seen),
		cmocka_unit_test(features_that_are_not_known_make_it_foreign),
		cmocka_unit_test(quotas_want_both_features),
		cmocka_unit_test(any_bytes_at_all),
		cmocka_unit_test(a_copy_tells_whose_a_damaged_one_is),
		cmocka_unit_test(the_words_of_mke2fs),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
