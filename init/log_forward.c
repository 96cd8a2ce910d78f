/* SPDX-License-Identifier: MIT
 *
 * Each line of a service to the machine's console, or as a message of RFC 5424 to a collector. What neither of them
 * takes at once is dropped and counted, and the count is told once there is room again.
 */
#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/socket.h>
#include <time.h>
#include <unistd.h>

#include "fmt.h"
#include "log_console.h"
#include "log_parts.h"
#include "logread.h"

#define FACILITY   3 /* daemon; RFC 5424, 6.2.1 */
#define INFO       6
#define WARNING    4
#define YEAR_2020  1577836800
#define HOST_MAX   65
#define HEAD_MAX   256

static struct {
	int socket; /* -1: there is no collector */
	struct sockaddr_in to;
	char host[HOST_MAX];
	uint64_t dropped;
} forward = { .socket = -1 };

/* By place; what nobody uses costs address space alone. */
static struct logread read_of[CFG_MAX_SERVICES];
static struct mirror mirrors[CFG_MAX_SERVICES * LOG_STREAMS];

void
log_forward_init(const struct tbl *t)
{
	const struct tbl_machine *m = t->machine;

	if (!m->syslog_port)
		return;
	forward.to = (struct sockaddr_in){ .sin_family = AF_INET, .sin_port = htons((uint16_t)m->syslog_port) };
	memcpy(&forward.to.sin_addr, m->syslog, sizeof m->syslog);
	forward.socket = socket(AF_INET, SOCK_DGRAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);
	if (gethostname(forward.host, sizeof forward.host - 1) < 0 || !forward.host[0])
		strcpy(forward.host, "-");
}

/* ---- RFC 5424 ---- */

/* "-" for a clock that was not set. */
static size_t
put_time(char *out, size_t cap, int64_t wall_ms)
{
	time_t s = (time_t)(wall_ms / 1000);
	struct tm tm;

	if (s < YEAR_2020 || !gmtime_r(&s, &tm))
		return fmt(out, cap, "-");
	return fmt(out, cap, "%04d-%02d-%02dT%02d:%02d:%02d.%03dZ", tm.tm_year + 1900, tm.tm_mon + 1, tm.tm_mday, tm.tm_hour,
		   tm.tm_min, tm.tm_sec, (int)(wall_ms % 1000));
}

static bool
send_message(int severity, const char *name, int64_t wall_ms, const char *text, size_t size)
{
	char head[HEAD_MAX], when[40];
	struct iovec parts[] = { { head, 0 }, { (char *)text, size } };
	struct msghdr m = { .msg_name = &forward.to, .msg_namelen = sizeof forward.to, .msg_iov = parts, .msg_iovlen = 2 };

	put_time(when, sizeof when, wall_ms);
	parts[0].iov_len = fmt(head, sizeof head, "<%d>1 %s %s %s - - - ", FACILITY * 8 + severity, when, forward.host, name);
	return sendmsg(forward.socket, &m, MSG_DONTWAIT | MSG_NOSIGNAL) >= 0;
}

static void
send_line(void *ctx, const struct log_line *line)
{
	const char *name = ctx;
	char text[64];

	if (forward.dropped) {
		size_t n = fmt(text, sizeof text, "%llu lines could not be sent", (unsigned long long)forward.dropped);
		if (send_message(WARNING, "ingot-log", line->wall_ms, text, n))
			forward.dropped = 0;
	}
	if (!send_message(line->stream == LOG_ERR ? WARNING : INFO, name, line->wall_ms, line->text, line->size))
		forward.dropped++;
}

void
log_forward(const struct logbook *b, uint32_t place, const struct log_set *set, enum log_stream stream, size_t size)
{
	const struct log_staging *stage = &b->h->stage;
	struct log_svc *v = &b->svc[place];

	if (b->h->console || (set->flags & TBL_SVC_LOG_CONSOLE))
		log_console(v->owner, &mirrors[place * LOG_STREAMS + stream], stage->data, size);
	if (forward.socket < 0 || !(set->flags & TBL_SVC_LOG_SYSLOG))
		return;
	struct logread *r = &read_of[place];
	struct log_record record = { .stream = stream, .wall_ms = stage->wall_ms, .boot_ms = stage->boot_ms };
	if (!r->line)
		logread_init(r, send_line, v->owner);
	for (size_t at = 0; at < size; at += record.size) {
		record.size = size - at < LOG_RECORD_MAX ? (uint32_t)(size - at) : LOG_RECORD_MAX;
		logread_feed(r, &record, sizeof record);
		logread_feed(r, stage->data + at, record.size);
	}
}
