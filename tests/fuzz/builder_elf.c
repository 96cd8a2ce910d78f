/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a program. What is read out of them is text with an end, within the stated bounds; a refusal says why
 * and touches nothing.
 */
#include <stdint.h>
#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "program.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static volatile size_t sink;

static void
read_text(const char *s)
{
	if (s && strlen(s) > ELF_TEXT_MAX)
		abort();
	sink += s ? strlen(s) : 0;
}

static void
read_elf(const struct elf *x, struct arena *a)
{
	if ((x->bits != 32 && x->bits != 64) || x->n_needed > ELF_NEEDED_MAX)
		abort();
	read_text(elf_machine(x, a));
	read_text(x->interpreter);
	read_text(x->rpath);
	read_text(x->runpath);
	for (size_t i = 0; i < x->n_needed; i++)
		read_text(x->needed[i]);
}

static void
try(const void *bytes, size_t size)
{
	struct arena *a = arena_new();
	struct program p;
	struct content c = { .size = size, .mem = bytes };
	struct err e = { .msg = "" };

	if (program_read(&p, &c, a, &e))
		abort(); /* bytes in memory can always be read */
	if (p.kind == PROGRAM_ELF)
		read_elf(&p.elf, a);
	if (p.kind == PROGRAM_BROKEN && !p.wrong[0])
		abort();
	if (p.kind == PROGRAM_SCRIPT && (!p.interpreter[0] || strpbrk(p.interpreter, " \t\n")))
		abort();
	arena_free(a);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	uint8_t *copy = malloc(size ? size : 1); /* not a byte more */

	memcpy(copy, data, size);
	try(copy, size);
	if (size >= 7) {
		memcpy(copy, "\177ELF", 4);
		copy[4] = 1 + (copy[4] & 1);
		copy[5] = 1 + (copy[5] & 1);
		try(copy, size);
	}
	free(copy);
	return 0;
}
