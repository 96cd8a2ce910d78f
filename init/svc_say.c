/* SPDX-License-Identifier: MIT
 *
 * Words for a service's changes. It reads the state and writes to the console, nothing else.
 */
#include "svc_say.h"

#include <string.h>

#include "console.h"
#include "fmt.h"
#include "sick.h"
#include "svc_act.h"

#define TEXT_MAX 400

const char *
svc_kind_word(const struct init *in, uint32_t i)
{
	return tbl_svc(&in->table, i)->kind == TBL_JOB ? "job" : "service";
}

static size_t
launch_text(const struct init *in, uint32_t i, char *buf, size_t cap)
{
	const struct tbl_svc *c = tbl_svc(&in->table, i);
	const struct svc_end *end = &in->s->svc[i].end;
	uint32_t mount = in->s->run[i].failed_mount;
	const char *what = "";

	if (end->step == LAUNCH_MOUNT && mount < c->mounts.count)
		what = tbl_str(&in->table, tbl_mount(&in->table, c, mount)->path);
	else if (end->step == LAUNCH_EXEC)
		what = tbl_word(&in->table, c->argv, 0);
	return fmt(buf, cap, "step %s%s%s: %s", launch_step_name(end->step), *what ? " " : "", what,
		   err_text((int)end->value));
}

size_t
svc_end_text(const struct init *in, uint32_t i, char *buf, size_t cap)
{
	const struct tbl_svc *c = tbl_svc(&in->table, i);
	const struct svc_end *end = &in->s->svc[i].end;
	size_t n;

	switch (end->why) {
	case CTL_END_EXIT:
		return fmt(buf, cap, "exit %u", end->value);
	case CTL_END_SIGNAL:
		return fmt(buf, cap, "signal %u (%s)", end->value, strsignal((int)end->value));
	case CTL_END_OOM:
		return fmt(buf, cap, "out of memory, the limit is %llu KiB", (unsigned long long)c->memory_max / 1024);
	case CTL_END_LAUNCH:
		return launch_text(in, i, buf, cap);
	case CTL_END_NOT_READY:
		if (end->value)
			return fmt(buf, cap, "not ready within %u ms", c->ready_timeout_ms);
		return fmt(buf, cap, "not ready: descriptor %u was closed without a word", c->ready_fd);
	case CTL_END_UNHEALTHY:
		n = fmt(buf, cap, "unhealthy: ");
		return n + sick_text(end->step, end->value, buf + n, cap - n);
	case CTL_END_TIMEOUT:
		return fmt(buf, cap, "ran longer than %u ms", c->run_timeout_ms);
	default:
		return fmt(buf, cap, "has not run");
	}
}

static bool
failed_before_ready(const struct svc *before, const struct svc_end *end)
{
	return before->state == SVC_STARTING && (end->why == CTL_END_EXIT || end->why == CTL_END_SIGNAL);
}

static void
say_end(const struct init *in, uint32_t i, const struct svc *before)
{
	const struct svc *v = &in->s->svc[i];
	const char *kind = svc_kind_word(in, i), *name = init_name(in, i);
	const char *early = failed_before_ready(before, &v->end) ? " before it was ready" : "";
	char text[TEXT_MAX];

	svc_end_text(in, i, text, sizeof text);
	if (v->state == SVC_BACKOFF)
		warn("%s %s: %s%s; restart in %llu ms", kind, name, text, early,
		     (unsigned long long)(v->due_ms - v->since_ms));
	else if (v->state == SVC_FAILED)
		warn("%s %s: %s%s; it stays down", kind, name, text, early);
	else if (v->state == SVC_DONE)
		say("%s %s: done", kind, name);
	else if (svc_end_good(&v->end))
		say("%s %s: done in %llu ms", kind, name, (unsigned long long)(v->since_ms - v->run_ms));
	else
		warn("%s %s: %s%s", kind, name, text, early);
}

/* What waits for a failed service would wait without a word. */
static void
say_blocked(const struct init *in, uint32_t i)
{
	for (uint32_t k = i + 1; k < in->s->services; k++)
		if (in->s->svc[k].state == SVC_DOWN && in->s->svc[k].wanted && svc_act_obstacle(in, k) == i)
			warn("%s %s: it waits for %s, which has failed", svc_kind_word(in, k), init_name(in, k),
			     init_name(in, i));
}

static void
say_health(const struct init *in, uint32_t i)
{
	const struct svc *v = &in->s->svc[i];
	char text[SICK_TEXT_MAX];

	if (!v->unhealthy) {
		say("service %s: healthy again", init_name(in, i));
		return;
	}
	sick_text(v->sick, v->sick_value, text, sizeof text);
	warn("service %s: unhealthy: %s%s", init_name(in, i), text, v->state == SVC_STOPPING ? "; it is stopped" : "");
}

void
svc_say(const struct init *in, uint32_t i, const struct svc *before, uint32_t actions)
{
	const struct svc *v = &in->s->svc[i];
	const char *kind = svc_kind_word(in, i), *name = init_name(in, i);

	if (before->state == SVC_STOPPING && v->state == SVC_STOPPING && (actions & SVC_ACT_KILL))
		warn("%s %s: still there %llu ms later: killed", kind, name,
		     (unsigned long long)(in->s->now_ms - v->since_ms));
	if (before->state == SVC_UP && before->unhealthy != v->unhealthy)
		say_health(in, i);
	if (before->state == v->state)
		return;
	switch ((enum svc_state)v->state) {
	case SVC_UP:
		if (tbl_svc(&in->table, i)->kind == TBL_SERVICE)
			say("%s %s: ready in %llu ms", kind, name, (unsigned long long)(v->since_ms - v->run_ms));
		break;
	case SVC_DOWN:
		if (before->state == SVC_STOPPING)
			say("%s %s: stopped", kind, name);
		break;
	case SVC_WAITING:
	case SVC_BACKOFF:
	case SVC_DONE:
		say_end(in, i, before);
		break;
	case SVC_FAILED:
		say_end(in, i, before);
		say_blocked(in, i);
		break;
	case SVC_STARTING:
	case SVC_STOPPING:
	case SVC_STATES:
		break;
	}
}
