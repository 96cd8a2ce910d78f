/* SPDX-License-Identifier: MIT
 *
 * What must be true after each step, told from the table and the world alone: nothing here asks PID 1's own sources
 * whether it is right, but for the names of states.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "sim.h"

static uint64_t seed_of_world;

void
sim_wrong(const char *what, uint32_t i)
{
	const struct world *w = world;

	printf("seed %llu, %llu ms, %llu events: ", (unsigned long long)seed_of_world,
	       (unsigned long long)(w ? w->now_ms : 0), (unsigned long long)(w ? w->events : 0));
	if (i < CFG_MAX_SERVICES)
		printf("service %u (%s): ", i, svc_state_name(w->state.svc[i].state));
	puts(what);
	exit(1);
}

void
sim_seed(uint64_t seed)
{
	seed_of_world = seed;
}

static const struct tbl_svc *
conf(const struct world *w, uint32_t i)
{
	return tbl_svc(&w->in.table, i);
}

static bool
alive(const struct world *w, uint32_t i)
{
	return w->proc[i].phase != PROC_NONE;
}

static bool
is_ready(const struct world *w, uint32_t i)
{
	const struct svc *v = &w->state.svc[i];

	return conf(w, i)->kind == TBL_JOB ? v->ran_well : v->state == SVC_UP || v->state == SVC_DONE;
}

static bool
deps_are_ready(const struct world *w, uint32_t i)
{
	for (uint32_t d = 0; d < conf(w, i)->deps.count; d++)
		if (!is_ready(w, tbl_dep(&w->in.table, conf(w, i), d)))
			return false;
	return true;
}

static uint32_t
jobs_alive(const struct world *w)
{
	uint32_t n = 0;

	for (uint32_t i = 0; i < w->state.services; i++)
		n += conf(w, i)->kind == TBL_JOB && alive(w, i);
	return n;
}

void
sim_check_launch(const struct world *w, uint32_t i, bool again)
{
	const struct proc *p = &w->proc[i];

	if (w->more && again != p->group)
		sim_wrong(again ? "given a group that is not there" : "its group is there, and it is to make one", i);
	if (again && p->group_oom)
		sim_wrong("given a group that was killed for memory", i);
	if (alive(w, i))
		sim_wrong("launched while its last run is there", i);
	if (w->proc[i].left)
		sim_wrong("launched into a group that something of its last run is in", i);
	if (w->state.down != DOWN_NOT)
		sim_wrong("launched during the shutdown", i);
	if (!deps_are_ready(w, i))
		sim_wrong("launched before what it needs is ready", i);
	uint32_t max = w->in.table.machine->jobs_max;
	if (max && conf(w, i)->kind == TBL_JOB && jobs_alive(w) >= max)
		sim_wrong("more jobs at once than allowed", i);
}

static bool
starts_behind(const struct world *w, uint32_t k, uint32_t i)
{
	for (uint32_t d = 0; d < conf(w, k)->deps.count; d++)
		if (tbl_dep(&w->in.table, conf(w, k), d) == i)
			return true;
	for (uint32_t d = 0; d < conf(w, k)->wants.count; d++)
		if (tbl_want(&w->in.table, conf(w, k), d) == i)
			return true;
	return false;
}

void
sim_check_signal(const struct world *w, uint32_t i)
{
	if (w->proc[i].signals)
		sim_wrong("asked to stop twice", i);
	if (w->state.down == DOWN_NOT || w->state.svc[i].end.why == CTL_END_TIMEOUT)
		return; /* its own time is over, whoever needs it */
	for (uint32_t k = i + 1; k < w->state.services; k++)
		if (alive(w, k) && starts_behind(w, k, i))
			sim_wrong("asked to stop while what started behind it still runs", i);
}

/* The wait that the failures in a row come to, without what is added at random. */
static uint64_t
least_wait(const struct tbl_svc *c, uint32_t failures)
{
	uint64_t ms = c->backoff_first_ms;

	while (--failures && ms < c->backoff_max_ms)
		ms *= 2;
	if (ms > c->backoff_max_ms)
		ms = c->backoff_max_ms;
	return ms < SVC_BACKOFF_MIN_MS ? SVC_BACKOFF_MIN_MS : ms;
}

