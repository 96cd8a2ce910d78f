/* SPDX-License-Identifier: MIT
 *
 * ingotctl reload: the plan is made and checked before anything is touched, then what must end is told to, and when it
 * has, each service that stays gets its new place with all that is known of it. It launches nothing itself.
 */
#include "reload.h"

#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "child.h"
#include "console.h"
#include "control.h"
#include "events.h"
#include "fmt.h"
#include "kept.h"
#include "late.h"
#include "logger.h"
#include "loop.h"
#include "reload_plan.h"
#include "svc_act.h"
#include "svc_io.h"
#include "tally.h"
#include "templates.h"

/* Made anew from the two tables by each program. */
static struct reload_plan plan;

static bool
going(const struct init *in)
{
	return in->s->reload.phase == RELOAD_STOPPING;
}

static void
drop_next(struct init *in)
{
	reload_close(&in->next);
	close(in->s->reload.next);
	in->s->reload.next = -1;
}

/* Stopped by hand, it shall not be started by a table. */
static bool
held(const struct svc *v)
{
	return (v->state == SVC_DOWN && !v->wanted) || (v->state == SVC_STOPPING && v->after == SVC_AFTER_DOWN);
}

static int
check_begin(const struct init *in, const struct tbl *next, struct err *e)
{
	if (in->s->down != DOWN_NOT)
		return err_set(e, 0, "the machine is going down");
	if (going(in) || (in->left.base && child_reads(in->left.base)))
		return err_set(e, 0, "another table is being loaded");
	if (!in->table.base)
		return err_set(e, 0, "this machine runs no services");
	return reload_plan(&in->table, next, in->launcher.disk, &plan, e);
}

int
reload_begin(struct init *in, struct tbl *next, int fd, struct err *e)
{
	struct reload *r = &in->s->reload;

	if (check_begin(in, next, e)) {
		reload_close(next);
		close(fd);
		return -1;
	}
	late_open(in); /* who goes takes its pipes along */
	in->next = *next;
	r->next = fd;
	r->phase = RELOAD_STOPPING;
	for (uint32_t i = 0; i < in->s->services; i++)
		r->held[i] = held(&in->s->svc[i]);
	in->s->changed = true;
	return 0;
}

bool
reload_done(const struct init *in, int *code, char *text, size_t cap)
{
	if (in->s->reload.phase == RELOAD_FAILED) {
		*code = ECANCELED;
		fmt(text, cap, "the machine is going down");
	}
	return !going(in);
}

/* ---- stopping ---- */

/* Of what ends: something that starts behind i has not ended. */
static bool
still_needed(const struct init *in, uint32_t i)
{
	for (uint32_t k = i + 1; k < in->s->services; k++)
		if (!plan.keeps[k] && svc_runs(&in->s->svc[k]) && svc_act_behind(in, k, i))
			return true;
	return false;
}

static bool
rests(const struct svc *v)
{
	return v->state == SVC_DONE || v->state == SVC_FAILED || (v->state == SVC_DOWN && !v->wanted) ||
	       (v->state == SVC_STOPPING && v->after == SVC_AFTER_DOWN);
}

void
reload_stop(struct init *in)
{
	if (!CFG_RELOAD || !going(in) || in->s->down != DOWN_NOT)
		return;
	for (uint32_t i = in->s->services; i-- > 0;) {
		const struct svc *v = &in->s->svc[i];
		if (plan.keeps[i] || rests(v))
			continue;
		if (!svc_runs(v) || v->state == SVC_STOPPING || !still_needed(in, i))
			svc_act_event(in, i, SVC_EV_STOP);
	}
}

/* ---- the change ---- */

/* A log outlives its service's entry; everything else begins anew. */
static void
renew(struct init *in, uint32_t i, const struct svc_run *was, bool hold)
{
	struct svc_run *r = &in->s->run[i];
	struct svc *v = &in->s->svc[i];

	svc_act_fresh(in, i);
	memcpy(r->log_pipe, was->log_pipe, sizeof r->log_pipe);
	r->ring = was->ring;
	r->group = GROUP_USED; /* as far as we know */
	if (hold) {
		v->state = SVC_DOWN;
		v->due_ms = SVC_NEVER;
		v->wanted = false;
	}
}

