/* SPDX-License-Identifier: MIT
 *
 * Asks for a run by the events that a schedule brings too, so that its rules for overlap hold, and reads records of
 * runs from the state. It keeps nothing but a client's place in the order of records.
 */
#include "control_runs.h"

#include <errno.h>
#include <string.h>

#include "control_pump.h"
#include "fmt.h"
#include "svc_act.h"

#define PACKETS_MAX 16 /* to one client in one wake-up */
#define NO_JOBS "this ingot-init was built without jobs"

/* The end of the first run behind that many, in this boot. */
static const struct run_record *
run_behind(const struct init *in, uint32_t i, uint64_t runs)
{
	const struct history *h = &in->s->history;
	const struct run_record *r = NULL;

	do
		r = runs_next(&h->ring, init_name(in, i), r ? r->seq : 0);
	while (r && (r->what != RUN_ENDED || r->boot != h->boot || r->run <= runs));
	return r;
}

bool
control_runs_behind(const struct init *in, const struct client *cl)
{
	const struct svc *v = &in->s->svc[cl->svc];

	if (!cl->follow)
		return false;
	if (run_behind(in, cl->svc, cl->pos))
		return true;
	/* it was stopped before it came to a run */
	return !svc_runs(v) && !(v->state == SVC_DOWN && v->wanted);
}

enum sent
control_runs_send(struct init *in, uint32_t c)
{
	struct client *cl = &in->s->client[c];
	const char *name = cl->svc == UINT32_MAX ? "" : init_name(in, cl->svc);
	const struct run_record *r;
	enum sent sent = SENT;

	if (cl->follow) {
		r = run_behind(in, cl->svc, cl->pos);
		if (r)
			sent = control_reply(in, c, CTL_R_RUN, r, sizeof *r);
		cl->follow = sent != SENT;
		return sent;
	}
	for (int n = 0; n < PACKETS_MAX; n++) {
		r = runs_next(&in->s->history.ring, name, cl->pos);
		if (!r)
			return SENT;
		if (r->what != RUN_KNOWN)
			sent = control_reply(in, c, CTL_R_RUN, r, sizeof *r);
		if (sent != SENT)
			return sent;
		cl->pos = r->seq;
	}
	return SENT_LATER;
}

void
control_history(struct init *in, uint32_t c, uint32_t i)
{
	struct client *cl = &in->s->client[c];

	if (!CFG_JOBS || (i < in->s->services && tbl_svc(&in->table, i)->kind != TBL_JOB)) {
		control_finish(in, c, EINVAL, CFG_JOBS ? "it is no job" : NO_JOBS);
		return;
	}
	cl->phase = CLIENT_RUNS;
	cl->svc = i;
	control_pump(in, c);
}

/* ---- a run now ---- */

/* Of a job that runs already. Returns 0 or an errno, with its words. */
static int
run_besides(struct init *in, uint32_t i, const char **text)
{
	static const char *const words[TBL_OVERLAPS] = {
		[TBL_OVERLAP_SKIP] = "it runs already, and its runs do not overlap",
		[TBL_OVERLAP_QUEUE] = "it runs already: once more behind this run",
		[TBL_OVERLAP_REPLACE] = "it runs already: this run is stopped for the new one",
	};
	uint32_t overlap = tbl_svc(&in->table, i)->overlap;

	*text = words[overlap];
	if (overlap == TBL_OVERLAP_SKIP)
		return EBUSY;
	if (in->s->svc[i].queued) {
		*text = "it runs already, and the next run waits";
		return EBUSY;
	}
	svc_act_event(in, i, SVC_EV_TICK);
	return 0;
}

static int
run_now(struct init *in, uint32_t i, char *text)
{
	uint32_t dep;

	svc_act_start(in, i, SVC_EV_START);
	svc_act_settle(in);
	const struct svc *v = &in->s->svc[i];
	if (svc_runs(v))
		fmt(text, CONTROL_TEXT_MAX, "started");
	else if (v->state != SVC_DOWN)
		fmt(text, CONTROL_TEXT_MAX, "it could not be launched"); /* --wait and history say why */
	else if ((dep = svc_act_obstacle(in, i)) < in->s->services)
		fmt(text, CONTROL_TEXT_MAX, "it waits for %s, which is down", init_name(in, dep));
	else
		fmt(text, CONTROL_TEXT_MAX, "it waits for what it needs, or for another job's end");
	return 0;
}

void
control_run(struct init *in, uint32_t c, uint32_t i, bool wait)
{
	struct client *cl = &in->s->client[c];
	uint64_t runs = in->s->svc[i].runs;
	char text[CONTROL_TEXT_MAX];
	const char *words = text;

	if (!CFG_JOBS || tbl_svc(&in->table, i)->kind != TBL_JOB) {
		control_finish(in, c, EINVAL, CFG_JOBS ? "it is no job: ingotctl start starts a service" : NO_JOBS);
		return;
	}
	int code = svc_runs(&in->s->svc[i]) ? run_besides(in, i, &words) : run_now(in, i, text);
	if (code == 0 && control_reply(in, c, CTL_R_DATA, words, strlen(words)) == SENT_GONE) {
		control_drop(in, c);
	} else if (code || !wait) {
		control_finish(in, c, code, code ? words : "");
	} else {
		cl->phase = CLIENT_RUNS;
		cl->svc = i;
		cl->pos = runs;
		cl->follow = true;
	}
}
