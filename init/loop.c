/* SPDX-License-Identifier: MIT
 *
 * Waits, reads the clock once, hands out what is ready, then lets the services settle and arms the timer for whatever
 * is due next; with nothing due there is no timer and no wake-up.
 */
#include "loop.h"

#include <errno.h>
#include <fcntl.h>
#include <poll.h>
#include <string.h>
#include <sys/epoll.h>
#include <sys/timerfd.h>
#include <time.h>
#include <unistd.h>

#include "buttons.h"
#include "child.h"
#include "console.h"
#include "control.h"
#include "history.h"
#include "late.h"
#include "logger.h"
#include "notify.h"
#include "pressure.h"
#include "reexec.h"
#include "reload.h"
#include "shell.h"
#include "shutdown.h"
#include "signals.h"
#include "svc_act.h"
#include "svc_io.h"
#include "tally.h"
#include "watch.h"
#include "watchdog.h"

#define EVENTS_MAX 32
#define ROUNDS_MAX (CFG_MAX_SERVICES + 1)

uint64_t
loop_clock_ms(void)
{
	struct timespec ts = { 0 };

	clock_gettime(CLOCK_MONOTONIC, &ts);
	return (uint64_t)ts.tv_sec * 1000 + (uint64_t)ts.tv_nsec / 1000000;
}

void
loop_read_clocks(struct init *in)
{
	struct timespec ts = { 0 };

	in->s->now_ms = loop_clock_ms();
	clock_gettime(CLOCK_REALTIME, &ts);
	in->s->wall_ms = (int64_t)ts.tv_sec * 1000 + ts.tv_nsec / 1000000;
}

/* A timer of the wall clock that is never due: it is cancelled when the clock is set, or the machine has slept. */
static int
arm_clock(int fd)
{
	struct itimerspec never = { .it_value.tv_sec = (time_t)1 << 34 }; /* the year 2514 */

	return timerfd_settime(fd, TFD_TIMER_ABSTIME | TFD_TIMER_CANCEL_ON_SET, &never, NULL);
}

void
loop_watch_clock(struct init *in)
{
	int fd = timerfd_create(CLOCK_REALTIME, TFD_CLOEXEC | TFD_NONBLOCK);

	if (fd < 0 || arm_clock(fd) < 0 || loop_add(in, WATCH_CLOCK, fd, EPOLLIN) < 0)
		warn("watching the clock: %s", err_text(errno));
}

static void
clock_event(struct init *in)
{
	uint64_t ticks;

	if (read(loop_fd(in, WATCH_CLOCK), &ticks, sizeof ticks) > 0 || errno != ECANCELED)
		return;
	arm_clock(loop_fd(in, WATCH_CLOCK));
	svc_act_clock(in);
}

int
loop_init(struct init *in, struct err *e)
{
	for (uint32_t i = 0; i < WATCH_SVC; i++)
		in->s->watch[i].fd = -1;
	in->s->armed_ms = SVC_NEVER;
	in->s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (in->s->epoll < 0)
		return err_set(e, errno, "epoll");
	int timer = timerfd_create(CLOCK_MONOTONIC, TFD_CLOEXEC | TFD_NONBLOCK);
	if (timer < 0 || loop_add(in, WATCH_TIMER, timer, EPOLLIN))
		return err_set(e, errno, "timer");
	return 0;
}

void
loop_services(struct init *in, uint32_t first, uint32_t end)
{
	for (uint32_t i = loop_svc_slot(first, SVC_FD_PID); i < loop_svc_slot(end, SVC_FD_PID); i++)
		in->s->watch[i].fd = -1;
}

/* A crash may have come between the close of a descriptor and the note of it. */
static void
forget_closed(struct init *in)
{
	for (uint32_t i = 0; i < loop_watches(in); i++) {
		struct watch *w = &in->s->watch[i];
		if (w->fd < 0 || fcntl(w->fd, F_GETFD) >= 0 || errno != EBADF)
			continue;
		w->fd = -1;
		w->generation++;
	}
}

int
loop_resume(struct init *in, struct err *e)
{
	forget_closed(in);
	in->s->epoll = epoll_create1(EPOLL_CLOEXEC);
	if (in->s->epoll < 0)
		return err_set(e, errno, "epoll");
	for (uint32_t i = 0; i < loop_watches(in); i++) {
		struct watch *w = &in->s->watch[i];
		struct epoll_event ev = { .events = w->events, .data.u64 = (uint64_t)w->generation << 32 | i };
		if (w->fd < 0 || epoll_ctl(in->s->epoll, EPOLL_CTL_ADD, w->fd, &ev) == 0)
			continue;
		if (errno == ENOMEM || errno == ENOSPC) {
			err_set(e, errno, "epoll");
			close(in->s->epoll);
			return -1;
		}
		loop_drop(in, i);
	}
	in->s->armed_ms = 0; /* no due time is that: the timer is set anew */
	in->s->handling = WATCHES;
	if (loop_fd(in, WATCH_TIMER) < 0 || loop_fd(in, WATCH_SIGNAL) < 0)
		return err_set(e, 0, "the timer or the signals are lost");
	return 0;
}

