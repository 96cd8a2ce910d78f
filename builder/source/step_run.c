/* SPDX-License-Identifier: MIT
 *
 * Running a build step: ingot waits, a child makes the namespaces, its child is their first process, which makes the
 * root, runs the command as its own child, and stores what that leaves. Whoever dies takes those below along.
 */
#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/file.h>
#include <sys/mman.h>
#include <sys/prctl.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <time.h>
#include <unistd.h>

#include "cleanup.h"
#include "mem.h"
#include "progress.h"
#include "step.h"

#define TICK_MS   100
#define TAIL_MAX  4096
#define TAIL_LINES 10

/* Seen by all of the processes. */
struct shared {
	struct err err;   /* of whoever failed first */
	bool failed;
	int status;       /* of the command, as waitpid gives it */
	bool ended;       /* status is set */
};

struct running {
	struct cache *cache;
	const struct plan_source *source;
	const struct src_build *build;
	struct tree *root;
	const char *folder, *log_path;
	int log;
	struct shared *shared;
};

static void __attribute__((noreturn))
leave(struct running *r, const struct err *e)
{
	if (e && !r->shared->failed) {
		r->shared->err = *e;
		r->shared->failed = true;
	}
	_exit(e != NULL);
}

static int
wait_for(pid_t pid)
{
	int status = 0;

	while (waitpid(pid, &status, 0) < 0 && errno == EINTR)
		;
	return status;
}

/* PID 1 of the step: orphans end up here, and nothing of them is left when the outputs are looked at. */
static void __attribute__((noreturn))
first_process(struct running *r)
{
	struct err e;
	pid_t command, pid;
	int status;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (step_make_root(r->build, r->root, r->folder, &e))
		leave(r, &e);
	command = fork();
	if (command < 0) {
		err_set(&e, errno, "cannot start a build step");
		leave(r, &e);
	}
	if (command == 0) {
		step_exec(r->build, r->folder, r->log, &e);
		leave(r, &e);
	}
	while ((pid = waitpid(-1, &status, 0)) != command)
		if (pid < 0 && errno != EINTR)
			break;
	kill(-1, SIGKILL);
	while (waitpid(-1, NULL, 0) > 0 || errno == EINTR)
		;
	r->shared->status = status;
	r->shared->ended = true;
	if (status == 0 && !r->shared->failed && step_store_outputs(r->cache, r->build, r->folder, r->source->step, &e))
		leave(r, &e);
	leave(r, NULL);
}

/* The pid namespace begins with this one's child. */
static void __attribute__((noreturn))
outer_process(struct running *r)
{
	struct err e;

	prctl(PR_SET_PDEATHSIG, SIGKILL);
	if (step_enter_namespaces(&e))
		leave(r, &e);
	pid_t first = fork();
	if (first < 0) {
		err_set(&e, errno, "cannot start a build step");
		leave(r, &e);
	}
	if (first == 0)
		first_process(r);
	int status = wait_for(first);
	if (status) {
		err_set(&e, 0, "the build step was ended from outside");
		leave(r, &e);
	}
	leave(r, NULL);
}

static uint64_t
now_ms(void)
{
	struct timespec t;

	clock_gettime(CLOCK_MONOTONIC, &t);
	return (uint64_t)t.tv_sec * 1000 + (uint64_t)t.tv_nsec / 1000000;
}

/* Until the pipe's other ends are closed: they are those of the step's own processes. False where time ran out. */
static bool
wait_until_done(const struct running *r, int fd)
{
	struct pollfd p = { .fd = fd, .events = POLLIN };
	uint64_t end = now_ms() + r->build->timeout;
	struct stat st;

	while (poll(&p, 1, TICK_MS) <= 0 || !p.revents) {
		if (now_ms() > end)
			return false;
		if (fstat(r->log, &st) == 0)
			progress_update((uint64_t)st.st_size);
	}
	return true;
}

/* The log's end, in the arena. */
static char *
tail_of(struct arena *a, int log)
{
	char *text = arena_alloc(a, TAIL_MAX + 1);
	off_t end = lseek(log, 0, SEEK_END), from = end > TAIL_MAX ? end - TAIL_MAX : 0;
	ssize_t n = pread(log, text, TAIL_MAX, from);

	text[n > 0 ? n : 0] = '\0';
	for (n--; n >= 0 && text[n] == '\n'; n--)
		text[n] = '\0';
	return text;
}

