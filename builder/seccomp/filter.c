/* SPDX-License-Identifier: MIT
 *
 * Compiling a filter. At each load the kernel checks it, translates it and runs it for each number, so that a start
 * pays for its length, and for the way to every number alike: each leaf stands once, those that look at an argument
 * end in the others, and the tree is balanced by numbers. Of an argument only the low half is looked at: the kernel
 * takes each of those that are checked as 32 bits, or has no meaning for the high ones.
 */
#include "filter.h"

#include <assert.h>
#include <errno.h>
#include <fcntl.h>
#include <sched.h>
#include <stdbool.h>
#include <string.h>
#include <sys/ioctl.h>
#include <sys/shm.h>
#include <sys/socket.h>
#include <sys/stat.h>

#include <linux/audit.h>
#include <linux/netlink.h>
#include <linux/seccomp.h>

#define X32_BIT  0x40000000u
#define NO_CALL  0xffffffffu /* what a tracer leaves: it makes no call */
#define NEW_NAMESPACES (CLONE_NEWNS | CLONE_NEWCGROUP | CLONE_NEWUTS | CLONE_NEWIPC | CLONE_NEWUSER | CLONE_NEWPID | \
			CLONE_NEWNET)
#define NEW_FILE (O_CREAT | (O_TMPFILE & ~O_DIRECTORY))
#ifndef SHM_EXEC
#define SHM_EXEC 0100000
#endif
#define SET_IDS  (S_ISUID | S_ISGID)
#define TYPES_INTO_TERMINAL TIOCSTI /* and TIOCLINUX, which musl does not name */
#ifndef TIOCLINUX
#define TIOCLINUX 0x541C
#endif

#define LOAD(field)      { BPF_LD | BPF_W | BPF_ABS, 0, 0, offsetof(struct seccomp_data, field) }
#define JUMP(how, k, t, f) { BPF_JMP | (how) | BPF_K, (t), (f), (k) }
#define RETURN(what)     { BPF_RET | BPF_K, 0, 0, (what) }

#define COUNT(a) (sizeof(a) / sizeof *(a))

struct range {
	uint32_t first;
	enum verdict verdict;
	bool kill;
};

#define EXCEPTIONS 2 /* more of them in one range are a tree's */
#define BESIDE     10 /* so many numbers the tree may be out of balance */
#define BUSH_MAX 128 /* ranges; with all leaves, of any families, no jump among them is longer than 255 */
#define JUMPS_MAX (BUSH_MAX + 128)

/* A leaf is a verdict, or one of these. */
enum {
	LEAF_KILL = VERDICTS,
	LEAF_MODE_3, /* as CHECK_MODE_2, of the next argument */
	LEAF_FAMILY, /* EAFNOSUPPORT */
	LEAVES
};

/* In which they stand, as a jump leads forward. */
static const uint8_t order[] = {
	CHECK_OPEN, CHECK_OPENAT, CHECK_CLONE, CHECK_IOCTL, CHECK_SOCKET, CHECK_SOCKETPAIR, CHECK_PERSONALITY, CHECK_SHMAT,
	CHECK_MODE_1, CHECK_MODE_2, LEAF_MODE_3, LEAF_KILL, LEAF_FAMILY, DENY, DENY_QUIET, DENY_PERM, ALLOW,
};
static_assert(COUNT(order) == LEAVES, "each has its place");

/* From a test to a leaf that does not stand yet. */
struct jump {
	size_t at;
	unsigned leaf;
	bool yes; /* where the test holds */
};

struct writer {
	const struct filter_rules *rules;
	struct range ranges[SYSCALLS + 4];
	size_t n_ranges;
	struct jump jumps[JUMPS_MAX];
	size_t n_jumps;
	struct sock_filter *out;
	size_t n;
};

static void
put(struct writer *w, const struct sock_filter *code, size_t n)
{
	assert(w->n + n <= FILTER_MAX);
	memcpy(w->out + w->n, code, n * sizeof *code);
	w->n += n;
}

