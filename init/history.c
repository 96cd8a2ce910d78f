/* SPDX-License-Identifier: MIT
 *
 * Records are made and numbered here. Those for the disk are written by one child at a time, a second's worth at once;
 * one that a signal does not reach costs the records behind it, and nothing else. The state is shared with the child: a
 * record that is being replaced while it is read has no right checksum, and is left out.
 */
#include "history.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <signal.h>
#include <stdio.h>
#include <string.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include "cleanup.h"
#include "console.h"
#include "fmt.h"
#include "loop.h"
#include "state.h"
#include "sys.h"
#include "templates.h"

#define FOLDER    TEMPLATE_STATE "/" STATE_OWN
#define FILE_NAME "runs"
#define FILE_NEW  "runs.new"
#define FILE_MAX  (4 * CFG_RUNS_KEPT * sizeof(struct run_record)) /* then it is written anew, with what the ring has */
#define BATCH_MS  1000  /* from a record to the write, for those that follow it */
#define WRITE_MS  10000
#define LOAD_MS   5000

static bool
on_disk(const struct init *in)
{
	return CFG_STATE_DISK && in->launcher.disk && !in->s->history.off;
}

static uint32_t
share(const struct init *in)
{
	uint32_t jobs = 1;

	for (uint32_t i = 0; i < in->s->services; i++)
		jobs += tbl_svc(&in->table, i)->kind == TBL_JOB;
	return jobs < CFG_RUNS_KEPT ? CFG_RUNS_KEPT / jobs : 1;
}

/* ---- the file, in a child ---- */

static int
open_own(int flags, const char *name)
{
	AUTO_FD folder = open(FOLDER, O_PATH | O_DIRECTORY | O_NOFOLLOW | O_CLOEXEC);

	return folder < 0 ? -1 : openat(folder, name, flags | O_NOFOLLOW | O_NONBLOCK | O_CLOEXEC, 0600);
}

static off_t
whole(off_t size)
{
	return size - size % (off_t)sizeof(struct run_record);
}

/* An append begins where whole records end: what a power cut left of one does not shift those behind it. */
static int
open_end(bool *anew)
{
	struct stat st;
	AUTO_FD fd = open_own(O_WRONLY | O_CREAT | O_APPEND, FILE_NAME);

	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		return -1;
	*anew = st.st_size > (off_t)FILE_MAX;
	if (*anew)
		return open_own(O_WRONLY | O_CREAT | O_TRUNC, FILE_NEW);
	return ftruncate(fd, whole(st.st_size)) < 0 ? -1 : take_fd(&fd);
}

/* The records behind `saved`, up to `last`: what comes meanwhile is for the next one. */
static int
write_file(const struct run_ring *ring, uint64_t saved, uint64_t last)
{
	bool anew = false;
	AUTO_FD fd = open_end(&anew);
	const struct run_record *r;
	uint64_t seq = anew ? 0 : saved;

	while (fd >= 0 && (r = runs_next(ring, "", seq)) && r->seq <= last) {
		struct run_record copy = *r;
		seq = copy.seq > seq ? copy.seq : seq + 1;
		if (run_ok(&copy) && write(fd, &copy, sizeof copy) != (ssize_t)sizeof copy)
			return -1;
	}
	if (fd < 0 || fsync(fd) < 0)
		return -1;
	return anew && rename(FOLDER "/" FILE_NEW, FOLDER "/" FILE_NAME) < 0 ? -1 : 0;
}

/* None of PID 1's descriptors stays open in a child that the disk may hold for long. */
static void
close_all_but(int fd)
{
	if (fd > 3)
		syscall(SYS_close_range, 3, fd - 1, 0);
	syscall(SYS_close_range, fd < 3 ? 3 : fd + 1, ~0u, 0);
}

static void
begin_write(struct init *in)
{
	struct history *h = &in->s->history;

	h->due_ms = in->s->now_ms + WRITE_MS;
	h->saving = h->seq;
	pid_t pid = fork(); /* not straight into the state: the child would write there too */
	if (pid == 0) {
		close_all_but(-1);
		_exit(write_file(&h->ring, h->saved, h->saving) ? 1 : 0);
	}
	h->writer = pid > 0 ? pid : 0; /* without one it is tried again at the due time */
}

