/* SPDX-License-Identifier: MIT
 *
 * One run of a VM, from its start to its end.
 */
#ifndef INGOT_RUN_LOOP_H
#define INGOT_RUN_LOOP_H

#include "qemu.h"
#include "run.h"

/* stop_ms is how long the guest itself may take to end. Returns 0, -1 with *e set, or RUN_AGAIN. */
int run_loop(struct build *b, const struct run_options *o, const struct qemu_config *c, uint64_t stop_ms,
	     struct watch *w, struct err *e);

#endif
