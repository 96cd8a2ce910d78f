/* SPDX-License-Identifier: MIT */
#include "runs.h"

#include <string.h>

#include "crc32.h"
#include "svc.h"

static uint32_t
crc_of(const struct run_record *r)
{
	return crc32_of(r, offsetof(struct run_record, crc));
}

void
run_seal(struct run_record *r)
{
	r->magic = RUN_MAGIC;
	r->pad = 0;
	r->crc = crc_of(r);
}

bool
run_ok(const struct run_record *r)
{
	uint16_t reasons = r->what == RUN_SKIPPED ? (uint16_t)RUN_SKIPS : (uint16_t)SVC_REASONS;

	return r->magic == RUN_MAGIC && r->crc == crc_of(r) && r->what < RUN_WHATS && r->reason < reasons &&
	       r->end < CTL_ENDS && r->name[0] && memchr(r->name, '\0', sizeof r->name) && r->seq && r->seq < UINT64_MAX / 2;
}

static bool
used(const struct run_record *r)
{
	return r->magic == RUN_MAGIC;
}

static bool
same_job(const struct run_record *r, const char *name)
{
	return used(r) && strcmp(r->name, name) == 0;
}

static bool
same_run(const struct run_record *a, const struct run_record *b)
{
	return a->boot == b->boot && a->start_ms == b->start_ms && a->what == b->what && a->run == b->run;
}

static void
older(struct run_record **oldest, struct run_record *r)
{
	if (!*oldest || r->seq < (*oldest)->seq)
		*oldest = r;
}

void
runs_put(struct run_ring *ring, const struct run_record *r, uint32_t share)
{
	struct run_record *own = NULL, *all = NULL, *empty = NULL;
	uint32_t count = 0;

	for (struct run_record *p = ring->record; p < ring->record + CFG_RUNS_KEPT; p++) {
		if (!used(p)) {
			empty = empty ? empty : p;
			continue;
		}
		older(&all, p);
		if (!same_job(p, r->name))
			continue;
		if (same_run(p, r)) {
			*p = *r;
			return;
		}
		older(&own, p);
		count++;
	}
	*(own && count >= share ? own : empty ? empty : all) = *r;
}

const struct run_record *
runs_next(const struct run_ring *ring, const char *name, uint64_t seq)
{
	const struct run_record *next = NULL;

	for (const struct run_record *p = ring->record; p < ring->record + CFG_RUNS_KEPT; p++)
		if ((*name ? same_job(p, name) : used(p)) && p->seq > seq && (!next || p->seq < next->seq))
			next = p;
	return next;
}

const struct run_record *
runs_newest(const struct run_ring *ring, const char *name)
{
	const struct run_record *newest = NULL;

	for (const struct run_record *p = ring->record; p < ring->record + CFG_RUNS_KEPT; p++)
		if (same_job(p, name) && (!newest || p->seq > newest->seq))
			newest = p;
	return newest;
}

int64_t
runs_seen_s(const struct run_ring *ring, const char *name)
{
	int64_t seen = 0;

	for (const struct run_record *p = ring->record; p < ring->record + CFG_RUNS_KEPT; p++) {
		if (!same_job(p, name))
			continue;
		if (p->start_wall_ms / 1000 > seen)
			seen = p->start_wall_ms / 1000;
		if (p->due_s > seen)
			seen = p->due_s;
	}
	return seen;
}

uint32_t
runs_take(struct run_ring *ring, const void *bytes, size_t size, uint32_t share)
{
	const uint8_t *p = bytes;
	struct run_record r;
	uint32_t damaged = 0;

	for (; size >= sizeof r; p += sizeof r, size -= sizeof r) {
		memcpy(&r, p, sizeof r);
		if (run_ok(&r))
			runs_put(ring, &r, share);
		else
			damaged++;
	}
	return damaged;
}
