/* SPDX-License-Identifier: MIT
 *
 * From a verdict for each system call to the program that the kernel runs at each call (seccomp, classic BPF). The
 * program is a binary tree over the ranges of numbers with one verdict, so that it is short to load and to run.
 */
#ifndef INGOT_FILTER_H
#define INGOT_FILTER_H

#include <stddef.h>
#include <stdint.h>

#include <linux/filter.h>

#include "syscalls.h"

enum verdict {
	DENY,       /* ENOSYS, logged by the kernel: a program falls back to another call, as on an older kernel */
	DENY_QUIET, /* ENOSYS, not logged: C libraries try it first */
	DENY_PERM,  /* EPERM, logged: as the kernel answers who lacks the privilege for it */
	ALLOW,
	/* By arguments: what is refused gets EPERM, a family of sockets EAFNOSUPPORT. */
	CHECK_CLONE,       /* no new namespaces */
	CHECK_IOCTL,       /* nothing is typed into a terminal */
	CHECK_SOCKET,      /* of the families */
	CHECK_SOCKETPAIR,  /* AF_UNIX, if it is among them */
	CHECK_PERSONALITY, /* Linux's own, and a look */
	CHECK_SHMAT,       /* not to be executed */
	/* No file becomes setuid or setgid. */
	CHECK_MODE_1, /* the mode is argument 1 */
	CHECK_MODE_2,
	CHECK_OPEN,   /* flags are argument 1, the mode is 2, if a file is made */
	CHECK_OPENAT, /* 2 and 3 */
	VERDICTS
};

enum filter_mode {
	FILTER_ENFORCE,
	FILTER_AUDIT, /* what would be refused is made and logged; but for DENY_QUIET and foreign architectures */
};

/* Bits of filter_rules.families that are no family: */
#define FAMILY_NETLINK_ROUTE (1ull << 63) /* AF_NETLINK for NETLINK_ROUTE alone */

struct filter_rules {
	uint8_t verdict[SYSCALLS]; /* enum verdict; what is above is DENY */
	uint64_t families;         /* bit N: AF_ number N */
	enum filter_mode mode;
};

#define FILTER_MAX 4096 /* instructions, the kernel's own limit */

/* Writes the program to out, which has room for FILTER_MAX; returns its length. Calls through the 32-bit and the x32
 * entry kill the process. */
size_t filter_compile(const struct filter_rules *r, struct sock_filter *out);

/* filter_eval.c: the SECCOMP_RET_ value that a program of filter_compile's gives a call with these arguments; the
 * others are 0. A program of no instruction lets everything through. */
uint32_t filter_eval(const struct sock_filter *code, size_t n, unsigned call, const uint64_t args[3]);

#endif
