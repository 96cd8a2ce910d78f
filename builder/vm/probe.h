/* SPDX-License-Identifier: MIT
 *
 * Asking a forwarded port until it answers as wanted. A connection alone proves nothing: QEMU accepts it before the
 * guest is even up.
 */
#ifndef INGOT_PROBE_H
#define INGOT_PROBE_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

/* What is asked, and which answer is meant. Borrowed. */
struct probe_ask {
	uint16_t port;        /* on 127.0.0.1 */
	bool http;            /* the answer is HTTP: its first line is what is shown of it */
	const char *request;  /* sent at once; "": the server speaks first */
	unsigned status;      /* HTTP: 0 is any */
	const char *contains; /* in the whole answer; NULL: any answer will do */
};

enum probe_state { PROBE_WAITING, PROBE_ASKING, PROBE_ANSWERED, PROBE_GIVEN_UP };

#define PROBE_ANSWER_MAX (64u << 10) /* of one answer, in which `contains` is looked for */

struct probe {
	struct probe_ask ask;
	enum probe_state state;
	int fd;            /* -1 unless asking */
	uint64_t due_ms;   /* the next try, or the end of this one */
	uint64_t until_ms; /* then it gives up */
	char *answer;      /* what has come of the present one: malloc'ed, with a NUL behind it */
	size_t size;
	char shown[128];   /* the first line of the last answer; "" where there was none */
};

void probe_init(struct probe *p, const struct probe_ask *ask, uint64_t now_ms, uint64_t until_ms);
/* Goes on with it: call when fd is readable or writable, or due_ms has come. True when it has just been answered. */
bool probe_step(struct probe *p, bool ready, uint64_t now_ms);
/* The guest has just come up: a question that was asked too early is asked anew at once. */
void probe_hurry(struct probe *p, uint64_t now_ms);
void probe_release(struct probe *p);

#endif
