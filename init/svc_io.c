/* SPDX-License-Identifier: MIT
 *
 * Reads what a service's process leaves in its pipes, without ever waiting for more, and tells its end when all of that
 * is read.
 */
#include "svc_io.h"

#include <errno.h>
#include <fcntl.h>
#include <signal.h>
#include <sys/epoll.h>
#include <sys/resource.h>
#include <sys/wait.h>

#include "console.h"
#include "kept.h"
#include "loop.h"
#include "notify.h"
#include "pressure.h"
#include "probe.h"
#include "svc_act.h"
#include "svc_say.h"
#include "sys.h"
#include "watch.h"

static void
watch_fd(struct init *in, uint32_t i, enum svc_fd which, int fd)
{
	if (loop_add(in, loop_svc_slot(i, which), fd, EPOLLIN) < 0)
		warn("%s %s: watch: %s", svc_kind_word(in, i), init_name(in, i), err_text(errno));
}

void
svc_io_adopt(struct init *in, uint32_t i, const struct spawned *sp)
{
	struct svc_run *r = &in->s->run[i];

	r->pid = sp->pid;
	r->said = false;
	watch_fd(in, i, SVC_FD_PID, sp->pidfd);
	watch_fd(in, i, SVC_FD_ERROR, sp->error_fd);
	watch_fd(in, i, SVC_FD_STATUS, sp->status_fd);
	watch_fd(in, i, SVC_FD_PROBE, sp->ready_fd);
	watch_fd(in, i, SVC_FD_NOTIFY, sp->notify_fd);
	pressure_begin(in, i);
}

uint32_t
svc_io_of_pid(const struct init *in, pid_t pid)
{
	for (uint32_t i = 0; i < in->s->services; i++)
		if (in->s->run[i].pid == pid)
			return i;
	return UINT32_MAX;
}

void
svc_io_kill(struct init *in, uint32_t i)
{
	if (spawn_kill(&in->launcher, init_name(in, i)) == 0)
		return;
	warn("%s %s: cgroup.kill: %s", svc_kind_word(in, i), init_name(in, i), err_text(errno));
	if (in->s->run[i].pid > 0) /* the stub takes its namespace along */
		kill(in->s->run[i].pid, SIGKILL);
}

bool
svc_io_clean(struct init *in, uint32_t i)
{
	struct svc_run *r = &in->s->run[i];

	if (r->group != GROUP_NONE && unlinkat(in->launcher.cgroups, init_name(in, i), AT_REMOVEDIR) < 0 && errno != ENOENT)
		r->group = GROUP_USED;
	else
		r->group = GROUP_NONE;
	return r->group == GROUP_NONE;
}

void
svc_io_error(struct init *in, uint32_t i)
{
	uint32_t slot = loop_svc_slot(i, SVC_FD_ERROR);
	struct launch_error le;

	if (loop_fd(in, slot) < 0)
		return;
	ssize_t n = loop_read(in, slot, &le, sizeof le);
	if (n < 0 && (errno == EAGAIN || errno == EINTR))
		return;
	loop_drop(in, slot);
	if (n == (ssize_t)sizeof le) {
		in->s->run[i].failed_mount = le.mount;
		svc_act_ended(in, i, SVC_EV_NOEXEC,
			      (struct svc_end){ .why = CTL_END_LAUNCH, .value = (uint32_t)le.code, .step = le.step });
	} else {
		kept_net(in, i);
		svc_act_event(in, i, SVC_EV_EXEC);
	}
}

/* The stub leaves by itself after its report; its pidfd tells when nothing is left. */
void
svc_io_status(struct init *in, uint32_t i)
{
	uint32_t slot = loop_svc_slot(i, SVC_FD_STATUS);
	struct stub_status st;

	while (loop_fd(in, slot) >= 0) {
		ssize_t n = loop_read(in, slot, &st, sizeof st);
		if (n < 0 && (errno == EAGAIN || errno == EINTR))
			return;
		if (n == (ssize_t)sizeof st && st.seq != 0) {
			probe_report(in, i, &st);
			continue;
		}
		loop_drop(in, slot);
		if (n != (ssize_t)sizeof st)
			return;
		in->s->run[i].reported = true;
		in->s->run[i].wait_status = st.wait_status;
	}
}

