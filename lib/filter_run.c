/* SPDX-License-Identifier: MIT
 *
 * The instructions that filters of ingot consist of, and BPF_JGT and BPF_AND, which other compilers write.
 */
#include "filter_run.h"

#include <stdbool.h>
#include <string.h>

/* One step: false at the end of the program or of what is known of it, with *action. */
static bool
step(const struct sock_filter *i, const struct seccomp_data *d, size_t *pc, uint32_t *a, uint32_t *action)
{
	bool jump;

	switch (i->code) {
	case BPF_LD | BPF_W | BPF_ABS:
		if (i->k % 4 || i->k > sizeof *d - 4)
			return false;
		memcpy(a, (const char *)d + i->k, 4);
		++*pc;
		return true;
	case BPF_ALU | BPF_AND | BPF_K:
		*a &= i->k;
		++*pc;
		return true;
	case BPF_JMP | BPF_JA:
		*pc += 1 + (size_t)i->k;
		return true;
	case BPF_RET | BPF_K:
		*action = i->k;
		return false;
	case BPF_JMP | BPF_JEQ | BPF_K: jump = *a == i->k; break;
	case BPF_JMP | BPF_JGT | BPF_K: jump = *a > i->k; break;
	case BPF_JMP | BPF_JGE | BPF_K: jump = *a >= i->k; break;
	case BPF_JMP | BPF_JSET | BPF_K: jump = *a & i->k; break;
	default: return false;
	}
	*pc += 1 + (size_t)(jump ? i->jt : i->jf);
	return true;
}

/* Jumps lead forward alone, so that this ends. */
uint32_t
filter_run(const struct sock_filter *code, size_t n, const struct seccomp_data *call)
{
	uint32_t a = 0, action = SECCOMP_RET_ALLOW;
	size_t pc = 0;

	while (pc < n && step(&code[pc], call, &pc, &a, &action))
		;
	return action;
}
