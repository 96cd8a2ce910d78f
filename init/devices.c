/* SPDX-License-Identifier: MIT
 *
 * Which devices a service may open: a program for the kernel, attached to the group that all services' groups lie in,
 * so that a launch costs nothing. A service that has devices of its own has a program of its own instead. It stands
 * behind the /dev of a service, which holds these nodes alone: a node that comes in by another way, or as a
 * descriptor's path, opens nothing.
 */
#include "devices.h"

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
#define BEGIN 6
#define END 4
#define LENGTH_MAX (BEGIN + 2 * (NODES + TBL_DEVICES_MAX) + END)

#define LOAD(to, field) { .code = BPF_LDX | BPF_MEM | BPF_W, .dst_reg = (to), .src_reg = BPF_REG_1, \
			  .off = offsetof(struct bpf_cgroup_dev_ctx, field) }
#define ALU(op, to, number) { .code = BPF_ALU64 | (op) | BPF_K, .dst_reg = (to), .imm = (int32_t)(number) }
#define JUMP(how, reg, number, to) { .code = BPF_JMP | (how) | BPF_K, .dst_reg = (reg), .off = (int16_t)(to), \
				     .imm = (int32_t)(number) }
#define EXIT { .code = BPF_JMP | BPF_EXIT }

/* A device's two instructions, the first of which is the n-th of all. */
static void
write_device(struct bpf_insn *code, size_t n, size_t allow, uint32_t major_, uint32_t minor_)
{
	code[n] = (struct bpf_insn)JUMP(BPF_JNE, BPF_REG_3, major_, 1);
	code[n + 1] = (struct bpf_insn)JUMP(BPF_JEQ, BPF_REG_4, minor_, allow - n - 2);
}

/* Character devices, opened and not made: what is made by mknod, and every block device, is refused. Returns the
 * length. */
static size_t
write_program(struct bpf_insn code[LENGTH_MAX], const dev_t *more, size_t n_more)
{
	const size_t n_nodes = more ? NODES - MACHINE_NODES : NODES;
	const size_t deny = BEGIN + 2 * (n_nodes + n_more), allow = deny + 2;
	const struct bpf_insn begin[] = {
		LOAD(BPF_REG_2, access_type), /* the access above, the type in the low half */
		ALU(BPF_AND, BPF_REG_2, BPF_DEVCG_ACC_MKNOD << 16 | 0xffff),
		JUMP(BPF_JNE, BPF_REG_2, BPF_DEVCG_DEV_CHAR, deny - 3),
		LOAD(BPF_REG_3, major),
		LOAD(BPF_REG_4, minor),
		JUMP(BPF_JEQ, BPF_REG_3, PTS_MAJOR, allow - 6),
	};
	const struct bpf_insn end[] = { ALU(BPF_MOV, BPF_REG_0, 0), EXIT, ALU(BPF_MOV, BPF_REG_0, 1), EXIT };
	size_t n = sizeof begin / sizeof *begin;

	memcpy(code, begin, sizeof begin);
	for (size_t i = 0; i < n_nodes; i++, n += 2)
		write_device(code, n, allow, nodes[i].major, nodes[i].minor);
	for (size_t i = 0; i < n_more; i++, n += 2)
		write_device(code, n, allow, major(more[i]), minor(more[i]));
	memcpy(code + n, end, sizeof end);
	return n + END;
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
