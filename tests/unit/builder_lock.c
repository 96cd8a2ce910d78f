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
static const struct lock_ask ask_nginx = { .kind = LOCK_DEBIAN, .packages = nginx, .n_packages = 2, .drop = perl,
					   .n_drop = 1 };
static const struct lock_ask ask_kernel = { .kind = LOCK_KERNEL, .packages = kernel, .n_packages = 1 };

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
	refused("lock: 3\n", "t.lock:1:7: `lock` must be between 1 and 2, not 3");
	refused("requests: []\n", "`lock` is missing");
	refused("lock: 1\nrequest: []\n", "unknown key `request`: did you mean `requests`?");
	refused("lock: 1\nrequests: x\n", "`requests` must be a list");
	refused("lock: 1\nrequests: [{kind: rpm, packages: [a], pins: []}]\n", "`kind` cannot be `rpm`");
	refused("lock: 1\nrequests: [{kind: debian, packages: [a]}]\n", "`pins` is missing");
	refused("lock: 1\nrequests: [{kind: debian, packages: [a], pins: [{name: a}]}]\n", "`sha256` is missing");
	refused("lock: [", "not valid YAML");
}

/* One of each kind that one digest answers, with all the fields that it can have. */
static const struct lock_ask ones[] = {
	{ .kind = LOCK_ARCHIVE, .url = "https://example.org/a \"b\"\\c.tar.gz" },
	{ .kind = LOCK_ARCHIVE, .path = "files/a.tar" },
	{ .kind = LOCK_OCI, .path = "image", .ref = "latest", .platform = "linux/amd64" },
	{ .kind = LOCK_OCI, .path = "image" },
	{ .kind = LOCK_BUSYBOX, .path = "busybox" },
	{ .kind = LOCK_TOOL },
};

TEST(one_digest_of_every_kind_is_found_again)
{
	struct fixture f;

	unlink("t.lock");
	load(&f);
	for (size_t i = 0; i < COUNT(ones); i++) {
		/* an OCI image has no size, ingot itself no other field than its version */
		bool sized = ones[i].kind == LOCK_ARCHIVE || ones[i].kind == LOCK_BUSYBOX;
		struct lock_one one = { ones[i].kind == LOCK_TOOL ? "1.2" : NULL, sized ? 1000 + i : 0, { (uint8_t)i, 7 } };
		assert_null(lock_find_one(f.lock, &ones[i]));
		assert_non_null(lock_put_one(f.lock, &ones[i], &one));
	}
	assert_true(save(&f));
	release(&f);

	load(&f);
	assert_int_equal(diags_count(f.diags), 0);
	for (size_t i = 0; i < COUNT(ones); i++) {
		const struct lock_one *one = lock_find_one(f.lock, &ones[i]);
		assert_non_null(one);
		assert_int_equal(one->sha256[0], i);
		assert_int_equal(one->sha256[1], 7);
		if (ones[i].kind == LOCK_ARCHIVE)
			assert_int_equal(one->size, 1000 + i);
		assert_non_null(lock_place(f.lock, &ones[i]));
	}
	assert_string_equal(lock_find_one(f.lock, &ones[5])->version, "1.2");
	assert_false(save(&f));
	release(&f);
}

TEST(another_answer_takes_the_place_of_the_first)
{
	struct lock_one one = { NULL, 5, { 1 } };
	struct fixture f;

	unlink("t.lock");
	load(&f);
	lock_put_one(f.lock, &ones[1], &one);
	one.size = 6;
	lock_put_one(f.lock, &ones[1], &one);
	put(&f, &ask_nginx, "1");
	put(&f, &ask_nginx, "2");
	save(&f);
	release(&f);
	load(&f);
	assert_int_equal(f.lock->count, 2);
	assert_int_equal(lock_find_one(f.lock, &ones[1])->size, 6);
	assert_string_equal(lock_find(f.lock, &ask_nginx)->pins[0].version, "2");
	release(&f);
}

TEST(requests_are_sorted_whatever_their_order)
{
	size_t first_size, second_size;
	struct fixture f;

	for (int turn = 0; turn < 2; turn++) {
		unlink("t.lock");
		load(&f);
		put(&f, turn ? &ask_kernel : &ask_nginx, "1");
		for (size_t i = 0; i < COUNT(ones); i++) {
			struct lock_one one = { .version = "1" };
			lock_put_one(f.lock, &ones[turn ? COUNT(ones) - 1 - i : i], &one);
		}
		put(&f, turn ? &ask_nginx : &ask_kernel, "1");
		save(&f);
		release(&f);
		rename("t.lock", turn ? "second" : "first");
	}
	char *first = read_file("first", &first_size), *second = read_file("second", &second_size);
	assert_string_equal(first, second);
	free(first);
	free(second);
}

TEST(what_nobody_asks_for_is_said)
{
	struct fixture f;

	unlink("t.lock");
	load(&f);
	put(&f, &ask_nginx, "1");
	put(&f, &ask_kernel, "1");
	save(&f);
	release(&f);
	load(&f);
	lock_find(f.lock, &ask_kernel);
	lock_say_unused(f.lock, f.diags, "ingot lock t.yml");
	char *said = diags_text(f.diags);
	assert_has(said, "debian nginx-light, zlib1g is pinned, but nothing asks for it any more; mend: ingot lock t.yml");
	assert_has(said, "t.lock:");
	assert_int_equal(diags_count(f.diags), 1);
	free(said);
	release(&f);
}

static char *
changes_text(const struct lock *before, const struct lock *after, size_t *n)
{
	char *text = NULL;
	size_t size;
	FILE *to = open_memstream(&text, &size);

	*n = lock_changes(before, after, to);
	fclose(to);
	return text;
}

