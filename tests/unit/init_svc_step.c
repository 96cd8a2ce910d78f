/* SPDX-License-Identifier: MIT
 *
 * The service state machine: every pair of state and event, then the stories that matter, told as events.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <string.h>

#include <cmocka.h>

#include "svc.h"

#define HEALTHY 10000u
#define WALL_MS 1767225600000 /* 2026-01-01, as the monotonic clock is 0 */

static const struct tbl_svc service = {
	.kind = TBL_SERVICE, .restart = TBL_RESTART_ALWAYS, .backoff_first_ms = 100, .backoff_max_ms = 1000,
	.healthy_ms = HEALTHY, .stop_timeout_ms = 2000, .ready_timeout_ms = 5000, .stop_signal = 15,
};
static const struct tbl_svc job = {
	.kind = TBL_JOB, .restart = TBL_RESTART_NEVER, .every_ms = 60000, .run_timeout_ms = 3000,
	.backoff_first_ms = 100, .backoff_max_ms = 1000, .healthy_ms = HEALTHY, .stop_timeout_ms = 2000,
	.stop_signal = 15,
};
static const struct tbl_svc calendar_job = { /* at 03:00 */
	.kind = TBL_JOB, .restart = TBL_RESTART_NEVER, .calendar = { 1, 1u << 3, CALENDAR_DAYS, CALENDAR_MONTHS,
	CALENDAR_WEEKDAYS }, .backoff_first_ms = 100, .backoff_max_ms = 1000, .stop_timeout_ms = 2000, .stop_signal = 15,
};
static const struct zone utc;
static const struct svc_end good = { .why = CTL_END_EXIT, .value = 0 };
static const struct svc_end bad = { .why = CTL_END_EXIT, .value = 3 };

/* One step in place; returns the actions. */
static uint32_t
go_end(const struct tbl_svc *c, struct svc *v, enum svc_event_kind kind, struct svc_end end, uint64_t now)
{
	struct svc_clock clock = { now, WALL_MS + (int64_t)now, &utc };
	struct svc_next n = svc_step(c, v, &(struct svc_event){ .kind = kind, .end = end }, &clock);

	*v = n.svc;
	return n.actions;
}

static uint32_t
go(const struct tbl_svc *c, struct svc *v, enum svc_event_kind kind, uint64_t now)
{
	return go_end(c, v, kind, good, now);
}

static struct svc
initial(const struct tbl_svc *c, uint64_t now)
{
	struct svc_clock clock = { now, WALL_MS + (int64_t)now, &utc };

	return svc_initial(c, 1, &clock);
}

static struct svc
started(const struct tbl_svc *c, uint64_t now)
{
	struct svc v = initial(c, now);

	assert_int_equal(go(c, &v, SVC_EV_DEPS, now), SVC_ACT_LAUNCH);
	assert_int_equal(v.state, SVC_STARTING);
	return v;
}

static struct svc
up(const struct tbl_svc *c, uint64_t now)
{
	struct svc v = started(c, now);

	go(c, &v, SVC_EV_EXEC, now);
	go(c, &v, SVC_EV_READY, now);
	assert_int_equal(v.state, SVC_UP);
	return v;
}

/* ---- every pair ---- */

#define D (1u << SVC_DOWN)
#define S (1u << SVC_STARTING)
#define U (1u << SVC_UP)
#define T (1u << SVC_STOPPING)
#define B (1u << SVC_BACKOFF)
#define W (1u << SVC_WAITING)
#define O (1u << SVC_DONE)
#define F (1u << SVC_FAILED)

/* Which states may follow, for any configuration; 0: the event cannot happen. */
static const uint32_t may[SVC_STATES][SVC_EVENTS] = {
	/*  DEPS   NOSPAWN        NOEXEC EXEC  READY NOTREADY ENDED        DUE START STOP RESTART TICK CLOCK
	 *  WELL UNWELL ALIVE SICK WORD */
	[SVC_DOWN] =
		{ D | S, 0,             0, 0,     0, 0, 0,                     D | W, D, D, D, D,     D },
	[SVC_STARTING] =
		{ S,     B | W | F | D, T, S | U, U, T, B | W | O | F | D,     T,     S, T, T, S | T, S,
		  0, 0, S, S, S },
	[SVC_UP] =
		{ U,     0,             0, U,     U, U, B | W | O | F | D,     T | U, U, T, T, U | T, U,
		  U, U | T, U, U | T, U | T },
	[SVC_STOPPING] =
		{ T,     0,             T, T,     T, T, D | B | W | O | F,     T,     T, T, T, T,     T,
		  0, 0, T, T, T },
	[SVC_BACKOFF] =
		{ B,     0,             0, 0,     0, 0, 0,                     D,     D, D, D, D,     B },
	[SVC_WAITING] =
		{ W,     0,             0, 0,     0, 0, 0,                     D | W, D, D, D, 0,     W | D },
	[SVC_DONE] =
		{ O,     0,             0, 0,     0, 0, 0,                     O,     D, O, D, 0,     O },
	[SVC_FAILED] =
		{ F,     0,             0, 0,     0, 0, 0,                     F,     D, D, D, 0,     F },
};

static void
check_pair(const struct tbl_svc *c, struct svc v, const struct svc_event *ev)
{
	const struct svc before = v;
	const struct svc_clock clock = { 5000, WALL_MS + 5000, &utc };
	struct svc_next n = svc_step(c, &v, ev, &clock), again = svc_step(c, &v, ev, &clock);

	assert_memory_equal(&n.svc, &again.svc, sizeof n.svc);
	assert_int_equal(n.actions, again.actions);
	if (may[v.state][ev->kind] == 0) {
		assert_int_equal(n.actions, SVC_ACT_BUG);
		assert_memory_equal(&n.svc, &before, sizeof before);
		return;
	}
	assert_false(n.actions & SVC_ACT_BUG);
	assert_true(may[v.state][ev->kind] >> n.svc.state & 1);
	/* what is launched is launched out of DOWN, and only what runs is signalled */
	if (n.actions & SVC_ACT_LAUNCH)
		assert_true(v.state == SVC_DOWN && n.svc.state == SVC_STARTING);
	if (n.actions & (SVC_ACT_SIGNAL | SVC_ACT_KILL))
		assert_true(svc_runs(&v) && n.svc.state == SVC_STOPPING);
	/* whoever waits for time has a time in the future; nobody is due at once for ever */
	if (n.svc.state != v.state && (n.svc.state == SVC_BACKOFF || n.svc.state == SVC_WAITING))
		assert_true(n.svc.due_ms > 5000 && n.svc.due_ms != SVC_NEVER);
	if (ev->kind == SVC_EV_TICK)
		assert_true(n.svc.next_ms > 5000);
	if (ev->kind == SVC_EV_DUE && v.due_ms <= 5000)
		assert_true(n.svc.due_ms > 5000);
	if (n.svc.state == SVC_DONE || n.svc.state == SVC_FAILED || (n.svc.state == SVC_DOWN && !n.svc.wanted))
		assert_true(n.svc.due_ms == SVC_NEVER);
	if (n.svc.state == SVC_DOWN && n.svc.due_ms != SVC_NEVER)
		assert_true(c->late_ms && n.svc.due_ms > 5000);
	assert_true(!n.svc.queued || svc_runs(&n.svc));
}

