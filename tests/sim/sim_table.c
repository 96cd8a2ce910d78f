/* SPDX-License-Identifier: MIT
 *
 * Random service tables, of the shape that the builder writes: each passes tbl_open, or the simulation is wrong.
 */
#include <stdlib.h>
#include <string.h>

#include "sim.h"

struct layout {
	struct tbl_header h;
	struct tbl_machine machine;
	struct tbl_svc svcs[SIM_SVCS];
	uint32_t deps[SIM_SVCS * SIM_SVCS];
	uint32_t words[2];
	char strings[8 + SIM_NAMES * 8];
};

static uint32_t
pick(struct chance *c, const uint32_t *of, size_t n)
{
	return of[chance_below(c, n)];
}

#define PICK(c, ...) pick(c, (const uint32_t[]){ __VA_ARGS__ }, sizeof (uint32_t[]){ __VA_ARGS__ } / sizeof(uint32_t))

static struct tbl_span
some_of(struct chance *c, struct layout *l, uint32_t *n_deps, uint32_t i, unsigned percent)
{
	struct tbl_span span = { *n_deps, 0 };

	for (uint32_t k = 0; k < i; k++)
		if (chance_of(c, percent)) {
			l->deps[(*n_deps)++] = k;
			span.count++;
		}
	return span;
}

static void
make_service(struct chance *c, struct tbl_svc *s)
{
	s->ready = PICK(c, TBL_READY_NONE, TBL_READY_PROBE, TBL_READY_FD, TBL_READY_EXIT);
	if (s->ready == TBL_READY_PROBE)
		s->ready_probe = (struct tbl_probe){ .kind = TBL_PROBE_TCP, .port = 80 };
	s->ready_fd = s->ready == TBL_READY_FD ? 3 : 0;
	if (chance_of(c, 40)) {
		s->health = (struct tbl_probe){ .kind = TBL_PROBE_TCP, .port = 80 };
		s->health_every_ms = PICK(c, 100, 10000);
		s->health_timeout_ms = 50;
		s->health_failures = PICK(c, 1, 3);
		s->health_successes = PICK(c, 1, 2);
		s->health_action = PICK(c, TBL_HEALTH_NONE, TBL_HEALTH_RESTART);
	}
	if (chance_of(c, 20)) {
		s->flags |= TBL_SVC_NOTIFY;
		s->watchdog_ms = PICK(c, 0, 1000, 30000);
		s->health_action = PICK(c, TBL_HEALTH_NONE, TBL_HEALTH_RESTART);
	}
	s->ready_timeout_ms = PICK(c, 0, 300, 5000, 60000);
	s->restart = s->ready == TBL_READY_EXIT ? PICK(c, TBL_RESTART_NEVER, TBL_RESTART_ON_FAILURE) :
						  PICK(c, TBL_RESTART_NEVER, TBL_RESTART_ON_FAILURE, TBL_RESTART_ALWAYS);
	s->restart_signals = chance_of(c, 10) ? 1ull << 10 | 1ull << 63 : 0;
	s->on_failure = PICK(c, TBL_ON_FAILURE_NONE, TBL_ON_FAILURE_NONE, TBL_ON_FAILURE_DEPENDENTS);
}

static void
make_job(struct chance *c, struct tbl_svc *s)
{
	s->kind = TBL_JOB;
	s->restart = PICK(c, TBL_RESTART_NEVER, TBL_RESTART_ON_FAILURE);
	s->run_timeout_ms = PICK(c, 0, 500, 20000);
	s->jitter_ms = PICK(c, 0, 0, 400);
	s->late_ms = PICK(c, 0, 0, 2000);
	s->overlap = PICK(c, TBL_OVERLAP_SKIP, TBL_OVERLAP_QUEUE, TBL_OVERLAP_REPLACE);
	if (chance_of(c, 60)) {
		s->every_ms = PICK(c, 1000, 5000, 60000, 3600000);
		return;
	}
	s->missed = PICK(c, TBL_MISSED_SKIP, TBL_MISSED_ONCE);
	s->calendar = (struct calendar){ PICK(c, 1, 0x8001, UINT32_MAX), PICK(c, 1u << 2, 1u << 3, CALENDAR_HOURS),
					 CALENDAR_DAYS, CALENDAR_MONTHS, PICK(c, CALENDAR_WEEKDAYS, 2, 65) };
}

static void
make_one(struct chance *c, struct layout *l, uint32_t *n_deps, uint32_t i, uint32_t name)
{
	struct tbl_svc *s = &l->svcs[i];

	*s = (struct tbl_svc){ .name = 8 + name * 8, .root = 2, .argv = { 0, 1 }, .uid = 10000, .gid = 10000,
			       .stop_signal = 15,
			       .stop_timeout_ms = PICK(c, 0, 200, 5000), .pids_max = 8, .memory_max = 1 << 20,
			       .backoff_first_ms = PICK(c, 0, 20, 1000), .backoff_max_ms = PICK(c, 1000, 30000),
			       .backoff_jitter = PICK(c, 0, 10, 100), .healthy_ms = PICK(c, 0, 10000, 60000),
			       .restart_limit = PICK(c, 0, 0, 1, 5) };
	memcpy(l->strings + s->name, (char[8]){ 's', (char)('a' + name) }, 8);
	if (chance_of(c, 30))
		make_job(c, s);
	else
		make_service(c, s);
	s->deps = some_of(c, l, n_deps, i, 12);
	s->wants = some_of(c, l, n_deps, i, 8);
}

