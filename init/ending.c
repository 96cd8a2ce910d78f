/* SPDX-License-Identifier: MIT
 *
 * Kills, syncs, then reboot(2), each under a limit of time. Whatever may hang in the kernel is done by a child.
 * Only the state disk is unmounted: every other file system is in memory or read-only.
 */
#include "ending.h"

#include <errno.h>
#include <poll.h>
#include <signal.h>
#include <sys/reboot.h>
#include <sys/wait.h>
#include <unistd.h>

#include "console.h"
#include "control_port.h"
#include "history.h"
#include "logger.h"
#include "loop.h"
#include "state.h"

#define SYNC_MIN_MS 500
#define GONE_MS 1000 /* for killed processes to be gone */
#define DRAIN_MS 200
#define TELL_MS 100 /* for the VM's host to read what lies in the port */

static const struct {
	const char *name;
	int how; /* of reboot(2) */
} kinds[] = {
	[DOWN_POWEROFF] = { "power off", RB_POWER_OFF },
	[DOWN_REBOOT] = { "reboot", RB_AUTOBOOT },
	[DOWN_HALT] = { "halt", RB_HALT_SYSTEM },
};

/* The child alone may hang in it. */
static void
sync_within(const struct init *in, int ms)
{
	pid_t pid = fork();

	if (pid == 0) {
		console_child();
		if (in)
			history_last(in);
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

__attribute__((noreturn)) static void
end_now(const struct init *in, enum down_kind kind, int sync_ms)
{
	sync_within(in, sync_ms);
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

__attribute__((noreturn)) void
ending_now(enum down_kind kind, int sync_ms)
{
	end_now(NULL, kind, sync_ms);
}

static void
reap_all(struct init *in)
{
	int status;

	for (int ms = GONE_MS; ms > 0; ms -= 10) {
		pid_t pid;
		while ((pid = waitpid(-1, &status, WNOHANG)) > 0)
			history_reaped(in, pid, status);
		if (pid < 0) /* no child is left */
			return;
		poll(NULL, 0, 10);
	}
}

__attribute__((noreturn)) void
ending(struct init *in, enum down_kind kind)
{
	logger_finish(in);
	kill(-1, SIGKILL);
	reap_all(in);
	/* before the sync, which may take long: it is on its way meanwhile */
	for (int ms = TELL_MS; CFG_HOST_CONTROL && ms > 0 && !port_down(in); ms -= 10)
		poll(NULL, 0, 10);
	uint64_t now = loop_clock_ms(), left = in->s->down_ms > now ? in->s->down_ms - now : 0;
	end_now(in, kind, left > SYNC_MIN_MS ? (int)left : SYNC_MIN_MS);
}
