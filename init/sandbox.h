/* SPDX-License-Identifier: MIT
 *
 * What the child of a launch does between clone and exec. It runs in PID 1's memory (see child.h), once, and ends in
 * another program or in an error report.
 */
#ifndef INGOT_SANDBOX_H
#define INGOT_SANDBOX_H

#include "spawn.h"

struct sandbox {
	struct tbl t;           /* a copy: PID 1's own may be replaced meanwhile; its memory stays */
	const struct tbl_svc *s;
	const char *name;
	int stub;               /* descriptors of PID 1, anywhere; -1 where there is none */
	int error, status, ready, notify;
	int output[2];          /* stdout and stderr */
	int net;                /* the network namespace of an earlier run, or -1 */
	int listen[TBL_LISTEN_MAX]; /* as many as the record has */
	int user;               /* the user namespace, or -1 */
	int mounts;             /* the mount namespace to begin with; -1 with TBL_SVC_MACHINE */
	int root;               /* of the service, once it is cloned */
	uint32_t mount;         /* index of the mount being made */
	int landlock, rules;    /* version and rules of Landlock; 0 and -1: none */
};

/* Of a struct sandbox: carries out the steps and executes the stub, or the program itself with TBL_SVC_MACHINE. */
__attribute__((noreturn)) void sandbox_run(void *sandbox);

/* The steps of sandbox_mounts.c: each returns 0, or -1 with errno. The first two clone what PID 1 has, in its mount
 * namespace; the others build with that in one of the service's own. */
int sandbox_root(struct sandbox *x);
int sandbox_trees(struct sandbox *x);
int sandbox_attach(struct sandbox *x);
int sandbox_mount(struct sandbox *x);
int sandbox_chroot(struct sandbox *x);
/* And of sandbox_rules.c: all rules but those of the mounts; and the one of a mount, while at is its root. */
int sandbox_rules(struct sandbox *x);
int sandbox_allow(const struct sandbox *x, const struct tbl_mount *m, int at);

#endif
