/* SPDX-License-Identifier: MIT
 *
 * Booting a built image in QEMU, watching its console, and ending it in order.
 */
#ifndef INGOT_RUN_H
#define INGOT_RUN_H

#include "build.h"
#include "options.h"

/* What can be said before anything is built: is there a QEMU, are the options right? And are the ports free? */
int run_check_host(const struct build *b, const struct run_options *o, struct err *e);
int run_check(const struct build *b, const struct run_options *o, struct err *e);

struct watch;

/* Returns 0 where the guest powered off in order, or RUN_ENDED and its exit status where that is not 0. With a watch
 * (else NULL): RUN_AGAIN where something changed, was built anew, and this VM was ended for it. */
enum { RUN_AGAIN = 1, RUN_ENDED = 256 };
int run_image(struct build *b, const struct run_options *o, struct watch *w, struct err *e);

/* Boots, runs the image file's tests, powers off, and prints the outcome. */
int run_tests(struct build *b, const struct run_options *o, bool json, size_t *failed, struct err *e);

/* Boots a variant that was made for it, and hears what its probes say; see selftest.h. */
struct selftest;
int run_selftest(struct build *b, const struct run_options *o, struct selftest *s, struct err *e);

/* Boots as run_tests does, and gives the console's lines to a listener; once the tests are done the machine runs on for
 * settle_ms. *failed is the first test that failed, "" without. */
struct run_listener {
	void (*line)(void *arg, const char *line);
	void *arg;
	uint64_t settle_ms;
};
int run_heard(struct build *b, const struct run_options *o, const struct run_listener *l, const char **failed,
	      struct err *e);

#endif
