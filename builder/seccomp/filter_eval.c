/* SPDX-License-Identifier: MIT
 *
 * What a compiled filter decides of a call: its bytes are what the kernel runs, and so what is asked here.
 */
#include "filter.h"

#include <stdbool.h>
#include <string.h>

#include <linux/audit.h>
#include <linux/seccomp.h>

/* The next instruction's index; a return sets *action. */
static size_t
step(const struct sock_filter *i, size_t at, const struct seccomp_data *d, uint32_t *a, uint32_t *action)
{
	bool jump = false;

	switch (i->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		memcpy(a, (const char *)d + i->k, sizeof *a); /* filter_compile has written no other offset */
		return at + 1;
	case BPF_JMP | BPF_JA | BPF_K: return at + 1 + i->k;
	case BPF_JMP | BPF_JEQ | BPF_K: jump = *a == i->k; break;
	case BPF_JMP | BPF_JGE | BPF_K: jump = *a >= i->k; break;
	case BPF_JMP | BPF_JSET | BPF_K: jump = (*a & i->k) != 0; break;
	case BPF_RET | BPF_K: *action = i->k; return SIZE_MAX;
	}
	return at + 1 + (jump ? i->jt : i->jf);
}

uint32_t
filter_eval(const struct sock_filter *code, size_t n, unsigned call, const uint64_t args[3])
{
	struct seccomp_data d = { .nr = (int)call, .arch = AUDIT_ARCH_X86_64, .args = { args[0], args[1], args[2] } };
	uint32_t a = 0, action = SECCOMP_RET_ALLOW;

	for (size_t at = 0; at < n;)
		at = step(&code[at], at, &d, &a, &action);
	return action;
}
