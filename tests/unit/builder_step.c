/* SPDX-License-Identifier: MIT
 *
 * builder/step.c and step_outputs.c: a key that holds all that decides a result and nothing else, outputs stored and
 * put back, and a result that is not whole taken for none. Running a step is what tests/cli/test_step.py does.
 */
#include "support_builder.h"

#include <errno.h>
#include <stdlib.h>
#include <sys/stat.h>
#include <unistd.h>

#include "content.h"
#include "guest.h"
#include "step.h"

/* guest.c carries programs, and is no part of the tests: no step has busybox as an input. */
int
guest_busybox(struct arena *a, struct content *out, const char *const **links, size_t *n, struct err *e)
{
	(void)a;
	(void)out;
	(void)links;
	(void)n;
	return err_set(e, 0, "no busybox here");
}

struct fixture {
	struct arena *arena;
	struct cache *cache;
	struct src_text text;
	struct source input, source;
	struct src_build build;
	struct step_output output;
	struct deb_pin pin;
	struct deb_list pins;
	const struct deb_list *input_pins[1];
	struct origin origin;
	struct plan_source s;
	const char *command[2];
};

static void
begin(struct fixture *f)
{
	struct err e;

	*f = (struct fixture){ .arena = arena_new(), .cache = cache_open("cache", &e) };
	f->text = (struct src_text){ .content = "x", .to = "/in/x", .mode = 0644 };
	f->input.text = &f->text;
	f->output = (struct step_output){ .from = "/out/a", .to = "/opt" };
	f->command[0] = "/bin/sh";
	f->build.inputs.v = &f->input;
	f->build.inputs.n = f->build.outputs.n = f->build.command.n = 1;
	f->build.outputs.v = &f->output;
	f->build.command.v = f->command;
	f->source.build = &f->build;
	f->pins = (struct deb_list){ &f->pin, 1 };
	f->origin.text = "t.yml:1";
	f->s = (struct plan_source){ .source = &f->source, .origin = &f->origin, .pins = &f->pins,
				     .input_pins = f->input_pins };
}

static void
end(struct fixture *f)
{
	cache_close(f->cache);
	arena_free(f->arena);
}

static const char *
key(struct fixture *f)
{
	struct err e;

	if (step_key(f->arena, &f->s, &e))
		fail_msg("%s", e.msg);
	return f->s.step;
}

TEST(whatever_decides_the_result_is_in_the_key)
{
	static const char *const env[] = { "A=b" };
	struct fixture f;

	begin(&f);
	const char *first = key(&f), *last = first;
	assert_string_equal(key(&f), first);
	assert_memory_equal(first, "step-1-", 7);
#define CHANGES(statement)                       \
	statement;                               \
	assert_string_not_equal(key(&f), last);  \
	assert_string_not_equal(f.s.step, first); \
	last = f.s.step
	CHANGES(f.text.content = "y");
	CHANGES(f.text.mode = 0755);
	CHANGES(f.text.to = "/in/y");
	CHANGES(f.pin.sha256[0] = 1);
	CHANGES(f.build.env.v = (void *)env; f.build.env.n = 1);
	CHANGES(f.command[1] = "-e"; f.build.command.n = 2);
	CHANGES(f.output.from = "/out/b");
	CHANGES(f.output.to = "/opt/b");
	CHANGES(f.output.mode = 0755);
	/* a limit decides whether there is a result, not which */
	f.build.timeout = 5;
	f.build.memory = 6;
	f.build.space = 7;
	assert_string_equal(key(&f), last);
	end(&f);
}

TEST(a_source_package_is_in_the_key_before_it_is_there)
{
	struct src_debian_source d = { .package = "busybox", .to = "/in" };
	char name[] = "a.dsc";
	struct deb_pin file = { .name = name, .size = 3 };
	struct deb_list files = { &file, 1 };
	struct fixture f;

	begin(&f);
	f.input = (struct source){ .debian_source = &d };
	f.input_pins[0] = &files;
	const char *first = key(&f);
	file.sha256[3] = 1;
	assert_string_not_equal(key(&f), first);
	end(&f);
}

