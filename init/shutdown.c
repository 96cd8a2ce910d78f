/* SPDX-License-Identifier: MIT
 *
 * Stops, kills, syncs, then reboot(2), each under a limit of time. Whatever may hang in the kernel is done by a child.
 * Only the state disk is unmounted: every other file system is in memory or read-only.
 */
#include "shutdown.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include "console.h"
#include "loop.h"
#include "state.h"
#include "svc_act.h"
#include "svc_io.h"
#include "svc_say.h"

/* What killing and sync get of the deadline. The builder adds a second to what the services are given; the kills on the
 * way there take a moment each. */
#define RESERVE_MS 800
#define RESERVE_PART 5     /* and no more than this part of a short deadline */
#define RESERVE_DISK_MS 4800 /* a disk has what was written last to take; the builder adds four seconds for it */
#define RESERVE_DISK_PART 2
#define SYNC_MIN_MS 500
#define GONE_MS 1000       /* for killed processes to be gone */
#define DRAIN_MS 200

static const struct {
	const char *name;
	int how; /* of reboot(2) */
} kinds[] = {
	[DOWN_POWEROFF] = { "power off", RB_POWER_OFF },
	[DOWN_REBOOT] = { "reboot", RB_AUTOBOOT },
	[DOWN_HALT] = { "halt", RB_HALT_SYSTEM },
};

static uint64_t
deadline_ms(const struct init *in)
{
	uint32_t ms = in->table.base ? in->table.machine->stop_deadline_ms : 0;

	return ms ? ms : CFG_STOP_DEADLINE_MS;
}

void
shutdown_begin(struct init *in, enum down_kind kind, const char *why)
{
	if (in->s->down != DOWN_NOT)
		return;
	say("%s: asked for by %s", kinds[kind].name, why);
	in->s->down = kind;
	in->s->down_ms = in->s->now_ms + deadline_ms(in);
	in->s->changed = true;
	for (uint32_t i = 0; i < in->s->services; i++)
		if (!svc_runs(&in->s->svc[i]) || in->s->svc[i].state == SVC_STOPPING)
			svc_act_event(in, i, SVC_EV_STOP); /* it shall not start again */
}

/* What depends on a service has a larger index. */
static bool
still_needed(const struct init *in, uint32_t i)
{
	for (uint32_t k = i + 1; k < in->s->services; k++) {
		const struct tbl_svc *c = tbl_svc(&in->table, k);
		for (uint32_t d = 0; svc_runs(&in->s->svc[k]) && d < c->deps.count; d++)
			if (tbl_dep(&in->table, c, d) == i)
				return true;
		for (uint32_t d = 0; svc_runs(&in->s->svc[k]) && d < c->wants.count; d++)
			if (tbl_want(&in->table, c, d) == i)
				return true;
	}
	return false;
}

/* The child alone may hang in it. */
static void
sync_within(int ms)
{
	pid_t pid = fork();

	if (pid == 0) {
		state_leave();
		sync();
		_exit(0);
	}
	for (; pid > 0 && ms > 0; ms -= 10) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return;
		poll(NULL, 0, 10);
	}
	warn("sync: %s: going on without it", pid < 0 ? "no process for it" : "it has not ended");
}

__attribute__((noreturn)) void
shutdown_now(enum down_kind kind, int sync_ms)
{
	sync_within(sync_ms);
	warn("%s", kinds[kind].name);
	console_drain(DRAIN_MS);
	/* A halt ends its caller, and PID 1's end is a panic: that is left for where there is no room for a child. */
	pid_t pid = fork();
	if (pid <= 0)
		reboot(kinds[kind].how);
	if (pid == 0)
		_exit(1);
	for (;;)
		pause();
}

static void
reap_all(void)
{
	for (int ms = GONE_MS; ms > 0; ms -= 10) {
		pid_t pid;
		while ((pid = waitpid(-1, NULL, WNOHANG)) > 0)
			;
		if (pid < 0) /* no child is left */
			return;
		poll(NULL, 0, 10);
	}
}

__attribute__((noreturn)) static void
finish(struct init *in)
{
	for (uint32_t i = 0; i < in->s->services; i++) {
		if (!svc_runs(&in->s->svc[i]))
			continue;
		warn("%s %s: still there at the deadline: killed", svc_kind_word(in, i), init_name(in, i));
		svc_io_kill(in, i);
	}
	kill(-1, SIGKILL);
	reap_all();
	uint64_t now = loop_clock_ms(), left = in->s->down_ms > now ? in->s->down_ms - now : 0;
	shutdown_now((enum down_kind)in->s->down, left > SYNC_MIN_MS ? (int)left : SYNC_MIN_MS);
}

void
shutdown_settle(struct init *in)
{
	bool runs = false;

	if (in->s->down == DOWN_NOT)
		return;
	for (uint32_t i = in->s->services; i-- > 0;) {
		const struct svc *v = &in->s->svc[i];
		if (!svc_runs(v))
			continue;
		runs = true;
		if (v->state != SVC_STOPPING && !still_needed(in, i))
			svc_act_event(in, i, SVC_EV_STOP);
	}
	if (!runs)
		finish(in);
}

uint64_t
shutdown_due(const struct init *in)
{
	bool disk = in->launcher.disk;
	uint64_t most = disk ? RESERVE_DISK_MS : RESERVE_MS;
	uint64_t reserve = deadline_ms(in) / (disk ? RESERVE_DISK_PART : RESERVE_PART);

	return in->s->down == DOWN_NOT ? SVC_NEVER : in->s->down_ms - (reserve < most ? reserve : most);
}

void
shutdown_timers(struct init *in)
{
	if (shutdown_due(in) <= in->s->now_ms)
		finish(in);
}
