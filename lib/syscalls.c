/* SPDX-License-Identifier: MIT
 *
 * The list is made from the kernel's header by the build (lib.mk), sorted by name.
 */
#include "syscalls.h"

#include <stdlib.h>
#include <string.h>

struct known {
	const char *name;
	unsigned number;
};

static const struct known list[] = {
#include SYSCALL_LIST
};

#define KNOWN (sizeof list / sizeof *list)

static int
by_name(const void *name, const void *known)
{
	return strcmp(name, ((const struct known *)known)->name);
}

int
syscall_number(const char *name)
{
	const struct known *k = bsearch(name, list, KNOWN, sizeof *list, by_name);

	return k ? (int)k->number : -1;
}

const char *
syscall_name(unsigned number)
{
	for (size_t i = 0; i < KNOWN; i++)
		if (list[i].number == number)
			return list[i].name;
	return NULL;
}
