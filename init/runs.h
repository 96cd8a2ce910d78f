/* SPDX-License-Identifier: MIT
 *
 * What is kept of a job's run, and a ring of such records. A record is of fixed size and without pointers: it is the
 * same in PID 1's state, in the file on the state disk (little-endian) and in the control protocol. Pure: nothing here
 * makes a system call or reads a clock.
 */
#ifndef INGOT_RUNS_H
#define INGOT_RUNS_H

#include <assert.h>
#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "limits.h"
#include "table.h"

#define RUN_MAGIC 0x314e5552u /* "RUN1" */

enum run_what {
	RUN_ENDED,
	RUN_SKIPPED, /* a run was due and did not happen; `count` in a row, from start to start + duration */
	RUN_KNOWN,   /* no run: from here on the job's due times count (missed: once) */
	RUN_WHATS
};

/* Why a run that was due did not happen. */
enum run_skip {
	RUN_SKIP_OVERLAP, /* the one before it had not ended */
	RUN_SKIP_LATE,    /* its start deadline had passed */
	RUN_SKIP_CLOCK,   /* the clock was set beyond it, or the machine was off */
	RUN_SKIP_BEHIND,  /* it waited for something, and the next one was due */
	RUN_SKIPS
};

struct run_record {
	char name[TBL_NAME_MAX + 1]; /* of the job */
	uint64_t seq;          /* its place in the order of all records, over boots */
	uint64_t start_ms;     /* monotonic */
	int64_t start_wall_ms; /* since 1970; 0: the clock was not set */
	int64_t due_s;         /* the last time by the calendar that was dealt with then, or 0 */
	uint64_t duration_ms;
	uint64_t memory_peak;  /* bytes; 0: not known */
	uint64_t cpu_us;
	uint32_t boot;      /* number of the boot; without a state disk always 1 */
	uint32_t run;       /* the job's launches in this boot, this one included */
	uint16_t what;      /* enum run_what */
	uint16_t reason;    /* enum svc_reason; RUN_SKIPPED: enum run_skip */
	uint16_t end;       /* enum ctl_end */
	uint16_t end_step;  /* enum launch_step */
	uint32_t end_value;
	uint32_t attempt;   /* from 1 */
	uint32_t count;
	uint32_t magic;
	uint32_t crc;       /* of all before it */
	uint32_t pad;
};

static_assert(sizeof(struct run_record) == 128, "the form of the file");

/* Empty places have no magic. Written by history.c. */
struct run_ring {
	struct run_record record[CFG_RUNS_KEPT];
};

/* Gives a record its magic and checksum; whether it has them, and nothing in it is out of range. */
void run_seal(struct run_record *r);
bool run_ok(const struct run_record *r);

/* Puts a sealed record into the place of the same run's earlier one, else of the job's oldest where it has `share`
 * already, else into an empty one, else into that of the oldest of all. So no job pushes out another's. */
void runs_put(struct run_ring *ring, const struct run_record *r, uint32_t share);

/* The first record behind `seq`, of the named job or of all (""); NULL: there is none. */
const struct run_record *runs_next(const struct run_ring *ring, const char *name, uint64_t seq);

/* The job's newest record, or NULL. */
const struct run_record *runs_newest(const struct run_ring *ring, const char *name);

/* Up to when the job's due times were dealt with, in seconds since 1970; 0: nothing is known. */
int64_t runs_seen_s(const struct run_ring *ring, const char *name);

/* Takes what a file holds, in whole records; what is damaged is left out. Returns how many of them were. */
uint32_t runs_take(struct run_ring *ring, const void *bytes, size_t size, uint32_t share);

#endif