static uint32_t
refusal(const struct writer *w, int error)
{
	return w->rules->mode == FILTER_AUDIT ? SECCOMP_RET_LOG : SECCOMP_RET_ERRNO | (uint32_t)error;
}

/* ---- leaves ---- */

static void
put_return(struct writer *w, uint32_t what)
{
	put(w, &(struct sock_filter)RETURN(what), 1);
}

static void
leads(struct writer *w, size_t at, unsigned leaf, bool yes)
{
	assert(w->n_jumps < JUMPS_MAX);
	w->jumps[w->n_jumps++] = (struct jump){ at, leaf, yes };
}

static size_t
arg(unsigned n)
{
	return offsetof(struct seccomp_data, args) + n * sizeof(uint64_t);
}

static void
put_load(struct writer *w, unsigned n)
{
	put(w, &(struct sock_filter){ BPF_LD | BPF_W | BPF_ABS, 0, 0, (uint32_t)arg(n) }, 1);
}

/* Where the test holds, to that leaf; on to the next instruction otherwise. */
static void
put_if(struct writer *w, unsigned how, uint32_t k, unsigned yes)
{
	leads(w, w->n, yes, true);
	put(w, &(struct sock_filter)JUMP(how, k, 0, 0), 1);
}

static void
put_if_else(struct writer *w, unsigned how, uint32_t k, unsigned yes, unsigned no)
{
	leads(w, w->n, no, false);
	put_if(w, how, k, yes);
}

static void
put_socket(struct writer *w)
{
	uint64_t families = w->rules->families & ~FAMILY_NETLINK_ROUTE;
	bool route = w->rules->families & FAMILY_NETLINK_ROUTE && !(families >> AF_NETLINK & 1);
	unsigned last = 62;

	while (last && !(families >> last & 1))
		last--;
	put_load(w, 0);
	for (unsigned family = 0; family < last; family++)
		if (families >> family & 1)
			put_if(w, BPF_JEQ, family, ALLOW);
	if (!route) {
		put_if_else(w, BPF_JEQ, last, families >> last & 1 ? ALLOW : LEAF_FAMILY, LEAF_FAMILY);
		return;
	}
	if (families >> last & 1)
		put_if(w, BPF_JEQ, last, ALLOW);
	leads(w, w->n, LEAF_FAMILY, false);
	put(w, &(struct sock_filter)JUMP(BPF_JEQ, AF_NETLINK, 0, 0), 1);
	put_load(w, 2); /* last, as it is another argument */
	put_if_else(w, BPF_JEQ, NETLINK_ROUTE, ALLOW, LEAF_FAMILY);
}

static void
put_socketpair(struct writer *w)
{
	put_load(w, 0);
	put_if_else(w, BPF_JEQ, AF_UNIX, w->rules->families >> AF_UNIX & 1 ? ALLOW : LEAF_FAMILY, LEAF_FAMILY);
}

/* Refused where the argument has one of the bits. */
static void
put_bits(struct writer *w, unsigned n, uint32_t bits)
{
	put_load(w, n);
	put_if_else(w, BPF_JSET, bits, DENY_PERM, ALLOW);
}

/* A mode without a file that is made means nothing, and may be any bits. */
static void
put_open(struct writer *w, unsigned flags, unsigned mode)
{
	put_load(w, flags);
	put_if_else(w, BPF_JSET, NEW_FILE, mode, ALLOW);
}

static void
put_ioctl(struct writer *w)
{
	put_load(w, 1);
	put_if(w, BPF_JEQ, TYPES_INTO_TERMINAL, DENY_PERM);
	put_if_else(w, BPF_JEQ, TIOCLINUX, DENY_PERM, ALLOW);
}

static void
put_personality(struct writer *w)
{
	put_load(w, 0);
	put_if(w, BPF_JEQ, 0, ALLOW);
	put_if_else(w, BPF_JEQ, 0xffffffffu, ALLOW, DENY_PERM);
}

