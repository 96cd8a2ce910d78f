/* SPDX-License-Identifier: MIT
 *
 * What the parts of ingot-log have in common: the process that drains, and beside it, where logs are kept on a disk,
 * one that may hang there without holding up the first.
 */
#ifndef INGOT_LOG_PARTS_H
#define INGOT_LOG_PARTS_H

#include <stdbool.h>
#include <stdint.h>

#include "logbook.h"

/* Bytes of the logbook's file that a process locks for as long as it does the work: each has one at a time. */
#define LOG_TURN_DRAIN 0
#define LOG_TURN_KEEP  1

/* What the table says of a place of the logbook. */
struct log_set {
	uint32_t flags; /* TBL_SVC_LOG_* */
	uint64_t max;   /* TBL_SVC_LOG_STATE: bytes of its files */
};

/* log_main.c: by the monotonic clock. */
uint64_t log_now_ms(void);

/* log_main.c: moves the process into a group of its own below the root of cgroups, then takes everything from it but
 * what it has open. */
void log_join(const char *group, uint64_t memory, const char *pids);
int log_lock_in(void);

/* log_keep.c: starts the process that keeps on the disk what the ring holds; it ends when `alive` is closed. memory is
 * the logbook's file. Returns its pid, 0 where nothing is to be kept, or -1. */
int log_keep(struct logbook *b, const struct log_set *set, int memory, int *alive);

/* log_forward.c: to the console and to a collector, never waiting for either. */
void log_forward_init(const struct tbl *t);
/* What stands on the stage, so many bytes, was just read from that pipe. */
void log_forward(const struct logbook *b, uint32_t place, const struct log_set *set, enum log_stream stream,
		 size_t size);

/* log_read.c: prints the records that the disk has of a service and a boot; the program's exit code. */
int log_read(const char *service, const char *boot);

#endif
