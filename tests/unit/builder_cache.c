/* SPDX-License-Identifier: MIT
 *
 * builder/cache.c, cache_folders.c, cache_text.c and cache_prune.c: what goes in comes out, under its digest alone;
 * what is wrong, half or damaged does not. What dead builds left goes, what living ones use stays.
 */
#include "deb_maker.h"

#include <dirent.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/wait.h>
#include <time.h>

#include "cache_prune.h"
#include "content.h"

static struct cache *
open_cache(void **state)
{
	struct err e;
	char path[200];
	struct cache *c;

	snprintf(path, sizeof path, "%s/a/b", (char *)*state); /* parents are made */
	c = cache_open(path, &e);
	assert_non_null(c);
	return c;
}

static size_t
entries(const struct cache *c, const char *folder)
{
	char path[300];
	size_t n = 0;

	snprintf(path, sizeof path, "%s/%s", cache_dir(c), folder);
	DIR *d = opendir(path);
	assert_non_null(d);
	while (readdir(d))
		n++;
	closedir(d);
	return n - 2;
}

/* In the folders of builds, of which there is one. */
static size_t
own_entries(const struct cache *c)
{
	char path[300];
	const struct dirent *x;
	size_t n = 0;

	snprintf(path, sizeof path, "%s/tmp", cache_dir(c));
	assert_int_equal(entries(c, "tmp"), 1);
	DIR *d = opendir(path);
	while ((x = readdir(d)) != NULL) {
		if (x->d_name[0] == '.')
			continue;
		snprintf(path, sizeof path, "tmp/%.200s", x->d_name);
		n += entries(c, path);
	}
	closedir(d);
	return n;
}

static struct content
put(struct cache *c, const char *text)
{
	struct content out;
	struct err e;
	struct blob_writer *w = blob_begin(c, &e);

	assert_non_null(w);
	for (; *text; text++)
		assert_int_equal(blob_write(w, text, 1, &e), 0);
	assert_int_equal(blob_end(w, &out, &e), 0);
	return out;
}

static void
blob_round_trip(void **state)
{
	struct cache *c = open_cache(state);
	struct content a = put(c, "some bytes"), again = put(c, "some bytes"), found, of;
	struct err e;

	assert_string_equal(a.path, again.path);
	content_of_mem(&of, "some bytes", 10);
	assert_memory_equal(a.sha256, of.sha256, DIGEST_SIZE);
	assert_int_equal(a.size, 10);
	assert_int_equal(entries(c, "blob"), 1);
	assert_int_equal(own_entries(c), 0);
	cache_close(c);
	c = open_cache(state);
	assert_true(cache_lookup(c, of.sha256, &found));
	assert_int_equal(found.size, 10);
	char *text = content_load(&found, &e);
	assert_string_equal(text, "some bytes");
	free(text);
	of.sha256[5] ^= 1;
	assert_false(cache_lookup(c, of.sha256, &found));
	cache_close(c);
}

static void
abort_leaves_nothing(void **state)
{
	struct cache *c = open_cache(state);
	struct err e;
	struct blob_writer *w = blob_begin(c, &e);

	assert_int_equal(blob_write(w, "x", 1, &e), 0);
	blob_abort(w);
	assert_int_equal(entries(c, "blob"), 0);
	assert_int_equal(own_entries(c), 0);
	cache_close(c);
}

static void
many_blobs(void **state)
{
	struct cache *c = open_cache(state);
	struct content first = { 0 }, found;
	char text[20];

	for (int i = 0; i < 3000; i++) {
		snprintf(text, sizeof text, "blob %d", i);
		struct content made = put(c, text);
		if (i == 0)
			first = made;
	}
	assert_true(cache_lookup(c, first.sha256, &found));
	assert_ptr_equal(found.path, first.path);
	cache_close(c);
}