static void
close_table(struct layout *l, uint32_t n, uint32_t n_deps, struct tbl *out)
{
	uint64_t ms = 1000;
	struct err e;

	l->strings[2] = '/', l->strings[3] = 'r';
	l->words[0] = 2;
	for (uint32_t i = 0; i < n; i++)
		ms += l->svcs[i].stop_timeout_ms;
	l->machine.stop_deadline_ms = (uint32_t)ms;
	memcpy(l->h.magic, TBL_MAGIC, sizeof l->h.magic);
	l->h.version = TBL_VERSION;
	l->h.size = sizeof *l;
#define SECTION(s, member, number) l->h.section[s] = (struct tbl_extent){ offsetof(struct layout, member), number }
	for (int s = 0; s < TBL_SECTIONS; s++)
		SECTION(s, machine, 0);
	SECTION(TBL_MACHINE, machine, 1);
	SECTION(TBL_SVCS, svcs, n);
	SECTION(TBL_DEPS, deps, n_deps);
	SECTION(TBL_WORDS, words, 1);
	SECTION(TBL_STRINGS, strings, sizeof l->strings);
	l->h.crc = tbl_crc(l, sizeof *l);
	if (tbl_open(out, l, sizeof *l, &e))
		sim_wrong(e.msg, UINT32_MAX);
}

void
sim_table(struct chance *c, struct tbl *out)
{
	struct layout *l = calloc(1, sizeof *l);
	uint32_t n = 1 + (uint32_t)chance_below(c, SIM_SVCS), n_deps = 0;

	for (uint32_t i = 0; i < n; i++)
		make_one(c, l, &n_deps, i, i);
	l->machine.jobs_max = PICK(c, 0, 0, 1, 2);
	if (chance_of(c, 50))
		l->machine.zone = (struct zone){ 3600, 7200, { 3, 5, 0, 0, 7200 }, { 10, 5, 0, 0, 10800 } };
	close_table(l, n, n_deps, out);
}

/* ---- another one ---- */

uint32_t
sim_name(const struct tbl *t, uint32_t i)
{
	return (uint32_t)(tbl_str(t, tbl_svc(t, i)->name)[1] - 'a');
}

static uint32_t
unused_name(struct chance *c, const bool *used)
{
	uint32_t name = (uint32_t)chance_below(c, SIM_NAMES);

	while (used[name])
		name = (name + 1) % SIM_NAMES;
	return name;
}

/* The dependencies that are still there, by their places in the new table; false where one is not. */
static bool
keep_deps(const struct tbl *now, const struct tbl_svc *s, struct layout *l, uint32_t *n_deps, struct tbl_span *span,
	  const uint32_t *place, uint32_t (*get)(const struct tbl *, const struct tbl_svc *, uint32_t))
{
	uint32_t n = span->count;

	*span = (struct tbl_span){ *n_deps, 0 };
	for (uint32_t d = 0; d < n; d++) {
		uint32_t at = place[get(now, s, d)];
		if (at == UINT32_MAX)
			continue;
		l->deps[(*n_deps)++] = at;
		span->count++;
	}
	return span->count == n;
}

/* Returns whether it is the same service still. */
static bool
keep_one(struct chance *c, const struct tbl *now, uint32_t old, struct layout *l, uint32_t *n_deps, uint32_t i,
	 const uint32_t *place)
{
	const struct tbl_svc *s = tbl_svc(now, old);
	struct tbl_svc *x = &l->svcs[i];
	uint32_t name = sim_name(now, old);

	*x = *s;
	x->name = 8 + name * 8;
	memcpy(l->strings + x->name, (char[8]){ 's', (char)('a' + name) }, 8);
	bool same = keep_deps(now, s, l, n_deps, &x->deps, place, tbl_dep);
	same = keep_deps(now, s, l, n_deps, &x->wants, place, tbl_want) && same;
	if (x->kind == TBL_SERVICE) { /* what it waits for, and what follows its end, may change under it */
		same = true;
		if (chance_of(c, 15))
			x->backoff_max_ms += 1000;
	}
	if (!chance_of(c, 15))
		return same;
	x->memory_max += 4096;
	return false;
}

void
sim_next_table(struct chance *c, const struct tbl *now, struct tbl *out, bool same[SIM_NAMES])
{
	struct layout *l = calloc(1, sizeof *l);
	uint32_t n = 0, n_deps = 0, all = tbl_count(now, TBL_SVCS), place[SIM_SVCS];
	bool used[SIM_NAMES] = { false };
	unsigned leave = (unsigned)PICK(c, 0, 10, 40), add = (unsigned)PICK(c, 0, 10, 40);

	for (uint32_t i = 0; i < all; i++)
		used[sim_name(now, i)] = true;
	memset(same, 0, SIM_NAMES * sizeof *same);
	l->machine.jobs_max = chance_of(c, 80) ? now->machine->jobs_max : PICK(c, 0, 1, 2);
	l->machine.zone = now->machine->zone;
	for (uint32_t i = 0; i <= all; i++) {
		if (n + all - i < SIM_SVCS && chance_of(c, add)) {
			uint32_t name = unused_name(c, used);
			used[name] = true;
			make_one(c, l, &n_deps, n++, name);
		}
		if (i == all)
			break;
		place[i] = chance_of(c, leave) ? UINT32_MAX : n++;
		if (place[i] != UINT32_MAX)
			same[sim_name(now, i)] = keep_one(c, now, i, l, &n_deps, place[i], place);
	}
	close_table(l, n, n_deps, out);
}
