/* SPDX-License-Identifier: MIT
 *
 * PID 1's lines on a console that takes nothing for a while, or in part: each comes once, whole and in its order, or is
 * counted; one that is stopped for good wakes nobody. console.c is part of this file, with a descriptor of the test's.
 */
#include "support.h"

#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <sys/socket.h>
#include <unistd.h>

#include "../../init/console.c"

static int out; /* what the console has sent */

static void
use(int fd, int from)
{
	memset(&console, 0, sizeof console);
	console.fd = fd;
	out = from;
}

/* A pipe of one page, which takes a write whole or not at all. */
static int
set_up(void **state)
{
	int fd[2];

	(void)state;
	assert_return_code(pipe2(fd, O_NONBLOCK), 0);
	assert_return_code(fcntl(fd[1], F_SETPIPE_SZ, 4096), 0);
	use(fd[1], fd[0]);
	return 0;
}

static int
tear_down(void **state)
{
	(void)state;
	close(console.fd);
	close(out);
	return 0;
}

static void
fill(void)
{
	char page[4096] = { 0 };

	while (write(console.fd, page, sizeof page) > 0)
		;
}

/* All that it has sent since the last time, without what fills it. */
static const char *
sent(void)
{
	static char text[1 << 17];
	size_t n = 0;
	ssize_t got;
	char piece[4096];

	while ((got = read(out, piece, sizeof piece)) > 0)
		for (ssize_t i = 0; i < got; i++)
			if (piece[i] && n < sizeof text - 1)
				text[n++] = piece[i];
	text[n] = '\0';
	return text;
}

TEST(what_is_taken_at_once_leaves_nothing_to_do)
{
	say("one");
	assert_string_equal(sent(), "ingot: one\n");
	assert_true(console_due(5) == UINT64_MAX);
}

TEST(what_is_not_taken_is_tried_again)
{
	fill();
	say("one");
	warn("two");
	assert_true(console_due(100) == 110);
	console_timers(109);
	console_timers(110);
	assert_true(console_due(110) == 130);
	assert_string_equal(sent(), "");
	console_timers(129);
	assert_string_equal(sent(), "");
	console_timers(130);
	assert_string_equal(sent(), "ingot: one\ningot: two\n");
	assert_true(console_due(130) == UINT64_MAX);
}

TEST(the_next_line_comes_behind_it)
{
	fill();
	say("one");
	assert_string_equal(sent(), "");
	say("two");
	assert_string_equal(sent(), "ingot: one\ningot: two\n");
	assert_true(console_due(0) == UINT64_MAX);
}

static uint64_t
until_it_is_given_up(void)
{
	uint64_t now = 100, due;
	int tries = 0;

	for (; (due = console_due(now)) != UINT64_MAX; tries++) {
		assert_true(due > now);
		console_timers(now = due);
	}
	assert_in_range(tries, 5, 20);
	assert_in_range(now, 2000, 10000);
	return now;
}

TEST(a_console_that_is_stopped_for_good_wakes_nobody)
{
	fill();
	say("one");
	uint64_t now = until_it_is_given_up();
	say("two");
	assert_true(console_due(now) == UINT64_MAX);
	assert_string_equal(sent(), "");
	console_timers(now + 100000);
	assert_string_equal(sent(), "");
	say("three");
	assert_string_equal(sent(), "ingot: one\ningot: two\ningot: three\n");
	fill();
	say("four");
	assert_true(console_due(now) == now + 10);
}

TEST(what_is_too_much_is_counted)
{
	char wanted[8192] = "";
	size_t n = 0, kept = 0;

	fill();
	for (int i = 0; i < 200; i++) {
		say("this is line number %d of them", i);
		char line[64];
		size_t size = (size_t)snprintf(line, sizeof line, "ingot: this is line number %d of them\n", i);
		if (n + size <= KEPT_BYTES && kept == (size_t)i) {
			n += (size_t)snprintf(wanted + n, sizeof wanted - n, "%s", line);
			kept++;
		}
	}
	assert_true(kept > 40 && kept < 200);
	assert_string_equal(sent(), "");
	snprintf(wanted + n, sizeof wanted - n, "ingot: %zu lines did not fit here\n", 200 - kept);
	console_flush();
	char *text = strdup(sent());
	console_flush(); /* where the pipe had no room for the count too */
	assert_memory_equal(text, wanted, strlen(text));
	assert_string_equal(sent(), wanted + strlen(text));
	free(text);
	say("one");
	assert_string_equal(sent(), "ingot: one\n");
}

TEST(a_child_says_nothing_of_its_parents)
{
	fill();
	say("one");
	console_child();
	sent();
	say("two");
	assert_string_equal(sent(), "ingot: two\n");
}

TEST(a_line_as_it_stands_does_not_overtake)
{
	fill();
	say("one");
	assert_false(console_put("raw\n", 4));
	sent();
	assert_true(console_put("raw\n", 4));
	assert_string_equal(sent(), "ingot: one\nraw\n");
}

/* A stream socket takes a long write in pieces, as a serial port does. */
TEST(what_is_taken_in_part_goes_on)
{
	static char all[1 << 17], wanted[1 << 17];
	int fd[2], least = 1, parts = 0;
	uint64_t now = 0;
	size_t n = 0;

	tear_down(NULL);
	assert_return_code(socketpair(AF_UNIX, SOCK_STREAM | SOCK_NONBLOCK, 0, fd), 0);
	assert_return_code(setsockopt(fd[1], SOL_SOCKET, SO_SNDBUF, &least, sizeof least), 0);
	use(fd[1], fd[0]);
	for (int i = 0; console.n < KEPT_BYTES - 100; i++) {
		say("line %d", i);
		n += (size_t)snprintf(wanted + n, sizeof wanted - n, "ingot: line %d\n", i);
	}
	until_it_is_given_up();
	for (n = 0; strcmp(all, wanted) != 0;) {
		size_t before = console.n;
		ssize_t got = read(out, all + n, 64);
		n += (size_t)(got > 0 ? got : 0);
		if (console.stopped)
			console_flush();
		else
			console_timers(now += 10000);
		if (console.n > 0 && console.n < before) {
			parts++;
			assert_true(console_due(now) == now + 10);
		}
		assert_true(got > 0 || console.n < before);
	}
	assert_true(parts > 0);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(what_is_taken_at_once_leaves_nothing_to_do, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_not_taken_is_tried_again, set_up, tear_down),
		cmocka_unit_test_setup_teardown(the_next_line_comes_behind_it, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_console_that_is_stopped_for_good_wakes_nobody, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_too_much_is_counted, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_child_says_nothing_of_its_parents, set_up, tear_down),
		cmocka_unit_test_setup_teardown(a_line_as_it_stands_does_not_overtake, set_up, tear_down),
		cmocka_unit_test_setup_teardown(what_is_taken_in_part_goes_on, set_up, tear_down),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
