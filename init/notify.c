/* SPDX-License-Identifier: MIT
 *
 * Reads datagrams, a few at a time: whoever floods the socket waits for its own full queue, not PID 1.
 */
#include "notify.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "loop.h"
#include "svc_act.h"

#define MESSAGE_MAX 1024 /* a longer one is not for us */
#define AT_ONCE     16
#define PAUSE_MS    100

static void
word(struct init *in, uint32_t i, const char *w, size_t n)
{
	static const struct svc_end said = { .why = CTL_END_UNHEALTHY, .step = CTL_SICK_SAID };

#define IS(text) (n == sizeof text - 1 && memcmp(w, text, n) == 0)
	if (!svc_runs(&in->s->svc[i]))
		return;
	if (IS("READY=1") && tbl_svc(&in->table, i)->ready == TBL_READY_NOTIFY)
		svc_act_event(in, i, SVC_EV_READY);
	else if (IS("WATCHDOG=1"))
		svc_act_event(in, i, SVC_EV_ALIVE);
	else if (IS("WATCHDOG=trigger"))
		svc_act_ended(in, i, SVC_EV_SICK, said);
#undef IS
}

static void
message(struct init *in, uint32_t i, const char *text, size_t size)
{
	for (size_t at = 0; at < size;) {
		const char *end = memchr(text + at, '\n', size - at);
		size_t n = end ? (size_t)(end - text) - at : size - at;
		word(in, i, text + at, n);
		at += n + 1;
	}
}

void
notify_event(struct init *in, uint32_t i)
{
	uint32_t slot = loop_svc_slot(i, SVC_FD_NOTIFY);
	char text[MESSAGE_MAX];

	for (int k = 0; k < AT_ONCE; k++) {
		if (loop_fd(in, slot) < 0)
			return;
		ssize_t n = recv(loop_fd(in, slot), text, sizeof text, MSG_DONTWAIT | MSG_TRUNC);
		if (n < 0)
			return;
		if (n <= (ssize_t)sizeof text)
			message(in, i, text, (size_t)n);
	}
	loop_want(in, slot, 0);
	in->s->run[i].notify_ms = in->s->now_ms + PAUSE_MS;
}

void
notify_again(struct init *in, uint32_t i)
{
	in->s->run[i].notify_ms = SVC_NEVER;
	loop_want(in, loop_svc_slot(i, SVC_FD_NOTIFY), EPOLLIN);
}
