/* SPDX-License-Identifier: MIT
 *
 * builder/elf.c and program.c: what a program asks for is found whatever its class and byte order, no damage to a file
 * leads outside its bytes (the sanitizers watch), and a script is what the kernel takes for one (case 4).
 */
#include "support_builder.h"

#include <stdio.h>
#include <stdlib.h>

#include "content.h"
#include "elf_maker.h"
#include "program.h"

/* Reads an exact copy, so that one byte too far is caught; the bytes are gone before the result is looked at. */
static int
read_copy(struct elf *x, const void *bytes, size_t size, struct arena *a, struct err *e)
{
	void *exact = malloc(size ? size : 1);

	memcpy(exact, bytes, size);
	int r = elf_read(x, exact, size, a, e);
	memset(exact, 'x', size);
	free(exact);
	return r;
}

static void
look(const void *bytes, size_t size)
{
	struct arena *a = arena_new();
	struct elf x = { .bits = 0 };
	struct err e = { .msg = "" };

	if (read_copy(&x, bytes, size, a, &e)) {
		assert_true(e.msg[0]);
		assert_int_equal(x.bits, 0);
	}
	for (size_t i = 0; i < x.n_needed; i++)
		assert_true(strlen(x.needed[i]) <= ELF_TEXT_MAX);
	arena_free(a);
}

static void
refused(const struct made *m, const char *why)
{
	struct arena *a = arena_new();
	struct elf x;
	struct err e;

	assert_int_equal(read_copy(&x, m->bytes, m->size, a, &e), -1);
	assert_string_equal(e.msg, why);
	arena_free(a);
}

TEST(everything_that_a_program_says)
{
	for (int form = 0; form < 4; form++) {
		struct made m = { .narrow = form & 1, .big = form & 2, .interpreter = "/lib/ld.so.1", .rpath = "/r",
				  .runpath = "$ORIGIN/../lib", .needed = { "liba.so.1", "libb.so.2" } };
		struct arena *a = arena_new();
		struct elf x;
		struct err e = { .msg = "" };

		elf_make(&m);
		assert_int_equal(read_copy(&x, m.bytes, m.size, a, &e), 0);
		assert_int_equal(x.bits, form & 1 ? 32 : 64);
		assert_int_equal(x.big_endian, (form & 2) != 0);
		assert_int_equal(x.machine, EM_X86_64);
		assert_true(x.loads);
		assert_string_equal(x.interpreter, "/lib/ld.so.1");
		assert_int_equal(x.n_needed, 2);
		assert_string_equal(x.needed[0], "liba.so.1");
		assert_string_equal(x.needed[1], "libb.so.2");
		assert_string_equal(x.rpath, "/r");
		assert_string_equal(x.runpath, "$ORIGIN/../lib");
		arena_free(a);
	}
}

TEST(a_static_program_and_an_object_file_ask_for_nothing)
{
	struct made m = { .type = ET_EXEC };
	struct arena *a = arena_new();
	struct elf x;
	struct err e;

	elf_make(&m);
	assert_int_equal(read_copy(&x, m.bytes, m.size, a, &e), 0);
	assert_true(x.loads && !x.interpreter && !x.n_needed && !x.rpath && !x.runpath);
	m = (struct made){ .type = ET_REL, .interpreter = "/lib/ld.so.1", .needed = { "liba.so.1" } };
	elf_make(&m);
	assert_int_equal(read_copy(&x, m.bytes, m.size, a, &e), 0);
	assert_true(!x.loads && !x.interpreter && !x.n_needed);
	arena_free(a);
}

TEST(processors_have_names)
{
	static const struct {
		unsigned machine, bits;
		bool big;
		const char *name;
	} known[] = { { EM_X86_64, 64, false, "x86_64" }, { EM_AARCH64, 64, false, "aarch64" }, { EM_386, 32, false, "i386" },
		      { EM_S390, 64, true, "s390x" }, { EM_X86_64, 32, false, "x32" }, { 9999, 64, false, "machine 9999" } };
	struct arena *a = arena_new();

	for (size_t i = 0; i < COUNT(known); i++) {
		struct elf x = { .bits = known[i].bits, .big_endian = known[i].big, .machine = known[i].machine };
		assert_string_equal(elf_machine(&x, a), known[i].name);
	}
	arena_free(a);
}

TEST(contradictions_are_refused)
{
	struct made m = { .needed = { "liba.so.1" } };

	elf_make(&m);
	made_segment(&m, 1, PT_DYNAMIC, m.dynamic_at, m.size - m.dynamic_at);
	refused(&m, "it has two dynamic sections");
	elf_make(&m);
	made_segment(&m, 2, PT_DYNAMIC, m.size - 8, 16);
	refused(&m, "its dynamic section lies outside the file");
	elf_make(&m);
	made_segment(&m, 0, PT_LOAD, 0, m.strings_at);
	refused(&m, "its strings lie in none of its segments");
	elf_make(&m);
	made_number(&m, m.dynamic_at + 8, 8, 1000);
	refused(&m, "its strings lie outside the file");
	elf_make(&m);
	m.bytes[EI_CLASS] = 3;
	refused(&m, "its ELF header is wrong");
	elf_make(&m);
	made_number(&m, 54, 2, 8);
	refused(&m, "its ELF header is wrong");
	m = (struct made){ .interpreter = "/lib/ld.so.1" };
	elf_make(&m);
	made_segment(&m, 1, PT_INTERP, 512, 5);
	refused(&m, "one of its strings has no end, or more than 4095 bytes");
}

