/* SPDX-License-Identifier: MIT */
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#define BETWEEN_MS 200
#define PATIENCE_MS 3000   /* for one answer: while the guest boots, QEMU holds the connection and nothing comes */
#define GIVE_UP_MS 120000

void
probe_init(struct probe *p, uint16_t port, uint64_t now_ms)
{
	*p = (struct probe){ .state = PROBE_WAITING, .port = port, .fd = -1, .due_ms = now_ms + BETWEEN_MS,
			     .until_ms = now_ms + GIVE_UP_MS };
}

void
probe_release(struct probe *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

static void
again_later(struct probe *p, uint64_t now_ms)
{
	probe_release(p);
	p->state = now_ms < p->until_ms ? PROBE_WAITING : PROBE_GIVEN_UP;
	p->due_ms = now_ms + BETWEEN_MS;
}

/* On the loopback a connection is made at once or not at all. */
static bool
ask(struct probe *p)
{
	static const char request[] = "GET / HTTP/1.0\r\nHost: localhost\r\n\r\n";
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(p->port), .sin_addr = { htonl(INADDR_LOOPBACK) } };

	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return p->fd >= 0 && connect(p->fd, (struct sockaddr *)&to, sizeof to) == 0 &&
	       send(p->fd, request, sizeof request - 1, MSG_NOSIGNAL | MSG_DONTWAIT) == (ssize_t)(sizeof request - 1);
}

static bool
is_answer(struct probe *p)
{
	ssize_t n = recv(p->fd, p->answer, sizeof p->answer - 1, MSG_DONTWAIT);

	if (n <= 0 || strncmp(p->answer, "HTTP/", 5) != 0)
		return false;
	p->answer[n] = '\0';
	p->answer[strcspn(p->answer, "\r\n")] = '\0';
	return true;
}

bool
probe_step(struct probe *p, bool ready, uint64_t now_ms)
{
	if (p->state == PROBE_WAITING && now_ms >= p->due_ms) {
		if (!ask(p)) {
			again_later(p, now_ms);
			return false;
		}
		p->state = PROBE_ASKING;
		p->due_ms = now_ms + PATIENCE_MS;
	} else if (p->state == PROBE_ASKING && ready) {
		if (!is_answer(p)) {
			again_later(p, now_ms);
			return false;
		}
		probe_release(p);
		p->state = PROBE_ANSWERED;
		return true;
	} else if (p->state == PROBE_ASKING && now_ms >= p->due_ms) {
		again_later(p, now_ms);
	}
	return false;
}
