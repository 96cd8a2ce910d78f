/* SPDX-License-Identifier: MIT */
#include "job.h"

#define MISSED_MAX 1000 /* counted no further: a clock that was set from 1970 has left out all there are */
#define BACK_S (3 * 3600) /* set back by less than this: what has run already does not run twice */

/* Random, from now on: each run may be as late as the jitter says, and none before its time. */
static uint64_t
later(const struct tbl_svc *conf, struct svc *svc)
{
	return conf->jitter_ms ? svc_draw(svc, (uint64_t)conf->jitter_ms + 1) : 0;
}

static void
plan_interval(const struct tbl_svc *conf, struct svc *svc, uint64_t now)
{
	uint64_t every = conf->every_ms ? conf->every_ms : 1, next = svc->base_ms;

	if (next == 0)
		next = now;
	if (next <= now) {
		uint64_t steps = (now - next) / every + 1;
		next += steps * every;
		svc->skipped += (uint32_t)(steps - 1);
	}
	svc->base_ms = next;
	svc->next_ms = next + later(conf, svc);
}

static void
plan_calendar(const struct tbl_svc *conf, struct svc *svc, const struct svc_clock *clock)
{
	int64_t wall = clock->wall_ms / 1000, after = wall;

	if (svc->next_wall_s && svc->next_wall_s <= wall)
		svc->last_wall_s = svc->next_wall_s;
	if (svc->last_wall_s > wall && svc->last_wall_s - wall < BACK_S)
		after = svc->last_wall_s;
	svc->next_ms = SVC_NEVER;
	svc->next_wall_s = 0;
	if (wall < SVC_WALL_MIN_S || !calendar_next(&conf->calendar, clock->zone, after, &svc->next_wall_s))
		return;
	svc->next_ms = clock->now_ms + (uint64_t)(svc->next_wall_s * 1000 - clock->wall_ms) + later(conf, svc);
}

void
job_plan(const struct tbl_svc *conf, struct svc *svc, const struct svc_clock *clock)
{
	if (conf->every_ms) {
		plan_interval(conf, svc, clock->now_ms);
		return;
	}
	/* by the wall clock it may be a moment early, as both clocks are cut to milliseconds: this run is done all the same */
	if (svc->next_ms <= clock->now_ms)
		svc->last_wall_s = svc->next_wall_s;
	plan_calendar(conf, svc, clock);
}

void
job_begin(const struct tbl_svc *conf, struct svc *svc, const struct svc_clock *clock)
{
	if (conf->every_ms && !conf->jitter_ms)
		return;
	if (conf->every_ms) {
		svc->base_ms = clock->now_ms;
		svc->next_ms = svc->base_ms + later(conf, svc);
	} else {
		plan_calendar(conf, svc, clock);
	}
	svc->state = SVC_WAITING;
	svc->wanted = false;
	svc->due_ms = svc->next_ms;
}

uint32_t
job_replan(const struct tbl_svc *conf, struct svc *svc, const struct svc_clock *clock)
{
	int64_t wall = clock->wall_ms / 1000, due = svc->next_wall_s;
	uint32_t missed = 0;

	if (!conf->calendar.minutes)
		return 0;
	/* what was dealt with already is not missed, and where the clock was not there, all that came since is */
	if (svc->last_wall_s && svc->last_wall_s >= due &&
	    !calendar_next(&conf->calendar, clock->zone, svc->last_wall_s, &due))
		due = 0;
	int64_t last = svc->last_wall_s;
	while (due && due <= wall && missed < MISSED_MAX) {
		missed++;
		last = due;
		if (!calendar_next(&conf->calendar, clock->zone, due, &due))
			break;
	}
	plan_calendar(conf, svc, clock);
	if (last > svc->last_wall_s)
		svc->last_wall_s = last;
	return missed;
}
