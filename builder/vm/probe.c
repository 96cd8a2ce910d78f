/* SPDX-License-Identifier: MIT */
#include "probe.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "mem.h"

#define BETWEEN_MS  200
#define PATIENCE_MS 3000 /* for one answer: while the guest boots, QEMU holds the connection and nothing comes */

void
probe_init(struct probe *p, const struct probe_ask *ask, uint64_t now_ms, uint64_t until_ms)
{
	*p = (struct probe){ .ask = *ask, .state = PROBE_WAITING, .fd = -1, .due_ms = now_ms + BETWEEN_MS,
			     .until_ms = until_ms, .answer = xcalloc(1, PROBE_ANSWER_MAX + 1) };
}

static void
hang_up(struct probe *p)
{
	if (p->fd >= 0)
		close(p->fd);
	p->fd = -1;
}

void
probe_release(struct probe *p)
{
	hang_up(p);
	free(p->answer);
	p->answer = NULL;
}

static void
again_later(struct probe *p, uint64_t now_ms)
{
	hang_up(p);
	p->state = now_ms < p->until_ms ? PROBE_WAITING : PROBE_GIVEN_UP;
	p->due_ms = now_ms + BETWEEN_MS;
}

/* On the loopback a connection is made at once or not at all. */
static bool
ask(struct probe *p)
{
	struct sockaddr_in to = { .sin_family = AF_INET, .sin_port = htons(p->ask.port),
				  .sin_addr = { htonl(INADDR_LOOPBACK) } };
	ssize_t n = (ssize_t)strlen(p->ask.request);

	p->size = 0;
	p->answer[0] = '\0';
	p->fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);
	return p->fd >= 0 && connect(p->fd, (struct sockaddr *)&to, sizeof to) == 0 &&
	       send(p->fd, p->ask.request, (size_t)n, MSG_NOSIGNAL | MSG_DONTWAIT) == n;
}

void
probe_hurry(struct probe *p, uint64_t now_ms)
{
	if (p->state > PROBE_ASKING || p->size)
		return;
	hang_up(p);
	p->state = PROBE_WAITING;
	p->due_ms = now_ms;
}

/* Whether what has come is the wanted answer. Bytes behind a NUL are not looked at. */
static bool
as_wanted(const struct probe *p)
{
	unsigned status;

	if (!p->size)
		return false;
	if (p->ask.http && (sscanf(p->answer, "HTTP/%*[0-9.] %3u", &status) != 1 || !strchr(p->answer, '\n') ||
			    (p->ask.status && status != p->ask.status)))
		return false;
	return !p->ask.contains || strstr(p->answer, p->ask.contains);
}

static void
show(struct probe *p)
{
	size_t n = strcspn(p->answer, "\r\n");

	if (!p->size)
		return;
	n = n < sizeof p->shown ? n : sizeof p->shown - 1;
	for (size_t i = 0; i < n; i++)
		p->shown[i] = (unsigned char)p->answer[i] < ' ' || p->answer[i] == 0x7f ? '?' : p->answer[i];
	p->shown[n] = '\0';
}

/* Takes in what has come; false where the other side is done, and nothing more can. */
static bool
listen_on(struct probe *p)
{
	ssize_t n = recv(p->fd, p->answer + p->size, PROBE_ANSWER_MAX - p->size, MSG_DONTWAIT);

	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return true;
	if (n <= 0)
		return false;
	p->size += (size_t)n;
	p->answer[p->size] = '\0';
	return p->size < PROBE_ANSWER_MAX;
}

static bool
on_answer(struct probe *p, uint64_t now_ms)
{
	bool more = listen_on(p), good = as_wanted(p);

	if (good || !more)
		show(p);
	if (good) {
		hang_up(p);
		p->state = PROBE_ANSWERED;
	} else if (!more) {
		again_later(p, now_ms);
	}
	return good;
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
		return on_answer(p, now_ms);
	} else if (p->state == PROBE_ASKING && now_ms >= p->due_ms) {
		show(p);
		again_later(p, now_ms);
	}
	return false;
}
