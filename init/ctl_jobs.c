/* SPDX-License-Identifier: MIT
 *
 * ingotctl jobs: when each job runs next, and what became of its runs. It only shows what PID 1 tells.
 */
#include <string.h>

#include "ctl.h"
#include "ctl_table.h"
#include "ctl_words.h"
#include "fmt.h"
#include "json.h"
#include "svc.h"

enum column { COL_NAME, COL_STATE, COL_NEXT, COL_RUNS, COL_SKIPPED, COL_WHY, COL_LAST, COLUMNS };

static const struct ctl_svc *jobs[TBL_SVC_MAX];
static size_t count;

/* Nothing is planned for a job that was stopped by hand. */
static bool
is_planned(const struct ctl_svc *s)
{
	return s->state != SVC_DOWN && s->next_ms != 0 && s->next_ms != UINT64_MAX;
}

static uint64_t
until_next(const struct ctl_svc *s)
{
	return s->next_ms > s->now_ms ? s->next_ms - s->now_ms : 0;
}

static const char *
why(const struct ctl_svc *s)
{
	return s->runs ? reason_word(s->reason) : "-";
}

static void
cell(size_t row, int column, char *buf, size_t cap)
{
	const struct ctl_svc *s = jobs[row];


	fmt(buf, cap, "-");
	switch ((enum column)column) {
	case COL_NAME: fmt(buf, cap, "%s", s->name); break;
	case COL_STATE: fmt(buf, cap, "%s", svc_state_name(s->state)); break;
	case COL_NEXT:
		if (is_planned(s))
			duration_text(until_next(s), buf, cap);
		else if (s->next_ms == UINT64_MAX)
			fmt(buf, cap, "clock not set");
		break;
	case COL_RUNS: fmt(buf, cap, "%u", s->runs); break;
	case COL_SKIPPED: fmt(buf, cap, "%u", s->skipped); break;
	case COL_WHY: fmt(buf, cap, "%s", why(s)); break;
	case COL_LAST: end_text(s, buf, cap); break;
	case COLUMNS: break;
	}
}

static void
json_job(struct json *j, size_t row)
{
	const struct ctl_svc *s = jobs[row];

	json_object(j);
	json_key(j, "name");
	json_string(j, s->name);
	json_key(j, "state");
	json_string(j, svc_state_name(s->state));
	json_key(j, "next_in_ms");
	if (is_planned(s))
		json_uint(j, until_next(s));
	else
		json_null(j);
	json_key(j, "runs");
	json_uint(j, s->runs);
	json_key(j, "retries");
	json_uint(j, s->restarts);
	json_key(j, "skipped");
	json_uint(j, s->skipped);
	json_key(j, "why");
	if (s->runs)
		json_string(j, why(s));
	else
		json_null(j);
	end_json(j, s);
	json_object_end(j);
}

int
ctl_jobs(int argc, char **argv)
{
	static const char *const heads[] = { "NAME", "STATE", "NEXT IN", "RUNS", "SKIPPED", "WHY", "LAST" };
	bool as_json = false;
	const struct ctl_svc *services;
	struct err e;
	size_t n;

	if (ctl_arguments(argc, argv, NULL, &as_json))
		return CTL_USAGE;
	if (ctl_services("", &services, &n, &e))
		return ctl_fail(&e);
	count = 0;
	for (size_t i = 0; i < n; i++)
		if (services[i].kind == TBL_JOB)
			jobs[count++] = &services[i];
	if (as_json)
		out_json_list("jobs", count, json_job);
	else
		table_print(heads, COLUMNS, count, cell);
	return out_flush(&e) ? ctl_fail(&e) : CTL_OK;
}
