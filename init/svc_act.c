/* SPDX-License-Identifier: MIT
 *
 * Feeds events to svc_step, stores what it says, and does what it asks for. It holds no policy of its own: when to
 * restart, kill or give up is written in svc_step.c alone.
 */
#include "svc_act.h"

#include <errno.h>
#include <signal.h>
#include <sys/random.h>

#include "child.h"
#include "console.h"
#include "events.h"
#include "fmt.h"
#include "history.h"
#include "kept.h"
#include "listen.h"
#include "logger.h"
#include "loop.h"
#include "shutdown.h"
#include "svc_io.h"
#include "svc_say.h"
#include "sys.h"
#include "tally.h"
#include "watch.h"

#define NOBODY MARKS_NONE
#define LAUNCHES_MAX 8 /* in one wake-up: a thousand that are wanted at once leave time for the others */
#define CROWD_MS 200

/* The kernel's randomness where it has some already: the pauses of many machines shall not fall together. */
static uint64_t
seed_of(uint32_t i)
{
	uint64_t seed = 0;

	if (getrandom(&seed, sizeof seed, GRND_NONBLOCK) != (ssize_t)sizeof seed)
		seed = loop_clock_ms() * 2654435761u + i;
	return seed;
}

static struct svc_clock
clock_of(const struct init *in)
{
	return (struct svc_clock){ in->s->now_ms, in->s->wall_ms, &in->table.machine->zone };
}

void
svc_act_fresh(struct init *in, uint32_t i)
{
	struct svc_clock clock = clock_of(in);

	in->s->svc[i] = svc_initial(tbl_svc(&in->table, i), seed_of(i), &clock);
	in->s->run[i] = (struct svc_run){ .probe.due_ms = SVC_NEVER, .notify_ms = SVC_NEVER, .ring = i,
					   .pressure_ms = SVC_NEVER, .rest_ms = SVC_NEVER };
	if (!CFG_JOBS && tbl_svc(&in->table, i)->kind == TBL_JOB)
		in->s->svc[i] = (struct svc){ .state = SVC_DOWN, .due_ms = SVC_NEVER };
}

void
svc_act_watch_clock(struct init *in)
{
	bool calendars = false;

	for (uint32_t i = 0; i < in->s->services; i++)
		calendars |= tbl_svc(&in->table, i)->calendar.minutes != 0;
	if (CFG_JOBS && calendars && loop_fd(in, WATCH_CLOCK) < 0)
		loop_watch_clock(in);
}

void
svc_act_init(struct init *in)
{
	for (uint32_t i = 0; i < in->s->services; i++)
		svc_act_fresh(in, i);
	in->s->crowd_ms = SVC_NEVER;
	tally_begin(in);
	svc_act_watch_clock(in);
}

/* What was still dying when the last run ended is gone by now, or this run would be limited and killed with it. */
static int
spawn_fresh(struct init *in, uint32_t i, struct spawned *sp, struct err *e)
{
	struct spawn_given given = { .group = kept_again(in, i) };

	if (!given.group && !svc_io_clean(in, i)) {
		sp->failed_step = LAUNCH_CGROUP;
		return err_set(e, EBUSY, "step %s: something of its last run is left", launch_step_name(LAUNCH_CGROUP));
	}
	in->s->run[i].group = GROUP_USED;
	if (logger_outputs(in, i, given.output)) {
		sp->failed_step = LAUNCH_PIPES;
		return err_set(e, errno, "step %s", launch_step_name(LAUNCH_PIPES));
	}
	if (CFG_LISTEN && listen_open(in, i)) {
		sp->failed_step = LAUNCH_LISTEN;
		return err_set(e, errno, "step %s", launch_step_name(LAUNCH_LISTEN));
	}
	given.listen = in->s->run[i].listen;
	if (kept_give(in, i, &given)) {
		sp->failed_step = LAUNCH_USER_NS;
		return err_set(e, errno, "step %s", launch_step_name(LAUNCH_USER_NS));
	}
	return spawn(&in->launcher, &in->table, i, &given, sp, e);
}

static void
launch(struct init *in, uint32_t i)
{
	struct spawned sp = { .pid = -1 };
	struct err e = { 0 };

	if (spawn_fresh(in, i, &sp, &e) == 0) {
		svc_io_adopt(in, i, &sp);
		return;
	}
	warn("%s %s: %s", svc_kind_word(in, i), init_name(in, i), e.msg);
	in->s->run[i].failed_mount = NOBODY;
	kept_rest(in, i);
	svc_act_ended(in, i, SVC_EV_NOSPAWN,
		      (struct svc_end){ .why = CTL_END_LAUNCH, .value = (uint32_t)e.code, .step = sp.failed_step });
}

