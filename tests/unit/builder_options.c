/* SPDX-License-Identifier: MIT
 *
 * builder/options.c: the command line, options on either side of the image file, ports, and what is refused.
 */
#include "support.h"

#include <getopt.h>
#include <stdio.h>
#include <stdlib.h>

#include "options.h"

static int
parse(struct options *o, struct err *e, const char *const *words, size_t n)
{
	char *argv[80];

	assert_true(n < COUNT(argv) - 1);
	for (size_t i = 0; i < n; i++)
		argv[i] = (char *)words[i];
	argv[n] = NULL;
	optind = 0; /* glibc: begin anew */
	e->msg[0] = '\0';
	return options_parse(o, (int)n, argv, e);
}

#define WORDS(...)       ((const char *const[]){ "ingot", __VA_ARGS__ })
#define PARSE(o, e, ...) parse(o, e, WORDS(__VA_ARGS__), COUNT(WORDS(__VA_ARGS__)))

#define REFUSED(message, ...)                                        \
	do {                                                         \
		struct options o_;                                   \
		struct err e_;                                       \
		assert_int_equal(PARSE(&o_, &e_, __VA_ARGS__), -1); \
		assert_has(e_.msg, message);                         \
	} while (0)

TEST(presets)
{
	struct options o;
	struct err e;

	unsetenv("INGOT_CACHE");
	assert_int_equal(PARSE(&o, &e, "build", "a.yml"), 0);
	assert_string_equal(o.verb, "build");
	assert_string_equal(o.build.image_file, "a.yml");
	assert_string_equal(o.build.out_dir, "out");
	assert_string_equal(o.build.cache_dir, "out/.cache");
	assert_null(o.build.recipe_dir);
	assert_null(o.run.accel);
	assert_string_equal(o.run.append, "");
	assert_int_equal(o.run.n_forwards, 0);
	assert_false(o.quiet || o.help || o.version || o.run.shell);
}

TEST(the_environment_names_the_cache)
{
	struct options o;
	struct err e;

	setenv("INGOT_CACHE", "/var/cache/x", 1);
	PARSE(&o, &e, "build", "a.yml");
	assert_string_equal(o.build.cache_dir, "/var/cache/x");
	PARSE(&o, &e, "build", "a.yml", "--cache", "/y");
	assert_string_equal(o.build.cache_dir, "/y");
	setenv("INGOT_CACHE", "", 1);
	PARSE(&o, &e, "build", "a.yml");
	assert_string_equal(o.build.cache_dir, "out/.cache");
	unsetenv("INGOT_CACHE");
}

static void
all_set(const struct options *o)
{
	assert_string_equal(o->verb, "run");
	assert_string_equal(o->build.image_file, "a.yml");
	assert_string_equal(o->build.out_dir, "O");
	assert_string_equal(o->build.recipe_dir, "R");
	assert_string_equal(o->build.cache_dir, "C");
	assert_string_equal(o->run.accel, "tcg");
	assert_string_equal(o->run.append, "a b");
	assert_true(o->quiet && o->run.shell);
	assert_int_equal(o->run.n_forwards, 1);
}

TEST(options_stand_anywhere)
{
	struct options o;
	struct err e;

	assert_int_equal(PARSE(&o, &e, "-o", "O", "-q", "run", "-R", "R", "--accel=tcg", "a.yml", "--cache", "C",
			       "--append", "a b", "--shell", "-p", "1:2"), 0);
	all_set(&o);
	assert_int_equal(PARSE(&o, &e, "run", "a.yml", "--output=O", "--quiet", "--recipes", "R", "--accel", "tcg",
			       "--cache=C", "--append=a b", "--shell", "--port=1:2"), 0);
	all_set(&o);
	assert_int_equal(PARSE(&o, &e, "-oO", "-qRR", "--accel", "tcg", "--cache", "C", "--append", "a b", "--shell",
			       "-p1:2", "run", "a.yml"), 0);
	all_set(&o);
}

TEST(a_file_may_begin_with_a_dash)
{
	struct options o;
	struct err e;

	assert_int_equal(PARSE(&o, &e, "check", "--", "-a.yml"), 0);
	assert_string_equal(o.build.image_file, "-a.yml");
}

TEST(ports)
{
	struct options o;
	struct err e;

	assert_int_equal(PARSE(&o, &e, "run", "-p", "8080:80", "-p", "5353:53/udp", "-p", "65535:1/tcp", "a.yml"), 0);
	assert_int_equal(o.run.n_forwards, 3);
	assert_int_equal(o.run.forwards[0].host, 8080);
	assert_int_equal(o.run.forwards[0].machine, 80);
	assert_false(o.run.forwards[0].udp);
	assert_true(o.run.forwards[1].udp);
	assert_int_equal(o.run.forwards[2].host, 65535);
	assert_false(o.run.forwards[2].udp);
}