static void
move_services(struct init *in)
{
	static struct svc svc[CFG_MAX_SERVICES];
	static struct svc_run run[CFG_MAX_SERVICES];
	static bool placed[CFG_MAX_SERVICES], ring_used[CFG_MAX_SERVICES];
	uint32_t *ring = &in->s->reload.ring;

	memcpy(svc, in->s->svc, in->s->services * sizeof *svc);
	memcpy(run, in->s->run, in->s->services * sizeof *run);
	memset(placed, 0, sizeof placed);
	memset(ring_used, 0, sizeof ring_used);
	for (uint32_t i = 0; i < in->s->services; i++) {
		uint32_t to = plan.to[i];
		if (to == RELOAD_GONE) {
			logger_gone(&run[i]);
			kept_gone(&run[i]);
			continue;
		}
		placed[to] = ring_used[run[i].ring] = true;
		in->s->svc[to] = svc[i];
		in->s->run[to] = run[i];
		if (plan.keeps[i])
			continue;
		kept_gone(&run[i]); /* it may want another kind now */
		renew(in, to, &run[i], in->s->reload.held[i]);
	}
	in->s->services = tbl_count(&in->table, TBL_SVCS);
	for (uint32_t i = 0; i < in->s->services; i++) {
		if (placed[i])
			continue;
		while (ring_used[*ring])
			*ring = (*ring + 1) % CFG_MAX_SERVICES;
		ring_used[*ring] = true;
		renew(in, i, &(struct svc_run){ .ring = *ring }, false);
	}
}

/* The table before this one, unless a launch still looks at it. */
static bool
close_left(struct init *in)
{
	if (!in->left.base)
		return true;
	if (child_reads(in->left.base))
		return false;
	reload_close(&in->left);
	return true;
}

static void
change(struct init *in)
{
	struct reload *r = &in->s->reload;
	struct tbl old = in->table;
	uint32_t n = in->s->services;

	r->phase = RELOAD_CHANGING; /* a crash from here on finds no way back: keep.c's program says so and reboots */
	for (uint32_t i = 0; i < n; i++) {
		bool gone = plan.to[i] == RELOAD_GONE;
		if (!gone && plan.keeps[i])
			continue;
		if (!svc_io_clean(in, i) && gone) /* a program of the machine may leave something */
			svc_io_kill(in, i);
		if (!gone)
			continue;
		if (tbl_svc(&in->table, i)->devices.count)
			template_devices_gone(init_name(in, i));
	}
	in->table = in->next;
	in->next = (struct tbl){ .base = NULL };
	loop_services(in, n, tbl_count(&in->table, TBL_SVCS));
	loop_move(in, plan.to, n);
	move_services(in);
	logger_services(in);
	tally_begin(in);
	in->s->unready = 0;
	events_move(in, plan.to, n);
	control_move(in, plan.to, n);
	if (r->own)
		close(r->table);
	r->table = r->next;
	r->own = true;
	r->next = -1;
	in->left = old;
	close_left(in);
	r->phase = RELOAD_DONE;
	late_links(in);
	svc_act_watch_clock(in);
	in->s->changed = true;
	say("table: loaded anew: %u services run on, %u start anew, %u are new, %u are gone", plan.kept, plan.changed,
	    plan.added, plan.removed);
}

void
reload_settle(struct init *in)
{
	if (!CFG_RELOAD || !close_left(in) || !going(in))
		return;
	if (in->s->down != DOWN_NOT) {
		drop_next(in);
		in->s->reload.phase = RELOAD_FAILED;
		return;
	}
	for (uint32_t i = 0; i < in->s->services; i++)
		if (!plan.keeps[i] && (!rests(&in->s->svc[i]) || svc_runs(&in->s->svc[i])))
			return;
	change(in);
}

int
reload_resume(struct init *in, struct err *e)
{
	struct reload *r = &in->s->reload;

	if (r->phase == RELOAD_CHANGING)
		return err_set(e, 0, "it crashed while the table changed");
	if (r->own && reload_open(&in->table, r->table, e))
		return -1;
	if (going(in) && (reload_open(&in->next, r->next, e) ||
			  reload_plan(&in->table, &in->next, in->launcher.disk, &plan, e)))
		return err_wrap(e, "the next table");
	return 0;
}