static void
send_stop_signal(struct init *in, uint32_t i)
{
	int fd = loop_fd(in, loop_svc_slot(i, SVC_FD_PID)), sig = (int)tbl_svc(&in->table, i)->stop_signal;

	/* without a pidfd the number does: it is not reused before it is reaped */
	if (fd >= 0 ? sys_pidfd_send_signal(fd, sig) < 0 : in->s->run[i].pid > 0 && kill(in->s->run[i].pid, sig) < 0)
		if (errno != ESRCH)
			warn("%s %s: signal %d: %s", svc_kind_word(in, i), init_name(in, i), sig, err_text(errno));
}

static bool
needs(const struct init *in, uint32_t k, uint32_t i)
{
	const struct tbl_svc *c = tbl_svc(&in->table, k);
	bool found = false;

	for (uint32_t d = 0; d < c->deps.count && !found; d++)
		found = tbl_dep(&in->table, c, d) == i;
	return found;
}

bool
svc_act_behind(const struct init *in, uint32_t k, uint32_t i)
{
	const struct tbl_svc *c = tbl_svc(&in->table, k);
	bool found = needs(in, k, i);

	for (uint32_t d = 0; d < c->wants.count && !found; d++)
		found = tbl_want(&in->table, c, d) == i;
	return found;
}

/* What needs it has a larger index. It waits until this one is ready again, as at its first start. */
static void
restart_dependents(struct init *in, uint32_t i)
{
	for (uint32_t k = i + 1; k < in->s->services; k++) {
		const struct svc *v = &in->s->svc[k];
		if (!needs(in, k, i) || (v->state != SVC_STARTING && v->state != SVC_UP))
			continue;
		say("%s %s: restarted, as %s has failed", svc_kind_word(in, k), init_name(in, k), init_name(in, i));
		svc_act_event(in, k, SVC_EV_RESTART);
	}
}

/* As a shell has it, for what ends the machine. */
static int
status_of(const struct svc_end *end)
{
	if (end->why == CTL_END_EXIT)
		return (int)(end->value & 255);
	return end->why == CTL_END_SIGNAL ? 128 + (int)(end->value & 127) : end->why == CTL_END_OOM ? 128 + SIGKILL : 1;
}

/* The machine ends with it. */
static void
last(struct init *in, uint32_t i, enum down_kind kind, const char *what)
{
	char why[CTL_DOWN_WHY];

	fmt(why, sizeof why, "the %s of %s", what, init_name(in, i));
	shutdown_with(in, kind, why, status_of(&in->s->svc[i].end));
}

static void
on_failure(struct init *in, uint32_t i)
{
	uint32_t what = tbl_svc(&in->table, i)->on_failure;

	if (in->s->down != DOWN_NOT)
		return; /* all of them end, each in its turn */
	switch ((enum tbl_on_failure)what) {
	case TBL_ON_FAILURE_DEPENDENTS:
		restart_dependents(in, i);
		break;
	case TBL_ON_FAILURE_REBOOT:
	case TBL_ON_FAILURE_POWEROFF:
		if (in->s->svc[i].state == SVC_FAILED)
			last(in, i, what == TBL_ON_FAILURE_REBOOT ? DOWN_REBOOT : DOWN_POWEROFF, "failure");
		break;
	case TBL_ON_FAILURE_NONE:
	case TBL_ON_FAILURES:
	default:
		break;
	}
}

/* During a shutdown each is stopped in its turn, however it is: its health and its plans are no news, and its watchdog
 * is fed. */
static const struct svc_event *
heard(const struct init *in, uint32_t i, const struct svc_event *event)
{
	static const struct svc_event alive = { .kind = SVC_EV_ALIVE };

	if (in->s->down == DOWN_NOT || in->s->svc[i].state != SVC_UP || tbl_svc(&in->table, i)->kind != TBL_SERVICE)
		return event;
	if (event->kind == SVC_EV_UNWELL || event->kind == SVC_EV_SICK || event->kind == SVC_EV_WORD)
		return NULL;
	return event->kind == SVC_EV_DUE ? &alive : event;
}

