/* SPDX-License-Identifier: MIT
 *
 * From pipes to lines by way of the logbook: a writer that dies at any instruction is followed by one that neither
 * loses nor doubles a line; junk, lines without an end and lines of a megabyte come out as they went in.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

#include <cmocka.h>

#include "logbook.h"
#include "logread.h"

#define TEXT_MAX (4 * LOG_RING_SIZE)

struct got {
	char text[TEXT_MAX];
	size_t size, lines, broken;
};

static struct logbook book;
static struct got got;
static void *memory;
static int out[2], err[2];

static int
begin(void **unused)
{
	(void)unused;
	memory = calloc(1, logbook_size(2));
	logbook_of(&book, memory, 2);
	book.h->places = 2;
	strcpy(book.svc[0].name, "one");
	strcpy(book.svc[1].name, "two");
	logbook_recover(&book);
	return pipe2(out, O_NONBLOCK) || pipe2(err, O_NONBLOCK);
}

static int
end(void **unused)
{
	(void)unused;
	free(memory);
	close(out[0]);
	close(out[1]);
	close(err[0]);
	close(err[1]);
	return 0;
}

static void
line(void *ctx, const struct log_line *l)
{
	struct got *g = ctx;

	assert_true(g->size + l->size < sizeof g->text);
	memcpy(g->text + g->size, l->text, l->size);
	g->size += l->size;
	if (l->whole)
		g->text[g->size++] = '\n';
	g->lines += l->whole;
	g->broken += !l->whole;
}

/* All of a service's ring in pieces of so many bytes. */
static void
read_back(uint32_t i, size_t piece)
{
	static struct logread r;
	uint64_t pos = book.svc[i].ring.tail, lost;
	char data[4096];
	size_t n;

	memset(&got, 0, sizeof got);
	logread_init(&r, line, &got);
	while ((n = logring_get(&book.svc[i].ring, logbook_ring(&book, i), LOG_RING_SIZE, &pos, data, piece, &lost)) > 0) {
		logread_feed(&r, data, n);
		pos += n;
	}
	logread_end(&r);
}

static void
assert_got(const char *text)
{
	assert_int_equal(got.size, strlen(text));
	assert_memory_equal(got.text, text, got.size);
}

static void
write_all(int fd, const void *data, size_t size)
{
	assert_int_equal(write(fd, data, size), (ssize_t)size);
}

static void
test_streams_are_put_together_each_by_itself(void **unused)
{
	(void)unused;
	write_all(out[1], "first ", 6);
	logbook_read(&book, 1, LOG_OUT, out[0]);
	write_all(err[1], "other\n", 6);
	logbook_read(&book, 1, LOG_ERR, err[0]);
	write_all(out[1], "half\nrest", 9);
	logbook_read(&book, 1, LOG_OUT, out[0]);
	for (size_t piece = 1; piece < 80; piece++) {
		read_back(1, piece);
		assert_got("other\nfirst half\nrest");
	}
	read_back(0, 4096);
	assert_int_equal(got.size, 0);
	assert_int_equal(logbook_read(&book, 1, LOG_OUT, out[0]), 0);
}

/* init case 39: the stage as a writer leaves it that was killed before the read's size was noted, between two records,
 * and after the last. */
static void
test_a_writer_that_dies_at_any_step_loses_and_doubles_nothing(void **unused)
{
	static char text[3 * LOG_RECORD_MAX];
	size_t records = sizeof text / LOG_RECORD_MAX;
	struct log_staging *s = &book.h->stage;

	(void)unused;
	memset(text, 'x', sizeof text);
	for (size_t i = 63; i < sizeof text; i += 64)
		text[i] = '\n';
	write_all(out[1], text, sizeof text);
	logbook_read(&book, 0, LOG_OUT, out[0]);
	uint64_t all = book.svc[0].ring.head;
	for (size_t done = 0; done <= records; done++) {
		for (uint32_t phase = LOG_STAGE_READING; phase <= LOG_STAGE_FULL; phase++) {
			book.svc[0].ring.head = done * (sizeof(struct log_record) + LOG_RECORD_MAX);
			if (phase == LOG_STAGE_READING && done > 0)
				continue; /* nothing is stored before the size is noted */
			memset(s->data, LOG_STAGE_FILL, sizeof s->data);
			memcpy(s->data, text, sizeof text);
			s->size = phase == LOG_STAGE_FULL ? sizeof text : 0;
			s->head = 0;
			s->phase = phase;
			logbook_recover(&book);
			assert_int_equal(s->phase, LOG_STAGE_EMPTY);
			assert_int_equal(book.svc[0].ring.head, all);
			read_back(0, 4096);
			assert_int_equal(got.size, sizeof text);
			assert_memory_equal(got.text, text, sizeof text);
		}
	}
}