/* A service as it can stand in a state. */
static struct svc
in_state(uint32_t state, bool flag, uint32_t after, uint32_t failures)
{
	bool waits = state == SVC_STARTING || state == SVC_UP || state == SVC_STOPPING || state == SVC_BACKOFF ||
		     state == SVC_WAITING;
	struct svc v = { .state = state, .wanted = flag && state == SVC_DOWN, .after = after, .failures = failures,
			 .end_known = flag, .due_ms = waits ? 5000 : SVC_NEVER, .since_ms = 10, .runs = 1,
			 .next_ms = flag ? 4000 : 9000 };
	return v;
}

static void
test_every_pair(void **unused)
{
	static const struct svc_end ends[] = { { CTL_END_EXIT, 0, 0 }, { CTL_END_EXIT, 1, 1 }, { CTL_END_OOM, 9, 2 } };
	(void)unused;

	for (uint32_t state = 0; state < SVC_STATES; state++)
		for (uint32_t kind = 0; kind < SVC_EVENTS; kind++)
			for (uint32_t i = 0; i < 3 * 3 * TBL_READIES * 3 * 3 * 2 * TBL_OVERLAPS * 2 * 2; i++) {
				uint32_t k = i / 3;
				struct tbl_svc c = i % 3 == 0 ? service : i % 3 == 1 ? job : calendar_job;
				c.restart = k % TBL_RESTARTS;
				c.ready = (k /= TBL_RESTARTS) % TBL_READIES;
				uint32_t end = (k /= TBL_READIES) % 3;
				uint32_t after = (k /= 3) % 3;
				bool flag = (k /= 3) % 2;
				c.overlap = (k /= 2) % TBL_OVERLAPS;
				c.late_ms = (k /= TBL_OVERLAPS) % 2 && c.kind == TBL_JOB ? 500 : 0;
				c.missed = (k /= 2) % 2;
				struct svc v = in_state(state, flag, after, i % 40);
				v.queued = c.kind == TBL_JOB && svc_runs(&v) && k % 2;
				if (c.kind != TBL_JOB && (kind == SVC_EV_TICK))
					continue;
				c.health_action = c.missed ? TBL_HEALTH_RESTART : TBL_HEALTH_NONE;
				c.health_failures = 1 + flag;
				c.watchdog_ms = c.late_ms;
				if (c.kind == TBL_JOB && kind >= SVC_EV_WELL)
					continue;
				check_pair(&c, v, &(struct svc_event){ .kind = kind, .end = ends[end] });
			}
}

static void
test_nonsense_changes_nothing(void **unused)
{
	struct svc v = { .state = SVC_STATES + 7 };
	(void)unused;

	assert_int_equal(go(&service, &v, SVC_EV_START, 1), SVC_ACT_BUG);
	assert_int_equal(v.state, SVC_STATES + 7);
	v = initial(&service, 0);
	assert_int_equal(go(&service, &v, SVC_EVENTS, 1), SVC_ACT_BUG);
	assert_int_equal(v.state, SVC_DOWN);
}

/* ---- health ---- */

static const struct svc_end sick = { .why = CTL_END_UNHEALTHY, .value = 503, .step = CTL_SICK_HTTP };

static struct tbl_svc
checked(enum tbl_health_action action)
{
	struct tbl_svc c = service;

	c.health.kind = TBL_PROBE_HTTP;
	c.health_failures = 3;
	c.health_successes = 2;
	c.health_action = action;
	return c;
}

static void
test_only_failures_in_a_row_make_it_unhealthy(void **unused)
{
	struct tbl_svc c = checked(TBL_HEALTH_RESTART);
	struct svc v = up(&c, 0);
	(void)unused;

	for (int round = 0; round < 3; round++) {
		assert_int_equal(go_end(&c, &v, SVC_EV_UNWELL, sick, 10), 0);
		assert_int_equal(go_end(&c, &v, SVC_EV_UNWELL, sick, 20), 0);
		assert_int_equal(go(&c, &v, SVC_EV_WELL, 30), 0);
	}
	go_end(&c, &v, SVC_EV_UNWELL, sick, 40);
	go_end(&c, &v, SVC_EV_UNWELL, sick, 50);
	assert_int_equal(v.state, SVC_UP);
	assert_int_equal(go_end(&c, &v, SVC_EV_UNWELL, sick, 60), SVC_ACT_SIGNAL);
	assert_int_equal(v.state, SVC_STOPPING);
	assert_int_equal(v.due_ms, 60 + c.stop_timeout_ms);
	/* it ends well, and that hides nothing */
	assert_int_equal(go(&c, &v, SVC_EV_ENDED, 70), SVC_ACT_FAILED);
	assert_int_equal(v.state, SVC_BACKOFF);
	assert_memory_equal(&v.end, &sick, sizeof sick);
	assert_int_equal(v.failures, 1);
}

static void
test_without_an_action_it_is_said_and_taken_back(void **unused)
{
	struct tbl_svc c = checked(TBL_HEALTH_NONE);
	struct svc v = up(&c, 0);
	(void)unused;

	for (int i = 0; i < 5; i++)
		assert_int_equal(go_end(&c, &v, SVC_EV_UNWELL, sick, 10), 0);
	assert_true(v.state == SVC_UP && v.unhealthy && v.sick == CTL_SICK_HTTP && v.sick_value == 503);
	go(&c, &v, SVC_EV_WELL, 20);
	assert_true(v.unhealthy);
	go(&c, &v, SVC_EV_WELL, 30);
	assert_false(v.unhealthy);
	go_end(&c, &v, SVC_EV_UNWELL, sick, 40);
	assert_false(v.unhealthy);
}

static void
test_an_unhealthy_service_that_was_up_for_long_fails_anew(void **unused)
{
	struct tbl_svc c = checked(TBL_HEALTH_RESTART);
	struct svc v = up(&c, 0);
	(void)unused;

	v.failures = 4;
	c.health_failures = 1;
	go_end(&c, &v, SVC_EV_UNWELL, sick, HEALTHY);
	go_end(&c, &v, SVC_EV_ENDED, bad, HEALTHY + 1);
	assert_int_equal(v.failures, 1);
}

static void
test_the_watchdog_wants_a_word_in_time(void **unused)
{
	struct tbl_svc c = service;
	(void)unused;

	c.watchdog_ms = 1000;
	c.health_action = TBL_HEALTH_RESTART;
	struct svc v = up(&c, 0);
	assert_int_equal(v.due_ms, 1000);
	go(&c, &v, SVC_EV_ALIVE, 900);
	assert_int_equal(v.due_ms, 1900);
	assert_int_equal(go(&c, &v, SVC_EV_DUE, 1900), SVC_ACT_SIGNAL);
	assert_int_equal(v.state, SVC_STOPPING);
	go(&c, &v, SVC_EV_ALIVE, 1901); /* too late */
	go(&c, &v, SVC_EV_ENDED, 1902);
	assert_int_equal(v.end.why, CTL_END_UNHEALTHY);
	assert_int_equal(v.end.step, CTL_SICK_SILENT);
	assert_int_equal(v.state, SVC_BACKOFF);

	c.health_action = TBL_HEALTH_NONE;
	v = up(&c, 0);
	assert_int_equal(go(&c, &v, SVC_EV_DUE, 1000), 0);
	assert_true(v.unhealthy && v.due_ms == SVC_NEVER);
	go(&c, &v, SVC_EV_ALIVE, 5000);
	assert_true(!v.unhealthy && v.due_ms == 6000);
}

