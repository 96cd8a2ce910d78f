/* SPDX-License-Identifier: MIT
 *
 * The files of logs: what their names mean, in which order they stand, and which boot they are of.
 */
#include <fcntl.h>
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>

#include <cmocka.h>

#include "log_file.h"
#include "logread.h"

static const char this_boot[LOG_BOOT_ID] = "11111111-2222-3333-4444-555555555555";
static const char other_boot[LOG_BOOT_ID] = "99999999-2222-3333-4444-555555555555";
static char path[] = "/tmp/ingot-log-XXXXXX";
static int logs;

static int
begin(void **unused)
{
	(void)unused;
	strcpy(path + sizeof path - 7, "XXXXXX");
	if (!mkdtemp(path))
		return -1;
	logs = open(path, O_RDONLY | O_DIRECTORY);
	return logs < 0;
}

static int
end(void **unused)
{
	char command[64];

	(void)unused;
	close(logs);
	snprintf(command, sizeof command, "rm -r %s", path);
	return system(command);
}

static void
make_file(const char *service, const char *name, const char *boot_id)
{
	struct log_file_head head = { .magic = LOG_FILE_MAGIC, .size = LOG_FILE_SIZE };

	memcpy(head.boot_id, boot_id, sizeof head.boot_id);
	mkdirat(logs, service, 0700);
	int folder = log_folder(logs, service), fd = openat(folder, name, O_WRONLY | O_CREAT, 0600);
	assert_int_equal(write(fd, &head, sizeof head), sizeof head);
	close(fd);
	close(folder);
}

static void
test_a_name_has_one_form(void **unused)
{
	static const char *const wrong[] = {
		"", "packing", "1-1.log", "00000001-00000001", "00000001-00000001.log.gz", "0000000a-00000001.log",
		"00000001-000000011.log", "00000001_00000001.log", "00000001-00000001.log.zst.", "..",
	};
	struct log_name n;
	char text[LOG_NAME_SIZE];

	(void)unused;
	for (size_t i = 0; i < sizeof wrong / sizeof *wrong; i++)
		assert_false(log_name_parse(&n, wrong[i]));
	assert_true(log_name_parse(&n, "00000012-99999999.log.zst"));
	assert_int_equal(n.boot, 12);
	assert_int_equal(n.seq, 99999999);
	assert_true(n.packed);
	log_name_text(&n, text);
	assert_string_equal(text, "00000012-99999999.log.zst");
	n.packed = false;
	log_name_text(&n, text);
	assert_string_equal(text, "00000012-99999999.log");
}

static void
test_files_stand_by_age_and_a_packed_one_hides_the_plain_one(void **unused)
{
	static struct log_entry e[LOG_ENTRIES];

	(void)unused;
	make_file("web", "00000002-00000001.log", this_boot);
	make_file("web", "00000001-00000010.log", this_boot);
	make_file("web", "00000001-00000009.log", this_boot);
	make_file("web", "00000001-00000009.log.zst", this_boot);
	make_file("web", "packing", this_boot);
	int folder = log_folder(logs, "web");
	symlinkat("/etc/passwd", folder, "00000001-00000001.log");
	mkdirat(folder, "00000001-00000002.log", 0700);
	assert_int_equal(log_list(folder, e), 3);
	assert_int_equal(log_list(folder, e), 3); /* it can be asked again */
	assert_true(e[0].name.boot == 1 && e[0].name.seq == 9 && e[0].name.packed);
	assert_true(e[1].name.boot == 1 && e[1].name.seq == 10 && !e[1].name.packed);
	assert_true(e[2].name.boot == 2 && e[2].name.seq == 1);
	assert_int_equal(e[2].size, sizeof(struct log_file_head));
	close(folder);
}

static void
test_a_folder_has_the_name_of_a_service(void **unused)
{
	(void)unused;
	assert_int_equal(log_folder(logs, ".."), -1);
	assert_int_equal(log_folder(logs, ""), -1);
	assert_int_equal(log_folder(logs, "a/b"), -1);
	symlinkat("/etc", logs, "etc");
	assert_int_equal(log_folder(logs, "etc"), -1);
}

static void
test_the_newest_boot_is_that_of_all_services(void **unused)
{
	bool runs = true;

	(void)unused;
	assert_int_equal(log_newest_boot(logs, this_boot, &runs), 0);
	assert_false(runs);
	make_file("a", "00000003-00000001.log", other_boot);
	make_file("b", "00000007-00000002.log.zst", other_boot);
	assert_int_equal(log_newest_boot(logs, this_boot, &runs), 7);
	assert_false(runs);
	make_file("c", "00000008-00000001.log.zst", this_boot);
	assert_int_equal(log_newest_boot(logs, this_boot, &runs), 8);
	assert_true(runs);
	make_file("d", "00000009-00000001.log", other_boot);
	assert_int_equal(log_newest_boot(logs, this_boot, &runs), 9);
	assert_false(runs);
}

/* ---- notes between records ---- */

static char told[256];

static void
line(void *ctx, const struct log_line *l)
{
	(void)ctx;
	snprintf(told + strlen(told), sizeof told - strlen(told), "%.*s|", (int)l->size, l->text);
}

static void
note(void *ctx, uint32_t kind, uint64_t number)
{
	(void)ctx;
	snprintf(told + strlen(told), sizeof told - strlen(told), "<%x %llu>", kind, (unsigned long long)number);
}

static void
feed(struct logread *r, uint32_t stream, const void *data, uint32_t size, size_t piece)
{
	struct log_record record = { .size = size, .stream = stream };
	char bytes[256];

	memcpy(bytes, &record, sizeof record);
	memcpy(bytes + sizeof record, data, size);
	for (size_t at = 0; at < sizeof record + size; at += piece)
		logread_feed(r, bytes + at, sizeof record + size - at < piece ? sizeof record + size - at : piece);
}

static void
test_notes_are_no_lines(void **unused)
{
	static struct logread r;
	uint64_t number = 300;

	(void)unused;
	for (size_t piece = 1; piece < 64; piece += 9) {
		told[0] = '\0';
		logread_init(&r, line, NULL);
		r.note = note;
		feed(&r, LOG_OUT, "one\ntw", 6, piece);
		feed(&r, LOG_NOTE_LOST, &number, sizeof number, piece);
		feed(&r, LOG_OUT, "three\n", 6, piece);
		feed(&r, LOG_NOTE_POS, &number, sizeof number, piece);
		assert_string_equal(told, "one|tw|<80 300>three|<81 300>");
	}
	told[0] = '\0';
	logread_init(&r, line, NULL); /* from PID 1 no note is taken */
	feed(&r, LOG_NOTE_POS, &number, sizeof number, 64);
	assert_string_equal(told, "");
	assert_true(r.damaged);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_a_name_has_one_form),
		cmocka_unit_test_setup_teardown(test_files_stand_by_age_and_a_packed_one_hides_the_plain_one, begin, end),
		cmocka_unit_test_setup_teardown(test_a_folder_has_the_name_of_a_service, begin, end),
		cmocka_unit_test_setup_teardown(test_the_newest_boot_is_that_of_all_services, begin, end),
		cmocka_unit_test(test_notes_are_no_lines),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
