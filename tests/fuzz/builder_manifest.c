/* SPDX-License-Identifier: MIT
 *
 * Any bytes as a manifest: read, looked into, and compared with itself, which must find nothing.
 */
#include <stdint.h>
#include <stdlib.h>

#include "manifest_diff.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct manifest_diff d;
	struct manifest m;
	struct err e;

	if (manifest_parse(&m, "fuzz", data, size, &e) == 0) {
		manifest_compare(&m, &m, &d);
		if (!manifest_same(&d) || manifest_get(&m.fields, "tree") == NULL)
			abort();
		manifest_diff_release(&d);
	}
	manifest_release(&m);
	return 0;
}
