/* SPDX-License-Identifier: MIT
 *
 * One case for each test of the image file, and two that every image has: its services come up, and it ends in order.
 */
#include "tester.h"

#include <arpa/inet.h>
#include <errno.h>
#include <stdlib.h>
#include <string.h>
#include <sys/socket.h>
#include <unistd.h>

#include "cleanup.h"
#include "json_out.h"

#define READY_MS    60000        /* for the services, where budget.ready says nothing */
#define CONSOLE_MAX (256u << 10) /* kept of what the console said: its end */

enum outcome { OPEN, PASSED, FAILED };

struct test_case {
	const char *name;
	enum outcome outcome;
	uint64_t took_ms;
	char why[192]; /* FAILED */
};

struct tester {
	struct arena *arena;
	struct test_case *cases; /* the services', then one for each probe, then the end's */
	struct probe_ask *asks;
	uint64_t *timeouts;      /* of the probes */
	size_t n_probes;
	uint64_t ready_budget;   /* 0: none */
	uint64_t began_ms, ready_until_ms;
	char *console;
	size_t console_size;
	void (*line)(void *arg, const char *line); /* a listener's, with what it wants and looks at */
	void *arg;
	const bool *ended; /* NULL: the image's own tests decide */
	uint64_t patience_ms;
	uint64_t settle_ms, settled_ms; /* how long it runs on, and until when; 0: not decided yet */
};

/* A port that nobody has now. Somebody could take it before QEMU does, which then says so. */
static int
free_port(uint16_t *out, struct err *e)
{
	struct sockaddr_in at = { .sin_family = AF_INET, .sin_addr = { htonl(INADDR_LOOPBACK) } };
	socklen_t n = sizeof at;
	AUTO_FD fd = socket(AF_INET, SOCK_STREAM | SOCK_CLOEXEC, 0);

	if (fd < 0 || bind(fd, (struct sockaddr *)&at, sizeof at) || getsockname(fd, (struct sockaddr *)&at, &n))
		return err_set(e, errno, "no free port on this host");
	*out = ntohs(at.sin_port);
	return 0;
}

static int
forward_to(uint64_t machine, struct forward *forwards, size_t *n, uint16_t *host, struct err *e)
{
	for (size_t i = 0; i < *n; i++) {
		if (forwards[i].machine == machine) {
			*host = forwards[i].host;
			return 0;
		}
	}
	if (free_port(host, e))
		return -1;
	forwards[(*n)++] = (struct forward){ *host, (uint16_t)machine, false };
	return 0;
}

static void
set_ask(struct tester *t, struct probe_ask *ask, const struct model_test *m, uint16_t port)
{
	*ask = (struct probe_ask){ .port = port };
	if (m->http) {
		ask->http = true;
		ask->status = (unsigned)m->http->status;
		ask->contains = m->http->contains;
		ask->request = arena_printf(t->arena, "GET %s HTTP/1.0\r\nHost: localhost\r\n\r\n", m->http->path);
	} else {
		ask->contains = m->tcp->expect;
		ask->request = m->tcp->send ? m->tcp->send : "";
	}
}

struct tester *
tester_new(const struct build *b, struct forward *forwards, size_t *n_forwards, struct err *e)
{
	const struct image *m = &b->project.image;
	struct arena *a = b->project.arena;
	struct tester *t = arena_alloc(a, sizeof *t);

	t->arena = a;
	t->n_probes = m->tests.n;
	t->cases = arena_alloc(a, (m->tests.n + 2) * sizeof *t->cases);
	t->asks = arena_alloc(a, (m->tests.n + 1) * sizeof *t->asks);
	t->timeouts = arena_alloc(a, (m->tests.n + 1) * sizeof *t->timeouts);
	t->ready_budget = m->budget.ready;
	t->cases[0].name = "every service becomes ready";
	if (!m->services.n)
		t->cases[0].outcome = PASSED;
	*n_forwards = 0;
	for (size_t i = 0; i < m->tests.n; i++) {
		const struct model_test *x = &m->tests.v[i];
		uint16_t host = 0;
		if (forward_to(x->http ? x->http->port : x->tcp->port, forwards, n_forwards, &host, e))
			return NULL;
		set_ask(t, &t->asks[i], x, host);
		t->timeouts[i] = x->timeout;
		t->cases[1 + i].name = x->name;
	}
	t->cases[1 + m->tests.n].name = "the machine powers off in order";
	return t;
}

struct tester *
tester_listening(struct arena *a, void (*line)(void *arg, const char *line), void *arg, const bool *ended,
		 uint64_t patience_ms)
{
	struct tester *t = arena_alloc(a, sizeof *t);

	*t = (struct tester){ .arena = a, .line = line, .arg = arg, .ended = ended, .patience_ms = patience_ms };
	t->cases = arena_alloc(a, 2 * sizeof *t->cases);
	return t;
}

void
tester_also(struct tester *t, void (*line)(void *arg, const char *line), void *arg, uint64_t settle_ms)
{
	t->line = line;
	t->arg = arg;
	t->settle_ms = settle_ms;
}

void
tester_free(struct tester *t)
{
	if (t)
		free(t->console);
}

size_t
tester_begin(struct tester *t, struct probe *probes, uint64_t now_ms)
{
	t->began_ms = now_ms;
	t->ready_until_ms = now_ms + (t->ended ? t->patience_ms : READY_MS);
	for (size_t i = 0; i < t->n_probes; i++)
		probe_init(&probes[i], &t->asks[i], now_ms, now_ms + t->timeouts[i]);
	return t->n_probes;
}

