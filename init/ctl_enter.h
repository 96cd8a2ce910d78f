/* SPDX-License-Identifier: MIT
 *
 * Starting one command inside a running service: in its cgroup and namespaces, as its user, with nothing that the
 * service itself does not have.
 */
#ifndef INGOT_CTL_ENTER_H
#define INGOT_CTL_ENTER_H

#include <stddef.h>
#include <stdint.h>
#include <sys/types.h>

#include <linux/filter.h>

#include "err.h"
#include "table.h"

struct enter {
	const char *name;  /* of the service */
	uid_t uid;         /* 0: a program of the machine, or who goes in as root: it keeps its capabilities */
	gid_t gid;
	uint64_t caps;     /* that the service keeps */
	uint32_t flags;    /* of its record in the service table */
	char **argv;       /* NULL: a shell */
	pid_t pid;         /* of the service's stub, or of its only process */
	int pidfd;         /* the same process; this and the following are borrowed */
	int cgroup;        /* the service's folder */
	int filter;        /* a pipe that gives the filter of its system calls; -1: none shall hold the command */
	int peer;          /* a terminal for the command, where ingotctl's 0, 1 or 2 is one; -1: none of them is */
};

/* Reads the pipe that gives a filter to its end; out has room for one instruction more than there may be. */
int enter_read_filter(int fd, struct sock_filter out[TBL_FILTER_MAX + 1], size_t *n, struct err *e);

/* Returns with *child running the command; on failure *code is an exit code of `ingotctl exec`. The caller's own
 * children go into the service's pid namespace from here on. */
int enter(const struct enter *x, pid_t *child, int *code, struct err *e);

#endif