TEST(cut_short_anywhere)
{
	struct made m = { .interpreter = "/lib/ld.so.1", .runpath = "/x", .needed = { "liba.so.1", "libb.so.2" } };

	elf_make(&m);
	for (size_t i = 0; i < m.size; i++)
		look(m.bytes, i);
}

TEST(damaged_anywhere)
{
	struct made m = { .interpreter = "/lib/ld.so.1", .runpath = "/x", .needed = { "liba.so.1", "libb.so.2" } }, bad;

	elf_make(&m);
	for (size_t i = 0; i < m.size; i++) {
		for (int k = 0; k < 256; k += 15) {
			bad = m;
			bad.bytes[i] = (unsigned char)k;
			look(bad.bytes, bad.size);
			memset(bad.bytes + i, k, m.size - i < 8 ? m.size - i : 8);
			look(bad.bytes, bad.size);
		}
	}
}

static struct program
program(struct arena *a, const void *bytes, size_t size)
{
	struct program in_memory, in_file;
	struct content c;
	struct err e;

	content_of_mem(&c, bytes, size);
	assert_int_equal(program_read(&in_memory, &c, a, &e), 0);
	write_file("program", bytes, size);
	assert_int_equal(content_of_file(&c, "program", &e), 0);
	assert_int_equal(program_read(&in_file, &c, a, &e), 0);
	assert_int_equal(in_memory.kind, in_file.kind);
	return in_file;
}

TEST(scripts_are_what_the_kernel_takes_for_one)
{
	static const struct {
		const char *text, *interpreter, *argument;
	} files[] = {
		{ "#!/bin/sh\n", "/bin/sh", "" },
		{ "#!/bin/sh", "/bin/sh", "" },
		{ "#! \t/usr/bin/env \t -S python3 -u \t\nx", "/usr/bin/env", "-S python3 -u" },
		{ "#!relative arg\n", "relative", "arg" },
		{ "#!\n/bin/sh\n", NULL, NULL },
		{ "#!   \n", NULL, NULL },
		{ "# !/bin/sh\n", NULL, NULL },
		{ "#!", NULL, NULL },
		{ "", NULL, NULL },
	};
	struct arena *a = arena_new();

	for (size_t i = 0; i < COUNT(files); i++) {
		struct program p = program(a, files[i].text, strlen(files[i].text));
		assert_int_equal(p.kind, files[i].interpreter ? PROGRAM_SCRIPT : PROGRAM_NONE);
		if (files[i].interpreter) {
			assert_string_equal(p.interpreter, files[i].interpreter);
			assert_string_equal(p.argument, files[i].argument);
		}
	}
	arena_free(a);
}

TEST(programs_are_read_wherever_their_bytes_are)
{
	struct made m = { .interpreter = "/lib/ld.so.1", .needed = { "liba.so.1" } };
	struct arena *a = arena_new();

	elf_make(&m);
	struct program p = program(a, m.bytes, m.size);
	assert_int_equal(p.kind, PROGRAM_ELF);
	assert_string_equal(p.elf.needed[0], "liba.so.1");
	p = program(a, m.bytes, 200);
	assert_int_equal(p.kind, PROGRAM_BROKEN);
	assert_string_equal(p.wrong, "its strings lie outside the file");
	arena_free(a);
}

TEST(a_file_that_shrinks_meanwhile_is_said)
{
	struct made m = { .interpreter = "/lib/ld.so.1" };
	struct arena *a = arena_new();
	struct program p;
	struct content c;
	struct err e;

	elf_make(&m);
	write_file("program", m.bytes, m.size);
	assert_int_equal(content_of_file(&c, "program", &e), 0);
	write_file("program", m.bytes, 300);
	assert_int_equal(program_read(&p, &c, a, &e), -1);
	assert_string_equal(e.msg, "program changed while it was being read: build again");
	arena_free(a);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(everything_that_a_program_says),
		cmocka_unit_test(a_static_program_and_an_object_file_ask_for_nothing),
		cmocka_unit_test(processors_have_names),
		cmocka_unit_test(contradictions_are_refused),
		cmocka_unit_test(cut_short_anywhere),
		cmocka_unit_test(damaged_anywhere),
		cmocka_unit_test(scripts_are_what_the_kernel_takes_for_one),
		cmocka_unit_test(programs_are_read_wherever_their_bytes_are),
		cmocka_unit_test(a_file_that_shrinks_meanwhile_is_said),
	};

	return cmocka_run_group_tests(tests, temp_enter, temp_leave);
}