static void
test_it_may_call_itself_sick(void **unused)
{
	struct tbl_svc c = checked(TBL_HEALTH_RESTART);
	struct svc v = started(&c, 0);
	(void)unused;

	assert_int_equal(go_end(&c, &v, SVC_EV_SICK, sick, 1), 0); /* it is not up yet */
	v = up(&c, 0);
	assert_int_equal(go_end(&c, &v, SVC_EV_SICK, sick, 2), SVC_ACT_SIGNAL);
	assert_int_equal(v.end.why, CTL_END_UNHEALTHY);
}

/* ---- what it says of its times ---- */

static uint32_t
go_word(const struct tbl_svc *c, struct svc *v, enum svc_word word, uint32_t ms, uint64_t now)
{
	return go_end(c, v, SVC_EV_WORD, (struct svc_end){ .value = ms, .step = word }, now);
}

static void
test_it_may_ask_for_more_time(void **unused)
{
	struct tbl_svc c = service;
	(void)unused;

	c.ready_timeout_ms = 1000;
	c.stop_timeout_ms = 500;
	struct svc v = started(&c, 0);
	go_word(&c, &v, SVC_WORD_EXTEND, 300, 100);
	assert_int_equal(v.due_ms, 1000); /* never earlier */
	go_word(&c, &v, SVC_WORD_EXTEND, 2000, 900);
	assert_int_equal(v.due_ms, 2900);
	go(&c, &v, SVC_EV_EXEC, 901);
	go(&c, &v, SVC_EV_READY, 902);
	go_word(&c, &v, SVC_WORD_EXTEND, 100, 903);
	assert_true(v.due_ms == SVC_NEVER); /* up is no time limit of a service */
	assert_int_equal(go(&c, &v, SVC_EV_STOP, 1000), SVC_ACT_SIGNAL);
	assert_int_equal(v.due_ms, 1500);
	go_word(&c, &v, SVC_WORD_EXTEND, UINT32_MAX, 1400);
	assert_true(v.due_ms == 1400 + (uint64_t)UINT32_MAX);
	c.ready_timeout_ms = 0;
	v = started(&c, 0);
	go_word(&c, &v, SVC_WORD_EXTEND, 1, 1);
	assert_true(v.due_ms == SVC_NEVER);
}

static void
test_it_may_set_its_watchdog(void **unused)
{
	struct tbl_svc c = service;
	(void)unused;

	c.watchdog_ms = 1000;
	struct svc v = started(&c, 0);
	go_word(&c, &v, SVC_WORD_PERIOD, 3000, 1);
	go(&c, &v, SVC_EV_EXEC, 2);
	assert_int_equal(v.due_ms, 3002);
	go(&c, &v, SVC_EV_ALIVE, 100);
	assert_int_equal(v.due_ms, 3100);
	go_word(&c, &v, SVC_WORD_PERIOD, 200, 200);
	assert_int_equal(v.due_ms, 400);
	go_word(&c, &v, SVC_WORD_PERIOD, 0, 300); /* the table's again */
	assert_int_equal(v.due_ms, 1300);
	go_word(&c, &v, SVC_WORD_PERIOD, 5000, 300);
	go(&c, &v, SVC_EV_RESTART, 400);
	go_end(&c, &v, SVC_EV_ENDED, (struct svc_end){ .why = CTL_END_EXIT }, 401);
	go(&c, &v, SVC_EV_DEPS, 402);
	assert_int_equal(v.watchdog_ms, 0); /* the next run has said nothing */
	c.watchdog_ms = 0;
	v = up(&c, 0);
	go_word(&c, &v, SVC_WORD_PERIOD, 100, 1); /* nobody watches it */
	assert_true(v.due_ms == SVC_NEVER && v.watchdog_ms == 0);
}

static void
test_whoever_says_so_leaves_by_itself(void **unused)
{
	struct tbl_svc c = service;
	(void)unused;

	c.watchdog_ms = 100;
	c.stop_timeout_ms = 500;
	c.restart = TBL_RESTART_ON_FAILURE;
	struct svc v = started(&c, 0);
	assert_int_equal(go_word(&c, &v, SVC_WORD_LEAVES, 0, 1), 0);
	assert_int_equal(v.state, SVC_STARTING); /* its end will tell */
	v = up(&c, 0);
	assert_int_equal(go_word(&c, &v, SVC_WORD_LEAVES, 0, 50), 0);
	assert_int_equal(v.state, SVC_STOPPING);
	assert_int_equal(v.due_ms, 550); /* the watchdog is off, the stop's limit holds */
	struct svc left = v;
	go_end(&c, &v, SVC_EV_ENDED, (struct svc_end){ .why = CTL_END_EXIT }, 60);
	assert_int_equal(v.state, SVC_DONE);
	v = left;
	go_end(&c, &v, SVC_EV_ENDED, (struct svc_end){ .why = CTL_END_EXIT, .value = 3 }, 60);
	assert_int_equal(v.state, SVC_BACKOFF);
	assert_int_equal(v.end.value, 3);
	v = left;
	assert_int_equal(go(&c, &v, SVC_EV_DUE, 550), SVC_ACT_KILL);
	go_end(&c, &v, SVC_EV_ENDED, (struct svc_end){ .why = CTL_END_SIGNAL, .value = 9 }, 551);
	assert_int_equal(v.state, SVC_BACKOFF);
	v = left;
	go(&c, &v, SVC_EV_STOP, 70);
	go_end(&c, &v, SVC_EV_ENDED, (struct svc_end){ .why = CTL_END_EXIT }, 80);
	assert_true(v.state == SVC_DOWN && !v.wanted);
}

/* ---- starting and readiness ---- */

static void
test_ready_by_exec(void **unused)
{
	struct svc v = started(&service, 50);
	(void)unused;

	assert_int_equal(v.due_ms, 5050);
	assert_int_equal(go(&service, &v, SVC_EV_EXEC, 60), 0);
	assert_int_equal(v.state, SVC_UP);
	assert_true(v.due_ms == SVC_NEVER);
	assert_int_equal(v.restarts, 0);
}

static void
test_ready_by_probe(void **unused)
{
	struct tbl_svc c = service;
	(void)unused;

	c.ready = TBL_READY_PROBE;
	struct svc v = started(&c, 0);
	assert_int_equal(go(&c, &v, SVC_EV_EXEC, 10), SVC_ACT_PROBE);
	assert_int_equal(v.state, SVC_STARTING);
	go(&c, &v, SVC_EV_READY, 20);
	assert_int_equal(v.state, SVC_UP);
}

static void
test_ready_before_exec_is_seen(void **unused)
{
	struct tbl_svc c = service;
	(void)unused;

	c.ready = TBL_READY_FD;
	struct svc v = started(&c, 0);
	go(&c, &v, SVC_EV_READY, 10);
	assert_int_equal(v.state, SVC_UP);
	assert_int_equal(go(&c, &v, SVC_EV_EXEC, 11), 0);
	assert_int_equal(v.state, SVC_UP);
}

static void
test_not_ready_in_time(void **unused)
{
	struct tbl_svc c = service;
	(void)unused;

	c.ready = TBL_READY_PROBE;
	struct svc v = started(&c, 0);
	assert_int_equal(go(&c, &v, SVC_EV_DUE, 5000), SVC_ACT_KILL);
	assert_int_equal(v.state, SVC_STOPPING);
	go_end(&c, &v, SVC_EV_ENDED, (struct svc_end){ .why = CTL_END_SIGNAL, .value = 9 }, 5001);
	assert_int_equal(v.state, SVC_BACKOFF);
	assert_int_equal(v.end.why, CTL_END_NOT_READY);
}

