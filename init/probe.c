/* SPDX-License-Identifier: MIT
 *
 * Probes over the machine's loopback are made here, by sockets that do not block; those from within the service's
 * namespaces are made by its stub, under the service's own ids and limits.
 */
#include "probe.h"

#include <errno.h>
#include <netinet/in.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/socket.h>
#include <sys/wait.h>

#include "cleanup.h"
#include "fmt.h"
#include "loop.h"
#include "stub_abi.h"
#include "sys.h"

#define SEQ_MAX 0xffff

static bool
for_health(const struct init *in, uint32_t i)
{
	return in->s->svc[i].state == SVC_UP;
}

static const struct tbl_probe *
probe_of(const struct init *in, uint32_t i)
{
	const struct tbl_svc *c = tbl_svc(&in->table, i);

	return for_health(in, i) ? &c->health : &c->ready_probe;
}

static void
found(struct init *in, uint32_t i, enum ctl_sick sick, uint32_t value)
{
	struct svc_end end = { .why = CTL_END_UNHEALTHY, .value = value, .step = sick };

	probe_end(in, i);
	probe_found(in, i, &end);
}

static void
found_well(struct init *in, uint32_t i)
{
	probe_end(in, i);
	probe_found(in, i, NULL);
}

void
probe_end(struct init *in, uint32_t i)
{
	struct probe *p = &in->s->run[i].probe;

	if (p->phase == PROBE_CONNECTING || p->phase == PROBE_ANSWER)
		loop_drop(in, loop_svc_slot(i, SVC_FD_PROBE));
	p->phase = PROBE_IDLE;
	p->due_ms = SVC_NEVER;
}

/* ---- over the network ---- */

static void
connect_to(struct init *in, uint32_t i, uint32_t port)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_addr.s_addr = htonl(INADDR_LOOPBACK) };
	uint32_t net = CFG_NET ? tbl_svc(&in->table, i)->net : 0;
	AUTO_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_NONBLOCK | SOCK_CLOEXEC, 0);

	if (net) /* it is at an address of its own */
		memcpy(&to.sin_addr, tbl_net(&in->table, net - 1)->address[0].bytes, sizeof to.sin_addr);
	to.sin_port = htons((uint16_t)port);
	in->s->run[i].probe.phase = PROBE_CONNECTING;
	if (fd < 0 || (connect(fd, (struct sockaddr *)&to, sizeof to) < 0 && errno != EINPROGRESS) ||
	    loop_add(in, loop_svc_slot(i, SVC_FD_PROBE), take_fd(&fd), EPOLLOUT) < 0)
		found(in, i, CTL_SICK_ERRNO, (uint32_t)errno);
}

/* 0, or why it is not connected. A client's own port may be drawn equal to the one it asks for: TCP then connects the
 * socket to itself. */
static int
connection_error(int fd)
{
	struct sockaddr_in here, there;
	socklen_t n = sizeof here, m = sizeof there, size = sizeof(int);
	int code = 0;

	if (getsockopt(fd, SOL_SOCKET, SO_ERROR, &code, &size) < 0 || code)
		return code ? code : errno;
	if (getsockname(fd, (struct sockaddr *)&here, &n) < 0 || getpeername(fd, (struct sockaddr *)&there, &m) < 0)
		return errno;
	return here.sin_port == there.sin_port ? ECONNREFUSED : 0;
}

/* A new connection takes so little at once. */
static void
send_request(struct init *in, uint32_t i, int fd)
{
	char text[TBL_PATH_MAX + 100];
	const char *path = tbl_word(&in->table, probe_of(in, i)->words, 0);
	size_t n = fmt(text, sizeof text,
		       "GET %s HTTP/1.1\r\nHost: localhost\r\nUser-Agent: ingot\r\nConnection: close\r\n\r\n", path);

	if (send(fd, text, n, MSG_NOSIGNAL) != (ssize_t)n) {
		found(in, i, CTL_SICK_ERRNO, (uint32_t)errno);
		return;
	}
	in->s->run[i].probe.phase = PROBE_ANSWER;
	in->s->run[i].probe.got = 0;
	loop_want(in, loop_svc_slot(i, SVC_FD_PROBE), EPOLLIN);
}

