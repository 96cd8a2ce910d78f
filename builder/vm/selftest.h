/* SPDX-License-Identifier: MIT
 *
 * What ingot-probe found in the services of a machine, gathered from its console and judged.
 */
#ifndef INGOT_SELFTEST_H
#define INGOT_SELFTEST_H

#include "build.h"

enum verdict_kind { ROW_OK, ROW_FAILED, ROW_SKIPPED, ROW_LOOSENED, ROW_KINDS };

struct selftest_row {
	unsigned number; /* of a case of tests/cases-isolation.md */
	const char *what, *expected, *found, *note;
	enum verdict_kind verdict;
};

struct selftest_fact {
	const char *name, *value;
};

/* What one service said, or the machine's witness. */
struct selftest_heard {
	const char *name;
	const struct model_service *unit; /* NULL: the machine */
	struct selftest_row *rows;
	size_t n_rows, room_rows;
	struct selftest_fact *facts;
	size_t n_facts, room_facts;
	size_t lines, due; /* that came, and that it says to have written */
	unsigned ends;     /* how often it said so */
};

struct selftest {
	struct arena *arena;
	struct selftest_heard *heard; /* the machine first */
	size_t n_heard;
	size_t count[ROW_KINDS];
	bool ended; /* the witness has said its last word */
};

void selftest_init(struct selftest *s, const struct build *b);
void selftest_release(struct selftest *s);
/* A line of the console; others than the probe's are none of its business. */
void selftest_line(void *arg, const char *line);

/* selftest_judge.c: adds what only a comparison can tell, and counts. `end`: how the machine ended, NULL where that
 * was in order. */
void selftest_judge(struct selftest *s, const char *end);
void selftest_add(struct selftest *s, struct selftest_heard *h, const struct selftest_row *row);

/* selftest_print.c */
void selftest_print(const struct selftest *s, bool json);

#endif
