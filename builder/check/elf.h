/* SPDX-License-Identifier: MIT
 *
 * What an ELF file says of its needs: the processor, the loader, the libraries and where to look for them. It reads
 * bytes that nobody has vetted and follows nothing; every class and byte order is understood.
 */
#ifndef INGOT_ELF_H
#define INGOT_ELF_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "err.h"
#include "mem.h"

#define ELF_NEEDED_MAX 1024 /* libraries that one file may name */
#define ELF_TEXT_MAX   4095 /* bytes of one name or search path */

struct elf {
	unsigned bits;           /* 32 or 64 */
	bool big_endian;
	unsigned machine;        /* EM_* of <elf.h> */
	bool loads;              /* a program or a shared library; not an object file, not a core */
	const char *interpreter; /* NULL: a static program, or a library */
	const char **needed;     /* DT_NEEDED, in order */
	size_t n_needed;
	const char *rpath;       /* DT_RPATH and DT_RUNPATH as they stand; NULL where there is none */
	const char *runpath;
};

/* Whether the bytes, of which the first four are enough, begin an ELF file. */
bool elf_is(const void *bytes, size_t size);

/* Strings are copied to the arena: the bytes may go. */
int elf_read(struct elf *out, const void *bytes, size_t size, struct arena *a, struct err *e);

/* "aarch64" and the like, as uname -m has them; "machine 123" in the arena where it is none that has a name here. */
const char *elf_machine(const struct elf *x, struct arena *a);

#endif
