/* SPDX-License-Identifier: MIT
 *
 * ingotctl history and ingotctl run: what became of the runs of jobs, and one more of them. It only shows what PID 1
 * tells.
 */
#include <string.h>
#include <time.h>
#include <unistd.h>

#include "ctl.h"
#include "ctl_table.h"
#include "ctl_words.h"
#include "fmt.h"
#include "json.h"
#include "svc.h"

#define RUNS_MAX 4096 /* Kconfig allows no more */

enum column { COL_NAME, COL_START, COL_TOOK, COL_WHY, COL_TRY, COL_MEMORY, COL_CPU, COL_RESULT, COLUMNS };

static const char *const skips[RUN_SKIPS] = {
	[RUN_SKIP_OVERLAP] = "overlap", [RUN_SKIP_LATE] = "late", [RUN_SKIP_CLOCK] = "clock", [RUN_SKIP_BEHIND] = "behind",
};

static const char *const skip_words[RUN_SKIPS] = {
	[RUN_SKIP_OVERLAP] = "the one before still ran", [RUN_SKIP_LATE] = "its start deadline had passed",
	[RUN_SKIP_CLOCK] = "the clock was set, or the machine was off", [RUN_SKIP_BEHIND] = "it had to wait too long",
};

static struct run_record runs[RUNS_MAX];
static size_t first, count;

/* ---- words ---- */

/* What end_text and end_json want to know. */
static struct ctl_svc
as_service(const struct run_record *r)
{
	return (struct ctl_svc){ .end = r->end, .end_value = r->end_value, .end_step = r->end_step };
}

static bool
start_text(const struct run_record *r, char *buf, size_t cap)
{
	time_t s = (time_t)(r->start_wall_ms / 1000);
	struct tm t;

	if (!r->start_wall_ms || !gmtime_r(&s, &t))
		return false;
	fmt(buf, cap, "%04d-%02d-%02dT%02d:%02d:%02dZ", t.tm_year + 1900, t.tm_mon + 1, t.tm_mday, t.tm_hour, t.tm_min,
	    t.tm_sec);
	return true;
}

static void
seconds_text(uint64_t ms, char *buf, size_t cap)
{
	fmt(buf, cap, "%llu.%03us", (unsigned long long)ms / 1000, (unsigned)(ms % 1000));
}

static void
result_text(const struct run_record *r, char *buf, size_t cap)
{
	struct ctl_svc s = as_service(r);

	if (r->what == RUN_SKIPPED)
		fmt(buf, cap, "%u skipped: %s", r->count, r->reason < RUN_SKIPS ? skip_words[r->reason] : "?");
	else
		end_text(&s, buf, cap);
}

/* ---- the table ---- */

static void
cell(size_t row, int column, char *buf, size_t cap)
{
	const struct run_record *r = &runs[first + row];
	bool ran = r->what == RUN_ENDED;

	fmt(buf, cap, "-");
	switch ((enum column)column) {
	case COL_NAME: fmt(buf, cap, "%s", r->name); break;
	case COL_START:
		if (!start_text(r, buf, cap))
			fmt(buf, cap, "boot %u, %llus", r->boot, (unsigned long long)r->start_ms / 1000);
		break;
	case COL_TOOK: seconds_text(r->duration_ms, buf, cap); break;
	case COL_WHY:
		if (ran)
			fmt(buf, cap, "%s", reason_word(r->reason));
		break;
	case COL_TRY:
		if (ran)
			fmt(buf, cap, "%u", r->attempt);
		break;
	case COL_MEMORY:
		if (ran && r->memory_peak)
			fmt(buf, cap, "%lluK", (unsigned long long)r->memory_peak / 1024);
		break;
	case COL_CPU:
		if (ran)
			seconds_text(r->cpu_us / 1000, buf, cap);
		break;
	case COL_RESULT: result_text(r, buf, cap); break;
	case COLUMNS: break;
	}
}

/* ---- JSON ---- */

static void
json_uint_at(struct json *j, const char *key, uint64_t value)
{
	json_key(j, key);
	json_uint(j, value);
}

static void
json_ended(struct json *j, const struct run_record *r)
{
	struct ctl_svc s = as_service(r);

	json_key(j, "why");
	json_string(j, reason_word(r->reason));
	json_uint_at(j, "run", r->run);
	json_uint_at(j, "attempt", r->attempt);
	json_key(j, "memory_peak");
	if (r->memory_peak)
		json_uint(j, r->memory_peak);
	else
		json_null(j);
	json_uint_at(j, "cpu_us", r->cpu_us);
	end_json_as(j, "result", &s);
}

