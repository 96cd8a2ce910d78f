/* SPDX-License-Identifier: MIT
 *
 * ingot-probe: what an attacker inside a service would try, and what must hold there, one line for each. It is an
 * ordinary static program, put into a service's root by `ingot selftest`, which tells it in a file what to expect.
 * Case numbers are those of tests/cases-isolation.md.
 */
#ifndef INGOT_PROBE_H
#define INGOT_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "probe_abi.h"
#include "syscalls.h"

#define EXPECT_MOUNTS 128
#define EXPECT_ENV    256

struct expect_mount {
	const char *kind; /* proc, dev, tmpfs, state, or one that this program does not know */
	const char *path;
	unsigned long long size;
};

/* What the builder says of the service; see selftest_expect.c there. */
struct expect {
	const char *name; /* of the service, without an instance's number */
	unsigned uid, gid;
	const char *cwd;
	const char *env[EXPECT_ENV];
	size_t n_env;
	struct expect_mount mounts[EXPECT_MOUNTS];
	size_t n_mounts;
	unsigned long long memory, pids;
	unsigned long long caps;     /* capabilities that it keeps */
	unsigned descriptors;        /* that it is given: from 0 on */
	bool same_env;               /* env is that of each instance */
	const char *network;         /* none, machine, or another one */
	const char *seccomp;         /* enforced, audited, unconfined */
	short denied[SYSCALLS];      /* the errno that a call with arguments of 0 gets, or 0 */
	short granted[SYSCALLS];     /* the same of what is allowed here alone: the errno that it gets by default */
	unsigned long long families; /* that it may use; bit N: AF_ number N */
	unsigned long long usual;    /* that it might without a word in its file */
	bool route;                  /* of netlink, the routes alone */
	bool mdwe;                   /* memory is never writable and executable, where the kernel can see to it */
	const char *loose[LOOSE_KEYS]; /* the file's key that loosens a thing, or NULL */
};

/* Reads PROBE_EXPECT; ends the program with a message where it cannot. */
void expect_read(struct expect *x);
/* The key that lets the service do more than usual here, or NULL; seccomp's mode stands for all system calls. */
const char *expect_loose_call(const struct expect *x);

/* ---- report.c ---- */

/* One check with its outcome. `loose`: the key by which the image file loosens it, or NULL; then it cannot fail. */
void report_text(int number, const char *loose, const char *what, const char *want, const char *found);
/* Of a call: 0, or an errno. */
void report_call(int number, const char *loose, const char *what, int want, int found);
/* The same where either will do. */
void report_either(int number, const char *loose, const char *what, int want, int or, int found);
void report_held(int number, const char *loose, const char *what, bool held, const char *found);
/* The same of a system call, whose errno, or key that allows it, the file of expectations has. */
void report_refused(const struct expect *x, int number, const char *what, int call, int found);
/* What this kernel cannot show; `why` is what a look at the kernel told. */
void report_skip(int number, const char *what, const char *why);
/* What only a comparison with others can judge. */
void report_fact(const char *name, const char *value);
/* Which namespaces these are, each as a fact "AS KIND". */
void report_spaces(const char *as);
/* How many lines there were. */
void report_end(void);
/* "EPERM"; "works" for 0; "killed by SIGSYS" for what trial() gave. */
const char *report_word(int code, char buf[static 32]);

/* ---- trial.c ---- */

#define KILLED 10000 /* + the signal */
#define NO_CHILD 20000 /* + errno: no process could be made */

/* Runs fn in a child; returns what it returns (0, or an errno), or KILLED + a signal. */
int trial(int (*fn)(const void *arg), const void *arg);
/* 0 for a call that returned `r`, else errno. */
int code_of(long r);
/* The whole of a small file into buf, with a NUL; -1 with errno. */
long slurp(const char *path, char *buf, size_t cap);

/* ---- the checks ---- */

void check_identity(const struct expect *x);  /* 1 to 6 */
void check_spaces(const struct expect *x);    /* 7 to 9, 16 */
void check_files(const struct expect *x);     /* 11, 13, 17 */
void check_proc(const struct expect *x);      /* 14, 28 */
void check_exec(const struct expect *x);      /* 12 */
void check_calls(const struct expect *x);     /* 18, 19 */
void check_sockets(const struct expect *x);   /* 10, 20, 29 */
void check_limits(const struct expect *x);    /* 23 */
void check_inside(void);                      /* 33: of a child */
/* 33, of this very process: what `ingotctl exec` has started. */
void report_inside(const struct expect *x);
/* The same as one word, for a child. */
bool inside_held(const struct expect *x);

/* The machine's side: gathers what the services' probes say, writes it to the console, and powers off. */
int witness(int argc, char **argv);
/* What other programs of the machine's side want. Their lines are kept until the machine ends: PID 1 drops its own
 * words where the console is busy, and `ingot` waits for some of them. */
bool keeper_opens(void);
void keeper_say(const char *text);
bool keeper_is_asked_to_end(void);
void keeper_ends(void);

/* audit.c: the machine's side where a filter is watched. */
int audit(int argc, char **argv);
/* trace.c: between the stub and the service's own program; watch.c: the machine's side of that. */
int trace(int argc, char **argv);
int watch(int argc, char **argv);

#endif