/* "HTTP/1.1 200": three digits behind the first blank; 0 where it is something else. */
static uint32_t
http_status(const char *answer)
{
	uint32_t status = 0;

	if (memcmp(answer, "HTTP/1.", 7) != 0 || answer[8] != ' ')
		return 0;
	for (int k = 9; k < PROBE_ANSWER_SIZE; k++) {
		if (answer[k] < '0' || answer[k] > '9')
			return 0;
		status = status * 10 + (uint32_t)(answer[k] - '0');
	}
	return status;
}

static void
read_answer(struct init *in, uint32_t i, int fd)
{
	struct probe *p = &in->s->run[i].probe;
	ssize_t n = recv(fd, p->answer + p->got, PROBE_ANSWER_SIZE - p->got, 0);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	if (n <= 0) {
		found(in, i, n < 0 ? CTL_SICK_ERRNO : CTL_SICK_HTTP, n < 0 ? (uint32_t)errno : 0);
		return;
	}
	p->got += (uint32_t)n;
	if (p->got < PROBE_ANSWER_SIZE)
		return;
	uint32_t status = http_status(p->answer);
	if (status >= 200 && status < 400)
		found_well(in, i);
	else
		found(in, i, CTL_SICK_HTTP, status);
}

void
probe_event(struct init *in, uint32_t i)
{
	int fd = loop_fd(in, loop_svc_slot(i, SVC_FD_PROBE)), code;

	if (in->s->run[i].probe.phase == PROBE_ANSWER) {
		read_answer(in, i, fd);
	} else if (in->s->run[i].probe.phase == PROBE_CONNECTING) {
		if ((code = connection_error(fd)))
			found(in, i, CTL_SICK_ERRNO, (uint32_t)code);
		else if (probe_of(in, i)->kind == TBL_PROBE_HTTP)
			send_request(in, i, fd);
		else
			found_well(in, i);
	}
}

/* ---- by the stub ---- */

static int
ask_stub(const struct init *in, uint32_t i, enum stub_which which, uint32_t seq)
{
	return sys_pidfd_queue(loop_fd(in, loop_svc_slot(i, SVC_FD_PID)), STUB_ASK, STUB_ASK_WORD(which, seq));
}

static void
ask(struct init *in, uint32_t i)
{
	struct probe *p = &in->s->run[i].probe;

	p->seq = p->seq < SEQ_MAX ? p->seq + 1 : 1;
	p->phase = PROBE_STUB;
	if (ask_stub(in, i, for_health(in, i) ? STUB_PROBE_HEALTH : STUB_PROBE_READY, p->seq) < 0)
		found(in, i, CTL_SICK_ERRNO, (uint32_t)errno);
}

void
probe_report(struct init *in, uint32_t i, const struct stub_status *report)
{
	const struct probe *p = &in->s->run[i].probe;
	int status = report->wait_status;

	if (p->phase != PROBE_STUB || report->seq != p->seq)
		return; /* of one that was given up */
	if (status < 0)
		found(in, i, CTL_SICK_ERRNO, (uint32_t)-status);
	else if (WIFSIGNALED(status))
		found(in, i, CTL_SICK_SIGNAL, (uint32_t)WTERMSIG(status));
	else if (WEXITSTATUS(status) == 0)
		found_well(in, i);
	else if (probe_of(in, i)->kind == TBL_PROBE_EXEC)
		found(in, i, CTL_SICK_EXIT, (uint32_t)WEXITSTATUS(status));
	else
		found(in, i, WEXITSTATUS(status) == STUB_FILE_OLD ? CTL_SICK_OLD : CTL_SICK_ABSENT, 0);
}

/* ---- either ---- */

void
probe_begin(struct init *in, uint32_t i, uint32_t timeout_ms)
{
	const struct tbl_probe *p = probe_of(in, i);

	in->s->run[i].probe.due_ms = in->s->now_ms + timeout_ms;
	switch ((enum tbl_probe_kind)p->kind) {
	case TBL_PROBE_TCP:
	case TBL_PROBE_HTTP:
		connect_to(in, i, p->port);
		break;
	case TBL_PROBE_FILE:
	case TBL_PROBE_EXEC:
		ask(in, i);
		break;
	case TBL_PROBE_NONE:
	case TBL_PROBES:
	default:
		probe_end(in, i);
	}
}

void
probe_late(struct init *in, uint32_t i)
{
	if (in->s->run[i].probe.phase == PROBE_STUB)
		ask_stub(in, i, STUB_PROBE_NONE, 0);
	found(in, i, CTL_SICK_ERRNO, ETIMEDOUT);
}