static void
test_launch_failures(void **unused)
{
	struct svc_end end = { .why = CTL_END_LAUNCH, .value = 28, .step = 3 };
	struct svc v = started(&service, 0);
	(void)unused;

	assert_int_equal(go_end(&service, &v, SVC_EV_NOSPAWN, end, 1), SVC_ACT_FAILED);
	assert_int_equal(v.state, SVC_BACKOFF);
	assert_memory_equal(&v.end, &end, sizeof end);

	v = started(&service, 0);
	assert_int_equal(go_end(&service, &v, SVC_EV_NOEXEC, end, 1), SVC_ACT_KILL);
	go_end(&service, &v, SVC_EV_ENDED, (struct svc_end){ .why = CTL_END_EXIT, .value = 127 }, 2);
	assert_int_equal(v.state, SVC_BACKOFF);
	assert_memory_equal(&v.end, &end, sizeof end);
}

/* ---- restarts ---- */

static void
test_backoff_doubles_and_is_capped(void **unused)
{
	static const uint64_t waits[] = { 100, 200, 400, 800, 1000, 1000, 1000 };
	struct svc v = initial(&service, 0);
	uint64_t now = 0;
	(void)unused;

	for (uint32_t i = 0; i < sizeof waits / sizeof waits[0]; i++) {
		go(&service, &v, SVC_EV_DEPS, now);
		go(&service, &v, SVC_EV_EXEC, ++now);
		assert_int_equal(v.restarts, i);
		go_end(&service, &v, SVC_EV_ENDED, bad, ++now);
		assert_int_equal(v.state, SVC_BACKOFF);
		assert_int_equal(v.due_ms - now, waits[i]);
		now = v.due_ms;
		go(&service, &v, SVC_EV_DUE, now);
		assert_true(v.state == SVC_DOWN && v.wanted);
	}
}

static void
test_backoff_begins_anew_after_a_healthy_while(void **unused)
{
	struct tbl_svc c = service;
	(void)unused;

	struct svc v = up(&c, 700);
	v.failures = 5;
	go_end(&c, &v, SVC_EV_ENDED, bad, 700 + HEALTHY - 1);
	assert_int_equal(v.failures, 6);
	v = up(&c, 700);
	v.failures = 5;
	go_end(&c, &v, SVC_EV_ENDED, bad, 700 + HEALTHY);
	assert_int_equal(v.due_ms, 700 + HEALTHY + 100);

	c.healthy_ms = 3 * HEALTHY;
	v = up(&c, 700);
	v.failures = 5;
	go_end(&c, &v, SVC_EV_ENDED, bad, 700 + 2 * HEALTHY);
	assert_int_equal(v.failures, 6);
}

static void
test_a_long_start_is_not_a_healthy_while(void **unused)
{
	struct tbl_svc c = service;
	(void)unused;

	c.ready = TBL_READY_PROBE;
	c.ready_timeout_ms = 0;
	struct svc v = started(&c, 0);
	v.failures = 5;
	assert_true(v.due_ms == SVC_NEVER);
	go_end(&c, &v, SVC_EV_ENDED, good, 10 * HEALTHY);
	assert_int_equal(v.state, SVC_BACKOFF); /* not ready: exit 0 is a failure too */
	assert_int_equal(v.failures, 6);
}

static void
test_backoff_is_never_nothing(void **unused)
{
	struct tbl_svc c = service;
	(void)unused;

	c.backoff_first_ms = c.backoff_max_ms = 0;
	struct svc v = up(&c, 0);
	v.failures = UINT32_MAX;
	go(&c, &v, SVC_EV_ENDED, 7);
	assert_int_equal(v.due_ms, 7 + SVC_BACKOFF_MIN_MS);
	assert_int_equal(v.failures, UINT32_MAX);
}

static void
test_jitter_only_lengthens_a_wait(void **unused)
{
	struct tbl_svc c = service;
	uint64_t least = UINT64_MAX, most = 0;
	(void)unused;

	c.backoff_jitter = 50;
	for (uint64_t seed = 1; seed < 500; seed++) {
		struct svc v = up(&c, 0);
		v.random = seed * 0x9e3779b97f4a7c15u;
		go_end(&c, &v, SVC_EV_ENDED, bad, 10);
		least = v.due_ms < least ? v.due_ms : least;
		most = v.due_ms > most ? v.due_ms : most;
	}
	assert_in_range(least, 110, 112);
	assert_in_range(most, 158, 160);
}

/* Ends an up service badly and lets it come up again; returns whether it did. */
static bool
comes_back(const struct tbl_svc *c, struct svc *v, struct svc_end end, uint64_t *now)
{
	uint32_t actions = go_end(c, v, SVC_EV_ENDED, end, ++*now);

	assert_int_equal(actions, SVC_ACT_FAILED);
	if (v->state == SVC_FAILED)
		return false;
	*now = v->due_ms;
	go(c, v, SVC_EV_DUE, *now);
	go(c, v, SVC_EV_DEPS, *now);
	go(c, v, SVC_EV_EXEC, *now);
	return true;
}

static void
test_it_gives_up_after_its_limit(void **unused)
{
	struct tbl_svc c = service;
	struct svc v = up(&c, 0);
	uint64_t now = 0;
	(void)unused;

	c.restart_limit = 3;
	for (int i = 0; i < 3; i++)
		assert_true(comes_back(&c, &v, bad, &now));
	now += HEALTHY; /* a healthy while: the count begins anew */
	for (int i = 0; i < 3; i++)
		assert_true(comes_back(&c, &v, bad, &now));
	assert_false(comes_back(&c, &v, bad, &now));
	assert_int_equal(v.state, SVC_FAILED);
	assert_int_equal(go(&c, &v, SVC_EV_START, ++now), 0); /* by hand: anew */
	assert_int_equal(v.failures, 0);
}

static void
test_only_listed_signals_restart_it(void **unused)
{
	struct tbl_svc c = service;
	struct svc v = up(&c, 0);
	uint64_t now = 0;
	(void)unused;

	c.restart_signals = 1ull << (11 - 1) | 1ull << (64 - 1);
	assert_true(comes_back(&c, &v, (struct svc_end){ .why = CTL_END_SIGNAL, .value = 11 }, &now));
	assert_true(comes_back(&c, &v, (struct svc_end){ .why = CTL_END_SIGNAL, .value = 64 }, &now));
	assert_false(comes_back(&c, &v, (struct svc_end){ .why = CTL_END_SIGNAL, .value = 9 }, &now));
	v = up(&c, 0);
	assert_false(comes_back(&c, &v, (struct svc_end){ .why = CTL_END_EXIT, .value = 11 }, &now));
}

static void
test_a_oneshot_is_ready_once_it_has_ended_well(void **unused)
{
	struct tbl_svc c = service;
	struct svc v;
	(void)unused;

	c.ready = TBL_READY_EXIT;
	c.restart = TBL_RESTART_ON_FAILURE;
	v = started(&c, 0);
	assert_int_equal(go(&c, &v, SVC_EV_EXEC, 1), 0);
	assert_int_equal(v.state, SVC_STARTING);
	assert_false(svc_ready(&c, &v));
	assert_int_equal(go(&c, &v, SVC_EV_ENDED, 9), 0);
	assert_int_equal(v.state, SVC_DONE);
	assert_true(svc_ready(&c, &v));

	v = started(&c, 0);
	go(&c, &v, SVC_EV_EXEC, 1);
	assert_int_equal(go_end(&c, &v, SVC_EV_ENDED, bad, 9), SVC_ACT_FAILED);
	assert_int_equal(v.state, SVC_BACKOFF);
}