void
history_timers(struct init *in)
{
	struct history *h = &in->s->history;

	if (!CFG_STATE_DISK || history_due(in) > in->s->now_ms)
		return;
	if (!h->writer) {
		begin_write(in);
		return;
	}
	h->due_ms = SVC_NEVER;
	kill(h->writer, SIGKILL);
}

uint64_t
history_due(const struct init *in)
{
	return on_disk(in) && in->s->down == DOWN_NOT ? in->s->history.due_ms : SVC_NEVER;
}

void
history_reaped(struct init *in, pid_t pid, int status)
{
	struct history *h = &in->s->history;

	if (!CFG_STATE_DISK || !pid || pid != h->writer)
		return;
	h->writer = 0;
	if (status == 0)
		h->saved = h->saving;
	else if (!h->failed)
		warn("history: %s cannot be written: runs are kept in memory until it can", FOLDER "/" FILE_NAME);
	h->failed = status != 0;
	/* after a failure the next record brings the next attempt */
	h->due_ms = status == 0 && h->saved < h->seq ? in->s->now_ms + BATCH_MS : SVC_NEVER;
}

void
history_last(const struct init *in)
{
	if (on_disk(in) && in->s->history.saved < in->s->history.seq)
		write_file(&in->s->history.ring, in->s->history.saved, UINT64_MAX);
}

/* ---- at boot ---- */

__attribute__((noreturn)) static void
send_file(int to)
{
	uint8_t buf[4096];
	struct stat st;
	ssize_t n;

	close_all_but(to);
	int fd = open_own(O_RDONLY, FILE_NAME);
	if (fd < 0 || fstat(fd, &st) < 0 || !S_ISREG(st.st_mode))
		_exit(0);
	if (st.st_size > (off_t)(2 * FILE_MAX)) /* the newest are at its end */
		lseek(fd, whole(st.st_size - (off_t)(2 * FILE_MAX)), SEEK_SET);
	for (size_t all = 0; all < 2 * FILE_MAX && (n = read(fd, buf, sizeof buf)) > 0; all += (size_t)n)
		if (write(to, buf, (size_t)n) != n)
			break;
	_exit(0);
}

/* Returns 0 at the end of what the child sends, -1 where it does not come within the time. */
static int
take_file(struct init *in, int from, uint32_t *damaged)
{
	struct pollfd p = { .fd = from, .events = POLLIN };
	uint64_t until = loop_clock_ms() + LOAD_MS, now;
	uint8_t buf[4096];
	size_t have = 0;

	while ((now = loop_clock_ms()) < until && poll(&p, 1, (int)(until - now)) == 1) {
		ssize_t n = read(from, buf + have, sizeof buf - have);
		if (n <= 0)
			return n < 0 ? -1 : 0;
		have += (size_t)n;
		size_t taken = (size_t)whole((off_t)have);
		*damaged += runs_take(&in->s->history.ring, buf, taken, share(in));
		memmove(buf, buf + taken, have - taken);
		have -= taken;
	}
	return -1;
}

static int
load(struct init *in, uint32_t *damaged)
{
	int pair[2];

	if (pipe2(pair, O_CLOEXEC) < 0)
		return -1;
	AUTO_FD from = pair[0];
	pid_t pid = fork();
	if (pid == 0)
		send_file(pair[1]);
	close(pair[1]);
	if (pid < 0)
		return -1;
	int ret = take_file(in, from, damaged);
	state_end_child(pid);
	return ret;
}

void
history_init(struct init *in)
{
	struct history *h = &in->s->history;
	uint32_t damaged = 0;

	h->boot = 1;
	h->due_ms = SVC_NEVER;
	if (!CFG_JOBS || !on_disk(in))
		return;
	h->off = load(in, &damaged) != 0;
	if (h->off)
		warn("history: %s cannot be read: runs of this boot are kept in memory alone", FOLDER "/" FILE_NAME);
	if (damaged)
		warn("history: %u damaged records are left out", damaged);
	for (uint32_t k = 0; k < CFG_RUNS_KEPT; k++) {
		const struct run_record *r = &h->ring.record[k];
		if (r->seq > h->seq)
			h->seq = r->seq;
		if (r->boot >= h->boot)
			h->boot = r->boot + 1;
	}
	h->saved = h->seq;
}

/* ---- records ---- */

