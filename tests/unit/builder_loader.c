/* SPDX-License-Identifier: MIT
 *
 * builder/loader.c: which paths a loader tries for a library, and in which order, by the rules of ld.so(8) and of musl
 * (case 4).
 */
#include "support_builder.h"

#include <stdio.h>
#include <stdlib.h>

#include "content.h"
#include "loader.h"

struct fixture {
	struct tree *tree;
	struct arena *arena;
	char tried[2048];
};

static bool
note(void *arg, const char *path)
{
	struct fixture *f = arg;
	size_t n = strlen(f->tried);

	snprintf(f->tried + n, sizeof f->tried - n, "%s ", path);
	return false;
}

static void
put_bytes(struct fixture *f, const char *path, const void *bytes, size_t size)
{
	struct tree_put how = put_as(0644, TREE_OVERRIDE);
	struct content c;
	struct err e;

	content_of_mem(&c, bytes, size);
	assert_int_equal(tree_put_file(f->tree, path, &c, &how, &e), 0);
}

/* The paths that are tried for libx.so by a program at /app/bin/p, or by what it loaded. */
static const char *
tried(struct fixture *f, const char *interpreter, const char *library_path, const struct loaded *by, const char *name)
{
	struct loader l = { .tree = f->tree, .arena = f->arena, .root = "/svc/s", .interpreter = interpreter,
			    .library_path = library_path };
	struct err e;

	assert_int_equal(loader_init(&l, &e), 0);
	f->tried[0] = '\0';
	assert_false(loader_find(&l, by, name, note, f));
	return f->tried;
}

#define GLIBC "/lib64/ld-linux-x86-64.so.2"
#define MUSL  "/lib/ld-musl-x86_64.so.1"
#define GLIBC_REST \
	"/lib/x86_64-linux-gnu/x /usr/lib/x86_64-linux-gnu/x /lib64/x /usr/lib64/x /lib/x /usr/lib/x "
#define MUSL_REST "/lib/x /usr/local/lib/x /usr/lib/x "

static int
open_fixture(void **state)
{
	struct fixture *f = calloc(1, sizeof *f);

	f->tree = tree_new();
	f->arena = arena_new();
	*state = f;
	return 0;
}

static int
close_fixture(void **state)
{
	struct fixture *f = *state;

	tree_free(f->tree);
	arena_free(f->arena);
	free(f);
	return 0;
}

static void
built_in_folders(void **state)
{
	struct elf none = { .bits = 64 };
	struct loaded p = { &none, "/app/bin/p", NULL };

	assert_string_equal(tried(*state, GLIBC, NULL, &p, "x"), GLIBC_REST);
	assert_string_equal(tried(*state, MUSL, NULL, &p, "x"), MUSL_REST);
	assert_string_equal(tried(*state, GLIBC, NULL, &p, "/opt/x"), "/opt/x ");
	assert_string_equal(tried(*state, GLIBC, NULL, &p, "here/x"), "");
}

static void
search_paths(void **state)
{
	struct elf main = { .rpath = "/r:$ORIGIN/../lib" }, lib = { .rpath = "/l" };
	struct elf run = { .rpath = "/no", .runpath = "${ORIGIN}" };
	struct loaded p = { &main, "/app/bin/p", NULL }, l = { &lib, "/lib/l.so", &p }, r = { &run, "/lib/r/r.so", &p };

	/* RPATH of the library, then of what loaded it; then LD_LIBRARY_PATH */
	assert_string_equal(tried(*state, GLIBC, "/e;/f", &l, "x"), "/l/x /r/x /app/bin/../lib/x /e/x /f/x " GLIBC_REST);
	/* a RUNPATH comes after LD_LIBRARY_PATH, is its object's alone, and puts every RPATH out of force */
	assert_string_equal(tried(*state, GLIBC, "/e", &r, "x"), "/e/x /lib/r/x " GLIBC_REST);
	/* musl makes no difference between the two, and inherits both */
	assert_string_equal(tried(*state, MUSL, "/e", &r, "x"), "/e/x /lib/r/x /r/x /app/bin/../lib/x " MUSL_REST);
}

