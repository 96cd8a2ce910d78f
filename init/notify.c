/* SPDX-License-Identifier: MIT
 *
 * Reads datagrams, a few at a time: whoever floods the socket waits for its own full queue, not PID 1.
 */
#include "notify.h"

#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>

#include "fmt.h"
#include "loop.h"
#include "svc_act.h"

#define MESSAGE_MAX 1024 /* a longer one is not for us */
#define AT_ONCE     16
#define PAUSE_MS    100
#define USEC_MAX    400000000000 /* digits beyond these four days are dropped, so that milliseconds fit 32 bits */

/* What is a key and a number: 1 where something is so, else microseconds. */
static const struct {
	char key[20]; /* without a NUL */
	uint8_t size, event; /* enum svc_event_kind */
	uint8_t word;        /* SVC_EV_WORD: enum svc_word; those after 0 have a time */
} words[] = {
	{ "READY=", 6, SVC_EV_READY, 0 },
	{ "WATCHDOG=", 9, SVC_EV_ALIVE, 0 },
	{ "STOPPING=", 9, SVC_EV_WORD, SVC_WORD_LEAVES },
	{ "EXTEND_TIMEOUT_USEC=", 20, SVC_EV_WORD, SVC_WORD_EXTEND },
	{ "WATCHDOG_USEC=", 14, SVC_EV_WORD, SVC_WORD_PERIOD },
};

/* False where that is none. */
static bool
number(const char *digits, uint64_t *out)
{
	for (*out = 0; *digits; digits++) {
		if (*digits < '0' || *digits > '9')
			return false;
		if (*out < USEC_MAX)
			*out = *out * 10 + (uint64_t)(*digits - '0');
	}
	return true;
}

static bool
begins(const char *w, const char *key, size_t size)
{
	return strncmp(w, key, size) == 0;
}

static void
word(struct init *in, uint32_t i, const char *w)
{
	static const struct svc_end said = { .why = CTL_END_UNHEALTHY, .step = CTL_SICK_SAID };
	struct svc_run *r = &in->s->run[i];
	uint64_t v;

	if (!svc_runs(&in->s->svc[i]))
		return;
	if (begins(w, "STATUS=", 7)) {
		fmt(in->s->said[r->ring], CTL_SAID_SIZE, "%s", w + 7);
		r->said = true;
	}
	if (begins(w, "WATCHDOG=trigger", 17))
		svc_act_ended(in, i, SVC_EV_SICK, said);
	for (uint32_t k = 0; k < sizeof words / sizeof *words; k++) {
		uint32_t size = words[k].size, event = words[k].event;
		if (!begins(w, words[k].key, size) || !number(w + size, &v))
			continue;
		if (!words[k].word && v != 1)
			continue;
		if (event != SVC_EV_READY || tbl_svc(&in->table, i)->ready == TBL_READY_NOTIFY)
			svc_act_ended(in, i, event, (struct svc_end){ .value = (uint32_t)(v / 1000), .step = words[k].word });
	}
}

/* Its lines, closed by a NUL each: there is room for one behind it. */
static void
message(struct init *in, uint32_t i, char *text, size_t size)
{
	for (size_t at = 0; at < size;) {
		char *end = memchr(text + at, '\n', size - at);
		if (!end)
			end = text + size;
		*end = '\0';
		word(in, i, text + at);
		at = (size_t)(end - text) + 1;
	}
}

void
notify_event(struct init *in, uint32_t i)
{
	uint32_t slot = loop_svc_slot(i, SVC_FD_NOTIFY);
	char text[MESSAGE_MAX + 1];

	for (int k = 0; k < AT_ONCE; k++) {
		if (loop_fd(in, slot) < 0)
			return;
		ssize_t n = recv(loop_fd(in, slot), text, MESSAGE_MAX, MSG_DONTWAIT | MSG_TRUNC);
		if (n < 0)
			return;
		if (n <= MESSAGE_MAX)
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
