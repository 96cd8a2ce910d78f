/* SPDX-License-Identifier: MIT
 *
 * The command line: one verb, its options, what it works on. One table names, types and explains every option.
 */
#ifndef INGOT_OPTIONS_H
#define INGOT_OPTIONS_H

#include <stdbool.h>
#include <stdint.h>
#include <stdio.h>

#include "build.h"
#include "err.h"

/* Exit statuses, as documented in ingot(1). */
enum { EXIT_OK = 0, EXIT_FAILED = 1, EXIT_USAGE = 2 };

struct forward {
	uint16_t host, machine;
	bool udp;
};

struct run_options {
	struct forward forwards[FORWARDS_MAX]; /* -p: these replace the file's */
	size_t n_forwards;
	const char *accel;   /* --accel: NULL is "what works here" */
	const char *machine; /* --machine: QEMU's name of it */
	const char *append;  /* --append: more words for the kernel; "" without */
	bool shell;          /* --shell: the machine's shell on this terminal */
	const char *state;      /* --state: file of the disk that holds state; NULL: none */
	const char *state_size; /* --state-size, as it was written; NULL without */
	bool watch;          /* --watch: build and start anew when a file changes */
};

#define VERB_ARGS_MAX 3

struct options {
	const char *verb;
	const char *args[VERB_ARGS_MAX]; /* what stands behind the verb, options apart */
	size_t n_args;
	char **rest; /* ctl: the command and what stands behind it, options and all */
	size_t n_rest;
	struct build_options build; /* image_file is the first of args */
	struct run_options run;
	bool apply;          /* --apply: into the image file */
	const char *log;     /* --log: a file; NULL without */
	const char *seconds; /* --seconds, as it was written; NULL without */
	const char *keep_days; /* --keep-days, as it was written; NULL without */
	bool json;
	const char *format; /* --format: of the SBOM; NULL: spdx */
	bool guest;     /* --guest: diff asks the machine that runs */
	bool effective; /* --effective: the values of the image file, not the table */
	bool quiet;
	bool help;
	bool version;
};

/* Returns -1 with *e set where the line is not to be understood. */
int options_parse(struct options *o, int argc, char **argv, struct err *e);
/* Every option with its line of help: those of all verbs, then those of each verb that has its own. */
void options_print(FILE *to);

#endif
