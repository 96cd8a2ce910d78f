/* SPDX-License-Identifier: MIT
 *
 * The machine's side of a trace: takes the tracer's lines as they come, and what the service's cgroup says of the most
 * that was in use.
 */
#include <ctype.h>
#include <dirent.h>
#include <fcntl.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/mman.h>
#include <time.h>
#include <unistd.h>

#include "probe.h"

#define STEP_MS  100
#define TRACERS  16
#define MEMFD    "/memfd:" PROBE_TRACE_NAME

static struct tracer {
	int pid;
	struct probe_trace *shared;
} tracers[TRACERS];

static bool
is_known(int pid)
{
	for (size_t i = 0; i < TRACERS; i++)
		if (tracers[i].pid == pid)
			return true;
	return false;
}

/* A tracer's memory outlives it here; its place is taken by the next one once all is read. */
static void
meet(int pid)
{
	char path[64], target[64];
	size_t i = 0;

	snprintf(path, sizeof path, "/proc/%d/fd/%d", pid, PROBE_TRACE_FD);
	ssize_t n = readlink(path, target, sizeof target - 1);
	if (n <= 0)
		return;
	target[n] = '\0';
	while (i < TRACERS && tracers[i].shared && tracers[i].shared->taken < tracers[i].shared->written)
		i++;
	if (strncmp(target, MEMFD, sizeof MEMFD - 1) != 0 || i == TRACERS)
		return;
	int fd = open(path, O_RDWR | O_CLOEXEC);
	if (fd < 0)
		return;
	if (tracers[i].shared)
		munmap(tracers[i].shared, sizeof *tracers[i].shared);
	tracers[i] = (struct tracer){ pid, mmap(NULL, sizeof(struct probe_trace), PROT_READ | PROT_WRITE, MAP_SHARED, fd, 0) };
	close(fd);
	if (tracers[i].shared == MAP_FAILED)
		tracers[i] = (struct tracer){ 0, NULL };
}

/* What is new of its lines. The service could have written there: a number is looked at before it is used. */
static void
hand_on(struct probe_trace *s)
{
	char line[PROBE_LINE_MAX];
	unsigned written = __atomic_load_n(&s->written, __ATOMIC_ACQUIRE), at = s->taken;

	while (written <= sizeof s->lines && at < written) {
		const char *end = memchr(s->lines + at, '\n', written - at);
		size_t n = end ? (size_t)(end - s->lines) - at : 0;
		if (!end)
			break;
		if (n < sizeof line) {
			memcpy(line, s->lines + at, n);
			line[n] = '\0';
			keeper_say(line);
		}
		at += (unsigned)n + 1;
	}
	__atomic_store_n(&s->taken, at, __ATOMIC_RELEASE);
}

static void
look_for_tracers(void)
{
	DIR *d = opendir("/proc");

	for (struct dirent *e; d && (e = readdir(d));)
		if (isdigit((unsigned char)e->d_name[0]) && !is_known(atoi(e->d_name)))
			meet(atoi(e->d_name));
	if (d)
		closedir(d);
}

/* The group may be a new one at each start of the service: the most of all its runs is kept. */
static void
peaks(const char *name)
{
	static unsigned long long most[2];
	static const char *const files[2][2] = { { "memory", "memory.peak" }, { "pids", "pids.peak" } };
	char path[128], text[64];

	for (int i = 0; i < 2; i++) {
		snprintf(path, sizeof path, "/sys/fs/cgroup/svc/%s/%s", name, files[i][1]);
		unsigned long long now = slurp(path, text, sizeof text) > 0 ? strtoull(text, NULL, 10) : 0;
		if (now <= most[i])
			continue;
		most[i] = now;
		snprintf(text, sizeof text, PROBE_PEAK "\t%s\t%llu", files[i][0], now);
		keeper_say(text);
	}
}

/* argv: the program, "watch", the service's name. */
int
watch(int argc, char **argv)
{
	const struct timespec step = { .tv_nsec = STEP_MS * 1000000l };

	if (argc < 3 || !keeper_opens())
		return 2;
	while (!keeper_is_asked_to_end()) {
		look_for_tracers();
		for (size_t i = 0; i < TRACERS; i++)
			if (tracers[i].shared)
				hand_on(tracers[i].shared);
		peaks(argv[2]);
		nanosleep(&step, NULL);
	}
	for (size_t i = 0; i < TRACERS; i++)
		if (tracers[i].shared)
			hand_on(tracers[i].shared);
	keeper_ends();
	return 0;
}