static void
test_what_has_failed_once_keeps_nobody_waiting(void **unused)
{
	struct svc v = initial(&service, 0);
	(void)unused;

	assert_true(svc_rises(&service, &v));
	v = started(&service, 0);
	assert_true(svc_rises(&service, &v));
	go_end(&service, &v, SVC_EV_ENDED, bad, 5);
	assert_false(svc_rises(&service, &v)); /* in its back-off */
	go(&service, &v, SVC_EV_DUE, v.due_ms);
	assert_false(svc_rises(&service, &v)); /* starting again */
	v = up(&service, 0);
	assert_false(svc_rises(&service, &v));
	go(&service, &v, SVC_EV_STOP, 1);
	go(&service, &v, SVC_EV_ENDED, 2);
	assert_false(svc_rises(&service, &v));
}

static void
test_restart_policies(void **unused)
{
	static const struct {
		uint32_t restart;
		bool good;
		uint32_t state;
	} cases[] = {
		{ TBL_RESTART_NEVER, true, SVC_DONE }, { TBL_RESTART_NEVER, false, SVC_FAILED },
		{ TBL_RESTART_ON_FAILURE, true, SVC_DONE }, { TBL_RESTART_ON_FAILURE, false, SVC_BACKOFF },
		{ TBL_RESTART_ALWAYS, true, SVC_BACKOFF }, { TBL_RESTART_ALWAYS, false, SVC_BACKOFF },
	};
	(void)unused;

	for (size_t i = 0; i < sizeof cases / sizeof cases[0]; i++) {
		struct tbl_svc c = service;
		c.restart = cases[i].restart;
		struct svc v = up(&c, 0);
		go_end(&c, &v, SVC_EV_ENDED, cases[i].good ? good : bad, 10);
		assert_int_equal(v.state, cases[i].state);
		assert_int_equal(v.ran_well, cases[i].good);
	}
}

/* ---- stopping ---- */

static void
test_stop_then_kill(void **unused)
{
	struct svc v = up(&service, 0);
	(void)unused;

	assert_int_equal(go(&service, &v, SVC_EV_STOP, 100), SVC_ACT_SIGNAL);
	assert_int_equal(v.due_ms, 2100);
	assert_int_equal(go(&service, &v, SVC_EV_DUE, 2100), SVC_ACT_KILL);
	assert_int_equal(v.due_ms, 2100 + SVC_KILL_AGAIN_MS);
	go_end(&service, &v, SVC_EV_ENDED, bad, 2101);
	assert_true(v.state == SVC_DOWN && !v.wanted);
	assert_int_equal(go(&service, &v, SVC_EV_DEPS, 2102), 0); /* stopped: it stays down */
	assert_int_equal(v.state, SVC_DOWN);
}

static void
test_restart_by_hand(void **unused)
{
	struct svc v = up(&service, 0);
	(void)unused;

	v.failures = 4;
	assert_int_equal(go(&service, &v, SVC_EV_RESTART, 100), SVC_ACT_SIGNAL);
	go_end(&service, &v, SVC_EV_ENDED, bad, 150);
	assert_true(v.state == SVC_DOWN && v.wanted);
	assert_int_equal(go(&service, &v, SVC_EV_DEPS, 151), SVC_ACT_LAUNCH);
	assert_int_equal(v.failures, 0);
	assert_int_equal(v.restarts, 0);
	assert_int_equal(v.runs, 2);
}

static void
test_the_last_word_counts_while_stopping(void **unused)
{
	struct svc v = up(&service, 0);
	(void)unused;

	go(&service, &v, SVC_EV_STOP, 1);
	go(&service, &v, SVC_EV_START, 2);
	go(&service, &v, SVC_EV_STOP, 3);
	go(&service, &v, SVC_EV_ENDED, 4);
	assert_true(v.state == SVC_DOWN && !v.wanted);

	v = up(&service, 0);
	go(&service, &v, SVC_EV_STOP, 1);
	go(&service, &v, SVC_EV_START, 2);
	go(&service, &v, SVC_EV_ENDED, 4);
	assert_true(v.state == SVC_DOWN && v.wanted);
}

static void
test_stop_while_it_waits(void **unused)
{
	struct svc v = up(&service, 0);
	(void)unused;

	go_end(&service, &v, SVC_EV_ENDED, bad, 1);
	assert_int_equal(v.state, SVC_BACKOFF);
	assert_int_equal(go(&service, &v, SVC_EV_STOP, 2), 0);
	assert_true(v.state == SVC_DOWN && !v.wanted && v.due_ms == SVC_NEVER);
}

/* ---- jobs ---- */

static void
test_job_runs_start_to_start(void **unused)
{
	struct svc v = started(&job, 1000);
	(void)unused;

	go(&job, &v, SVC_EV_EXEC, 1001);
	assert_int_equal(v.state, SVC_UP);
	assert_int_equal(v.due_ms, 1001 + 3000);
	assert_false(svc_ready(&job, &v));
	go(&job, &v, SVC_EV_ENDED, 2500);
	assert_int_equal(v.state, SVC_WAITING);
	assert_int_equal(v.due_ms, 61000); /* not 62500: from start to start */
	assert_true(svc_ready(&job, &v));
	go(&job, &v, SVC_EV_DUE, 61007);
	go(&job, &v, SVC_EV_DEPS, 61007);
	go(&job, &v, SVC_EV_EXEC, 61008);
	go(&job, &v, SVC_EV_ENDED, 61009);
	assert_int_equal(v.due_ms, 121000); /* a late wake-up does not add up */
}

static void
test_job_that_overlaps_is_skipped(void **unused)
{
	struct tbl_svc c = job;
	(void)unused;

	c.every_ms = 1000;
	c.run_timeout_ms = 0;
	struct svc v = started(&c, 1000);
	go(&c, &v, SVC_EV_EXEC, 1000);
	assert_true(v.due_ms == SVC_NEVER);
	go(&c, &v, SVC_EV_ENDED, 4500);
	assert_int_equal(v.due_ms, 5000);
	assert_int_equal(v.runs, 1);
}

static void
test_job_that_runs_too_long(void **unused)
{
	struct svc v = started(&job, 0);
	(void)unused;

	go(&job, &v, SVC_EV_EXEC, 0);
	assert_int_equal(go(&job, &v, SVC_EV_DUE, 3000), SVC_ACT_SIGNAL);
	assert_int_equal(go(&job, &v, SVC_EV_DUE, 5000), SVC_ACT_KILL);
	go_end(&job, &v, SVC_EV_ENDED, bad, 5001);
	assert_int_equal(v.state, SVC_WAITING);
	assert_int_equal(v.end.why, CTL_END_TIMEOUT);
	assert_false(v.ran_well);
}