static struct svc_end
end_of(struct init *in, uint32_t i, int status)
{
	struct svc_run *r = &in->s->run[i];
	struct svc_end end = { .why = CTL_END_EXIT, .value = (uint32_t)WEXITSTATUS(status) };

	if (r->reported)
		status = r->wait_status;
	if (WIFSIGNALED(status)) {
		end = (struct svc_end){ .why = CTL_END_SIGNAL, .value = (uint32_t)WTERMSIG(status) };
		/* a kill for memory takes the whole group: it looks like any other SIGKILL */
		if (end.value == SIGKILL && spawn_oom_kills(&in->launcher, init_name(in, i)) > 0)
			end.why = CTL_END_OOM;
	} else {
		end.value = (uint32_t)WEXITSTATUS(status);
	}
	return end;
}

/* Every word that it left behind is read before the end is told: it may have become ready, or have failed to start, in
 * the very same wake-up. */
static void
gone(struct init *in, uint32_t i, int status)
{
	struct svc_run *r = &in->s->run[i];

	svc_io_error(in, i);
	if (in->s->svc[i].state == SVC_UP)
		probe_end(in, i); /* what its end did to a check is no news */
	watch_event(in, i);
	notify_event(in, i);
	svc_io_status(in, i);
	r->pressure_ms = SVC_NEVER;
	r->pid = 0;
	struct svc_end end = end_of(in, i, status);
	if (CFG_JOBS && tbl_svc(&in->table, i)->kind == TBL_JOB)
		kept_usage(in, i);
	/* A program of the machine has no namespace that would end with it: something may be left. */
	if (!kept_group(in, i) && !svc_io_clean(in, i))
		svc_io_kill(in, i);
	kept_rest(in, i);
	for (enum svc_fd fd = SVC_FD_PID; fd < SVC_FDS; fd++)
		loop_drop(in, loop_svc_slot(i, fd));
	svc_act_ended(in, i, SVC_EV_ENDED, end);
}

static uint64_t
micros(const struct timeval *t)
{
	return (uint64_t)t->tv_sec * 1000000 + (uint64_t)t->tv_usec;
}

void
svc_io_pidfd(struct init *in, uint32_t i)
{
	struct svc_run *r = &in->s->run[i];
	int status = SIGKILL;
	struct rusage used = { 0 };
	pid_t pid = r->pid > 0 ? wait4(r->pid, &status, WNOHANG | __WALL, &used) : 0;

	if (pid < 0) /* how it ended can be read nowhere else */
		pid = wait4(r->pid, &status, WNOHANG | __WALL, &used);
	if (pid == 0)
		return;
	if (pid < 0)
		INIT_BUG(in, "a service's process was reaped by another");
	r->memory_peak = (uint64_t)used.ru_maxrss * 1024;
	r->cpu_us = micros(&used.ru_utime) + micros(&used.ru_stime);
	gone(in, i, status);
}

/* A crash may have come between a process and the note of it, on either side. */
void
svc_io_reconcile(struct init *in, uint32_t i)
{
	const struct svc_run *r = &in->s->run[i];
	uint32_t slot = loop_svc_slot(i, SVC_FD_PID);
	bool runs = svc_runs(&in->s->svc[i]);

	if (runs && r->pid > 0) {
		if (loop_fd(in, slot) < 0)
			watch_fd(in, i, SVC_FD_PID, sys_pidfd_open(r->pid));
		svc_io_pidfd(in, i);
		return;
	}
	if (!svc_io_clean(in, i))
		svc_io_kill(in, i);
	if (runs)
		gone(in, i, SIGKILL);
}
