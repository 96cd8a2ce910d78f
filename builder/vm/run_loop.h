/* SPDX-License-Identifier: MIT
 *
 * One run of a VM, from its start to its end.
 */
#ifndef INGOT_RUN_LOOP_H
#define INGOT_RUN_LOOP_H

#include "qemu.h"
#include "run.h"

struct run_vm {
	const struct qemu_config *config;
	uint64_t stop_ms;      /* how long the guest itself may take to end */
	bool shell;            /* this terminal is the guest's console */
	struct relay *relay;   /* of its control port */
	struct watch *watch;   /* NULL: no file is watched */
	struct tester *tester; /* NULL: the console is shown, and forwarded ports are asked for a page */
};

/* As run_image; closes QEMU's end of the control port. */
int run_loop(struct arena *a, const struct run_vm *vm, struct err *e);

#endif