static void
test_job_by_hand_keeps_its_hours(void **unused)
{
	struct svc v = started(&job, 0);
	(void)unused;

	go(&job, &v, SVC_EV_EXEC, 0);
	go(&job, &v, SVC_EV_ENDED, 1);
	go(&job, &v, SVC_EV_START, 20000);
	assert_int_equal(go(&job, &v, SVC_EV_DEPS, 20000), SVC_ACT_LAUNCH);
	go(&job, &v, SVC_EV_EXEC, 20000);
	go(&job, &v, SVC_EV_ENDED, 20001);
	assert_int_equal(v.due_ms, 60000);
}

static void
test_job_is_tried_again(void **unused)
{
	struct tbl_svc c = job;
	(void)unused;

	c.restart = TBL_RESTART_ON_FAILURE;
	c.every_ms = 250;
	struct svc v = started(&c, 0);
	go(&c, &v, SVC_EV_EXEC, 0);
	go_end(&c, &v, SVC_EV_ENDED, bad, 1);
	assert_int_equal(v.state, SVC_BACKOFF);
	assert_int_equal(v.due_ms, 101);
	go(&c, &v, SVC_EV_DUE, 101);
	go(&c, &v, SVC_EV_DEPS, 101);
	go(&c, &v, SVC_EV_EXEC, 101);
	go_end(&c, &v, SVC_EV_ENDED, bad, 102);
	assert_int_equal(v.state, SVC_WAITING); /* the next regular run comes before the second retry */
	assert_int_equal(v.due_ms, 250);
}

/* ---- overlap, lateness, the calendar ---- */

#define DAY_MS (24 * 3600 * 1000u)

/* A job that runs since its first hour, with the overlap; its next run is due at 61000. */
static struct svc
running(struct tbl_svc *c, uint32_t overlap)
{
	*c = job;
	c->overlap = overlap;
	c->run_timeout_ms = 0;
	struct svc v = started(c, 1000);
	go(c, &v, SVC_EV_EXEC, 1001);
	assert_int_equal(svc_tick_ms(c, &v), 61000);
	return v;
}

/* init case 56 */
static void
test_overlap_skip(void **unused)
{
	struct tbl_svc c;
	struct svc v = running(&c, TBL_OVERLAP_SKIP);
	(void)unused;

	assert_int_equal(go(&c, &v, SVC_EV_TICK, 61000), 0);
	assert_int_equal(v.skipped, 1);
	assert_int_equal(svc_tick_ms(&c, &v), 121000);
	go(&c, &v, SVC_EV_ENDED, 70000);
	assert_int_equal(v.due_ms, 121000);
	assert_int_equal(v.runs, 1);
}

static void
test_overlap_queue_holds_one(void **unused)
{
	struct tbl_svc c;
	struct svc v = running(&c, TBL_OVERLAP_QUEUE);
	(void)unused;

	go(&c, &v, SVC_EV_TICK, 61000);
	assert_int_equal(v.skipped, 0);
	go(&c, &v, SVC_EV_TICK, 121000);
	assert_int_equal(v.skipped, 1);
	go_end(&c, &v, SVC_EV_ENDED, bad, 130000);
	assert_true(v.state == SVC_DOWN && v.wanted && v.reason == SVC_BY_QUEUE);
	assert_int_equal(go(&c, &v, SVC_EV_DEPS, 130000), SVC_ACT_LAUNCH);
	go(&c, &v, SVC_EV_ENDED, 130001);
	assert_int_equal(v.state, SVC_WAITING);
	assert_int_equal(v.due_ms, 181000);
}

static void
test_overlap_replace(void **unused)
{
	struct tbl_svc c;
	struct svc v = running(&c, TBL_OVERLAP_REPLACE);
	(void)unused;

	assert_int_equal(go(&c, &v, SVC_EV_TICK, 61000), SVC_ACT_SIGNAL);
	assert_int_equal(v.state, SVC_STOPPING);
	go_end(&c, &v, SVC_EV_ENDED, (struct svc_end){ .why = CTL_END_SIGNAL, .value = 15 }, 61100);
	assert_true(v.state == SVC_DOWN && v.wanted);
	assert_int_equal(go(&c, &v, SVC_EV_DEPS, 61100), SVC_ACT_LAUNCH);
	assert_int_equal(v.next_ms, 121000);
}

static void
test_a_stop_by_hand_drops_the_queue(void **unused)
{
	struct tbl_svc c;
	struct svc v = running(&c, TBL_OVERLAP_QUEUE);
	(void)unused;

	go(&c, &v, SVC_EV_TICK, 61000);
	go(&c, &v, SVC_EV_STOP, 61001);
	go(&c, &v, SVC_EV_ENDED, 61002);
	assert_true(v.state == SVC_DOWN && !v.wanted && !v.queued);
	assert_true(svc_tick_ms(&c, &v) == SVC_NEVER);
}

static void
test_what_is_too_late_is_skipped(void **unused)
{
	struct tbl_svc c = job;
	(void)unused;

	c.late_ms = 2000;
	struct svc v = started(&c, 1000);
	go(&c, &v, SVC_EV_EXEC, 1000);
	go(&c, &v, SVC_EV_ENDED, 1001);
	struct svc in_time = v, asleep = v;
	go(&c, &v, SVC_EV_DUE, 61000);
	assert_int_equal(v.due_ms, 63001); /* its needs may come until then */
	go(&c, &v, SVC_EV_DUE, 63001);
	assert_true(v.state == SVC_WAITING && v.skipped == 1 && v.due_ms == 121000);
	go(&c, &in_time, SVC_EV_DUE, 63000);
	assert_true(in_time.state == SVC_DOWN && in_time.wanted);
	go(&c, &asleep, SVC_EV_DUE, 63001);
	assert_true(asleep.state == SVC_WAITING && asleep.skipped == 1);
}

/* init case 59 */
static void
test_jitter_stays_within_its_range_and_off_the_grid(void **unused)
{
	struct tbl_svc c = job;
	uint64_t latest = 0;
	(void)unused;

	c.jitter_ms = 9000;
	struct svc v = initial(&c, 1000);
	assert_int_equal(v.state, SVC_WAITING);
	assert_in_range(v.due_ms, 1000, 10000);
	for (uint64_t n = 1; n < 300; n++) {
		uint64_t now = v.due_ms;
		go(&c, &v, SVC_EV_DUE, now);
		go(&c, &v, SVC_EV_DEPS, now);
		go(&c, &v, SVC_EV_EXEC, now);
		go(&c, &v, SVC_EV_ENDED, now + 1);
		assert_in_range(v.due_ms, 1000 + 60000 * n, 10000 + 60000 * n);
		if (v.due_ms - 60000 * n - 1000 > latest)
			latest = v.due_ms - 60000 * n - 1000;
	}
	assert_true(latest > 8000);
	assert_int_equal(v.skipped, 0);
}

static void
test_a_calendar_waits_for_its_hour(void **unused)
{
	struct svc v = initial(&calendar_job, 7000);
	(void)unused;

	assert_true(v.state == SVC_WAITING && !v.wanted);
	assert_int_equal(v.due_ms, 3 * 3600 * 1000);
	go(&calendar_job, &v, SVC_EV_DUE, v.due_ms);
	assert_int_equal(go(&calendar_job, &v, SVC_EV_DEPS, 3 * 3600 * 1000), SVC_ACT_LAUNCH);
	go(&calendar_job, &v, SVC_EV_EXEC, 3 * 3600 * 1000 + 1);
	go(&calendar_job, &v, SVC_EV_ENDED, 3 * 3600 * 1000 + 2);
	assert_int_equal(v.due_ms, DAY_MS + 3 * 3600 * 1000);
}

