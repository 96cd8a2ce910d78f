/* SPDX-License-Identifier: MIT
 *
 * init/libc: ingot-init's own functions do what those of a C library do.
 */
#include "support.h"

#include <errno.h>
#include <signal.h>

#include "fmt.h"

/* ingot-init's own functions, under other names beside those of the C library that this program is linked with. */
#define memchr    own_memchr
#define memcmp    own_memcmp
#define memcpy    own_memcpy
#define memmove   own_memmove
#define memset    own_memset
#define strchr    own_strchr
#define strchrnul own_strchrnul
#define strcmp    own_strcmp
#define strcspn   own_strcspn
#define strerror  own_strerror
#define strlen    own_strlen
#define strncmp   own_strncmp
#define strnlen   own_strnlen
#define strrchr   own_strrchr
#define strsignal own_strsignal
#define strspn    own_strspn

#pragma GCC diagnostic ignored "-Wmissing-prototypes"

char *strchrnul(const char *s, int c);

#include "../../init/libc/strings.c"
#include "../../init/libc/texts.c"

static void
fill(uint8_t *buf, size_t n)
{
	for (size_t i = 0; i < n; i++)
		buf[i] = (uint8_t)(i * 7 + 1);
}

TEST(bytes_are_copied_and_none_beside_them)
{
	uint8_t from[40], to[40];

	fill(from, sizeof from);
	for (size_t n = 0; n <= 33; n++) {
		for (size_t i = 0; i < sizeof to; i++)
			to[i] = 0xee;
		assert_ptr_equal(own_memcpy(to + 3, from + 1, n), to + 3);
		for (size_t i = 0; i < sizeof to; i++)
			assert_int_equal(to[i], i >= 3 && i < 3 + n ? from[i - 2] : 0xee);
	}
}

TEST(bytes_are_set_and_none_beside_them)
{
	uint8_t to[40];

	for (size_t n = 0; n <= 33; n++) {
		for (size_t i = 0; i < sizeof to; i++)
			to[i] = 0xee;
		assert_ptr_equal(own_memset(to + 3, 0x1a5, n), to + 3);
		for (size_t i = 0; i < sizeof to; i++)
			assert_int_equal(to[i], i >= 3 && i < 3 + n ? 0xa5 : 0xee);
	}
}

TEST(bytes_move_to_where_they_overlap)
{
	uint8_t buf[64], was[64];

	fill(was, sizeof was);
	for (size_t to = 0; to <= 24; to++) {
		for (size_t n = 0; n <= 30; n++) {
			fill(buf, sizeof buf);
			assert_ptr_equal(own_memmove(buf + to, buf + 12, n), buf + to);
			for (size_t i = 0; i < sizeof buf; i++)
				assert_int_equal(buf[i], i >= to && i < to + n ? was[i - to + 12] : was[i]);
		}
	}
}

static int
sign(int v)
{
	return (v > 0) - (v < 0);
}

#undef strlen
#undef strcmp
#undef strncmp
#undef strnlen
#undef strchr
#undef strrchr
#undef strspn
#undef strcspn
#undef memcmp
#undef memchr

TEST(strings_are_looked_at_as_the_c_library_does)
{
	static const char *const words[] = { "", "a", "b", "ab", "aba", "abc", "\xff", "a\xff", "bbaa", "aaab" };
	const size_t count = sizeof words / sizeof *words;

	for (size_t i = 0; i < count; i++) {
		const char *a = words[i];
		assert_int_equal(own_strlen(a), strlen(a));
		assert_int_equal(own_strnlen(a, 2), strnlen(a, 2));
		for (int c = 0; c < 256; c++) {
			assert_ptr_equal(own_strchr(a, c), strchr(a, c));
			assert_ptr_equal(own_strrchr(a, c), strrchr(a, c));
			assert_ptr_equal(own_memchr(a, c, strlen(a)), memchr(a, c, strlen(a)));
		}
		for (size_t k = 0; k < count; k++) {
			const char *b = words[k];
			assert_int_equal(sign(own_strcmp(a, b)), sign(strcmp(a, b)));
			assert_int_equal(own_strspn(a, b), strspn(a, b));
			assert_int_equal(own_strcspn(a, b), strcspn(a, b));
			for (size_t n = 0; n < 4; n++)
				assert_int_equal(sign(own_strncmp(a, b, n)), sign(strncmp(a, b, n)));
			for (size_t n = 0; n <= strlen(a) && n <= strlen(b); n++)
				assert_int_equal(sign(own_memcmp(a, b, n)), sign(memcmp(a, b, n)));
		}
	}
}

TEST(errors_and_signals_have_a_text)
{
	assert_string_equal(own_strerror(EPERM), "Operation not permitted");
	assert_string_equal(own_strerror(ENOENT), "No such file or directory");
	assert_string_equal(own_strerror(EKEYREJECTED), "Key was rejected");
	assert_string_equal(own_strerror(0), "error 0");
	assert_string_equal(own_strerror(EL2HLT), "error 51");
	assert_string_equal(own_strerror(100000), "error 100000");
	assert_string_equal(own_strsignal(SIGHUP), "Hangup");
	assert_string_equal(own_strsignal(SIGSEGV), "Segmentation fault");
	assert_string_equal(own_strsignal(SIGSYS), "Bad system call");
	assert_string_equal(own_strsignal(SIGCHLD), "unknown");
	assert_string_equal(own_strsignal(40), "real-time");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(bytes_are_copied_and_none_beside_them),
		cmocka_unit_test(bytes_are_set_and_none_beside_them),
		cmocka_unit_test(bytes_move_to_where_they_overlap),
		cmocka_unit_test(strings_are_looked_at_as_the_c_library_does),
		cmocka_unit_test(errors_and_signals_have_a_text),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
