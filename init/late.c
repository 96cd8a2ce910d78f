/* SPDX-License-Identifier: MIT
 *
 * It is time once a turn of the loop has launched nothing and no launch is under way. A launch that hangs does not hold
 * it up for good.
 */
#include "late.h"

#include <fcntl.h>
#include <string.h>
#include <unistd.h>

#include "buttons.h"
#include "child.h"
#include "cleanup.h"
#include "console.h"
#include "control_port.h"
#include "modules.h"
#include "posture.h"

#define EXPEDITED "/sys/kernel/rcu_expedited"
#define PATIENCE_MS 10000

/* A kernel that cannot do it loses nothing but time. */
static void
hurry(const char *on)
{
	AUTO_FD fd = open(EXPEDITED, O_WRONLY | O_CLOEXEC);

	(void)!write(fd, on, strlen(on));
}

void
late_begin(struct init *in)
{
	hurry("1");
	in->s->late.phase = LATE_WAITS;
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

/* What was done twice, as a crash came between, does no harm. */
static void
end(struct init *in)
{
	posture_close();
	in->s->late = (struct late){ .phase = LATE_DONE };
	buttons_init(in);
	if (CFG_HOST_CONTROL)
		port_init(in);
}

void
late_settle(struct init *in)
{
	struct late *l = &in->s->late;

	if (l->phase != LATE_WAITS)
		return;
	if (!l->due_ms)
		l->due_ms = in->s->now_ms + PATIENCE_MS;
	if (l->pid || ((in->s->changed || child_any()) && in->s->now_ms < l->due_ms))
		return;
	hurry("0");
	l->pid = in->table.machine->late ? load(&in->table) : -1;
	if (l->pid < 0)
		end(in);
}

uint64_t
late_due(const struct init *in)
{
	const struct late *l = &in->s->late;

	return l->phase == LATE_WAITS && !l->pid && l->due_ms ? l->due_ms : SVC_NEVER;
}

void
late_reaped(struct init *in, pid_t pid)
{
	if (in->s->late.phase == LATE_WAITS && in->s->late.pid == pid)
		end(in);
}
