/* SPDX-License-Identifier: MIT
 *
 * Which devices a service may open: a program for the kernel, attached to the group that all services' groups lie in,
 * so that a launch costs nothing. A service that has devices of its own has a program of its own instead. It stands
 * behind the /dev of a service, which holds these nodes alone: a node that comes in by another way, or as a
 * descriptor's path, opens nothing.
 */
#include "devices.h"

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>
#include <sys/syscall.h>
#include <sys/sysmacros.h>
#include <unistd.h>

#include <linux/bpf.h>

#include "cleanup.h"
#include "table.h"

static const struct {
	uint32_t major, minor;
} nodes[] = {
	{ 1, 3 }, { 1, 5 }, { 1, 7 }, { 1, 8 }, { 1, 9 }, /* null, zero, full, random, urandom */
	{ 5, 0 }, /* tty */
	/* console and kmsg, for programs of the machine, which lie in the same group; no service has them in its /dev */
	{ 5, 1 }, { 1, 11 },
};
#define PTS_MAJOR 136 /* the terminal of an `ingotctl exec`: nobody can come by another's */

#define NODES (sizeof nodes / sizeof *nodes)
#define MACHINE_NODES 2 /* the last ones */
#define BEGIN 9
#define NODE 5
#define END 6
#define LENGTH_MAX (BEGIN + NODE * (NODES + TBL_DEVICES_MAX) + END)
#define MINOR_BITS 20 /* the kernel's */

#define LOAD(to, field) { .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = (to), .src_reg = BPF_REG_1, \
			  .off = offsetof(struct bpf_cgroup_dev_ctx, field) }
#define ALU(op, to, number) { .code = BPF_ALU64 | (op) | BPF_K, .dst_reg = (to), .imm = (int32_t)(number) }
#define ALU32(op, to, number) { .code = BPF_ALU | (op) | BPF_K, .dst_reg = (to), .imm = (int32_t)(number) }
#define ALU_REG(op, to, from) { .code = BPF_ALU64 | (op) | BPF_X, .dst_reg = (to), .src_reg = (from) }
#define EXIT { .code = BPF_JMP | BPF_EXIT }
#define IS_ZERO(reg) ALU(BPF_SUB, reg, 1), ALU(BPF_RSH, reg, 63) /* 1 or 0, of 32 bits */

/* Character devices, opened and not made: what is made by mknod, and every block device, is refused. There is no jump
 * in it: those are what the kernel takes its time for, when it checks a program. Returns the length. */
static size_t
write_program(struct bpf_insn code[LENGTH_MAX], const dev_t *more, size_t n_more)
{
	const size_t n_nodes = more ? NODES - MACHINE_NODES : NODES;
	const struct bpf_insn begin[] = {
		LOAD(BPF_REG_3, major),
		LOAD(BPF_REG_4, minor),
		ALU_REG(BPF_MOV, BPF_REG_0, BPF_REG_3),
		ALU(BPF_XOR, BPF_REG_0, PTS_MAJOR),
		IS_ZERO(BPF_REG_0),
		ALU(BPF_LSH, BPF_REG_3, MINOR_BITS),
		ALU_REG(BPF_OR, BPF_REG_3, BPF_REG_4),
		LOAD(BPF_REG_2, access_type), /* the access above, the type in the low half */
	};
	const struct bpf_insn end[] = {
		ALU(BPF_AND, BPF_REG_2, BPF_DEVCG_ACC_MKNOD << 16 | 0xffff),
		ALU(BPF_XOR, BPF_REG_2, BPF_DEVCG_DEV_CHAR),
		IS_ZERO(BPF_REG_2),
		ALU_REG(BPF_AND, BPF_REG_0, BPF_REG_2),
		EXIT,
	};
	size_t n = sizeof begin / sizeof *begin;

	memcpy(code, begin, sizeof begin);
	for (size_t i = 0; i < n_nodes + n_more; i++, n += NODE) {
		bool own = i >= n_nodes;
		uint32_t major_ = own ? major(more[i - n_nodes]) : nodes[i].major;
		uint32_t minor_ = own ? minor(more[i - n_nodes]) : nodes[i].minor;
		const struct bpf_insn node[NODE] = {
			ALU_REG(BPF_MOV, BPF_REG_4, BPF_REG_3),
			ALU32(BPF_XOR, BPF_REG_4, major_ << MINOR_BITS | minor_),
			IS_ZERO(BPF_REG_4),
			ALU_REG(BPF_OR, BPF_REG_0, BPF_REG_4),
		};
		memcpy(code + n, node, sizeof node);
	}
	memcpy(code + n, end, sizeof end);
	return n + sizeof end / sizeof *end;
}

static int
bpf(int command, union bpf_attr *attr)
{
	return (int)syscall(SYS_bpf, command, attr, sizeof *attr);
}

int
devices_hold(int cgroup, const dev_t *numbers, size_t n)
{
	struct bpf_insn code[LENGTH_MAX];
	union bpf_attr load = { .prog_type = BPF_PROG_TYPE_CGROUP_DEVICE,
				.insn_cnt = (uint32_t)write_program(code, numbers, n),
				.insns = (uintptr_t)code, .license = (uintptr_t)"MIT" };

	AUTO_FD program = bpf(BPF_PROG_LOAD, &load);
	if (program < 0)
		return -1;
	union bpf_attr attach = { .target_fd = (uint32_t)cgroup, .attach_bpf_fd = (uint32_t)program,
				  .attach_type = BPF_CGROUP_DEVICE, .attach_flags = BPF_F_ALLOW_OVERRIDE };
	return bpf(BPF_PROG_ATTACH, &attach);
}

bool
devices_held(int cgroup)
{
	union bpf_attr a = { .query = { .target_fd = (uint32_t)cgroup, .attach_type = BPF_CGROUP_DEVICE } };

	return bpf(BPF_PROG_QUERY, &a) == 0 && a.query.prog_cnt > 0;
}
