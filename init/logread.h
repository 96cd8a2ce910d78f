/* SPDX-License-Identifier: MIT
 *
 * From a stream of log records, in whatever pieces it comes, to lines with a time and a stream. It trusts nothing in
 * the records, makes no system call and allocates nothing.
 */
#ifndef INGOT_LOGREAD_H
#define INGOT_LOGREAD_H

#include <stdbool.h>

#include "logring.h"

#define LOG_LINE_MAX 8192 /* what is longer comes in pieces */

struct log_line {
	int64_t wall_ms;   /* when its first byte was read */
	uint64_t boot_ms;
	enum log_stream stream;
	const char *text;  /* without the newline */
	size_t size;
	bool whole;        /* a newline ended it */
};

struct logread {
	void (*line)(void *ctx, const struct log_line *line);
	void (*note)(void *ctx, uint32_t kind, uint64_t number); /* LOG_NOTE_*, of what comes from files; or NULL */
	void *ctx;
	uint64_t number; /* of the note that is being read */
	struct log_record record; /* the one that is being read */
	size_t got;               /* bytes of its head, then of all of it */
	bool damaged;             /* what came was no record: nothing more is read until logread_lost */
	struct logread_stream {
		bool begun;       /* its first record was seen: where that goes on with a line, the rest of it is left out */
		bool skip;
		size_t used;
		int64_t wall_ms;
		uint64_t boot_ms;
		char text[LOG_LINE_MAX];
	} stream[LOG_STREAMS];
};

void logread_init(struct logread *r, void (*line)(void *ctx, const struct log_line *line), void *ctx);
void logread_feed(struct logread *r, const void *data, size_t size);

/* Records are missing here; the next byte begins one. */
void logread_lost(struct logread *r);

/* Hands out what no newline has ended yet. */
void logread_end(struct logread *r);

#endif