static void
test_a_calendar_that_wakes_a_moment_early_runs_once(void **unused)
{
	struct svc v = initial(&calendar_job, 7000);
	uint64_t at = v.due_ms;
	/* both clocks are cut to milliseconds, each at another place */
	struct svc_clock early = { at, WALL_MS + (int64_t)at - 1, &utc };
	(void)unused;

	v = svc_step(&calendar_job, &v, &(struct svc_event){ .kind = SVC_EV_DUE }, &early).svc;
	v = svc_step(&calendar_job, &v, &(struct svc_event){ .kind = SVC_EV_DEPS }, &early).svc;
	assert_int_equal(v.state, SVC_STARTING);
	assert_int_equal(v.next_ms, at + DAY_MS + 1);
}

/* One step with the wall clock off by so much. */
static void
clock_moves(const struct tbl_svc *c, struct svc *v, uint64_t now, int64_t by_ms)
{
	struct svc_clock clock = { now, WALL_MS + (int64_t)now + by_ms, &utc };

	*v = svc_step(c, v, &(struct svc_event){ .kind = SVC_EV_CLOCK }, &clock).svc;
}

static void
test_a_clock_that_was_never_set_starts_no_calendar(void **unused)
{
	struct svc_clock clock = { 5000, 5000, &utc };
	struct svc v = svc_initial(&calendar_job, 1, &clock);
	(void)unused;

	assert_true(v.state == SVC_WAITING && v.due_ms == SVC_NEVER);
	clock_moves(&calendar_job, &v, 7000, 0);
	assert_int_equal(v.due_ms, 3 * 3600 * 1000);
	assert_int_equal(v.skipped, 0);
}

static void
test_a_clock_set_forward_skips_or_runs_once(void **unused)
{
	struct tbl_svc c = calendar_job;
	struct svc v = initial(&c, 0);
	(void)unused;

	clock_moves(&c, &v, 1000, 10 * (int64_t)DAY_MS);
	assert_true(v.state == SVC_WAITING && v.skipped == 10);
	assert_int_equal(v.due_ms, 3 * 3600 * 1000); /* of that day, by the monotonic clock */

	c.missed = TBL_MISSED_ONCE;
	v = initial(&c, 0);
	clock_moves(&c, &v, 1000, 10 * (int64_t)DAY_MS);
	assert_true(v.state == SVC_DOWN && v.wanted && v.reason == SVC_BY_CATCH_UP && v.skipped == 9);
}

/* As svc_act.c has it: in one wake-up the due time first, then the tick. */
static void
wake_up(const struct tbl_svc *c, struct svc *v, uint64_t now)
{
	if (v->due_ms <= now)
		go(c, v, SVC_EV_DUE, now);
	if (svc_tick_ms(c, v) <= now)
		go(c, v, SVC_EV_TICK, now);
}

static void
test_a_run_that_waits_for_its_needs_is_not_skipped(void **unused)
{
	struct svc v = up(&job, 1000);
	(void)unused;

	go(&job, &v, SVC_EV_ENDED, 2000);
	wake_up(&job, &v, 61000);
	assert_true(v.state == SVC_DOWN && v.wanted && v.skipped == 0);
	wake_up(&job, &v, 121000); /* the next one, while it waits */
	assert_true(v.state == SVC_DOWN && v.wanted && v.skipped == 1);
	go(&job, &v, SVC_EV_DEPS, 122000);
	assert_true(v.state == SVC_STARTING && v.skipped == 1 && v.next_ms == 181000);
}

/* Its needs are not there yet when the clock is set. */
static void
test_a_clock_that_is_set_does_not_miss_what_is_about_to_run(void **unused)
{
	struct tbl_svc c = calendar_job;
	struct svc v = initial(&c, 0);
	uint64_t at = v.due_ms;
	(void)unused;

	go(&c, &v, SVC_EV_DUE, at);
	clock_moves(&c, &v, at + 1000, 5000);
	assert_true(v.state == SVC_DOWN && v.wanted && v.skipped == 0);
	clock_moves(&c, &v, at + 2000, 2 * (int64_t)DAY_MS);
	assert_true(v.state == SVC_DOWN && v.wanted && v.skipped == 2);
}

/* init case 61, of the state machine alone (PID 1 itself takes MAX_SERVICES): a thousand jobs are due in the same
 * second, minute after minute, by interval and by calendar. Each runs once each time, and none is skipped. */
static void
test_a_thousand_jobs_due_in_one_second_run_once_each(void **unused)
{
	static struct svc jobs[1000];
	struct tbl_svc by_calendar = calendar_job, by_interval = job;
	uint64_t first = 60000;
	(void)unused;

	by_calendar.calendar.minutes = CALENDAR_MINUTES;
	by_calendar.calendar.hours = CALENDAR_HOURS;
	for (uint32_t i = 0; i < 1000; i++)
		jobs[i] = i % 2 ? initial(&by_calendar, 0) : started(&by_interval, 0);
	for (uint32_t i = 0; i < 1000; i += 2)
		go(&by_interval, &jobs[i], SVC_EV_ENDED, 1);
	for (uint64_t minute = 0; minute < 30; minute++) {
		uint64_t now = first + minute * 60000, launches = 0;
		for (uint32_t i = 0; i < 1000; i++) {
			const struct tbl_svc *c = i % 2 ? &by_calendar : &by_interval;
			assert_in_range(jobs[i].due_ms, now, now + 999);
			wake_up(c, &jobs[i], now + i);
			launches += go(c, &jobs[i], SVC_EV_DEPS, now + i) == SVC_ACT_LAUNCH;
			wake_up(c, &jobs[i], now + i);
			go(c, &jobs[i], SVC_EV_ENDED, now + i + 1);
			assert_true(jobs[i].state == SVC_WAITING && jobs[i].skipped == 0);
		}
		assert_int_equal(launches, 1000);
	}
}

/* A job that an earlier boot saw last so long before 2026; the clock as it is at the boot. */
static struct svc
seen(const struct tbl_svc *c, int64_t before_ms, int64_t wall_ms)
{
	struct svc_clock clock = { 5000, wall_ms, &utc };
	struct svc v = svc_initial(c, 1, &clock);

	svc_seen(&v, (WALL_MS - before_ms) / 1000);
	return svc_step(c, &v, &(struct svc_event){ .kind = SVC_EV_CLOCK }, &clock).svc;
}

/* init case 57 */
static void
test_what_was_due_while_the_machine_was_off_runs_once(void **unused)
{
	struct tbl_svc c = calendar_job;
	(void)unused;

	c.missed = TBL_MISSED_ONCE;
	struct svc v = seen(&c, 3 * (int64_t)DAY_MS, WALL_MS + 5000);
	assert_true(v.state == SVC_DOWN && v.wanted && v.reason == SVC_BY_CATCH_UP && v.skipped == 2);
	assert_int_equal(v.last_wall_s, WALL_MS / 1000 - 21 * 3600);
	go(&c, &v, SVC_EV_DEPS, 5000);
	go(&c, &v, SVC_EV_EXEC, 5000);
	go(&c, &v, SVC_EV_ENDED, 6000);
	assert_true(v.state == SVC_WAITING && v.due_ms == 3 * 3600 * 1000);

	v = seen(&c, 20 * 3600 * 1000, WALL_MS + 5000); /* at 04:00: nothing was due since */
	assert_true(v.state == SVC_WAITING && v.skipped == 0 && v.due_ms == 3 * 3600 * 1000);
	v = seen(&c, -(int64_t)DAY_MS, WALL_MS + 5000); /* the clock was ahead then: nothing is known to be missed */
	assert_true(v.state == SVC_WAITING && v.skipped == 0);
}