static void
test_a_writer_that_died_before_it_read_leaves_nothing(void **unused)
{
	(void)unused;
	book.h->stage.phase = LOG_STAGE_READING;
	logbook_recover(&book);
	read_back(0, 4096);
	assert_int_equal(got.size, 0);
}

static void
test_a_stage_of_anything_is_no_danger(void **unused)
{
	static const uint32_t wrong[][3] = { { 7000, 0, 1 }, { 0, 7000, 1 }, { 0, 0, UINT32_MAX }, { 0, 0, 0 } };

	(void)unused;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++) {
		struct log_staging *s = &book.h->stage;
		s->phase = LOG_STAGE_FULL;
		s->svc = wrong[i][0];
		s->stream = wrong[i][1];
		s->size = wrong[i][2];
		logbook_recover(&book);
		assert_int_equal(s->phase, LOG_STAGE_EMPTY);
	}
}

/* init case 40 */
static void
test_junk_comes_out_as_it_went_in(void **unused)
{
	char junk[1024];

	(void)unused;
	for (size_t i = 0; i < sizeof junk; i++)
		junk[i] = (char)(i * 7 % 256 == '\n' ? 0 : i * 7);
	write_all(out[1], junk, sizeof junk);
	logbook_read(&book, 0, LOG_OUT, out[0]);
	read_back(0, 100);
	assert_int_equal(got.size, sizeof junk);
	assert_memory_equal(got.text, junk, sizeof junk);
	assert_int_equal(got.lines, 0);
}

/* init case 40 */
static void
test_a_line_of_a_megabyte_leaves_its_end_and_what_follows(void **unused)
{
	char block[4096];

	(void)unused;
	memset(block, 'm', sizeof block);
	for (int i = 0; i < 256; i++) {
		write_all(out[1], block, sizeof block);
		while (logbook_read(&book, 0, LOG_OUT, out[0]) > 0)
			;
	}
	write_all(out[1], "end\nafter\n", 10);
	logbook_read(&book, 0, LOG_OUT, out[0]);
	read_back(0, 4096);
	assert_int_equal(got.lines, 2);
	assert_true(got.size > LOG_RING_SIZE - 3 * LOG_RECORD_MAX);
	assert_memory_equal(got.text + got.size - 10, "end\nafter\n", 10);
}

static void
test_after_an_overrun_it_begins_with_a_whole_line(void **unused)
{
	char text[32];

	(void)unused;
	for (int i = 0; i < 10000; i++) {
		int n = snprintf(text, sizeof text, "line %05d\n", i);
		write_all(out[1], text, (size_t)n);
		if (i % 100 == 99)
			logbook_read(&book, 0, LOG_OUT, out[0]);
	}
	read_back(0, 4096);
	assert_memory_equal(got.text, "line ", 5);
	assert_int_equal(got.size % 11, 0);
	assert_int_equal(got.broken, 0);
	assert_memory_equal(got.text + got.size - 11, "line 09999\n", 11);
}

static void
test_a_place_with_another_owner_begins_anew(void **unused)
{
	(void)unused;
	write_all(out[1], "of one", 6);
	logbook_read(&book, 0, LOG_OUT, out[0]);
	write_all(err[1], "of two\n", 7);
	logbook_read(&book, 1, LOG_ERR, err[0]);
	strcpy(book.svc[0].name, "three");
	logbook_recover(&book);
	assert_string_equal(book.svc[0].owner, "three");
	write_all(out[1], "of three\n", 9);
	logbook_read(&book, 0, LOG_OUT, out[0]);
	read_back(0, 4096);
	assert_int_equal(got.size, 9);
	assert_memory_equal(got.text, "of three\n", 9);
	read_back(1, 4096);
	assert_memory_equal(got.text, "of two\n", 7);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test_setup_teardown(test_streams_are_put_together_each_by_itself, begin, end),
		cmocka_unit_test_setup_teardown(test_a_writer_that_dies_at_any_step_loses_and_doubles_nothing, begin, end),
		cmocka_unit_test_setup_teardown(test_a_writer_that_died_before_it_read_leaves_nothing, begin, end),
		cmocka_unit_test_setup_teardown(test_a_stage_of_anything_is_no_danger, begin, end),
		cmocka_unit_test_setup_teardown(test_junk_comes_out_as_it_went_in, begin, end),
		cmocka_unit_test_setup_teardown(test_a_line_of_a_megabyte_leaves_its_end_and_what_follows, begin, end),
		cmocka_unit_test_setup_teardown(test_a_place_with_another_owner_begins_anew, begin, end),
		cmocka_unit_test_setup_teardown(test_after_an_overrun_it_begins_with_a_whole_line, begin, end),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