void
tester_console(struct tester *t, const char *data, size_t size)
{
	if (!t->console)
		t->console = xcalloc(1, CONSOLE_MAX);
	if (size > CONSOLE_MAX)
		return;
	if (t->console_size + size > CONSOLE_MAX) { /* the newer half stays */
		size_t keep = t->console_size / 2;
		if (keep + size > CONSOLE_MAX)
			keep = CONSOLE_MAX - size;
		memmove(t->console, t->console + t->console_size - keep, keep);
		t->console_size = keep;
	}
	memcpy(t->console + t->console_size, data, size);
	t->console_size += size;
}

static void
pass(struct test_case *c, uint64_t took_ms)
{
	c->outcome = PASSED;
	c->took_ms = took_ms;
}

#define FAIL(c, ...)                                           \
	do {                                                   \
		(c)->outcome = FAILED;                         \
		snprintf((c)->why, sizeof(c)->why, __VA_ARGS__); \
	} while (0)

/* "ingot: 3 services ready, 548 ms after PID 1 began, 2476 after the kernel" */
void
tester_line(struct tester *t, const char *line)
{
	unsigned long long ms;
	struct test_case *c = &t->cases[0];

	if (t->line)
		t->line(t->arg, line);
	if (t->ended) {
		if (*t->ended)
			pass(c, 0);
		return;
	}
	if (c->outcome != OPEN ||
	    sscanf(line, "ingot: %*u services ready, %*u ms after PID 1 began, %llu after the kernel", &ms) != 1)
		return;
	if (t->ready_budget && ms > t->ready_budget)
		FAIL(c, "%llu ms after the kernel began, budget.ready is %llu ms", ms, (unsigned long long)t->ready_budget);
	else
		pass(c, ms);
}

bool
tester_done(struct tester *t, const struct probe *probes, uint64_t now_ms)
{
	bool open = false;

	if (t->cases[0].outcome == OPEN && now_ms >= t->ready_until_ms)
		FAIL(&t->cases[0], "not within %u s", READY_MS / 1000);
	for (size_t i = 0; i < t->n_probes; i++) {
		struct test_case *c = &t->cases[1 + i];
		const struct probe *p = &probes[i];
		if (c->outcome != OPEN)
			continue;
		if (p->state == PROBE_ANSWERED)
			pass(c, now_ms - t->began_ms);
		else if (p->state == PROBE_GIVEN_UP || now_ms >= p->until_ms)
			FAIL(c, "not within %llu ms; %s%s", (unsigned long long)t->timeouts[i],
			     p->shown[0] ? "the last answer began with: " : "there was no answer", p->shown);
	}
	for (size_t i = 0; i <= t->n_probes; i++)
		open |= t->cases[i].outcome == OPEN;
	if (!open && !t->settled_ms)
		t->settled_ms = now_ms + t->settle_ms;
	return !open && now_ms >= t->settled_ms;
}

uint64_t
tester_due_ms(const struct tester *t)
{
	if (t->settled_ms)
		return t->settled_ms;
	return t->cases[0].outcome == OPEN ? t->ready_until_ms : UINT64_MAX;
}

static void
print_tap(const struct tester *t, size_t n, size_t failed)
{
	printf("1..%zu\n", n);
	for (size_t i = 0; i < n; i++) {
		const struct test_case *c = &t->cases[i];
		if (c->outcome == PASSED)
			printf("ok %zu - %s%s", i + 1, c->name, c->took_ms ? "" : "\n");
		else
			printf("not ok %zu - %s: %s\n", i + 1, c->name, c->why);
		if (c->outcome == PASSED && c->took_ms)
			printf(" (%llu ms)\n", (unsigned long long)c->took_ms);
	}
	printf("# %zu passed, %zu failed\n", n - failed, failed);
}

static void
print_json(const struct tester *t, size_t n, size_t failed)
{
	struct json j;

	json_to_file(&j, stdout);
	json_object(&j);
	json_key(&j, "tests");
	json_array(&j);
	for (size_t i = 0; i < n; i++) {
		const struct test_case *c = &t->cases[i];
		json_object(&j);
		json_text(&j, "name", c->name);
		json_flag(&j, "passed", c->outcome == PASSED);
		if (c->outcome == PASSED)
			json_number(&j, "ms", c->took_ms);
		else
			json_text(&j, "why", c->why);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_number(&j, "passed", n - failed);
	json_number(&j, "failed", failed);
	json_object_end(&j);
	json_end(&j);
}

void
tester_show(const struct tester *t)
{
	if (t->console)
		fprintf(stderr, "%.*s", (int)t->console_size, t->console);
}

/* What is open when the machine has ended has failed. Returns how many did. */
static size_t
close_cases(struct tester *t, const char *end)
{
	size_t n = t->n_probes + 2, failed = 0;

	if (end)
		FAIL(&t->cases[n - 1], "%s", end);
	else
		pass(&t->cases[n - 1], 0);
	for (size_t i = 0; i < n; i++) {
		if (t->cases[i].outcome == OPEN)
			FAIL(&t->cases[i], "the machine had ended before");
		failed += t->cases[i].outcome == FAILED;
	}
	return failed;
}

size_t
tester_failed(struct tester *t, const char *end, const char **first)
{
	size_t n = t->n_probes + 2, failed = close_cases(t, end);

	*first = "";
	for (size_t i = n; i-- > 0;)
		if (t->cases[i].outcome == FAILED)
			*first = arena_printf(t->arena, "%s: %s", t->cases[i].name, t->cases[i].why);
	return failed;
}

size_t
tester_report(struct tester *t, const char *end, bool json)
{
	size_t n = t->n_probes + 2, failed = close_cases(t, end);

	if (failed)
		tester_show(t);
	(json ? print_json : print_tap)(t, n, failed);
	return failed;
}