int
loop_add(struct init *in, uint32_t slot, int fd, uint32_t events)
{
	struct watch *w = &in->s->watch[slot];

	if (fd < 0)
		return 0;
	if (w->fd >= 0) {
		INIT_BUG(in, "a watch is in use");
		loop_drop(in, slot);
	}
	struct epoll_event ev = { .events = events, .data.u64 = (uint64_t)w->generation << 32 | slot };
	/* twice: a service that lost its log's pipe would be ended by its next word */
	if (epoll_ctl(in->s->epoll, EPOLL_CTL_ADD, fd, &ev) < 0 && epoll_ctl(in->s->epoll, EPOLL_CTL_ADD, fd, &ev) < 0) {
		int code = errno;
		close(fd);
		errno = code;
		return -1;
	}
	w->fd = fd;
	w->events = events;
	return 0;
}

void
loop_want(struct init *in, uint32_t slot, uint32_t events)
{
	struct watch *w = &in->s->watch[slot];
	struct epoll_event ev = { .events = events, .data.u64 = (uint64_t)w->generation << 32 | slot };

	if (w->fd < 0 || w->events == events)
		return;
	if (epoll_ctl(in->s->epoll, EPOLL_CTL_MOD, w->fd, &ev) < 0 &&
	    epoll_ctl(in->s->epoll, EPOLL_CTL_MOD, w->fd, &ev) < 0) {
		INIT_BUG(in, "epoll_ctl");
		return; /* the next one who wants it tries anew */
	}
	w->events = events;
}

void
loop_again(struct init *in, uint32_t slot)
{
	uint32_t events = in->s->watch[slot].events;

	in->s->watch[slot].events = 0;
	loop_want(in, slot, events);
}

void
loop_drop(struct init *in, uint32_t slot)
{
	struct watch *w = &in->s->watch[slot];

	if (w->fd < 0)
		return;
	/* Closing would do, were there no child between fork and exec that holds the same file. */
	epoll_ctl(in->s->epoll, EPOLL_CTL_DEL, w->fd, NULL);
	close(w->fd);
	w->fd = -1;
	w->generation++;
}

void
loop_move(struct init *in, const uint32_t *to, uint32_t n)
{
	static struct watch old[CFG_MAX_SERVICES * SVC_FDS];
	struct watch *w = in->s->watch + WATCH_SVC;

	for (uint32_t i = 0; i < n; i++)
		for (uint32_t k = 0; to[i] == UINT32_MAX && k < SVC_FDS; k++)
			loop_drop(in, loop_svc_slot(i, (enum svc_fd)k));
	memcpy(old, w, n * SVC_FDS * sizeof *old);
	for (uint32_t i = 0; i < n * SVC_FDS; i++)
		w[i].fd = -1;
	for (uint32_t i = 0; i < n * SVC_FDS; i++) {
		uint32_t slot = loop_svc_slot(to[i / SVC_FDS], (enum svc_fd)(i % SVC_FDS));
		if (old[i].fd < 0)
			continue;
		in->s->watch[slot].fd = old[i].fd;
		in->s->watch[slot].events = 0;
		in->s->watch[slot].generation++;
		loop_want(in, slot, old[i].events);
	}
}

int
loop_fd(const struct init *in, uint32_t slot)
{
	return in->s->watch[slot].fd;
}

ssize_t
loop_read(const struct init *in, uint32_t slot, void *buf, size_t size)
{
	ssize_t n = read(loop_fd(in, slot), buf, size);

	return n < 0 && errno != EAGAIN ? read(loop_fd(in, slot), buf, size) : n;
}

static void
dispatch_service(struct init *in, uint32_t i, enum svc_fd which)
{
	tally_times(in, i); /* whatever it is: watch.c has times of its own */
	switch (which) {
	case SVC_FD_PID:
		svc_io_pidfd(in, i);
		break;
	case SVC_FD_ERROR:
		svc_io_error(in, i);
		break;
	case SVC_FD_STATUS:
		svc_io_status(in, i);
		break;
	case SVC_FD_PROBE:
		watch_event(in, i);
		break;
	case SVC_FD_NOTIFY:
		notify_event(in, i);
		break;
	case SVC_FD_PRESSURE:
		pressure_look(in, i);
		break;
	case SVC_FDS:
	default:
		INIT_BUG(in, "no such descriptor of a service");
	}
}

