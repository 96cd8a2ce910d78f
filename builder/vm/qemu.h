/* SPDX-License-Identifier: MIT
 *
 * One QEMU process: its command line, its start, its console and its monitor as descriptors.
 */
#ifndef INGOT_QEMU_H
#define INGOT_QEMU_H

#include <stdbool.h>
#include <sys/types.h>

#include "err.h"
#include "mem.h"
#include "options.h"

#define QEMU_PROGRAM "qemu-system-x86_64"

struct qemu_config {
	const char *kernel, *initramfs, *cmdline;
	uint64_t memory;            /* bytes */
	unsigned processors;        /* 0: one */
	const char *accel;          /* kvm or tcg */
	const char *machine;        /* one that qemu_machine_known */
	const struct forward *forwards;
	size_t n_forwards;
	const char *state;          /* file of the disk that holds state; NULL: none */
	int control; /* leads to the machine's control port */
};

struct qemu {
	pid_t pid;
	int pidfd;   /* readable when it has ended */
	int console; /* the guest's serial console, both ways */
	int monitor; /* QEMU's own monitor, for people's commands */
};

/* The program's path, or an error with the mend. In the arena. */
const char *qemu_find(struct arena *a, struct err *e);
/* The asked-for accelerator if it can work, or the best that can. NULL with *e set where it cannot. */
const char *qemu_accel(const char *asked, struct err *e);

bool qemu_machine_known(const char *name, struct err *e);

int qemu_start(struct qemu *q, struct arena *a, const struct qemu_config *c, struct err *e);
/* Waits for its end and returns its exit status, 128 plus a signal. */
int qemu_wait(struct qemu *q);
void qemu_release(struct qemu *q);

#endif
