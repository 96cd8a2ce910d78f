/* SPDX-License-Identifier: MIT
 *
 * Judges from a service's state alone whether what a client waits for has happened. It sends nothing.
 */
#include "control_wait.h"

#include <errno.h>

#include "fmt.h"
#include "reexec.h"
#include "reload.h"
#include "svc_act.h"
#include "svc_say.h"

static bool
failed(const struct init *in, uint32_t i, int *code, char *text)
{
	svc_end_text(in, i, text, CONTROL_TEXT_MAX);
	*code = EIO;
	return true;
}

static bool
start_blocked(const struct init *in, uint32_t i, int *code, char *text)
{
	uint32_t dep = svc_act_obstacle(in, i);

	if (dep == UINT32_MAX)
		return false;
	fmt(text, CONTROL_TEXT_MAX, "it waits for %s, which is down", init_name(in, dep));
	*code = EAGAIN;
	return true;
}

/* A job is done when it has run, a service when it is ready. Of a job that is queued again and again no state tells. */
static bool
start_done(const struct init *in, uint32_t i, uint64_t run, int *code, char *text)
{
	const struct svc *v = &in->s->svc[i];
	bool job = tbl_svc(&in->table, i)->kind == TBL_JOB;

	if (job && v->runs > run)
		return svc_end_good(&v->end) || failed(in, i, code, text);
	switch ((enum svc_state)v->state) {
	case SVC_UP:
		return !job;
	case SVC_DONE:
		return true;
	case SVC_WAITING:
		return svc_end_good(&v->end) || failed(in, i, code, text);
	case SVC_BACKOFF:
	case SVC_FAILED:
		return failed(in, i, code, text);
	case SVC_DOWN:
		if (v->wanted)
			return start_blocked(in, i, code, text);
		fmt(text, CONTROL_TEXT_MAX, "it was stopped meanwhile");
		*code = ECANCELED;
		return true;
	case SVC_STARTING:
	case SVC_STOPPING:
	case SVC_STATES:
		break;
	}
	return false;
}

/* Another one may have started it before this one is heard. */
static bool
stop_done(const struct init *in, uint32_t i, uint64_t run, int *code, char *text)
{
	const struct svc *v = &in->s->svc[i];

	if (svc_runs(v) ? v->runs > run : v->state == SVC_DOWN && v->wanted) { /* it may wait for its turn to start */
		fmt(text, CONTROL_TEXT_MAX, "it was started again meanwhile");
		*code = ECANCELED;
		return true;
	}
	return !svc_runs(v);
}

uint64_t
control_awaited_run(const struct init *in, uint32_t i, uint32_t verb)
{
	const struct svc *v = &in->s->svc[i];
	bool same = verb == CTL_STOP || (verb == CTL_START && svc_runs(v) && v->state != SVC_STOPPING);

	return (uint64_t)v->runs + !same;
}

bool
control_done(const struct init *in, const struct client *cl, int *code, char *text)
{
	*code = 0;
	*text = '\0';
	if (cl->verb == CTL_REEXEC)
		return reexec_done(in, code, text, CONTROL_TEXT_MAX);
	if (CFG_RELOAD && cl->verb == CTL_RELOAD)
		return reload_done(in, code, text, CONTROL_TEXT_MAX);
	if (cl->verb == CTL_STOP)
		return stop_done(in, cl->svc, cl->pos, code, text);
	return start_done(in, cl->svc, cl->pos, code, text);
}
