/* SPDX-License-Identifier: MIT
 *
 * builder/lock.c: what is saved is found again, what nobody asks for any more goes, and a file that is wrong is refused
 * with its place, never half taken.
 */
#include "support_builder.h"

#include <stdio.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "lock.h"

struct fixture {
	struct arena *arena;
	struct diags *diags;
	struct lock *lock;
};

static void
load(struct fixture *f)
{
	*f = (struct fixture){ .arena = arena_new(), .diags = diags_new() };
	f->lock = lock_load(f->arena, f->diags, "t.lock");
}

static void
release(struct fixture *f)
{
	lock_release(f->lock);
	diags_free(f->diags);
	arena_free(f->arena);
}

static const char *const nginx[] = { "nginx-light", "zlib1g" };
static const char *const perl[] = { "perl-base" };
static const char *const kernel[] = { "linux-image" };
static const struct lock_ask ask_nginx = { LOCK_DEBIAN, nginx, 2, perl, 1 };
static const struct lock_ask ask_kernel = { LOCK_KERNEL, kernel, 1, NULL, 0 };

static const struct deb_list *
put(struct fixture *f, const struct lock_ask *ask, const char *version)
{
	char names[3][32] = { "libc6" }, arch[] = "amd64", text[32];
	struct deb_pin pins[3] = { { names[0], text, arch, UINT64_MAX >> 1, { 0xab, 1, 2 } } };
	struct deb_list list = { pins, 1 + ask->n_packages };

	snprintf(text, sizeof text, "%s", version);
	for (size_t i = 1; i < list.count; i++) {
		snprintf(names[i], sizeof names[i], "%s", ask->packages[i - 1]);
		pins[i] = (struct deb_pin){ names[i], text, arch, 1234, { 0 } };
	}
	const struct deb_list *kept = lock_put(f->lock, ask, &list);
	memset(text, '?', sizeof text - 1); /* the lock keeps copies */
	memset(names, '?', sizeof names - 1);
	return kept;
}

static bool
save(struct fixture *f)
{
	struct err e = { .msg = "" };
	bool changed;

	if (lock_save(f->lock, &changed, &e))
		fail_msg("%s", e.msg);
	return changed;
}

TEST(what_is_saved_is_found_again)
{
	struct fixture f;

	unlink("t.lock");
	load(&f);
	assert_null(lock_find(f.lock, &ask_nginx));
	assert_string_equal(put(&f, &ask_nginx, "1:1.22.1-9+deb12u1~x")->pins[0].version, "1:1.22.1-9+deb12u1~x");
	put(&f, &ask_kernel, "6.12");
	assert_true(save(&f));
	release(&f);

	load(&f);
	assert_int_equal(diags_count(f.diags), 0);
	const struct deb_list *l = lock_find(f.lock, &ask_nginx);
	assert_non_null(l);
	assert_int_equal(l->count, 3);
	assert_string_equal(l->pins[0].name, "libc6");
	assert_string_equal(l->pins[2].name, "zlib1g");
	assert_string_equal(l->pins[0].version, "1:1.22.1-9+deb12u1~x");
	assert_string_equal(l->pins[0].arch, "amd64");
	assert_int_equal(l->pins[1].size, 1234);
	assert_int_equal(l->pins[0].sha256[0], 0xab);
	assert_true(l->pins[0].size == UINT64_MAX >> 1);
	assert_string_equal(lock_find(f.lock, &ask_kernel)->pins[0].version, "6.12");
	assert_false(save(&f));
	release(&f);
}

TEST(the_same_pins_give_the_same_bytes)
{
	size_t first_size, second_size;
	struct fixture f;

	unlink("t.lock");
	load(&f);
	put(&f, &ask_nginx, "1");
	save(&f);
	release(&f);
	char *first = read_file("t.lock", &first_size);
	load(&f);
	lock_find(f.lock, &ask_nginx);
	put(&f, &ask_kernel, "2");
	save(&f);
	release(&f);
	load(&f);
	lock_find(f.lock, &ask_nginx); /* the kernel is not asked for any more */
	assert_true(save(&f));
	release(&f);
	char *second = read_file("t.lock", &second_size);
	assert_string_equal(first, second);
	free(first);
	free(second);
}

TEST(another_request_is_another_pin)
{
	static const char *const swapped[] = { "zlib1g", "nginx-light" };
	struct lock_ask ask = ask_nginx;
	struct fixture f;

	unlink("t.lock");
	load(&f);
	put(&f, &ask_nginx, "1");
	ask.n_packages = 1;
	assert_null(lock_find(f.lock, &ask));
	ask = ask_nginx;
	ask.n_drop = 0;
	assert_null(lock_find(f.lock, &ask));
	ask = ask_nginx;
	ask.kind = LOCK_KERNEL;
	assert_null(lock_find(f.lock, &ask));
	ask = ask_nginx;
	ask.packages = swapped;
	assert_null(lock_find(f.lock, &ask));
	assert_non_null(lock_find(f.lock, &ask_nginx));
	release(&f);
}

/* It was written as a file that could not be read again. */
TEST(a_lock_that_became_empty_is_readable)
{
	struct fixture f;

	unlink("t.lock");
	load(&f);
	put(&f, &ask_nginx, "1");
	save(&f);
	release(&f);
	load(&f);
	assert_true(save(&f));
	release(&f);
	load(&f);
	assert_int_equal(diags_count(f.diags), 0);
	assert_non_null(f.lock);
	assert_null(lock_find(f.lock, &ask_nginx));
	assert_false(save(&f));
	release(&f);
}