TEST(wrong_ports_are_refused)
{
	static const char *const wrong[] = {
		"", "80", ":", ":80", "80:", "0:80", "80:0", "65536:80", "80:65536", "a:80", "80:a", "80:80/sctp", "80:80/",
		"80/udp:80", "1:2:3", "-1:80", " 80:80", "80:80 ", "08:80", "123456789012345:80",
	};

	for (size_t i = 0; i < COUNT(wrong); i++)
		REFUSED("-p wants HOST:GUEST, such as 8080:80 or 5353:53/udp, not", "run", "-p", wrong[i], "a.yml");
}

TEST(too_many_ports_are_refused)
{
	const char *words[2 * (FORWARDS_MAX + 1) + 2] = { "ingot", "run" };
	char text[FORWARDS_MAX + 1][16];
	struct options o;
	struct err e;

	for (size_t i = 0; i < FORWARDS_MAX + 1; i++) {
		snprintf(text[i], sizeof text[i], "%zu:80", 8000 + i);
		words[2 + 2 * i] = "-p";
		words[3 + 2 * i] = text[i];
	}
	assert_int_equal(parse(&o, &e, words, COUNT(words) - 2), 0);
	assert_int_equal(parse(&o, &e, words, COUNT(words)), -1);
	assert_string_equal(e.msg, "more than 32 ports are forwarded");
}

TEST(a_port_of_the_host_is_forwarded_once)
{
	struct options o;
	struct err e;

	REFUSED("port 8080 of the host is forwarded twice", "run", "-p", "8080:80", "-p", "8080:81", "a.yml");
	assert_int_equal(PARSE(&o, &e, "run", "-p", "8080:80", "-p", "8080:80/udp", "a.yml"), 0);
}

TEST(unknown_options_are_named)
{
	REFUSED("unknown option --nope (see ingot --help)", "--nope");
	REFUSED("unknown option --nope (see ingot --help)", "build", "a.yml", "--nope");
	REFUSED("unknown option -x (see ingot --help)", "build", "-x", "a.yml");
	REFUSED("unknown option -x (see ingot --help)", "build", "-qxq", "a.yml");
	REFUSED("unknown option -x (see ingot --help)", "build", "--quiet", "-xq", "a.yml");
	REFUSED("--quiet=yes", "build", "--quiet=yes", "a.yml");
}

TEST(missing_values_are_named)
{
	REFUSED("a value is missing behind --output", "build", "a.yml", "--output");
	REFUSED("a value is missing behind -o", "build", "a.yml", "-o");
	REFUSED("a value is missing behind -o", "build", "a.yml", "-qo");
}

TEST(words_behind_the_verb)
{
	struct options o;
	struct err e;

	assert_int_equal(PARSE(&o, &e, "why", "a.yml", "-q", "/bin/sh"), 0);
	assert_int_equal(o.n_args, 2);
	assert_string_equal(o.args[1], "/bin/sh");
	assert_string_equal(o.build.image_file, "a.yml");
	REFUSED("d is one word too many (see ingot --help)", "why", "a", "b", "c", "d");
}

TEST(the_command_of_ctl_keeps_its_options)
{
	struct options o;
	struct err e;

	assert_int_equal(PARSE(&o, &e, "ctl", "a.yml", "-q", "logs", "-f", "--any"), 0);
	assert_true(o.quiet);
	assert_int_equal(o.n_rest, 3);
	assert_string_equal(o.rest[0], "logs");
	assert_string_equal(o.rest[2], "--any");
	assert_int_equal(o.n_args, 1);
}

TEST(options_of_run_are_of_run_alone)
{
	REFUSED("--port is an option of run, not of build", "build", "-p", "80:80", "a.yml");
	REFUSED("--shell is an option of run, not of check", "check", "--shell", "a.yml");
	REFUSED("--accel is an option of run, test, selftest, seccomp, trace, not of show", "--accel", "tcg", "show",
		"a.yml");
}

TEST(nothing_at_all)
{
	struct options o;
	struct err e;
	const char *const alone[] = { "ingot" };

	assert_int_equal(parse(&o, &e, alone, 1), 0);
	assert_null(o.verb);
	assert_int_equal(PARSE(&o, &e, "--help"), 0);
	assert_true(o.help);
	assert_int_equal(PARSE(&o, &e, "--version"), 0);
	assert_true(o.version);
	assert_int_equal(PARSE(&o, &e, "build", "-h"), 0);
	assert_true(o.help);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(presets),
		cmocka_unit_test(the_environment_names_the_cache),
		cmocka_unit_test(options_stand_anywhere),
		cmocka_unit_test(a_file_may_begin_with_a_dash),
		cmocka_unit_test(ports),
		cmocka_unit_test(wrong_ports_are_refused),
		cmocka_unit_test(too_many_ports_are_refused),
		cmocka_unit_test(a_port_of_the_host_is_forwarded_once),
		cmocka_unit_test(unknown_options_are_named),
		cmocka_unit_test(missing_values_are_named),
		cmocka_unit_test(words_behind_the_verb),
		cmocka_unit_test(the_command_of_ctl_keeps_its_options),
		cmocka_unit_test(options_of_run_are_of_run_alone),
		cmocka_unit_test(nothing_at_all),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
