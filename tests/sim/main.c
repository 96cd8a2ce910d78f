/* SPDX-License-Identifier: MIT
 *
 * sim [-v] SEED [COUNT [EVENTS]]: so many worlds from SEED on, each for about so many events and then to the end of its
 * shutdown. Prints the events in all; or the first thing that is wrong, with its seed, and ends with 1.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "reload.h"
#include "shutdown.h"
#include "sim.h"
#include "svc_act.h"

/* Wake-ups in a row that need no time: stops in their order, with no time to stop in, are some. */
#define AT_ONCE_MAX (2 * SIM_SVCS)

static void
stop_for_table(struct world *w)
{
	struct svc before[CFG_MAX_SERVICES];

	memcpy(before, w->state.svc, sizeof before);
	reload_stop(&w->in);
	sim_check_same(w, before);
}

/* As loop.c has it; false where it would be woken at once. */
static bool
settle_once(struct world *w)
{
	svc_act_timers(&w->in);
	shutdown_timers(&w->in);
	for (int round = 0; w->state.changed && round < CFG_MAX_SERVICES + 1 && !w->ended; round++) {
		w->state.changed = false;
		shutdown_settle(&w->in);
		if (!w->ended)
			stop_for_table(w);
		if (!w->ended)
			svc_act_settle(&w->in);
	}
	bool going = w->state.reload.phase == RELOAD_STOPPING;
	if (!w->ended)
		reload_settle(&w->in);
	if (going && w->state.reload.phase == RELOAD_DONE) {
		w->moved_ms = w->now_ms;
		sim_check_moved(w);
	}
	return !w->state.changed || w->ended;
}

static void
settle(struct world *w)
{
	for (int rounds = 0; !settle_once(w); rounds++)
		if (rounds > 2)
			sim_wrong("it never settles", UINT32_MAX);
}

static void
load_another(struct world *w)
{
	struct tbl next;
	struct err e;

	if (w->state.reload.phase == RELOAD_STOPPING)
		return;
	sim_next_table(&w->chance, &w->in.table, &next, w->same);
	if (reload_begin(&w->in, &next, -1, &e))
		sim_wrong(e.msg, UINT32_MAX);
}

/* Somebody does something: by hand, from outside, or to the clock. */
static void
meddle(struct world *w)
{
	struct chance *c = &w->chance;
	uint32_t i = (uint32_t)chance_below(c, w->state.services);

	uint64_t what = chance_below(c, 6);

	w->events++;
	if (w->state.services == 0 && what < 4) /* a table may be empty */
		return;
	switch (what) {
	case 0:
		svc_act_start(&w->in, i, SVC_EV_START);
		break;
	case 1:
		svc_act_event(&w->in, i, SVC_EV_STOP);
		break;
	case 2:
		svc_act_start(&w->in, i, SVC_EV_RESTART);
		break;
	case 3: /* killed from outside */
		if (w->proc[i].phase == PROC_RUNNING && w->proc[i].end_ms > w->now_ms) {
			w->proc[i].end = (struct svc_end){ .why = CTL_END_SIGNAL, .value = 9 };
			w->proc[i].end_ms = w->now_ms;
		}
		break;
	case 4:
		w->wall_offset_ms += (int64_t)chance_ms(c, 20 * 86400000ull) - (int64_t)chance_ms(c, 20 * 86400000ull);
		if (chance_of(c, 5))
			w->wall_offset_ms = 0;
		w->state.wall_ms = (int64_t)w->now_ms + w->wall_offset_ms;
		svc_act_clock(&w->in);
		break;
	default:
		if (w->more)
			load_another(w);
	}
}

static uint64_t
next_time(const struct world *w)
{
	uint64_t due = world_due(w), d;

	if ((d = svc_act_due(&w->in)) < due)
		due = d;
	if ((d = shutdown_due(&w->in)) < due)
		due = d;
	return due;
}

/* One wake-up: mostly in time, sometimes late, and once in a while after a long sleep of the whole machine. */
static void
turn(struct world *w, uint64_t *meddle_ms)
{
	uint64_t due = next_time(w);

	w->at_once = svc_act_due(&w->in) <= w->now_ms ? w->at_once + 1 : 0;
	if (w->at_once > AT_ONCE_MAX)
		sim_wrong("something is due at once, again and again: PID 1 would spin", UINT32_MAX);
	if (*meddle_ms < due && w->state.down == DOWN_NOT)
		due = *meddle_ms;
	if (due == SVC_NEVER)
		due = w->now_ms + 1;
	if (due > w->now_ms)
		w->now_ms = due;
	if (w->state.down == DOWN_NOT && chance_of(&w->chance, 3))
		w->now_ms += chance_ms(&w->chance, 100000);
	w->state.now_ms = w->now_ms;
	w->state.wall_ms = (int64_t)w->now_ms + w->wall_offset_ms;
	world_deliver(w);
	if (*meddle_ms <= w->now_ms && w->state.down == DOWN_NOT) {
		meddle(w);
		*meddle_ms = w->now_ms + chance_ms(&w->chance, 120000);
	}
	settle(w);
	if (!w->ended)
		sim_check(w);
}

static uint64_t
run(struct world *w, uint64_t seed, uint64_t events, bool loud)
{
	uint64_t meddle_ms = 2000, turns = 0, limit = events * 20 + 10000;

	sim_seed(seed);
	world_begin(w, seed);
	w->loud = loud;
	w->state.changed = true;
	settle(w);
	sim_check(w);
	while (w->events < events && turns++ < limit)
		turn(w, &meddle_ms);
	shutdown_begin(&w->in, DOWN_POWEROFF, "the end of the world");
	settle(w);
	for (turns = 0; !w->ended; turns++) {
		turn(w, &meddle_ms);
		if (turns > limit)
			sim_wrong("the shutdown makes no progress", UINT32_MAX);
	}
	events = w->events;
	world_end(w);
	return events;
}

int
main(int argc, char **argv)
{
	static struct world w;
	bool loud = argc > 1 && strcmp(argv[1], "-v") == 0;
	char **arg = argv + 1 + loud;

	if (!*arg) {
		fprintf(stderr, "usage: sim [-v] SEED [COUNT [EVENTS]]\n");
		return 2;
	}
	uint64_t seed = strtoull(*arg++, NULL, 10), count = *arg ? strtoull(*arg++, NULL, 10) : 1;
	uint64_t each = *arg ? strtoull(*arg, NULL, 10) : 500, events = 0;
	for (uint64_t i = 0; i < count; i++)
		events += run(&w, seed + i, each, loud);
	printf("%llu worlds from seed %llu, %llu events: nothing wrong\n", (unsigned long long)count, (unsigned long long)seed,
	       (unsigned long long)events);
	return 0;
}