static void
json_run(struct json *j, size_t row)
{
	const struct run_record *r = &runs[first + row];
	char text[32];

	json_object(j);
	json_uint_at(j, "seq", r->seq);
	json_key(j, "name");
	json_string(j, r->name);
	json_uint_at(j, "boot", r->boot);
	json_uint_at(j, "start_ms", r->start_ms);
	json_key(j, "start");
	if (start_text(r, text, sizeof text))
		json_string(j, text);
	else
		json_null(j);
	json_uint_at(j, "duration_ms", r->duration_ms);
	if (r->what == RUN_SKIPPED) {
		json_uint_at(j, "skipped", r->count);
		json_key(j, "why");
		json_string(j, r->reason < RUN_SKIPS ? skips[r->reason] : "");
	} else {
		json_ended(j, r);
	}
	json_object_end(j);
}

/* ---- history ---- */

static int
collect(void *ctx, struct ctl_packet *p, struct err *e)
{
	(void)ctx, (void)e;
	if (p->reply.kind != CTL_R_RUN || count == RUNS_MAX)
		return 0;
	runs[count] = p->u.run;
	runs[count++].name[TBL_NAME_MAX] = '\0';
	return 0;
}

int
ctl_history(int argc, char **argv)
{
	static const char *const heads[] = { "JOB", "START", "TOOK", "WHY", "TRY", "MEMORY", "CPU", "RESULT" };
	const char *name = "";
	bool as_json = false;
	uint64_t most = RUNS_MAX;
	struct err e;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0) {
			as_json = true;
		} else if (strcmp(argv[i], "-n") == 0) {
			if (++i == argc || !number_word(argv[i], &most))
				return ctl_usage(argv[0], "-n wants a number of runs", "");
		} else if (argv[i][0] == '-') {
			return ctl_usage(argv[0], "unknown option ", argv[i]);
		} else if (*name) {
			return ctl_usage(argv[0], "too many arguments: ", argv[i]);
		} else {
			name = argv[i];
		}
	}
	count = 0;
	if (ctl_call(CTL_HISTORY, 0, name, collect, NULL, &e))
		return ctl_fail(&e);
	first = count > most ? count - (size_t)most : 0;
	if (as_json)
		out_json_list("runs", count - first, json_run);
	else
		table_print(heads, COLUMNS, count - first, cell);
	return out_flush(&e) ? ctl_fail(&e) : CTL_OK;
}

/* ---- run ---- */

struct asked {
	const char *name;
	bool wait;
};

static int
tell(void *ctx, struct ctl_packet *p, struct err *e)
{
	const struct asked *a = ctx;

	if (p->reply.kind == CTL_R_RUN)
		return collect(NULL, p, e);
	if (p->reply.kind != CTL_R_DATA)
		return 0;
	out_fmt("job %s: %s\n", a->name, p->u.data);
	return out_flush(e);
}

/* As a shell tells it; what is neither exit nor signal is 125. */
static int
code_of(const struct run_record *r)
{
	if (r->end == CTL_END_EXIT)
		return (int)(r->end_value & 255);
	return r->end == CTL_END_SIGNAL || r->end == CTL_END_OOM ? 128 + (int)(r->end_value & 127) : CTL_EXEC_FAILED;
}

int
ctl_run(int argc, char **argv)
{
	struct asked a = { .name = "" };
	char text[END_TEXT_MAX];
	struct err e;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--wait") == 0)
			a.wait = true;
		else if (argv[i][0] == '-')
			return ctl_usage(argv[0], "unknown option ", argv[i]);
		else if (*a.name)
			return ctl_usage(argv[0], "too many arguments: ", argv[i]);
		else
			a.name = argv[i];
	}
	if (!*a.name)
		return ctl_usage(argv[0], "which job?", "");
	count = 0;
	if (ctl_call(CTL_RUN, a.wait ? CTL_F_FOLLOW : 0, a.name, tell, &a, &e)) {
		ctl_fail(&e);
		return a.wait ? CTL_EXEC_FAILED : CTL_FAILED;
	}
	if (!a.wait)
		return CTL_OK;
	if (count == 0) {
		err_set(&e, 0, "job %s: it was stopped before it ran", a.name);
		ctl_fail(&e);
		return CTL_EXEC_FAILED;
	}
	result_text(&runs[0], text, sizeof text);
	out_fmt("job %s: %s\n", a.name, text);
	if (out_flush(&e))
		ctl_fail(&e);
	return code_of(&runs[0]);
}
