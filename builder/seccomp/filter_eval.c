/* SPDX-License-Identifier: MIT
 *
 * What a compiled filter decides of a call by its number and its first arguments.
 */
#include "filter.h"

#include <linux/audit.h>

#include "filter_run.h"

uint32_t
filter_eval(const struct sock_filter *code, size_t n, unsigned call, const uint64_t args[3])
{
	struct seccomp_data d = { .nr = (int)call, .arch = AUDIT_ARCH_X86_64, .args = { args[0], args[1], args[2] } };

	return filter_run(code, n, &d);
}
