/* SPDX-License-Identifier: MIT
 *
 * For tests: ELF files made by hand, of either class and byte order, with a loader, libraries and search paths.
 */
#ifndef INGOT_TEST_ELF_MAKER_H
#define INGOT_TEST_ELF_MAKER_H

#include <elf.h>
#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>

#define MADE_MAX 4096
#define MADE_AT  0x400000u /* address of the file's first byte */

struct made {
	bool narrow, big;
	unsigned type, machine;   /* 0: ET_DYN, EM_X86_64 */
	const char *interpreter, *rpath, *runpath;
	const char *needed[8];
	/* out */
	unsigned char bytes[MADE_MAX];
	size_t size;
	size_t dynamic_at, strings_at;
};

static inline void
made_number(struct made *m, size_t at, unsigned width, uint64_t v)
{
	for (unsigned i = 0; i < width; i++)
		m->bytes[at + i] = (unsigned char)(v >> (8 * (m->big ? width - 1 - i : i)));
}

static inline void
made_segment(struct made *m, unsigned index, uint32_t type, uint64_t at, uint64_t size)
{
	unsigned w = m->narrow ? 4 : 8, each = m->narrow ? 32 : 56;
	size_t head = (m->narrow ? 52 : 64) + (size_t)index * each;

	made_number(m, head, 4, type);
	made_number(m, head + (m->narrow ? 4 : 8), w, at);
	made_number(m, head + (m->narrow ? 8 : 16), w, MADE_AT + at);
	made_number(m, head + (m->narrow ? 16 : 32), w, size);
}

static inline void
made_dynamic(struct made *m, uint64_t tag, uint64_t value)
{
	unsigned w = m->narrow ? 4 : 8;

	made_number(m, m->size, w, tag);
	made_number(m, m->size + w, w, value);
	m->size += 2 * (size_t)w;
}

/* The offset of the string behind the file's end so far. */
static inline uint64_t
made_string(struct made *m, const char *text)
{
	uint64_t at = m->size - m->strings_at;

	memcpy(m->bytes + m->size, text, strlen(text) + 1);
	m->size += strlen(text) + 1;
	return at;
}

/* Segments: 0 all of it, 1 the loader, 2 the dynamic section. */
static inline void
elf_make(struct made *m)
{
	size_t interpreter_at, strings_end;
	uint64_t needed[8], rpath = 0, runpath = 0;

	memset(m->bytes, 0, sizeof m->bytes);
	memcpy(m->bytes, ELFMAG, SELFMAG);
	m->bytes[EI_CLASS] = m->narrow ? ELFCLASS32 : ELFCLASS64;
	m->bytes[EI_DATA] = m->big ? ELFDATA2MSB : ELFDATA2LSB;
	made_number(m, 16, 2, m->type ? m->type : ET_DYN);
	made_number(m, 18, 2, m->machine ? m->machine : EM_X86_64);
	made_number(m, m->narrow ? 28 : 32, m->narrow ? 4 : 8, m->narrow ? 52 : 64);
	made_number(m, m->narrow ? 42 : 54, 2, m->narrow ? 32 : 56);
	made_number(m, m->narrow ? 44 : 56, 2, 3);
	interpreter_at = m->size = 512;
	if (m->interpreter)
		made_string(m, m->interpreter);
	m->strings_at = m->size;
	made_string(m, "");
	for (size_t i = 0; i < 8 && m->needed[i]; i++)
		needed[i] = made_string(m, m->needed[i]);
	if (m->rpath)
		rpath = made_string(m, m->rpath);
	if (m->runpath)
		runpath = made_string(m, m->runpath);
	strings_end = m->size;
	m->dynamic_at = m->size;
	for (size_t i = 0; i < 8 && m->needed[i]; i++)
		made_dynamic(m, DT_NEEDED, needed[i]);
	if (m->rpath)
		made_dynamic(m, DT_RPATH, rpath);
	if (m->runpath)
		made_dynamic(m, DT_RUNPATH, runpath);
	made_dynamic(m, DT_STRTAB, MADE_AT + m->strings_at);
	made_dynamic(m, DT_STRSZ, strings_end - m->strings_at);
	made_dynamic(m, DT_NULL, 0);
	made_segment(m, 0, PT_LOAD, 0, m->size);
	made_segment(m, 1, m->interpreter ? PT_INTERP : PT_NULL, interpreter_at, m->strings_at - interpreter_at);
	made_segment(m, 2, PT_DYNAMIC, m->dynamic_at, m->size - m->dynamic_at);
}

#endif
