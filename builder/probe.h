/* SPDX-License-Identifier: MIT
 *
 * Asking a forwarded port for a page until it answers. A connection alone proves nothing: QEMU accepts it before the
 * guest is even up.
 */
#ifndef INGOT_PROBE_H
#define INGOT_PROBE_H

#include <stdbool.h>
#include <stdint.h>

enum probe_state { PROBE_WAITING, PROBE_ASKING, PROBE_ANSWERED, PROBE_GIVEN_UP };

struct probe {
	enum probe_state state;
	uint16_t port;     /* on 127.0.0.1 */
	int fd;            /* -1 unless asking */
	uint64_t due_ms;   /* the next try, or the end of this one */
	uint64_t until_ms; /* then it gives up */
	char answer[128];  /* the status line, when answered */
};

void probe_init(struct probe *p, uint16_t port, uint64_t now_ms);
/* Goes on with it: call when fd is readable or writable, or due_ms has come. True when it has just been answered. */
bool probe_step(struct probe *p, bool ready, uint64_t now_ms);
void probe_release(struct probe *p);

#endif
