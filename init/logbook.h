/* SPDX-License-Identifier: MIT
 *
 * The memory that the services' output is kept in: PID 1 makes it, and one process at a time writes it, ingot-log or,
 * where there is none, PID 1. It outlives both, so that what a dead writer had read is not lost. PID 1 trusts nothing
 * in it.
 */
#ifndef INGOT_LOGBOOK_H
#define INGOT_LOGBOOK_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#include "limits.h"
#include "logring.h"
#include "table.h"

#define LOG_RING_SIZE ((size_t)CFG_LOG_RING_KB * 1024)
#define LOG_STAGE_MAX 16384 /* read at once, so that a flood leaves time for the others */

enum log_stage { LOG_STAGE_EMPTY, LOG_STAGE_READING, LOG_STAGE_FULL };

/* What is being read stands here before it is in a ring: a writer that dies in between is followed by one that finds
 * it. */
struct log_staging {
	_Atomic uint32_t phase; /* enum log_stage */
	uint32_t svc, stream;
	uint32_t size;    /* LOG_STAGE_FULL */
	uint64_t head;    /* of the ring, before the first record of it */
	int64_t wall_ms;
	uint64_t boot_ms;
	uint8_t data[LOG_STAGE_MAX]; /* behind what was read: LOG_STAGE_FILL */
};

#define LOG_STAGE_FILL 0xff

struct log_svc {
	struct logring ring;
	uint32_t mid[LOG_STREAMS];   /* its last byte was no newline */
	char owner[TBL_NAME_MAX + 1]; /* whose output it is; "": nobody's */
	uint64_t since_ms;            /* when it became so */
	uint64_t kept;                /* where in the ring it begins that is not on the disk yet */
	/* by PID 1, before it starts ingot-log: whose output shall be kept here, its place in the table, and the read
	 * ends of its pipes */
	char name[TBL_NAME_MAX + 1];
	uint32_t svc;
	int32_t pipe[LOG_STREAMS];
};

/* At the start of the memory; a struct log_svc for each place follows, then at a page's start the rings. */
struct log_head {
	uint32_t places;       /* by PID 1: those behind them are not used */
	int32_t wake;          /* eventfd that PID 1 waits for */
	int32_t table;         /* descriptor of the table that was loaded since the boot; -1: there is none */
	uint32_t console;      /* mirror all output on the console */
	_Atomic uint32_t want; /* PID 1 waits for more output; who writes some resets it and writes to wake */
	struct log_staging stage;
};

struct logbook {
	uint32_t places; /* that there is memory for */
	struct log_head *h;
	struct log_svc *svc;
	uint8_t *rings;
};

/* Bytes for that many services. */
size_t logbook_size(uint32_t places);
void logbook_of(struct logbook *b, void *memory, uint32_t places);

static inline uint8_t *
logbook_ring(const struct logbook *b, uint32_t i)
{
	return b->rings + (size_t)i * LOG_RING_SIZE;
}

/* For the one that writes. */

/* Puts what a writer that died had read where it belongs, neither twice nor not at all; then the places that have
 * another owner from now on begin anew. */
void logbook_recover(struct logbook *b);

/* Reads once from the pipe, never waits; returns how many bytes there were, or 0. */
size_t logbook_read(struct logbook *b, uint32_t i, enum log_stream stream, int fd);

/* For who reads along: nothing of this service is between pipe and ring. */
bool logbook_still(const struct logbook *b, uint32_t i);

#endif
