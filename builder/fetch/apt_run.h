/* SPDX-License-Identifier: MIT
 *
 * apt's private state and the running of its programs: what apt.c asks, apt_run.c carries out. Not for other files.
 */
#ifndef INGOT_APT_RUN_H
#define INGOT_APT_RUN_H

#include <stdbool.h>

#include "mem.h"
#include "process.h"
#include "sources.h"

struct apt {
	struct cache *cache;
	struct arena *arena;
	const char *arch;     /* as Debian calls it */
	const char *dir;      /* CACHE/apt/ARCH: lists, configuration, an empty status file, downloads, the log */
	const char *log;      /* all that apt said in this run */
	const char *const *env;
	int lock;             /* held from the first need on; -1 before */
	bool ready, updated;
	bool source;          /* of source packages: apt_source.c */
	uint64_t update_bytes; /* seen so far of the lists that are coming */
};

/* Why apt failed, as far as its words tell. */
enum apt_failure {
	APT_UNREACHABLE, /* no mirror answers */
	APT_MISSING,     /* a name or version that the lists do not have, or a file that the mirror does not have */
	APT_OTHER,
};

/* Makes the private state and takes its lock on the first call; runs `apt-get update` where there are no lists. */
int apt_ready(struct apt *a, struct err *e);

/* Runs one of apt's programs to its end and logs what it said. An error only where it cannot be run; release p in any
 * case. cwd may be NULL. */
int apt_run(struct apt *a, struct process *p, struct err *e);

/* apt_source.c: the machine's sources as sources of source packages, in DIR/sources. */
int apt_write_sources(struct apt *a, struct err *e);

enum apt_failure apt_classify(const struct process *p);

/* Sets *e from what apt said: the mirror that cannot be reached, or apt's first error, and where the rest is.
 * Returns -1. */
int apt_failed(struct apt *a, const struct process *p, const char *doing, struct err *e);

#endif
