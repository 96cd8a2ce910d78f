/* SPDX-License-Identifier: MIT
 *
 * Feeding at a third of the timeout, or not. Nothing here ever disarms the device: it is not closed in order, so that
 * what hangs on the way down is reset too.
 */
#include "watchdog.h"

#include <errno.h>
#include <fcntl.h>
#include <sys/ioctl.h>
#include <unistd.h>

#include <linux/watchdog.h>

#include "console.h"

#define PARTS 3 /* of the timeout, from one feeding to the next */

void
watchdog_init(struct init *in)
{
	struct watchdog *w = &in->s->watchdog;
	int seconds = (int)(in->table.machine->watchdog_ms / 1000), old = 0;
	const char *path = tbl_str(&in->table, in->table.machine->watchdog);

	*w = (struct watchdog){ .fd = -1, .due_ms = SVC_NEVER };
	if (!CFG_WATCHDOG || !*path)
		return;
	w->fd = open(path, O_WRONLY | O_CLOEXEC);
	if (w->fd < 0) {
		warn("watchdog %s: %s", path, err_text(errno));
		return;
	}
	/* the driver says what it made of it; one that cannot be set says what it has */
	if (ioctl(w->fd, WDIOC_SETTIMEOUT, &seconds) < 0) {
		warn("watchdog %s: a timeout of %d s: %s", path, seconds, err_text(errno));
		if (ioctl(w->fd, WDIOC_GETTIMEOUT, &old) == 0 && old > 0)
			seconds = old;
	}
	w->every_ms = (uint32_t)seconds * 1000 / PARTS;
	w->due_ms = in->s->now_ms;
	say("watchdog %s: resets the machine after %d s without PID 1 or a critical service", path, seconds);
}

/* Started for the first time, or by hand, it has the time that its readiness has. After a failure it must be back, and
 * stay for a while: what is up for moments between two failures is down. */
static bool
healthy(const struct init *in, uint32_t i)
{
	const struct svc *v = &in->s->svc[i];

	if (v->state == SVC_UP && v->unhealthy)
		return false;
	if (!svc_ready(tbl_svc(&in->table, i), v))
		return v->failures == 0 && (v->state == SVC_STARTING || (v->state == SVC_DOWN && v->wanted));
	return v->failures == 0 || v->state != SVC_UP || in->s->now_ms - v->since_ms >= in->s->watchdog.every_ms;
}

/* The first critical service that is missing, or in->s->services. */
static uint32_t
missing(const struct init *in)
{
	for (uint32_t i = 0; i < in->s->services; i++)
		if ((tbl_svc(&in->table, i)->flags & TBL_SVC_CRITICAL) && !healthy(in, i))
			return i;
	return in->s->services;
}

void
watchdog_timers(struct init *in)
{
	struct watchdog *w = &in->s->watchdog;
	bool down = in->s->down != DOWN_NOT;

	if (watchdog_due(in) > in->s->now_ms)
		return;
	w->due_ms = in->s->now_ms + w->every_ms;
	uint32_t i = down ? in->s->services : missing(in);
	bool feed = down ? in->s->now_ms < in->s->down_ms : i == in->s->services;
	if (i < in->s->services && !w->hungry)
		warn("watchdog: service %s is critical and not well: the machine is reset unless it comes back",
		     init_name(in, i));
	w->hungry = !feed;
	if (feed && write(w->fd, "", 1) < 0)
		warn("watchdog: %s", err_text(errno));
}

uint64_t
watchdog_due(const struct init *in)
{
	return CFG_WATCHDOG && in->s->watchdog.every_ms ? in->s->watchdog.due_ms : SVC_NEVER;
}
