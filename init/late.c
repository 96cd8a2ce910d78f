/* SPDX-License-Identifier: MIT
 *
 * It is time once no launch is under way and nothing has been launched for a little: what has just been executed has
 * the processor until then, which the kernel does not give away while it checks a signature. A launch that hangs does
 * not hold it up for good.
 */
#include "late.h"

#include <fcntl.h>
#include <sched.h>
#include <unistd.h>

#include "buttons.h"
#include "cgroup.h"
#include "console.h"
#include "control_port.h"
#include "control_vsock.h"
#include "identity.h"
#include "kept.h"
#include "links.h"
#include "logger.h"
#include "loop.h"
#include "modules.h"
#include "posture.h"
#include "setting.h"

#define EXPEDITED "/sys/kernel/rcu_expedited"
#define PATIENCE_MS 10000
#define CALM_MS 20
#define UNREAD_MS 2000 /* nobody reads what services write, and no host is heard, for so long at most */

/* A kernel that cannot do it loses nothing but time. A batch process does not take the processor from the program whose
 * start has woken it: each way to PID 1's memory and back costs what the processor remembers of addresses. */
static void
hurry(bool on)
{
	setting_write(AT_FDCWD, EXPEDITED, on ? "1" : "0");
	identity_policy(on ? SCHED_BATCH : SCHED_OTHER);
}

void
late_begin(struct init *in)
{
	hurry(true);
	in->s->late.phase = LATE_WAITS;
	in->s->late.links = true;
	in->s->late.unread = true;
}

static void
bring_up(struct init *in)
{
	in->s->late.links = false;
	links_init(&in->table);
}

void
late_links(struct init *in)
{
	if (in->s->late.links && links_awaited(&in->table))
		bring_up(in);
}

/* In a copy of PID 1's memory, for it takes its time. */
static pid_t
load(const struct tbl *t)
{
	uint32_t n = tbl_count(t, TBL_MODULES);
	pid_t pid = fork();

	if (pid > 0)
		return pid;
	if (pid == 0)
		console_child();
	modules_load(t, n - t->machine->late, n);
	if (pid == 0)
		_exit(0);
	return -1;
}

/* Once more behind late modules, as one of them may have been missing for it. */
static void
hear_hosts(struct init *in)
{
	if (CFG_HOST_CONTROL)
		port_init(in);
	if (CFG_VSOCK)
		vsock_init(in);
}

void
late_open(struct init *in)
{
	if (!in->s->late.unread)
		return;
	hear_hosts(in);
	logger_begin(in);
	in->s->late.unread = false;
}

/* What was done twice, as a crash came between, does no harm. */
static void
end(struct init *in)
{
	posture_close();
	if (in->s->late.links)
		bring_up(in);
	in->s->late = (struct late){ .phase = LATE_DONE };
	kept_nets(in);
	buttons_init(in);
	if (in->table.machine->late)
		hear_hosts(in);
}

/* PID 1 has that descriptor until the program is executed. */
static bool
any_launch(const struct init *in)
{
	for (uint32_t i = 0; i < in->s->services; i++)
		if (loop_fd(in, loop_svc_slot(i, SVC_FD_ERROR)) >= 0)
			return true;
	return false;
}

/* Sets what has not been known yet. */
static void
look(const struct init *in, struct late *l)
{
	uint64_t now = in->s->now_ms;

	if (!l->due_ms)
		l->due_ms = now + PATIENCE_MS;
	if (in->s->changed || any_launch(in))
		l->calm_ms = 0;
	else if (!l->calm_ms)
		l->calm_ms = now + CALM_MS;
}

static uint64_t
time_due(const struct late *l)
{
	return l->calm_ms && l->calm_ms < l->due_ms ? l->calm_ms : l->due_ms;
}

static uint64_t
unread_due(const struct late *l)
{
	return l->unread ? l->due_ms - PATIENCE_MS + UNREAD_MS : SVC_NEVER;
}

void
late_settle(struct init *in)
{
	struct late *l = &in->s->late;

	if (l->phase != LATE_WAITS || l->pid)
		return;
	look(in, l);
	if (unread_due(l) <= in->s->now_ms)
		late_open(in);
	if (time_due(l) > in->s->now_ms)
		return;
	hurry(false);
	late_open(in);
	cgroup_late(in->launcher.cgroups);
	l->pid = in->table.machine->late ? load(&in->table) : -1;
	if (l->pid < 0)
		end(in);
}

uint64_t
late_due(const struct init *in)
{
	const struct late *l = &in->s->late;

	if (l->phase != LATE_WAITS || l->pid || !l->due_ms)
		return SVC_NEVER;
	uint64_t due = time_due(l), unread = unread_due(l);
	return unread < due ? unread : due;
}

void
late_reaped(struct init *in, pid_t pid)
{
	if (in->s->late.phase == LATE_WAITS && in->s->late.pid == pid)
		end(in);
}
