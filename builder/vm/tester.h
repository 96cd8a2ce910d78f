/* SPDX-License-Identifier: MIT
 *
 * The image file's tests against a booted image: which are still open, and what came of the others.
 */
#ifndef INGOT_TESTER_H
#define INGOT_TESTER_H

#include "build.h"
#include "options.h"
#include "probe.h"

struct tester;

/* Chooses a free port of this host for each port of the machine that a test asks, into forwards; one probe for each of
 * the image's tests, into probes. Both have room for FORWARDS_MAX. */
struct tester *tester_new(const struct build *b, struct forward *forwards, size_t *n_forwards, struct err *e);
/* One that asks nothing: `line` gets each line of the console, and it is done once *ended, or after patience_ms. */
struct tester *tester_listening(struct arena *a, void (*line)(void *arg, const char *line), void *arg,
				const bool *ended, uint64_t patience_ms);
/* Beside the image's own tests `line` gets each line of the console, and the machine runs on a while behind them. */
void tester_also(struct tester *t, void (*line)(void *arg, const char *line), void *arg, uint64_t settle_ms);
void tester_free(struct tester *t);
/* The VM starts now. */
size_t tester_begin(struct tester *t, struct probe *probes, uint64_t now_ms);

/* What the console said: kept, to be shown where a test fails, and read line by line. */
void tester_console(struct tester *t, const char *data, size_t size);
void tester_line(struct tester *t, const char *line);

/* Looks at the probes; true once every test is decided. due_ms: when it wants to look again. */
bool tester_done(struct tester *t, const struct probe *probes, uint64_t now_ms);
uint64_t tester_due_ms(const struct tester *t);

/* Prints the outcome as TAP, or as JSON, to standard output, and the console to standard error where a test failed.
 * How the VM ended is one more test: `end` is NULL where it did in order. Returns the number of failed tests. */
/* What is kept of the console, to standard error. */
void tester_show(const struct tester *t);
/* How many tests passed and failed, and the first that failed ("" without), in place of a report. `end` as there. */
size_t tester_failed(struct tester *t, const char *end, const char **first);
size_t tester_report(struct tester *t, const char *end, bool json);

#endif
