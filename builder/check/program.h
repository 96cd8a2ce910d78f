/* SPDX-License-Identifier: MIT
 *
 * What a file is to execve: a program, a script, or nothing that can be executed. It reads one file's bytes at a time,
 * and knows nothing of the tree that the file lies in.
 */
#ifndef INGOT_PROGRAM_H
#define INGOT_PROGRAM_H

#include "elf.h"
#include "tree.h"

enum program_kind {
	PROGRAM_NONE,   /* neither */
	PROGRAM_BROKEN, /* an ELF file that contradicts itself */
	PROGRAM_ELF,
	PROGRAM_SCRIPT,
};

struct program {
	enum program_kind kind;
	const char *wrong;       /* PROGRAM_BROKEN: why */
	struct elf elf;          /* PROGRAM_ELF */
	const char *interpreter; /* PROGRAM_SCRIPT: behind the #! */
	const char *argument;    /* the rest of that line, "" where there is none */
};

/* Strings are the arena's. Fails only where the bytes cannot be read. */
int program_read(struct program *out, const struct content *c, struct arena *a, struct err *e);

#endif
