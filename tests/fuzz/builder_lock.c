/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a lock: what is taken must come back from what is written of it, with nothing changed.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "lock.h"
#include "mem.h"
#include "node.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static char *
written(struct lock *l, size_t *size)
{
	char *text = NULL;
	FILE *to = open_memstream(&text, size);

	for (size_t i = 0; i < l->count; i++)
		l->held[i]->used = true;
	lock_print(l, to);
	fclose(to);
	return text;
}

static void
read_back(struct arena *a, struct diags *d, struct lock *l)
{
	size_t size, again_size;
	char *text = written(l, &size);
	struct lock *again = lock_parse(a, d, "again.lock", text, size);
	FILE *null = fopen("/dev/null", "we");

	if (!again && size < YAML_SIZE_MAX)
		abort(); /* ingot would refuse its own lock */
	if (again) {
		char *same = written(again, &again_size);
		if (again_size != size || memcmp(text, same, size) != 0 || lock_changes(l, again, null) != 0)
			abort();
		free(same);
	}
	fclose(null);
	lock_release(again);
	free(text);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct arena *a = arena_new();
	struct diags *d = diags_new();
	struct lock *l = lock_parse(a, d, "fuzz.lock", data, size);

	if ((l == NULL) != (diags_count(d) > 0))
		abort(); /* nothing is refused silently, and nothing wrong is handed on */
	if (l)
		read_back(a, d, l);
	lock_release(l);
	diags_free(d);
	arena_free(a);
	return 0;
}