static void
put_versions(struct fixture *f, const char *const *versions, const uint64_t *sizes, size_t n)
{
	static char names[3][16] = { "bash", "libc6", "nginx-light" }, arch[] = "amd64", text[3][24];
	struct deb_pin pins[3];
	struct deb_list list = { pins, 0 };

	for (size_t i = 0; i < n; i++) {
		if (!versions[i])
			continue;
		snprintf(text[i], sizeof text[i], "%s", versions[i]);
		pins[list.count++] = (struct deb_pin){ names[i], text[i], arch, sizes[i], { (uint8_t)(versions[i][0]) } };
	}
	lock_put(f->lock, &ask_nginx, &list);
	lock_put(f->lock, &ask_kernel, &list); /* what two requests share is told once */
}

TEST(changes_are_told_in_versions_and_sizes)
{
	static const char *const old[] = { "5.2", "2.36", "1.22.1-9+deb12u1" }, *const new[] = { NULL, "2.36", "1.22.1-9" };
	static const uint64_t old_sizes[] = { 1u << 20, 1000, 612u << 10 }, new_sizes[] = { 0, 1000, 12u << 20 };
	struct fixture a, b;
	size_t n;

	unlink("t.lock");
	load(&a);
	load(&b);
	put_versions(&a, old, old_sizes, 3);
	put_versions(&b, old, old_sizes, 3);
	char *text = changes_text(a.lock, b.lock, &n);
	assert_string_equal(text, "");
	assert_int_equal(n, 0);
	free(text);
	put_versions(&b, new, new_sizes, 3);
	text = changes_text(a.lock, b.lock, &n);
	assert_string_equal(text, "removed bash 5.2  (1024 KiB)\n"
				  "nginx-light 1.22.1-9+deb12u1 -> 1.22.1-9  (612 KiB -> 12.0 MiB)\n"
				  "2 changes: 3 -> 2 packages, 1637 KiB -> 12.0 MiB\n");
	assert_int_equal(n, 2);
	free(text);
	text = changes_text(b.lock, a.lock, &n);
	assert_has(text, "added bash 5.2  (1024 KiB)\n");
	free(text);
	release(&a);
	release(&b);
}

#define V2(request) "lock: 2\nrequests:\n  - {" request "}\n"

TEST(each_kind_has_its_own_fields)
{
	refused(V2("kind: archive, size: 1, sha256: " DIGEST), "t.lock:3:5: a request of kind archive has either `url` or");
	refused(V2("kind: archive, url: x, path: y, size: 1, sha256: " DIGEST), "has either `url` or `path`");
	refused(V2("kind: archive, url: x, sha256: " DIGEST), "t.lock:3:5: `size` is missing");
	refused(V2("kind: oci, path: x"), "`sha256` is missing");
	refused(V2("kind: oci, path: x, sha256: abc"), "t.lock:3:34: not a SHA-256 digest");
	refused(V2("kind: tool, version: \"1\", path: x, sha256: " DIGEST), "a request of kind tool has no `path`");
	refused(V2("kind: busybox, path: x, size: 1, sha256: " DIGEST ", packages: [a]"), "has no `packages`");
	refused(V2("kind: kernel, packages: [a], drop: [b], pins: []"), "a request of kind kernel has no `drop`");
	refused(V2("kind: debian-source, packages: [a], pins: []"), "exactly one .dsc file, not 0");
	refused(V2("kind: debian-source, packages: [a], pins: [{name: ../a.dsc, version: \"1\", arch: source, size: 1, "
		   "sha256: " DIGEST "}]"), "not a name that a Debian package can have");
}

TEST(a_request_stands_once)
{
	refused("lock: 2\nrequests:\n  - {kind: tool, version: a, sha256: " DIGEST "}\n"
		"  - {kind: tool, version: b, sha256: " DIGEST "}\n", "t.lock:4:5: tool stands here twice");
}

TEST(the_first_version_is_read_and_rewritten)
{
	struct fixture f;
	size_t size;

	write_text("t.lock", "lock: 1\nrequests: [{kind: debian, packages: [a], pins: [{name: a, version: \"1\", arch: amd64, "
			     "size: 1, sha256: " DIGEST "}]}]\n");
	load(&f);
	static const char *const a[] = { "a" };
	assert_non_null(lock_find(f.lock, &(struct lock_ask){ .kind = LOCK_DEBIAN, .packages = a, .n_packages = 1 }));
	assert_int_equal(f.lock->version, 1);
	assert_true(save(&f));
	release(&f);
	char *text = read_file("t.lock", &size);
	assert_has(text, "\nlock: 2\n");
	free(text);
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
		cmocka_unit_test(one_digest_of_every_kind_is_found_again),
		cmocka_unit_test(another_answer_takes_the_place_of_the_first),
		cmocka_unit_test(requests_are_sorted_whatever_their_order),
		cmocka_unit_test(what_nobody_asks_for_is_said),
		cmocka_unit_test(changes_are_told_in_versions_and_sizes),
		cmocka_unit_test(each_kind_has_its_own_fields),
		cmocka_unit_test(a_request_stands_once),
		cmocka_unit_test(the_first_version_is_read_and_rewritten),
		cmocka_unit_test(lists_and_texts_are_refused),
		cmocka_unit_test(wrong_digests_are_refused),
		cmocka_unit_test(pins_answer_their_request),
		cmocka_unit_test(pins_are_what_debian_allows),
		cmocka_unit_test(a_folder_that_cannot_be_written_is_said),
		cmocka_unit_test(nothing_is_left_beside_it),
	};

	return cmocka_run_group_tests(tests, temp_enter, temp_leave);
}