static void
dispatch(struct init *in, uint32_t slot, uint32_t events)
{
	uint64_t ticks;

	if (slot == WATCH_SIGNAL) {
		signals_event(in);
	} else if (slot == WATCH_TIMER) {
		if (read(loop_fd(in, slot), &ticks, sizeof ticks) > 0)
			in->s->armed_ms = SVC_NEVER;
	} else if (slot == WATCH_CLOCK) {
		clock_event(in);
	} else if (slot == WATCH_LOG) {
		return; /* it is watched for changes: what they bring is told when all has settled */
	} else if (slot == WATCH_LISTEN) {
		control_accept(in, WATCH_LISTEN);
	} else if (CFG_VSOCK && slot == WATCH_VSOCK) {
		control_accept(in, WATCH_VSOCK);
	} else if (slot < WATCH_CLIENT) {
		buttons_event(in, slot - WATCH_BUTTON);
	} else if (slot < WATCH_SVC) {
		control_event(in, slot - WATCH_CLIENT, events);
	} else {
		uint32_t n = slot - WATCH_SVC;
		dispatch_service(in, n / SVC_FDS, (enum svc_fd)(n % SVC_FDS));
	}
}

/* The timer is set to what is due next; with nothing due it is off. */
static void
arm(struct init *in)
{
	uint64_t due = in->s->changed ? in->s->now_ms : SVC_NEVER, d;

	if ((d = svc_act_due(in)) < due)
		due = d;
	if ((d = control_due(in)) < due)
		due = d;
	if ((d = shell_due(in)) < due)
		due = d;
	if ((d = shutdown_due(in)) < due)
		due = d;
	if ((d = reexec_due(in)) < due)
		due = d;
	if ((d = watchdog_due(in)) < due)
		due = d;
	if ((d = history_due(in)) < due)
		due = d;
	if ((d = logger_due(in)) < due)
		due = d;
	if ((d = late_due(in)) < due)
		due = d;
	if ((d = console_due(in->s->now_ms)) < due)
		due = d;
	if (due == in->s->armed_ms)
		return;
	in->s->armed_ms = due;

	struct itimerspec its = { 0 }; /* all zero disarms */
	if (due != SVC_NEVER) {
		its.it_value.tv_sec = (time_t)(due / 1000);
		its.it_value.tv_nsec = (long)(due % 1000) * 1000000 + 1;
	}
	int timer = loop_fd(in, WATCH_TIMER);
	/* twice, for nothing else would wake PID 1 */
	if (timerfd_settime(timer, TFD_TIMER_ABSTIME, &its, NULL) < 0 &&
	    timerfd_settime(timer, TFD_TIMER_ABSTIME, &its, NULL) < 0) {
		INIT_BUG(in, "timerfd_settime");
		in->s->armed_ms = 0;
	}
}

/* A step may allow another one at once: a stopped service's dependency may stop now. */
static void
settle(struct init *in)
{
	svc_act_timers(in);
	control_timers(in);
	shell_timers(in);
	shutdown_timers(in);
	reexec_timers(in);
	watchdog_timers(in);
	history_timers(in);
	logger_timers(in);
	console_timers(in->s->now_ms);
	for (int round = 0; in->s->changed && round < ROUNDS_MAX; round++) {
		in->s->changed = false;
		shutdown_settle(in);
		reload_stop(in);
		if (svc_act_settle(in)) {
			in->s->changed = true;
			break;
		}
	}
	reexec_settle(in);
	control_settle(in);
	reload_settle(in);
	logger_settle(in);
	late_settle(in);
	child_rest();
}

void
loop_run(struct init *in)
{
	struct epoll_event ready[EVENTS_MAX];

	in->s->changed = true;
	loop_read_clocks(in);
	for (;;) {
		settle(in);
		arm(in);
		int n = epoll_wait(in->s->epoll, ready, EVENTS_MAX, -1);
		if (n < 0 && errno != EINTR) {
			INIT_BUG(in, "epoll_wait");
			poll(NULL, 0, 1000); /* whatever this is, it shall not become a busy loop */
		}
		loop_read_clocks(in);
		for (int i = 0; i < n; i++) {
			uint32_t slot = (uint32_t)ready[i].data.u64, generation = (uint32_t)(ready[i].data.u64 >> 32);
			if (slot >= loop_watches(in) || in->s->watch[slot].fd < 0 || in->s->watch[slot].generation != generation)
				continue;
			in->s->handling = slot;
			dispatch(in, slot, ready[i].events);
		}
		in->s->handling = WATCHES;
	}
}