static void
tokens(void **state)
{
	struct elf main = { .runpath = "/a/$LIB:$PLATFORM/b:${ORIGIN:$ORIGINAL:$ORIGIN:relative:" };
	struct loaded p = { &main, "/app/bin/p", NULL }, top = { &main, "/p", NULL };

	assert_string_equal(tried(*state, GLIBC, NULL, &p, "x"), "/a/lib/x86_64-linux-gnu/x /app/bin/x " GLIBC_REST);
	assert_string_equal(tried(*state, GLIBC, NULL, &top, "x"), "/a/lib/x86_64-linux-gnu/x //x " GLIBC_REST);
}

static void
musl_has_a_file_of_folders(void **state)
{
	struct elf none = { .bits = 64 };
	struct loaded p = { &none, "/p", NULL };

	put_bytes(*state, "/svc/s/etc/ld-musl-x86_64.path", "/a\n/b:/c\n", 9);
	assert_string_equal(tried(*state, MUSL, NULL, &p, "x"), "/a/x /b/x /c/x ");
	assert_string_equal(tried(*state, GLIBC, NULL, &p, "x"), GLIBC_REST);
}

/* A cache with one entry, x at /opt/x, and another that leads outside. */
static size_t
make_cache(unsigned char out[256])
{
	static const char strings[] = "x\0/opt/x";
	uint32_t head[] = { 2, sizeof strings, 0, 0, 0, 0, 0 }, at = 48 + 2 * 24;
	uint32_t entries[] = { 1, at, at + 2, 0, 0, 0, 1, at, 1u << 30, 0, 0, 0 };

	memset(out, 0, 256);
	memcpy(out, "glibc-ld.so.cache1.1", 20);
	memcpy(out + 20, head, sizeof head);
	memcpy(out + 48, entries, sizeof entries);
	memcpy(out + at, strings, sizeof strings);
	return at + sizeof strings;
}

static void
glibc_has_a_cache(void **state)
{
	struct elf none = { .bits = 64 };
	struct loaded p = { &none, "/p", NULL };
	unsigned char cache[256];
	size_t n = make_cache(cache);

	put_bytes(*state, "/svc/s/etc/ld.so.cache", cache, n);
	assert_string_equal(tried(*state, GLIBC, NULL, &p, "x"), "/opt/x " GLIBC_REST);
	assert_string_equal(tried(*state, MUSL, NULL, &p, "x"), MUSL_REST);
}

static void
a_damaged_cache_is_none(void **state)
{
	struct elf none = { .bits = 64 };
	struct loaded p = { &none, "/p", NULL };
	unsigned char cache[256];
	size_t n = make_cache(cache);

	for (size_t cut = 1; cut < n; cut++) {
		char *exact = malloc(cut); /* one byte too far is caught */
		memcpy(exact, cache, cut);
		put_bytes(*state, "/svc/s/etc/ld.so.cache", exact, cut);
		assert_has(tried(*state, GLIBC, NULL, &p, "x"), GLIBC_REST);
		put_bytes(*state, "/svc/s/etc/ld.so.cache", "", 0);
		free(exact);
	}
	cache[23] = 0xff; /* more entries than there is room for */
	put_bytes(*state, "/svc/s/etc/ld.so.cache", cache, n);
	assert_string_equal(tried(*state, GLIBC, NULL, &p, "x"), GLIBC_REST);
}

static void
what_the_loader_is_itself(void **state)
{
	struct fixture *f = *state;
	struct loader glibc = { .tree = f->tree, .arena = f->arena, .root = "", .interpreter = GLIBC };
	struct loader musl = { .tree = f->tree, .arena = f->arena, .root = "", .interpreter = MUSL };
	struct err e;

	assert_int_equal(loader_init(&glibc, &e), 0);
	assert_int_equal(loader_init(&musl, &e), 0);
	assert_true(loader_is_own(&glibc, "ld-linux-x86-64.so.2"));
	assert_false(loader_is_own(&glibc, "libc.so.6"));
	assert_true(loader_is_own(&musl, "libc.musl-x86_64.so.1"));
	assert_true(loader_is_own(&musl, "libpthread.so.0"));
	assert_false(loader_is_own(&musl, "libcap.so.2"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(built_in_folders, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(search_paths, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(tokens, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(musl_has_a_file_of_folders, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(glibc_has_a_cache, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(a_damaged_cache_is_none, open_fixture, close_fixture),
		cmocka_unit_test_setup_teardown(what_the_loader_is_itself, open_fixture, close_fixture),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