/* init case 57: nothing is guessed while the clock is at 1970, or at the image's own time. */
static void
test_what_was_missed_is_known_once_the_clock_is_set(void **unused)
{
	struct tbl_svc c = calendar_job;
	(void)unused;

	c.missed = TBL_MISSED_ONCE;
	struct svc v = seen(&c, 3 * (int64_t)DAY_MS, 5000);
	assert_true(v.state == SVC_WAITING && v.due_ms == SVC_NEVER && v.skipped == 0);
	clock_moves(&c, &v, 7000, 0);
	assert_true(v.state == SVC_DOWN && v.reason == SVC_BY_CATCH_UP && v.skipped == 2);

	v = seen(&c, 20 * 3600 * 1000, WALL_MS - 100 * (int64_t)DAY_MS);
	assert_true(v.state == SVC_WAITING && v.skipped == 0);
	clock_moves(&c, &v, 7000, 0);
	assert_true(v.state == SVC_WAITING && v.skipped == 0); /* it had run already */
	clock_moves(&c, &v, 8000, DAY_MS);
	assert_true(v.state == SVC_DOWN && v.reason == SVC_BY_CATCH_UP && v.skipped == 0);
}

static void
test_a_clock_set_back_a_little_runs_nothing_twice(void **unused)
{
	struct tbl_svc c = calendar_job;
	struct svc v = initial(&c, 0);
	uint64_t at = v.due_ms;
	(void)unused;

	go(&c, &v, SVC_EV_DUE, at);
	go(&c, &v, SVC_EV_DEPS, at);
	go(&c, &v, SVC_EV_EXEC, at);
	go(&c, &v, SVC_EV_ENDED, at + 1);
	struct svc far = v;
	clock_moves(&c, &v, at + 1000, -3600 * 1000);
	assert_int_equal(v.due_ms, at + DAY_MS + 3600 * 1000); /* the next day's, an hour further off */
	clock_moves(&c, &far, at + 1000, -(int64_t)DAY_MS);
	assert_int_equal(far.due_ms, at + DAY_MS); /* a day back is another day */
	/* what has not run yet does, once */
	v = initial(&c, at - 1000);
	clock_moves(&c, &v, at - 900, -3600 * 1000);
	assert_int_equal(v.due_ms, at + 3600 * 1000);
}

static void
test_retries_are_counted_for_each_run(void **unused)
{
	struct tbl_svc c = job;
	(void)unused;

	c.restart = TBL_RESTART_ON_FAILURE;
	c.restart_limit = 2;
	c.healthy_ms = UINT32_MAX;
	struct svc v = initial(&c, 0);
	for (uint64_t run = 0, now = 0; run < 3; run++, now = v.due_ms) {
		if (run)
			go(&c, &v, SVC_EV_DUE, now);
		for (int i = 0; i < 3; i++) {
			go(&c, &v, SVC_EV_DEPS, now);
			assert_int_equal(v.reason, i ? SVC_BY_RETRY : SVC_BY_SCHEDULE);
			go(&c, &v, SVC_EV_EXEC, now);
			go_end(&c, &v, SVC_EV_ENDED, bad, ++now);
			assert_int_equal(v.state, i < 2 ? SVC_BACKOFF : SVC_WAITING);
			if (i < 2)
				go(&c, &v, SVC_EV_DUE, now = v.due_ms);
		}
	}
	assert_int_equal(v.restarts, 6);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(test_every_pair),
		cmocka_unit_test(test_nonsense_changes_nothing),
		cmocka_unit_test(test_only_failures_in_a_row_make_it_unhealthy),
		cmocka_unit_test(test_without_an_action_it_is_said_and_taken_back),
		cmocka_unit_test(test_an_unhealthy_service_that_was_up_for_long_fails_anew),
		cmocka_unit_test(test_the_watchdog_wants_a_word_in_time),
		cmocka_unit_test(test_it_may_call_itself_sick),
		cmocka_unit_test(test_it_may_ask_for_more_time),
		cmocka_unit_test(test_it_may_set_its_watchdog),
		cmocka_unit_test(test_whoever_says_so_leaves_by_itself),
		cmocka_unit_test(test_ready_by_exec),
		cmocka_unit_test(test_ready_by_probe),
		cmocka_unit_test(test_ready_before_exec_is_seen),
		cmocka_unit_test(test_not_ready_in_time),
		cmocka_unit_test(test_launch_failures),
		cmocka_unit_test(test_backoff_doubles_and_is_capped),
		cmocka_unit_test(test_backoff_begins_anew_after_a_healthy_while),
		cmocka_unit_test(test_a_long_start_is_not_a_healthy_while),
		cmocka_unit_test(test_backoff_is_never_nothing),
		cmocka_unit_test(test_jitter_only_lengthens_a_wait),
		cmocka_unit_test(test_it_gives_up_after_its_limit),
		cmocka_unit_test(test_only_listed_signals_restart_it),
		cmocka_unit_test(test_a_oneshot_is_ready_once_it_has_ended_well),
		cmocka_unit_test(test_what_has_failed_once_keeps_nobody_waiting),
		cmocka_unit_test(test_restart_policies),
		cmocka_unit_test(test_stop_then_kill),
		cmocka_unit_test(test_restart_by_hand),
		cmocka_unit_test(test_the_last_word_counts_while_stopping),
		cmocka_unit_test(test_stop_while_it_waits),
		cmocka_unit_test(test_job_runs_start_to_start),
		cmocka_unit_test(test_job_that_overlaps_is_skipped),
		cmocka_unit_test(test_job_that_runs_too_long),
		cmocka_unit_test(test_job_by_hand_keeps_its_hours),
		cmocka_unit_test(test_job_is_tried_again),
		cmocka_unit_test(test_overlap_skip),
		cmocka_unit_test(test_overlap_queue_holds_one),
		cmocka_unit_test(test_overlap_replace),
		cmocka_unit_test(test_a_stop_by_hand_drops_the_queue),
		cmocka_unit_test(test_what_is_too_late_is_skipped),
		cmocka_unit_test(test_jitter_stays_within_its_range_and_off_the_grid),
		cmocka_unit_test(test_a_calendar_waits_for_its_hour),
		cmocka_unit_test(test_a_calendar_that_wakes_a_moment_early_runs_once),
		cmocka_unit_test(test_a_clock_that_was_never_set_starts_no_calendar),
		cmocka_unit_test(test_a_clock_set_forward_skips_or_runs_once),
		cmocka_unit_test(test_a_run_that_waits_for_its_needs_is_not_skipped),
		cmocka_unit_test(test_a_clock_that_is_set_does_not_miss_what_is_about_to_run),
		cmocka_unit_test(test_a_thousand_jobs_due_in_one_second_run_once_each),
		cmocka_unit_test(test_what_was_due_while_the_machine_was_off_runs_once),
		cmocka_unit_test(test_what_was_missed_is_known_once_the_clock_is_set),
		cmocka_unit_test(test_a_clock_set_back_a_little_runs_nothing_twice),
		cmocka_unit_test(test_retries_are_counted_for_each_run),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
