/* SPDX-License-Identifier: MIT
 *
 * Running another program: no shell, an environment that is given whole, both outputs captured within bounds.
 */
#ifndef INGOT_PROCESS_H
#define INGOT_PROCESS_H

#include <stddef.h>

#include "err.h"

struct process {
	const char *const *argv; /* ended by NULL; argv[0] is looked for in this program's own PATH */
	const char *const *env;  /* ended by NULL: the child's whole environment */
	const char *cwd;         /* NULL: this program's own */
	void (*tick)(void *arg); /* NULL, or called about ten times a second while it runs */
	void *arg;

	char *out;       /* standard output, malloc'ed, with a NUL behind it */
	size_t out_size;
	char *err;       /* the last 64 KiB of standard error, malloc'ed, with a NUL behind it */
	size_t err_size;
	int status;      /* exit status, or 128 plus the signal that ended it */
};

/* Runs it to its end, with /dev/null as standard input. An error only where it could not be run (code ENOENT:
 * there is no such program) or where its output is beyond all bounds; a status other than 0 is the caller's to
 * judge. Release in both cases. */
int process_run(struct process *p, struct err *e);
void process_release(struct process *p);

#endif