static void
put_leaf(struct writer *w, unsigned leaf)
{
	switch (leaf) {
	case DENY:
		return put_return(w, refusal(w, ENOSYS));
	case DENY_QUIET:
		/* Without a tracer the kernel answers ENOSYS. PID 1 has it log no such answer (posture.c). */
		return put_return(w, SECCOMP_RET_TRACE);
	case DENY_PERM:
		return put_return(w, refusal(w, EPERM));
	case ALLOW:
		return put_return(w, SECCOMP_RET_ALLOW);
	case CHECK_CLONE:
		return put_bits(w, 0, (uint32_t)NEW_NAMESPACES);
	case CHECK_IOCTL:
		return put_ioctl(w);
	case CHECK_SOCKET:
		return put_socket(w);
	case CHECK_SOCKETPAIR:
		return put_socketpair(w);
	case CHECK_PERSONALITY:
		return put_personality(w);
	case CHECK_SHMAT:
		return put_bits(w, 2, SHM_EXEC);
	case CHECK_MODE_1:
		return put_bits(w, 1, SET_IDS);
	case CHECK_MODE_2:
		return put_bits(w, 2, SET_IDS);
	case CHECK_OPEN:
		return put_open(w, 1, CHECK_MODE_2);
	case CHECK_OPENAT:
		return put_open(w, 2, LEAF_MODE_3);
	case LEAF_KILL:
		return put_return(w, SECCOMP_RET_KILL_PROCESS);
	case LEAF_MODE_3:
		return put_bits(w, 3, SET_IDS);
	case LEAF_FAMILY:
		return put_return(w, refusal(w, EAFNOSUPPORT));
	}
	assert(!"a leaf");
}

/* ---- the tree ---- */

static void
add_range(struct writer *w, uint32_t first, enum verdict v, bool kill)
{
	const struct range *last = w->n_ranges ? &w->ranges[w->n_ranges - 1] : NULL;

	if (!last || last->verdict != v || last->kill != kill)
		w->ranges[w->n_ranges++] = (struct range){ first, v, kill };
}

/* The leaf of a range. Where AF_UNIX is the only family, pairs are looked at as other sockets are. */
static unsigned
leaf_of(const struct writer *w, size_t range)
{
	const struct range *r = &w->ranges[range];
	bool as_socket = r->verdict == CHECK_SOCKETPAIR && w->rules->families == 1ull << AF_UNIX;

	return r->kill ? LEAF_KILL : as_socket ? CHECK_SOCKET : r->verdict;
}

/* How many numbers are in the ranges from `low` to before `high`, of those that a kernel runs it for. */
static uint32_t
width(const struct writer *w, size_t low, size_t high)
{
	uint32_t end = high < w->n_ranges && w->ranges[high].first < SYSCALLS ? w->ranges[high].first : SYSCALLS;

	return w->ranges[low].first < end ? end - w->ranges[low].first : 0;
}

static bool
is_single(const struct writer *w, size_t range)
{
	return range + 1 < w->n_ranges && w->ranges[range + 1].first - w->ranges[range].first == 1;
}

static void
put_node(struct writer *w, unsigned how, size_t range)
{
	put(w, &(struct sock_filter)JUMP(how, w->ranges[range].first, 0, 0), 1);
}

/* Which ranges lead to another leaf than this one, if they are a number each and a few at most: a test of each is fewer
 * nodes than a tree is then. Returns how many, or 0. */
static size_t
exceptions(const struct writer *w, size_t low, size_t high, unsigned leaf, size_t found[EXCEPTIONS])
{
	size_t n = 0;

	for (size_t i = low; i < high; i++) {
		if (leaf_of(w, i) == leaf)
			continue;
		if (n == EXCEPTIONS || !is_single(w, i))
			return 0;
		found[n++] = i;
	}
	return n + 1 < high - low ? n : 0;
}

static bool
put_exceptions(struct writer *w, size_t low, size_t high)
{
	size_t found[EXCEPTIONS], base = low, n = exceptions(w, low, high, leaf_of(w, low), found);

	if (!n)
		n = exceptions(w, low, high, leaf_of(w, ++base), found);
	for (size_t i = 0; i < n; i++) {
		leads(w, w->n, leaf_of(w, found[i]), true);
		if (i + 1 == n)
			leads(w, w->n, leaf_of(w, base), false);
		put_node(w, BPF_JEQ, found[i]);
	}
	return n > 0;
}