/* It was run, and what it made had the name of what it would have made before. */
TEST(an_input_that_changed_since_the_key_is_an_error)
{
	struct src_file file = { .path = "input", .to = "/in/x", .mode = 0644 };
	struct err e = { .msg = "" };
	struct fixture f;

	begin(&f);
	f.input = (struct source){ .file = &file };
	write_text("input", "one\n");
	key(&f);
	write_text("input", "two\n");
	struct tree *t = tree_new();
	assert_int_equal(step_put(f.cache, f.arena, &f.s, "", t, &e), -1);
	assert_string_equal(e.msg, "t.yml:1: an input of the build step changed under the build: build again");
	assert_false(step_cached(f.cache, f.s.step));
	tree_free(t);
	end(&f);
}

static void
make_outputs(void)
{
	mkdir("root", 0777);
	mkdir("root/out", 0777);
	mkdir("root/out/a", 0700);
	mkdir("root/out/a/sub", 0700);
	write_text("root/out/a/run", "one\n");
	chmod("root/out/a/run", 0500);
	write_text("root/out/a/sub/with a space", "two\n");
	if (symlink("../run", "root/out/a/sub/link") && errno != EEXIST)
		fail();
}

TEST(outputs_are_stored_and_put_back)
{
	struct err e = { .msg = "" };
	struct fixture f;

	begin(&f);
	make_outputs();
	key(&f);
	assert_false(step_cached(f.cache, f.s.step));
	if (step_store_outputs(f.cache, &f.build, "root", f.s.step, &e))
		fail_msg("%s", e.msg);
	assert_true(step_cached(f.cache, f.s.step));
	struct tree *t = tree_new();
	if (step_put(f.cache, f.arena, &f.s, "/svc/x", t, &e))
		fail_msg("%s", e.msg);
	const struct tree_entry *run = tree_find(t, "/svc/x/opt/run");
	assert_non_null(run);
	assert_int_equal(run->inode->meta.mode, 0755);
	assert_int_equal(run->inode->meta.mtime, 0);
	assert_int_equal(tree_find(t, "/svc/x/opt/sub/with a space")->inode->meta.mode, 0644);
	assert_string_equal(tree_find(t, "/svc/x/opt/sub/link")->inode->target, "../run");
	assert_int_equal(tree_find(t, "/svc/x/opt/sub")->inode->meta.mode, 0755);

	/* a blob that is gone, or cut short: no result, rather than an image that lacks a file */
	const char *blob = run->inode->content.path;
	chmod(blob, 0644);
	assert_int_equal(truncate(blob, 1), 0);
	end(&f);
	begin(&f);
	assert_false(step_cached(f.cache, key(&f)));
	unlink(blob);
	assert_false(step_cached(f.cache, f.s.step));
	tree_free(t);
	end(&f);
}

static void
refused(const char *from, uint64_t mode, const char *says)
{
	struct err e = { .msg = "" };
	struct fixture f;

	begin(&f);
	f.output.from = from;
	f.output.mode = mode;
	key(&f);
	assert_int_equal(step_store_outputs(f.cache, &f.build, "root", f.s.step, &e), -1);
	assert_has(e.msg, says);
	assert_false(step_cached(f.cache, f.s.step));
	end(&f);
}

TEST(outputs_that_cannot_be_taken_are_said)
{
	make_outputs();
	refused("/out/gone", 0, "the build step left no /out/gone, which it declares as an output");
	refused("/out/a/run/below", 0, "the build step left no /out/a/run/below");
	refused("/out/a/sub/link/x", 0, "the build step left no /out/a/sub/link/x");
	refused("/out/a", 0644, "the output /out/a is no file: it can have no `mode`");
	if (symlink("..", "root/out/up") && errno != EEXIST)
		fail();
	refused("/out/up/out/a/run", 0, "the build step left no /out/up/out/a/run");
	write_text("root/out/a/a\nb", "");
	refused("/out/a", 0, "an output's name holds a control character");
	unlink("root/out/a/a\nb");
	mkfifo("root/out/a/pipe", 0666);
	refused("/out/a", 0, "the output /opt/pipe is neither file, folder nor symbolic link");
	unlink("root/out/a/pipe");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(whatever_decides_the_result_is_in_the_key),
		cmocka_unit_test(a_source_package_is_in_the_key_before_it_is_there),
		cmocka_unit_test(an_input_that_changed_since_the_key_is_an_error),
		cmocka_unit_test(outputs_are_stored_and_put_back),
		cmocka_unit_test(outputs_that_cannot_be_taken_are_said),
	};

	return cmocka_run_group_tests(tests, temp_enter, temp_leave);
}
