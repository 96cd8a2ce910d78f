/* SPDX-License-Identifier: MIT
 *
 * What a service was seen to use in one run.
 */
#ifndef INGOT_TRACE_H
#define INGOT_TRACE_H

#include "needs.h"

struct trace_path {
	char use; /* r, w, x: read, written, executed; s: looked at; !: could not be written */
	const char *path;
};

struct trace {
	struct arena *arena;
	/* calls: that it made, that came back well or badly at least once, and those refused for want of a privilege */
	bool made[SYSCALLS], done[SYSCALLS], failed[SYSCALLS], eperm[SYSCALLS];
	bool family[NEEDS_FAMILIES][NEEDS_PROTOCOLS];
	struct trace_path *paths; /* malloc'ed */
	size_t n_paths, room_paths;
	const char **peers; /* "{address: 192.0.2.1, port: 53, protocol: udp}"; malloc'ed */
	size_t n_peers, room_peers;
	size_t lines; /* that came */
	uint64_t memory, pids; /* the most that was in use; 0: not measured */
};

/* trace_gather.c: a line of the console. */
void trace_line(void *arg, const char *line);
void trace_release(struct trace *t);
/* Whether it uses a call: it came back well, or never, as what waits for good does. */
bool trace_uses(const struct trace *t, unsigned call);
/* What the service's filter would have refused of it. */
void trace_needs(const struct trace *t, const struct model_service *s, struct needs *out);

/* trace_print.c: as lines for the service's file, with comments; or as JSON. failed: the image's test that failed, or
 * "". */
void trace_print(const struct build *b, const struct model_service *s, const struct trace *t, const char *failed);
void trace_json(const struct build *b, const struct model_service *s, const struct trace *t, const char *failed);
/* The values for `limits`; NULL where it was not measured. */
const char *trace_memory(struct arena *a, const struct trace *t);
const char *trace_pids(struct arena *a, const struct trace *t);

#endif
