/* SPDX-License-Identifier: MIT
 *
 * The order of an end and its deadline: each service is asked to stop once nothing needs it any more. It asks and kills
 * through svc_act and svc_io; what comes after the services is ending.c's.
 */
#include "shutdown.h"

#include "console.h"
#include "ending.h"
#include "fmt.h"
#include "late.h"
#include "svc_act.h"
#include "svc_io.h"
#include "svc_say.h"
#include "tally.h"

/* What killing and sync get of the deadline. The builder adds a second to what the services are given; the kills on the
 * way there take a moment each. */
#define RESERVE_MS 800
#define RESERVE_PART 5     /* and no more than this part of a short deadline */
#define RESERVE_DISK_MS 4800 /* a disk has what was written last to take; the builder adds four seconds for it */
#define RESERVE_DISK_PART 2

static const char *const kinds[] = {
	[DOWN_POWEROFF] = "power off", [DOWN_REBOOT] = "reboot", [DOWN_HALT] = "halt",
};

static uint64_t
deadline_ms(const struct init *in)
{
	uint32_t ms = in->table.base ? in->table.machine->stop_deadline_ms : 0;

	return ms ? ms : CFG_STOP_DEADLINE_MS;
}

void
shutdown_begin(struct init *in, enum down_kind kind, const char *why)
{
	shutdown_with(in, kind, why, 0);
}

void
shutdown_with(struct init *in, enum down_kind kind, const char *why, int status)
{
	if (in->s->down != DOWN_NOT)
		return;
	late_open(in); /* a host hears how it ends */
	say("%s: asked for by %s", kinds[kind], why);
	in->s->down = kind;
	in->s->down_status = status;
	fmt(in->s->down_why, sizeof in->s->down_why, "%s", why);
	in->s->down_ms = in->s->now_ms + deadline_ms(in);
	in->s->changed = true;
	tally_all_times(in);
	for (uint32_t i = 0; i < in->s->services; i++)
		if (!svc_runs(&in->s->svc[i]) || in->s->svc[i].state == SVC_STOPPING)
			svc_act_event(in, i, SVC_EV_STOP); /* it shall not start again */
}

/* What i started behind has a smaller index. */
static void
mark_needed(struct marks *needed, const struct init *in, uint32_t i)
{
	const struct tbl_svc *c = tbl_svc(&in->table, i);

	for (uint32_t d = 0; d < c->deps.count; d++)
		marks_set(needed, tbl_dep(&in->table, c, d), true);
	for (uint32_t d = 0; d < c->wants.count; d++)
		marks_set(needed, tbl_want(&in->table, c, d), true);
}

static void
finish(struct init *in)
{
	for (uint32_t i = 0; i < in->s->services; i++) {
		if (!svc_runs(&in->s->svc[i]))
			continue;
		warn("%s %s: still there at the deadline: killed", svc_kind_word(in, i), init_name(in, i));
		svc_io_kill(in, i);
	}
	ending(in, (enum down_kind)in->s->down);
}

void
shutdown_settle(struct init *in)
{
	struct marks needed = { 0 };
	bool runs = false;

	if (in->s->down == DOWN_NOT)
		return;
	for (uint32_t i = in->s->services; i-- > 0;) {
		const struct svc *v = &in->s->svc[i];
		if (!svc_runs(v))
			continue;
		runs = true;
		if (v->state != SVC_STOPPING && !marks_has(&needed, i))
			svc_act_event(in, i, SVC_EV_STOP);
		mark_needed(&needed, in, i);
	}
	if (!runs)
		finish(in);
}

uint64_t
shutdown_due(const struct init *in)
{
	bool disk = in->launcher.disk;
	uint64_t most = disk ? RESERVE_DISK_MS : RESERVE_MS;
	uint64_t reserve = deadline_ms(in) / (disk ? RESERVE_DISK_PART : RESERVE_PART);

	return in->s->down == DOWN_NOT ? SVC_NEVER : in->s->down_ms - (reserve < most ? reserve : most);
}

void
shutdown_timers(struct init *in)
{
	if (shutdown_due(in) <= in->s->now_ms)
		finish(in);
}