/* Where the first half of the numbers ends, or near it, rather than beside a single one: that is left to be an
 * exception. */
static size_t
middle(const struct writer *w, size_t low, size_t high)
{
	size_t best = low + 1;
	uint32_t least = UINT32_MAX;

	for (size_t i = low + 1; i < high; i++) {
		uint32_t left = width(w, low, i), right = width(w, i, high), cost = left < right ? right - left : left - right;
		cost += (i - 1 > low && is_single(w, i - 1) ? BESIDE : 0) + (i + 1 < high && is_single(w, i) ? BESIDE : 0);
		if (cost < least) {
			least = cost;
			best = i;
		}
	}
	return best;
}

/* The nodes over the ranges from `low` to before `high`, two at least; the number is loaded. */
static void
put_nodes(struct writer *w, size_t low, size_t high)
{
	if (put_exceptions(w, low, high))
		return;
	size_t from = middle(w, low, high), at = w->n;

	put_node(w, BPF_JGE, from);
	if (from - low > 1)
		put_nodes(w, low, from);
	else
		leads(w, at, leaf_of(w, low), false);
	if (high - from > 1) {
		assert(w->n - at - 1 <= UINT8_MAX);
		w->out[at].jt = (uint8_t)(w->n - at - 1);
		put_nodes(w, from, high);
	} else {
		leads(w, at, leaf_of(w, from), true);
	}
}

/* Behind all that leads to it, where something does. */
static void
place_leaf(struct writer *w, unsigned leaf)
{
	size_t at = w->n, n = w->n_jumps;
	bool placed = false;

	for (size_t i = 0; i < n; i++) {
		const struct jump *j = &w->jumps[i];
		if (j->leaf != leaf)
			continue;
		if (!placed)
			put_leaf(w, leaf);
		placed = true;
		assert(at - j->at - 1 <= UINT8_MAX);
		*(j->yes ? &w->out[j->at].jt : &w->out[j->at].jf) = (uint8_t)(at - j->at - 1);
	}
}

/* Few enough for each jump to reach each leaf. */
static void
put_bush(struct writer *w, size_t low, size_t high)
{
	w->n_jumps = 0;
	if (high - low == 1)
		put_leaf(w, leaf_of(w, low));
	else
		put_nodes(w, low, high);
	for (size_t i = 0; i < COUNT(order); i++)
		place_leaf(w, order[i]);
}

/* All from `low` to before `high`. A jump reaches 255 instructions, JA any. */
static void
put_tree(struct writer *w, size_t low, size_t high)
{
	if (high - low <= BUSH_MAX) {
		put_bush(w, low, high);
		return;
	}
	size_t half = low + (high - low) / 2, at = w->n;
	const struct sock_filter node[] = {
		JUMP(BPF_JGE, w->ranges[half].first, 0, 1),
		{ BPF_JMP | BPF_JA, 0, 0, 0 },
	};
	put(w, node, COUNT(node));
	put_tree(w, low, half);
	w->out[at + 1].k = (uint32_t)(w->n - at - COUNT(node));
	put_tree(w, half, high);
}

size_t
filter_compile(const struct filter_rules *r, struct sock_filter *out)
{
	struct writer w = { .rules = r, .out = out };
	const struct sock_filter begin[] = {
		LOAD(arch),
		JUMP(BPF_JEQ, AUDIT_ARCH_X86_64, 1, 0),
		RETURN(SECCOMP_RET_KILL_PROCESS),
		LOAD(nr),
	};

	for (uint32_t i = 0; i < SYSCALLS; i++)
		add_range(&w, i, r->verdict[i], false);
	add_range(&w, SYSCALLS, DENY, false);
	add_range(&w, X32_BIT, DENY, true);
	add_range(&w, NO_CALL, DENY, false);
	put(&w, begin, COUNT(begin));
	put_tree(&w, 0, w.n_ranges);
	return w.n;
}