static void
step(struct init *in, uint32_t i, const struct svc_event *event)
{
	event = heard(in, i, event);
	if (!event)
		return;
	struct svc before = in->s->svc[i];
	struct svc_clock clock = clock_of(in);
	struct svc_next next = svc_step(tbl_svc(&in->table, i), &before, event, &clock);

	if (next.actions & SVC_ACT_BUG) {
		warn("%s %s: event %u in state %s", svc_kind_word(in, i), init_name(in, i), event->kind,
		     svc_state_name(before.state));
		return;
	}
	if (next.actions & SVC_ACT_LAUNCH) /* first: a crash may come before there is a process that could end */
		in->s->run[i].reported = false;
	in->s->svc[i] = next.svc;
	tally_note(in, i, &before);
	if (next.svc.state != before.state || next.svc.wanted != before.wanted) {
		in->s->changed = true;
		kept_settle(in, i);
	}
	if (CFG_LISTEN && (next.svc.state > SVC_WAITING || (next.svc.state == SVC_DOWN && !next.svc.wanted)))
		listen_close(&in->s->run[i]);
	events_note(in, i, before.state);
	history_note(in, i, &before, event->kind);
	if (next.svc.state != before.state)
		watch_end(in, i);
	svc_say(in, i, &before, next.actions);
	if (next.actions & SVC_ACT_SIGNAL)
		send_stop_signal(in, i);
	if (next.actions & SVC_ACT_KILL)
		svc_io_kill(in, i);
	if (next.actions & SVC_ACT_PROBE)
		watch_ready(in, i);
	if (next.svc.state == SVC_UP && before.state != SVC_UP)
		watch_health(in, i);
	if (next.actions & SVC_ACT_FAILED)
		on_failure(in, i);
	if (in->table.machine->purpose == i + 1 && svc_runs(&before) && next.svc.state >= SVC_WAITING)
		last(in, i, DOWN_POWEROFF, "end");
	if (next.actions & SVC_ACT_LAUNCH) /* last: it may step on */
		launch(in, i);
}

void
svc_act_event(struct init *in, uint32_t i, enum svc_event_kind kind)
{
	step(in, i, &(struct svc_event){ .kind = kind });
}

void
svc_act_ended(struct init *in, uint32_t i, enum svc_event_kind kind, struct svc_end end)
{
	step(in, i, &(struct svc_event){ .kind = kind, .end = end });
}

void
svc_act_missed(struct init *in)
{
	for (uint32_t i = 0; CFG_JOBS && i < in->s->services; i++) {
		int64_t seen = history_seen_s(in, i);
		if (seen) {
			svc_seen(&in->s->svc[i], seen);
			svc_act_event(in, i, SVC_EV_CLOCK);
		}
		history_known(in, i);
	}
}

static bool
dep_ready(const struct init *in, uint32_t i)
{
	return svc_ready(tbl_svc(&in->table, i), &in->s->svc[i]);
}

/* Will never be ready unless somebody starts it. */
static bool
at_rest(const struct init *in, uint32_t i)
{
	const struct svc *v = &in->s->svc[i];

	return !dep_ready(in, i) && ((v->state == SVC_DOWN && !v->wanted) || v->state == SVC_FAILED);
}

/* The set grows downwards: a dependency has a smaller index, so that one pass from the top meets all. */
static void
mark_deps(struct marks *m, const struct init *in, uint32_t i)
{
	const struct tbl_svc *c = tbl_svc(&in->table, i);

	for (uint32_t d = 0; d < c->deps.count; d++)
		marks_set(m, tbl_dep(&in->table, c, d), true);
}

/* Of what runs, or will start again by itself, nothing can be told: only what waits is looked behind. */
uint32_t
svc_act_obstacle(const struct init *in, uint32_t i)
{
	struct marks m = { 0 };

	mark_deps(&m, in, i);
	for (uint32_t k = i; (k = marks_below(&m, k)) != NOBODY;) {
		if (at_rest(in, k))
			return k;
		if (in->s->svc[k].state == SVC_DOWN && !dep_ready(in, k))
			mark_deps(&m, in, k);
	}
	return NOBODY;
}

void
svc_act_start(struct init *in, uint32_t i, enum svc_event_kind kind)
{
	struct marks m = { 0 };

	mark_deps(&m, in, i);
	for (uint32_t k = i; (k = marks_below(&m, k)) != NOBODY;) {
		mark_deps(&m, in, k);
		if (at_rest(in, k))
			svc_act_event(in, k, SVC_EV_START);
	}
	svc_act_event(in, i, kind);
}