static void
check_state(const struct world *w, uint32_t i)
{
	const struct svc *v = &w->state.svc[i];
	const struct tbl_svc *c = conf(w, i);
	const struct proc *p = &w->proc[i];
	bool runs = v->state == SVC_STARTING || v->state == SVC_UP || v->state == SVC_STOPPING;

	if (runs && !alive(w, i))
		sim_wrong("it has ended, and nobody knows", i);
	if (!runs && alive(w, i))
		sim_wrong("it runs, and nobody knows", i);
	if (v->state == SVC_STOPPING && w->now_ms > v->due_ms)
		sim_wrong("it should have been killed", i);
	if (v->state == SVC_STOPPING && v->due_ms == SVC_NEVER)
		sim_wrong("it may take for ever to stop", i);
	if (v->state == SVC_STARTING && c->ready_timeout_ms && w->now_ms > v->since_ms + c->ready_timeout_ms &&
	    w->now_ms > w->proc[i].extended_ms)
		sim_wrong("it starts beyond its time", i);
	if (v->state == SVC_UP && c->kind == TBL_JOB && c->run_timeout_ms && w->now_ms > v->since_ms + c->run_timeout_ms)
		sim_wrong("it runs beyond its time", i);
	uint32_t period = w->proc[i].period_ms ? w->proc[i].period_ms : c->watchdog_ms;
	if (v->state == SVC_UP && c->watchdog_ms && !v->unhealthy && w->now_ms > v->since_ms + period &&
	    v->due_ms > w->now_ms + period)
		sim_wrong("its watchdog is off", i);
	if (v->state == SVC_UP && v->unhealthy && c->health_action == TBL_HEALTH_RESTART)
		sim_wrong("it is unhealthy, and stays up", i);
	if (v->state == SVC_UP && v->unwell >= c->health_failures && c->health_failures && !v->unhealthy)
		sim_wrong("its checks have failed, and it counts as well", i);
	if (v->state == SVC_UP && !p->exec_told && !p->ready_told)
		sim_wrong("up before its program was executed", i);
	if (v->state == SVC_BACKOFF && v->since_ms > w->moved_ms) { /* else it waits as another table had it */
		uint64_t wait = v->due_ms - v->since_ms, least = least_wait(c, v->failures);
		if (v->failures == 0 || wait < least || wait > least + least * c->backoff_jitter / 100)
			sim_wrong("the wait is not what its failures come to", i);
		if (c->restart == TBL_RESTART_NEVER || (c->restart_limit && v->failures > c->restart_limit))
			sim_wrong("it is started again beyond its limit", i);
	}
	if (v->state == SVC_DONE && (v->end.why != CTL_END_EXIT || v->end.value != 0))
		sim_wrong("done, and it ended badly", i);
	if (v->state == SVC_FAILED && c->kind == TBL_JOB)
		sim_wrong("a job stays failed", i);
	if (v->state == SVC_WAITING && v->next_ms != v->due_ms)
		sim_wrong("a job waits for another time than its next", i);
	if (c->kind == TBL_JOB && c->every_ms && v->state == SVC_WAITING &&
	    v->due_ms > w->now_ms + c->every_ms + c->jitter_ms)
		sim_wrong("a job waits for longer than its interval", i);
}

/* A want holds back only on its first way up, and only where that can end. */
static bool
may_be_held_back(const struct world *w, uint32_t i)
{
	const struct tbl_svc *c = conf(w, i);

	for (uint32_t d = 0; d < c->wants.count; d++) {
		uint32_t k = tbl_want(&w->in.table, c, d);
		if (w->state.svc[k].failures == 0 && !w->state.svc[k].ran_well && !is_ready(w, k))
			return true;
	}
	return c->kind == TBL_JOB && w->in.table.machine->jobs_max && jobs_alive(w) >= w->in.table.machine->jobs_max;
}

/* Launches wait for room for that long, and PID 1 wakes in time to go on without. */
static bool
may_be_crowded(const struct world *w)
{
	return w->state.crowd_ms > w->now_ms && w->state.crowd_ms <= w->now_ms + 200;
}

void
sim_check(const struct world *w)
{
	for (uint32_t i = 0; i < w->state.services; i++) {
		const struct svc *v = &w->state.svc[i];
		check_state(w, i);
		if (v->state == SVC_DOWN && v->wanted && w->state.down == DOWN_NOT && deps_are_ready(w, i) &&
		    !may_be_crowded(w) && !may_be_held_back(w, i))
			sim_wrong("nothing holds it back, and it is not started", i);
	}
	if (w->state.down != DOWN_NOT && !w->ended && w->now_ms > w->state.down_ms)
		sim_wrong("the shutdown's deadline has passed", UINT32_MAX);
}

/* ---- another table ---- */

static struct svc was[SIM_NAMES];
static pid_t pid_was[SIM_NAMES];

void
sim_check_same(const struct world *w, const struct svc *before)
{
	for (uint32_t i = 0; i < w->state.services; i++)
		if (w->state.reload.phase == RELOAD_STOPPING && w->same[sim_name(&w->in.table, i)] &&
		    memcmp(&before[i], &w->state.svc[i], sizeof before[i]) != 0)
			sim_wrong("stopped for a table that has it as it is", i);
}

/* The table is the new one already, the services still stand in their old places. */
void
sim_check_move(const struct world *w, const uint32_t *to, uint32_t n)
{
	memset(was, 0, sizeof was);
	memset(pid_was, 0, sizeof pid_was);
	for (uint32_t i = 0; i < n; i++) {
		if (to[i] == UINT32_MAX && alive(w, i))
			sim_wrong("taken out of the table while it runs", i);
		if (to[i] == UINT32_MAX)
			continue;
		uint32_t name = sim_name(&w->in.table, to[i]);
		if (!w->same[name] && alive(w, i))
			sim_wrong("it runs on under an entry that it was not started by", i);
		was[name] = w->state.svc[i];
		pid_was[name] = alive(w, i) ? w->proc[i].pid : 0;
	}
}

void
sim_check_moved(const struct world *w)
{
	for (uint32_t i = 0; i < w->state.services; i++) {
		uint32_t name = sim_name(&w->in.table, i);
		pid_t pid = alive(w, i) ? w->proc[i].pid : 0;
		if (!w->same[name])
			continue;
		if (memcmp(&was[name], &w->state.svc[i], sizeof was[name]) != 0)
			sim_wrong("another table changed what it does not speak of", i);
		if (pid != pid_was[name] || w->state.run[i].pid != pid)
			sim_wrong("its process has become another", i);
	}
}
