/* SPDX-License-Identifier: MIT
 *
 * Stops, kills, syncs, reboots, each under a limit of time. Whatever may hang in the kernel is done by a child; PID 1
 * itself never calls sync, umount or reboot.
 */
#include "shutdown.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include "console.h"
#include "svc_act.h"
#include "svc_io.h"
#include "svc_say.h"

#define RESERVE_PART 5     /* of the deadline: what killing and sync get */
#define SYNC_MIN_MS 500
#define GONE_MS 1000       /* for killed processes to be gone */
#define NEXT_KIND_MS 1000  /* reboot(2) that did nothing: on to the next kind */
#define DRAIN_MS 200

static const char *const names[] = {
	[DOWN_NOT] = "", [DOWN_POWEROFF] = "power off", [DOWN_REBOOT] = "reboot", [DOWN_HALT] = "halt",
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
	say("%s: asked for by %s", names[kind], why);
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
	}
	return false;
}

/* The child alone may hang in it. Returns 0 once it has ended, -1 if it had not after ms. */
static int
in_child(int (*work)(int), int arg, int ms)
{
	pid_t pid = fork();

	if (pid == 0)
		_exit(work(arg) < 0);
	if (pid < 0)
		return -1;
	for (; ms > 0; ms -= 10) {
		if (waitpid(pid, NULL, WNOHANG) == pid)
			return 0;
		poll(NULL, 0, 10);
	}
	return -1;
}

static int
do_sync(int unused)
{
	(void)unused;
	sync();
	return 0;
}

/* reboot(2) ends its caller where it does not end the machine: it is never called by PID 1 itself. */
static void
try_reboot(int kind)
{
	in_child(reboot, kind, NEXT_KIND_MS);
	poll(NULL, 0, NEXT_KIND_MS);
}

__attribute__((noreturn)) void
shutdown_now(enum down_kind kind, int sync_ms)
{
	if (in_child(do_sync, 0, sync_ms) < 0)
		warn("sync has not ended: going on without it");
	warn("%s", names[kind]);
	console_drain(DRAIN_MS);
	if (kind == DOWN_POWEROFF)
		try_reboot(RB_POWER_OFF);
	if (kind != DOWN_HALT)
		try_reboot(RB_AUTOBOOT);
	if (kind == DOWN_REBOOT)
		try_reboot(RB_POWER_OFF);
	try_reboot(RB_HALT_SYSTEM);
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
	uint64_t left = in->s->down_ms > in->s->now_ms ? in->s->down_ms - in->s->now_ms : 0;
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
	return in->s->down == DOWN_NOT ? SVC_NEVER : in->s->down_ms - deadline_ms(in) / RESERVE_PART;
}

void
shutdown_timers(struct init *in)
{
	if (shutdown_due(in) <= in->s->now_ms)
		finish(in);
}