#define PIN "{name: a, version: b, arch: c, size: 1, sha256: %s}"
#define REQUEST "lock: 1\nrequests:\n  - kind: debian\n    packages: [a]\n    pins: [" PIN "]\n"
#define DIGEST  "00112233445566778899aabbccddeeff00112233445566778899aabbccddeeff"

static void
refused(const char *text, const char *message)
{
	struct fixture f;

	write_text("t.lock", text);
	load(&f);
	if (f.lock)
		fail_msg("taken: %s", text);
	char *said = diags_text(f.diags);
	assert_has(said, message);
	assert_has(said, "t.lock: the lock is wrong: mend it, or delete it to resolve anew");
	free(said);
	release(&f);
	unlink("t.lock");
}

static void
refused_digest(const char *digest)
{
	char text[1024];

	snprintf(text, sizeof text, REQUEST, digest);
	refused(text, "t.lock:5:60: not a SHA-256 digest");
}

TEST(wrong_files_are_refused)
{
	refused("", "the file is empty");
	refused("lock: 2\n", "t.lock:1:7: `lock` must be between 1 and 1, not 2");
	refused("requests: []\n", "`lock` is missing");
	refused("lock: 1\nrequest: []\n", "unknown key `request`: did you mean `requests`?");
	refused("lock: 1\nrequests: x\n", "`requests` must be a list");
	refused("lock: 1\nrequests: [{kind: rpm, packages: [a], pins: []}]\n", "`kind` cannot be `rpm`");
	refused("lock: 1\nrequests: [{kind: debian, packages: [a]}]\n", "`pins` is missing");
	refused("lock: 1\nrequests: [{kind: debian, packages: [a], pins: [{name: a}]}]\n", "`sha256` is missing");
	refused("lock: [", "not valid YAML");
}

/* They were read as mappings without keys: a crash. */
TEST(lists_and_texts_are_refused)
{
	refused("[a, b]\n", "t.lock:1:1: ");
	refused("text\n", "t.lock:1:1: ");
}

TEST(wrong_digests_are_refused)
{
	refused_digest("abc");
	refused_digest("\"\"");
	refused_digest(DIGEST "0");
	refused_digest("g0112233445566778899aabbccddeeff00112233445566778899aabbccddeeff");
	refused_digest("00112233445566778899aabbccddeeff00112233445566778899aabbccddeef");
}

#define ONE(pins) "lock: 1\nrequests:\n  - {kind: debian, packages: [a, b], pins: [" pins "]}\n"
#define A         "{name: a, version: \"1\", arch: amd64, size: 1, sha256: " DIGEST "}"

TEST(pins_answer_their_request)
{
	refused(ONE(A), "t.lock:3:44: b was asked for, and no pin is for it");
	refused(ONE(A ", " A), "t.lock:3:166: a is pinned more than once");
}

#define PINNED(name, version, arch)                                                                      \
	"lock: 1\nrequests: [{kind: debian, packages: [], pins: [{name: " name ", version: " version ", arch: " arch \
	", size: 1, sha256: " DIGEST "}]}]\n"

/* What stands there goes to apt, whose options can name a program to run. */
TEST(pins_are_what_debian_allows)
{
	refused(PINNED("--x", "1", "c"), "not a name that a Debian package can have");
	refused(PINNED("x", "1;2", "c"), "not a version that a Debian package can have");
	refused(PINNED("x", "1", "../c"), "not an architecture of Debian");
}

TEST(a_folder_that_cannot_be_written_is_said)
{
	struct arena *a = arena_new();
	struct diags *d = diags_new();
	struct lock *l = lock_load(a, d, "absent/t.lock");
	struct fixture f = { a, d, l };
	struct err e = { .msg = "" };
	bool changed;

	put(&f, &ask_nginx, "1");
	assert_int_equal(lock_save(l, &changed, &e), -1);
	assert_has(e.msg, "cannot write absent/t.lock");
	assert_has(e.msg, "No such file or directory");
	release(&f);
}

TEST(nothing_is_left_beside_it)
{
	struct fixture f;

	mkdir("alone", 0777);
	assert_int_equal(chdir("alone"), 0);
	load(&f);
	put(&f, &ask_nginx, "1");
	save(&f);
	release(&f);
	assert_int_equal(unlink("t.lock"), 0);
	assert_int_equal(chdir(".."), 0);
	assert_int_equal(rmdir("alone"), 0); /* it was the only file */
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_saved_is_found_again),
		cmocka_unit_test(the_same_pins_give_the_same_bytes),
		cmocka_unit_test(another_request_is_another_pin),
		cmocka_unit_test(a_lock_that_became_empty_is_readable),
		cmocka_unit_test(wrong_files_are_refused),
		cmocka_unit_test(lists_and_texts_are_refused),
		cmocka_unit_test(wrong_digests_are_refused),
		cmocka_unit_test(pins_answer_their_request),
		cmocka_unit_test(pins_are_what_debian_allows),
		cmocka_unit_test(a_folder_that_cannot_be_written_is_said),
		cmocka_unit_test(nothing_is_left_beside_it),
	};

	return cmocka_run_group_tests(tests, temp_enter, temp_leave);
}