static int
say_failure(const struct running *r, struct arena *a, struct err *e)
{
	int status = r->shared->status;
	char *text = tail_of(a, r->log), *from = text + strlen(text), *last;

	for (int lines = 0; from > text; from--)
		if (from[-1] == '\n' && ++lines == TAIL_LINES)
			break;
	for (char *save = NULL, *line = strtok_r(arena_strdup(a, from), "\n", &save); line; line = strtok_r(NULL, "\n", &save))
		progress_note("  %s", line);
	last = strrchr(text, '\n');
	last = last ? last + 1 : text;
	return err_set(e, 0, "the build step's command ended with %s %d: %.200s (all that it said: %s)",
		       WIFSIGNALED(status) ? "signal" : "status", WIFSIGNALED(status) ? WTERMSIG(status) : WEXITSTATUS(status),
		       last[0] ? last : "it said nothing", r->log_path);
}

static int
judge(const struct running *r, struct arena *a, bool in_time, struct err *e)
{
	if (r->shared->failed) {
		*e = r->shared->err;
		return -1;
	}
	if (!in_time)
		return err_set(e, 0, "the build step's command did not end within its `timeout` of %llu s (all that it said: %s)",
			       (unsigned long long)r->build->timeout / 1000, r->log_path);
	if (!r->shared->ended || r->shared->status)
		return say_failure(r, a, e);
	return 0;
}

static int
start_and_wait(struct running *r, struct arena *a, struct err *e)
{
	int pipe_fds[2];

	if (pipe2(pipe_fds, O_CLOEXEC))
		return err_set(e, errno, "cannot make a pipe");
	AUTO_FD done = pipe_fds[0];
	pid_t pid = fork();
	if (pid == 0)
		outer_process(r);
	close(pipe_fds[1]);
	if (pid < 0)
		return err_set(e, errno, "cannot start a build step");
	bool in_time = wait_until_done(r, done);
	if (!in_time)
		kill(pid, SIGKILL);
	wait_for(pid);
	return judge(r, a, in_time, e);
}

static int
run_locked(struct running *r, struct arena *a, struct err *e)
{
	r->shared = mmap(NULL, sizeof *r->shared, PROT_READ | PROT_WRITE, MAP_SHARED | MAP_ANONYMOUS, -1, 0);
	if (r->shared == MAP_FAILED)
		return err_set(e, errno, "no memory for a build step");
	progress_begin(arena_printf(a, "building %s", r->source->origin->text), 0, PROGRESS_BYTES);
	int result = start_and_wait(r, a, e);
	if (result)
		progress_cancel();
	else
		progress_end();
	munmap(r->shared, sizeof *r->shared);
	return result;
}

static int
make_folder(const char *path, struct err *e)
{
	return mkdir(path, 0777) && errno != EEXIST ? err_set(e, errno, "cannot make %s", path) : 0;
}

/* The log is locked: a second build of the same step waits, and then finds the result. */
int
step_run(struct cache *c, struct arena *a, const struct plan_source *s, struct tree *root, struct err *e)
{
	struct running r = { .cache = c, .source = s, .build = s->source->build, .root = root };
	const char *dir = arena_printf(a, "%s/step", cache_dir(c));

	r.folder = arena_printf(a, "%s/root", dir); /* mounted over; nothing is ever written to this one */
	r.log_path = arena_printf(a, "%s/%s.log", dir, s->step);
	if (make_folder(dir, e) || make_folder(r.folder, e))
		return -1;
	AUTO_FD log = open(r.log_path, O_RDWR | O_CREAT | O_APPEND | O_CLOEXEC, 0666);
	r.log = log;
	if (log < 0)
		return err_set(e, errno, "cannot write %s", r.log_path);
	while (flock(log, LOCK_EX))
		if (errno != EINTR)
			return err_set(e, errno, "cannot lock %s", r.log_path);
	if (step_cached(c, s->step))
		return 0;
	if (ftruncate(log, 0))
		return err_set(e, errno, "cannot write %s", r.log_path);
	return run_locked(&r, a, e);
}
