/* SPDX-License-Identifier: MIT
 *
 * builder/modinfo.c: values are found, and no damage to a module's file leads outside its bytes (the sanitizers watch).
 */
#include "deb_maker.h"

#include "modinfo.h"

static const char info[] = "license=GPL\0depends=a,b\0alias=x\0alias=pci:y\0dependsnot=c\0bare\0softdep=pre: q";

static size_t
make(char buf[4096])
{
	return maker_module(buf, info, sizeof info);
}

static void
values(void **state)
{
	char buf[4096];
	size_t n = make(buf);
	struct modinfo m;
	struct err e;

	(void)state;
	assert_int_equal(modinfo_open(&m, buf, n, &e), 0);
	assert_string_equal(modinfo_next(&m, "depends", NULL), "a,b");
	const char *alias = modinfo_next(&m, "alias", NULL);
	assert_string_equal(alias, "x");
	alias = modinfo_next(&m, "alias", alias);
	assert_string_equal(alias, "pci:y");
	assert_null(modinfo_next(&m, "alias", alias));
	assert_string_equal(modinfo_next(&m, "softdep", NULL), "pre: q");
	assert_null(modinfo_next(&m, "bare", NULL));
	assert_null(modinfo_next(&m, "dep", NULL));
}

static void
without_a_section(void **state)
{
	char buf[4096];
	size_t n = make(buf);
	struct modinfo m;
	struct err e;

	(void)state;
	memcpy(memmem(buf, n, "\0.modinfo", 9), "\0.modinfx", 9);
	assert_int_equal(modinfo_open(&m, buf, n, &e), 0);
	assert_null(modinfo_next(&m, "depends", NULL));
}

/* Walks all there is: what the sanitizers are to see. */
static void
walk(const char *bytes, size_t n)
{
	char *exact = malloc(n ? n : 1); /* one byte too far is caught */
	struct modinfo m;
	struct err e;

	memcpy(exact, bytes, n);
	if (modinfo_open(&m, exact, n, &e) == 0)
		for (const char *v = modinfo_next(&m, "alias", NULL); v; v = modinfo_next(&m, "alias", v))
			assert_true(strlen(v) < n);
	free(exact);
}

static void
truncated_anywhere(void **state)
{
	char buf[4096];
	size_t n = make(buf);

	(void)state;
	for (size_t i = 0; i < n; i++)
		walk(buf, i);
}

static void
damaged_anywhere(void **state)
{
	char buf[4096], bad[4096];
	size_t n = make(buf);

	(void)state;
	for (size_t i = 0; i < n; i++) {
		for (int k = 0; k < 256; k += 5) {
			memcpy(bad, buf, n);
			bad[i] = (char)k;
			walk(bad, n);
			memset(bad + i, k, n - i < 8 ? n - i : 8);
			walk(bad, n);
		}
	}
}

static void
refused(void **state)
{
	char buf[4096];
	size_t n = make(buf);
	struct modinfo m;
	struct err e;

	(void)state;
	assert_int_equal(modinfo_open(&m, "", 0, &e), -1);
	assert_int_equal(modinfo_open(&m, "\177ELF", 4, &e), -1);
	buf[EI_CLASS] = ELFCLASS32;
	assert_int_equal(modinfo_open(&m, buf, n, &e), -1);
	n = maker_module(buf, "depends=a", 9); /* no NUL at its end */
	assert_int_equal(modinfo_open(&m, buf, n, &e), -1);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(values),
		cmocka_unit_test(without_a_section),
		cmocka_unit_test(truncated_anywhere),
		cmocka_unit_test(damaged_anywhere),
		cmocka_unit_test(refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