static void
import_checks_the_digest(void **state)
{
	struct cache *c = open_cache(state);
	struct content out, of;
	struct err e;
	char path[200];

	snprintf(path, sizeof path, "%s/file", (char *)*state);
	FILE *f = fopen(path, "w");
	fputs("content", f);
	fclose(f);
	content_of_mem(&of, "content", 7);
	of.sha256[0] ^= 1;
	assert_int_equal(cache_import(c, path, of.sha256, &out, &e), -1);
	assert_non_null(strstr(e.msg, path));
	assert_int_equal(entries(c, "blob"), 0);
	assert_int_equal(own_entries(c), 0);
	of.sha256[0] ^= 1;
	assert_int_equal(cache_import(c, path, of.sha256, &out, &e), 0);
	assert_int_equal(out.size, 7);
	assert_int_equal(cache_import(c, path, NULL, &out, &e), 0);
	unlink(path);
	assert_int_equal(cache_import(c, path, NULL, &out, &e), -1);
	cache_close(c);
}

static void
damage(const char *path, size_t at)
{
	FILE *f;

	assert_int_equal(chmod(path, 0644), 0);
	f = fopen(path, "r+");
	assert_non_null(f);
	fseek(f, (long)at, SEEK_SET);
	int byte = fgetc(f);
	fseek(f, (long)at, SEEK_SET);
	fputc(byte ^ 1, f);
	fclose(f);
}

static void
poisoned_blob_is_detected_and_mended(void **state)
{
	struct cache *c = open_cache(state);
	struct content a = put(c, "some bytes");
	struct err e;

	damage(a.path, 3);
	assert_null(content_load(&a, &e));
	assert_non_null(strstr(e.msg, "was damaged, and is removed from the cache: build again"));
	assert_int_not_equal(access(a.path, F_OK), 0);
	a = put(c, "some bytes");
	char *text = content_load(&a, &e);
	assert_string_equal(text, "some bytes");
	free(text);
	cache_close(c);
}

static void
texts(void **state)
{
	struct cache *c = open_cache(state);
	struct err e;
	char path[300], *text;

	assert_null(cache_get_text(c, "deb-1"));
	assert_int_equal(cache_put_text(c, "deb-1", "one\ntwo\n", &e), 0);
	text = cache_get_text(c, "deb-1");
	assert_string_equal(text, "one\ntwo\n");
	free(text);
	assert_int_equal(cache_put_text(c, "deb-1", "", &e), 0);
	text = cache_get_text(c, "deb-1");
	assert_string_equal(text, "");
	free(text);
	assert_int_equal(cache_put_text(c, "../x", "", &e), -1);
	assert_int_equal(cache_put_text(c, "", "", &e), -1);
	assert_int_equal(cache_put_text(c, "A", "", &e), -1);
	assert_null(cache_get_text(c, "../index/deb-1"));
	assert_int_equal(cache_put_text(c, "deb-1", "one\ntwo\n", &e), 0);
	snprintf(path, sizeof path, "%s/index/deb-1", cache_dir(c));
	for (size_t at = 0; at < 72; at += 7) { /* the digest, the newline, the text */
		damage(path, at);
		assert_null(cache_get_text(c, "deb-1"));
		damage(path, at);
	}
	assert_int_equal(truncate(path, 70), 0);
	assert_null(cache_get_text(c, "deb-1"));
	assert_int_equal(truncate(path, 10), 0);
	assert_null(cache_get_text(c, "deb-1"));
	assert_int_equal(own_entries(c), 0);
	cache_close(c);
}

/* ---- builds that end, and builds that go on ---- */

static size_t
builds(const struct cache *c)
{
	return entries(c, "tmp");
}

static void
what_a_killed_build_left_goes(void **state)
{
	struct cache_sums s;
	struct err e;
	pid_t pid = fork();

	if (pid == 0) {
		struct cache *c = open_cache(state);
		struct blob_writer *w = blob_begin(c, &e);
		blob_write(w, "half", 4, &e);
		kill(getpid(), SIGKILL);
	}
	assert_int_equal(waitpid(pid, NULL, 0), pid);
	struct cache *c = open_cache(state);
	assert_int_equal(builds(c), 1); /* its own */
	assert_int_equal(cache_size(c, &s, &e), 0);
	assert_int_equal(s.kept.files, 0);
	cache_close(c);
	c = open_cache(state);
	assert_int_equal(builds(c), 1); /* one that ended in order leaves none */
	cache_close(c);
}