static bool
deps_ready(const struct init *in, uint32_t i)
{
	const struct tbl_svc *c = tbl_svc(&in->table, i);

	for (uint32_t k = 0; k < c->deps.count; k++)
		if (!dep_ready(in, tbl_dep(&in->table, c, k)))
			return false;
	/* a wanted one that waits for what has failed does not rise */
	for (uint32_t k = 0; k < c->wants.count; k++) {
		uint32_t w = tbl_want(&in->table, c, k);
		if (svc_rises(tbl_svc(&in->table, w), &in->s->svc[w]) && svc_act_obstacle(in, w) == NOBODY)
			return false;
	}
	return true;
}

/* Whether one more job may run. */
static bool
has_room(const struct init *in, uint32_t i)
{
	uint32_t max = in->table.machine->jobs_max;

	return !max || tbl_svc(&in->table, i)->kind != TBL_JOB || in->s->tally.jobs_running < max;
}

/* The first service from `from` on that is not ready, or in->s->services: jobs come and go. */
static uint32_t
next_unready(const struct init *in, uint32_t from, uint32_t *services)
{
	uint32_t i = from;

	for (; i < in->s->services; i++) {
		bool service = tbl_svc(&in->table, i)->kind == TBL_SERVICE;
		if (service && !dep_ready(in, i))
			break;
		*services += service;
	}
	return i;
}

/* Once, when each service has become ready or done. Those that were ready already are looked at again when the last one
 * has become so. */
static void
say_all_ready(struct init *in)
{
	uint32_t services = 0;

	if (in->s->all_ready_said)
		return;
	in->s->unready = next_unready(in, in->s->unready, &services);
	if (in->s->unready < in->s->services)
		return;
	services = 0;
	in->s->unready = next_unready(in, 0, &services);
	if (in->s->unready < in->s->services)
		return;
	in->s->all_ready_said = true;
	if (services)
		say("%u services ready, %llu ms after PID 1 began, %llu after the kernel", services,
		    (unsigned long long)(in->s->now_ms - in->s->boot_ms), (unsigned long long)in->s->now_ms);
}

/* Many launches at a time hold each other up, and each but the first ones costs more. So the next one waits until one
 * of them is done, but not for long: some may hang. */
static bool
crowded(struct init *in)
{
	if (child_room())
		in->s->crowd_ms = SVC_NEVER;
	else if (in->s->crowd_ms == SVC_NEVER)
		in->s->crowd_ms = in->s->now_ms + CROWD_MS;
	return in->s->crowd_ms != SVC_NEVER && in->s->now_ms < in->s->crowd_ms;
}

/* Those that wait for nothing any more. Returns how many there were. */
static int
launch_waiting(struct init *in)
{
	const struct marks *waiting = &in->s->tally.waiting;
	int launched = 0;

	for (uint32_t i = 0; (i = marks_from(waiting, i)) != NOBODY && launched < LAUNCHES_MAX; i++) {
		if (!deps_ready(in, i) || !has_room(in, i))
			continue;
		if (crowded(in))
			return launched;
		svc_act_event(in, i, SVC_EV_DEPS);
		launched++;
	}
	in->s->crowd_ms = SVC_NEVER;
	return launched;
}

bool
svc_act_settle(struct init *in)
{
	if (in->s->down != DOWN_NOT) {
		in->s->crowd_ms = SVC_NEVER;
		return false;
	}
	int launched = launch_waiting(in);
	say_all_ready(in);
	return launched == LAUNCHES_MAX;
}

void
svc_act_clock(struct init *in)
{
	say("the clock was set");
	for (uint32_t i = 0; i < in->s->services; i++) {
		svc_act_event(in, i, SVC_EV_CLOCK);
		history_known(in, i);
	}
}

/* During a shutdown no job is due any more. */
static uint64_t
tick_ms(const struct init *in, uint32_t i)
{
	return in->s->down == DOWN_NOT ? svc_tick_ms(tbl_svc(&in->table, i), &in->s->svc[i]) : SVC_NEVER;
}

void
svc_act_timers(struct init *in)
{
	if (in->s->crowd_ms != SVC_NEVER)
		in->s->changed = true; /* whatever woke PID 1, there may be room now */
	for (uint32_t i = 0; (i = tally_due(in, i)) != NOBODY; i++) {
		if (in->s->svc[i].due_ms <= in->s->now_ms)
			svc_act_event(in, i, SVC_EV_DUE);
		if (tick_ms(in, i) <= in->s->now_ms)
			svc_act_event(in, i, SVC_EV_TICK);
		watch_timers(in, i);
		tally_times(in, i);
	}
}

uint64_t
svc_act_due(const struct init *in)
{
	uint64_t due = tally_next_ms((struct init *)in);

	return due < in->s->crowd_ms ? due : in->s->crowd_ms;
}