static int64_t
wall_ms(const struct init *in)
{
	return in->s->wall_ms / 1000 >= SVC_WALL_MIN_S ? in->s->wall_ms : 0;
}

static void
put(struct init *in, uint32_t i, struct run_record *r)
{
	struct history *h = &in->s->history;

	fmt(r->name, sizeof r->name, "%s", init_name(in, i));
	r->seq = ++h->seq;
	r->boot = h->boot;
	run_seal(r);
	runs_put(&h->ring, r, share(in));
	if (!h->writer && h->due_ms == SVC_NEVER)
		h->due_ms = in->s->now_ms + BATCH_MS;
}

static void
note_end(struct init *in, uint32_t i, const struct svc *before)
{
	const struct svc_run *run = &in->s->run[i];
	const struct svc *v = &in->s->svc[i];
	bool launched = v->end.why != CTL_END_LAUNCH;
	struct run_record r = {
		.start_ms = v->run_ms, .start_wall_ms = run->start_wall_ms, .due_s = run->due_s,
		.duration_ms = in->s->now_ms - v->run_ms, .run = v->runs, .what = RUN_ENDED,
		.memory_peak = launched ? run->memory_peak : 0, .cpu_us = launched ? run->cpu_us : 0,
		.reason = (uint16_t)before->reason, .end = (uint16_t)v->end.why, .end_step = (uint16_t)v->end.step,
		.end_value = v->end.value, .attempt = before->reason == SVC_BY_RETRY ? before->failures + 1 : 1,
	};

	put(in, i, &r);
}

static enum run_skip
skip_of(uint32_t event, const struct svc *before)
{
	if (event == SVC_EV_CLOCK)
		return RUN_SKIP_CLOCK;
	if (event == SVC_EV_DUE)
		return RUN_SKIP_LATE;
	return svc_runs(before) ? RUN_SKIP_OVERLAP : RUN_SKIP_BEHIND;
}

/* One in a row with the job's last record is counted there: a job that takes longer than its interval would leave
 * nothing else. */
static void
note_skip(struct init *in, uint32_t i, uint32_t count, enum run_skip why)
{
	const struct run_record *last = runs_newest(&in->s->history.ring, init_name(in, i));
	struct run_record r = { .start_ms = in->s->now_ms, .start_wall_ms = wall_ms(in), .what = RUN_SKIPPED,
				.reason = (uint16_t)why, .run = in->s->svc[i].runs };

	if (last && last->what == RUN_SKIPPED && last->reason == why && last->boot == in->s->history.boot)
		r = *last;
	r.count += count;
	r.duration_ms = in->s->now_ms - r.start_ms;
	r.due_s = in->s->svc[i].last_wall_s;
	put(in, i, &r);
}

void
history_note(struct init *in, uint32_t i, const struct svc *before, uint32_t event)
{
	const struct svc *v = &in->s->svc[i];
	struct svc_run *run = &in->s->run[i];

	if (!CFG_JOBS || tbl_svc(&in->table, i)->kind != TBL_JOB)
		return;
	if (svc_runs(before) && !svc_runs(v))
		note_end(in, i, before);
	if (v->skipped > before->skipped)
		note_skip(in, i, v->skipped - before->skipped, skip_of(event, before));
	if (!svc_runs(before) && svc_runs(v)) {
		run->start_wall_ms = wall_ms(in);
		run->due_s = v->last_wall_s;
		run->memory_peak = run->cpu_us = 0;
	}
}

int64_t
history_seen_s(const struct init *in, uint32_t i)
{
	const struct tbl_svc *c = tbl_svc(&in->table, i);

	if (!CFG_JOBS || !on_disk(in) || !c->calendar.minutes || c->missed != TBL_MISSED_ONCE)
		return 0;
	return runs_seen_s(&in->s->history.ring, init_name(in, i));
}

void
history_known(struct init *in, uint32_t i)
{
	const struct tbl_svc *c = tbl_svc(&in->table, i);
	struct run_record r = { .start_ms = in->s->now_ms, .start_wall_ms = wall_ms(in), .what = RUN_KNOWN };

	if (CFG_JOBS && on_disk(in) && c->calendar.minutes && c->missed == TBL_MISSED_ONCE && r.start_wall_ms &&
	    !history_seen_s(in, i))
		put(in, i, &r);
}