static void
a_build_at_work_is_left_alone(void **state)
{
	struct cache *a = open_cache(state), *b;
	struct content made;
	struct err e;
	struct blob_writer *w = blob_begin(a, &e);

	assert_int_equal(blob_write(w, "one ", 4, &e), 0);
	b = open_cache(state); /* sweeps */
	assert_int_equal(builds(b), 2);
	cache_close(b);
	assert_int_equal(blob_write(w, "two", 3, &e), 0);
	assert_int_equal(blob_end(w, &made, &e), 0);
	assert_int_equal(made.size, 7);
	cache_close(a);
}

static void
age(const char *path, time_t seconds)
{
	struct timespec t[2] = { { .tv_sec = time(NULL) - seconds }, { .tv_sec = time(NULL) - seconds } };

	assert_int_equal(utimensat(AT_FDCWD, path, t, 0), 0);
}

#define DAY 86400

static void
prune_removes_what_was_not_used_for_long(void **state)
{
	struct cache *c = open_cache(state);
	struct content old = put(c, "old"), used = put(c, "used again"), young = put(c, "young"), found;
	struct cache_sums s;
	struct err e;
	char text[300];

	assert_int_equal(cache_put_text(c, "old", "a text", &e), 0);
	assert_int_equal(cache_put_text(c, "used", "a text", &e), 0);
	snprintf(text, sizeof text, "%s/index/old", cache_dir(c));
	age(text, 40 * DAY);
	snprintf(text, sizeof text, "%s/index/used", cache_dir(c));
	age(text, 40 * DAY);
	age(old.path, 40 * DAY);
	age(used.path, 40 * DAY);
	age(young.path, 29 * DAY);
	cache_close(c);
	c = open_cache(state);
	assert_true(cache_lookup(c, used.sha256, &found)); /* which is a use */
	free(cache_get_text(c, "used"));
	assert_int_equal(cache_prune(c, 30, &s, &e), 0);
	assert_int_equal(s.freed.files, 2);
	assert_int_equal(s.freed.bytes, 3 + 65 + 6);
	assert_int_equal(s.kept.files, 3);
	assert_false(cache_lookup(c, old.sha256, &found));
	assert_true(cache_lookup(c, young.sha256, &found));
	assert_null(cache_get_text(c, "old"));
	assert_int_equal(cache_prune(c, 0, &s, &e), 0); /* nothing is at work but this */
	assert_int_equal(s.kept.files, 0);
	assert_int_equal(s.freed.files, 3);
	cache_close(c);
}

/* The other build may have found anything that was used since a day before it began. */
static void
prune_keeps_what_a_build_at_work_may_use(void **state)
{
	struct cache *other = open_cache(state), *c = open_cache(state);
	struct content recent = put(other, "recent"), old = put(other, "old"), found;
	struct cache_sums s;
	struct err e;

	age(recent.path, DAY / 2);
	age(old.path, 2 * DAY);
	assert_int_equal(cache_prune(c, 0, &s, &e), 0);
	assert_int_equal(s.living, 1);
	assert_true(cache_lookup(c, recent.sha256, &found));
	assert_false(cache_lookup(c, old.sha256, &found));
	cache_close(other);
	assert_int_equal(cache_prune(c, 0, &s, &e), 0);
	assert_int_equal(s.living, 0);
	assert_int_equal(s.kept.files, 0);
	cache_close(c);
}

static void
a_file_in_the_way(void **state)
{
	struct err e;
	char path[200];

	snprintf(path, sizeof path, "%s/file", (char *)*state);
	fclose(fopen(path, "w"));
	strcat(path, "/cache");
	assert_null(cache_open(path, &e));
	assert_non_null(strstr(e.msg, "cache folder"));
	assert_null(cache_open("", &e));
}

#define TEST(f) cmocka_unit_test_setup_teardown(f, maker_setup, maker_teardown)

int
main(void)
{
	const struct CMUnitTest tests[] = {
		TEST(blob_round_trip), TEST(abort_leaves_nothing), TEST(many_blobs), TEST(import_checks_the_digest),
		TEST(poisoned_blob_is_detected_and_mended), TEST(texts), TEST(what_a_killed_build_left_goes),
		TEST(a_build_at_work_is_left_alone), TEST(prune_removes_what_was_not_used_for_long),
		TEST(prune_keeps_what_a_build_at_work_may_use), TEST(a_file_in_the_way),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
