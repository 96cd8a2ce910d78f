/* SPDX-License-Identifier: MIT
 *
 * ingotctl status: a table for people, JSON for programs. It only shows what PID 1 tells.
 */
#include <string.h>

#include "ctl.h"
#include "fmt.h"
#include "json.h"
#include "spawn.h"
#include "svc.h"

enum column { COL_NAME, COL_STATE, COL_PID, COL_UPTIME, COL_RESTARTS, COL_LAST, COLUMNS };

#define CELL_MAX 96

/* The signals as kill -l names them; the library knows sentences only. */
static const char *const signals[] = {
	"0", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
	"TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
	"WINCH", "IO", "PWR", "SYS",
};

static struct ctl_svc services[TBL_SVC_MAX];
static size_t count;
static struct ctl_state state;
static bool told; /* of the state */

static int
collect(void *ctx, struct ctl_packet *p, struct err *e)
{
	(void)ctx, (void)e;
	if (p->reply.kind == CTL_R_STATE) {
		state = p->u.state;
		told = true;
		state.text[CTL_STATE_TEXT - 1] = '\0';
	}
	if (p->reply.kind != CTL_R_SVC || count == TBL_SVC_MAX)
		return 0;
	services[count] = p->u.svc;
	services[count++].name[TBL_NAME_MAX] = '\0';
	return 0;
}

static void
signal_text(uint32_t sig, char *buf, size_t cap)
{
	if (sig < sizeof signals / sizeof *signals)
		fmt(buf, cap, "SIG%s", signals[sig]);
	else
		fmt(buf, cap, "signal %u", sig);
}

static bool
runs(const struct ctl_svc *s)
{
	return s->pid > 0;
}

static uint64_t
uptime_ms(const struct ctl_svc *s)
{
	return s->now_ms > s->since_ms ? s->now_ms - s->since_ms : 0;
}

/* ---- the table ---- */

/* The two largest units: 4s, 12m 30s, 3h 05m, 17d 2h. */
static void
duration_text(uint64_t ms, char *buf, size_t cap)
{
	unsigned long s = (unsigned long)(ms / 1000);

	if (s < 60)
		fmt(buf, cap, "%lus", s);
	else if (s < 3600)
		fmt(buf, cap, "%lum %02lus", s / 60, s % 60);
	else if (s < 86400)
		fmt(buf, cap, "%luh %02lum", s / 3600, s / 60 % 60);
	else
		fmt(buf, cap, "%lud %luh", s / 86400, s / 3600 % 24);
}

static void
last_text(const struct ctl_svc *s, char *buf, size_t cap)
{
	char sig[16];

	switch ((enum ctl_end)s->end) {
	case CTL_END_EXIT: fmt(buf, cap, "exit %u", s->end_value); return;
	case CTL_END_SIGNAL:
		signal_text(s->end_value, sig, sizeof sig);
		fmt(buf, cap, "ended by %s", sig);
		return;
	case CTL_END_OOM: fmt(buf, cap, "out of memory"); return;
	case CTL_END_LAUNCH:
		fmt(buf, cap, "step %s: %s", launch_step_name(s->end_step), err_text((int)s->end_value));
		return;
	case CTL_END_NOT_READY: fmt(buf, cap, "never ready"); return;
	case CTL_END_TIMEOUT: fmt(buf, cap, "ran too long"); return;
	case CTL_END_NONE:
	case CTL_ENDS: break;
	}
	fmt(buf, cap, "-");
}

static void
cell(const struct ctl_svc *s, enum column c, char *buf, size_t cap)
{
	fmt(buf, cap, "-");
	switch (c) {
	case COL_NAME: fmt(buf, cap, "%s", s->name); break;
	case COL_STATE: fmt(buf, cap, "%s", svc_state_name(s->state)); break;
	case COL_PID:
		if (runs(s))
			fmt(buf, cap, "%d", s->pid);
		break;
	case COL_UPTIME:
		if (runs(s))
			duration_text(uptime_ms(s), buf, cap);
		break;
	case COL_RESTARTS: fmt(buf, cap, "%u", s->restarts); break;
	case COL_LAST: last_text(s, buf, cap); break;
	case COLUMNS: break;
	}
}

static void
put_cell(const char *text, enum column c, const int *width)
{
	if (c + 1 == COLUMNS)
		out_fmt("%s\n", text);
	else
		out_fmt("%*s  ", width[c], text);
}

static void
print_table(void)
{
	if (state.kind == CTL_STATE_DISK)
		out_fmt("state: %s\n\n", state.text);
	else if (state.kind == CTL_STATE_INSTEAD)
		out_fmt("STATE IS IN MEMORY AND WILL BE LOST: %s\n\n", state.text);
	static const char *const heads[] = { "NAME", "STATE", "PID", "UPTIME", "RESTARTS", "LAST" };
	int width[COLUMNS];
	char text[CELL_MAX];

	for (enum column c = 0; c < COLUMNS; c++) {
		width[c] = (int)strlen(heads[c]);
		for (size_t i = 0; i < count; i++) {
			cell(&services[i], c, text, sizeof text);
			if ((int)strlen(text) > width[c])
				width[c] = (int)strlen(text);
		}
	}
	for (enum column c = 0; c < COLUMNS; c++)
		put_cell(heads[c], c, width);
	for (size_t i = 0; i < count; i++)
		for (enum column c = 0; c < COLUMNS; c++) {
			cell(&services[i], c, text, sizeof text);
			put_cell(text, c, width);
		}
}

/* ---- JSON ---- */

static void
write_out(void *ctx, const char *bytes, size_t size)
{
	(void)ctx;
	out_bytes(bytes, size);
}

static void
json_last(struct json *j, const struct ctl_svc *s)
{
	static const char *const names[CTL_ENDS] = {
		[CTL_END_EXIT] = "exit", [CTL_END_SIGNAL] = "signal", [CTL_END_OOM] = "oom",
		[CTL_END_LAUNCH] = "launch", [CTL_END_NOT_READY] = "not-ready", [CTL_END_TIMEOUT] = "timeout",
	};
	char text[CELL_MAX];

	json_key(j, "last");
	if (s->end == CTL_END_NONE || s->end >= CTL_ENDS) {
		json_null(j);
		return;
	}
	json_object(j);
	json_key(j, "end");
	json_string(j, names[s->end]);
	if (s->end == CTL_END_EXIT || s->end == CTL_END_SIGNAL) {
		json_key(j, s->end == CTL_END_EXIT ? "code" : "signal");
		json_uint(j, s->end_value);
	}
	if (s->end == CTL_END_LAUNCH) {
		json_key(j, "step");
		json_string(j, launch_step_name(s->end_step));
		json_key(j, "errno");
		json_uint(j, s->end_value);
	}
	last_text(s, text, sizeof text);
	json_key(j, "text");
	json_string(j, text);
	json_object_end(j);
}

static void
json_service(struct json *j, const struct ctl_svc *s)
{
	json_object(j);
	json_key(j, "name");
	json_string(j, s->name);
	json_key(j, "kind");
	json_string(j, s->kind == TBL_JOB ? "job" : "service");
	json_key(j, "state");
	json_string(j, svc_state_name(s->state));
	json_key(j, "pid");
	if (runs(s))
		json_int(j, s->pid);
	else
		json_null(j);
	json_key(j, "uid");
	json_uint(j, s->uid);
	json_key(j, "gid");
	json_uint(j, s->gid);
	json_key(j, "restarts");
	json_uint(j, s->restarts);
	json_key(j, "in_state_ms");
	json_uint(j, uptime_ms(s));
	json_last(j, s);
	json_object_end(j);
}

/* Of the machine as a whole: not where one service is asked for. */
static void
json_state(struct json *j)
{
	static const char *const kinds[CTL_STATE_KINDS] = {
		[CTL_STATE_MEMORY] = "memory", [CTL_STATE_DISK] = "disk", [CTL_STATE_INSTEAD] = "memory-instead",
	};

	if (!told || state.kind >= CTL_STATE_KINDS)
		return;
	json_key(j, "state");
	json_object(j);
	json_key(j, "kind");
	json_string(j, kinds[state.kind]);
	json_key(j, "text");
	json_string(j, state.text);
	json_object_end(j);
}

static void
print_json(void)
{
	struct json j;

	json_init(&j, write_out, NULL);
	json_object(&j);
	json_state(&j);
	json_key(&j, "services");
	json_array(&j);
	for (size_t i = 0; i < count; i++)
		json_service(&j, &services[i]);
	json_array_end(&j);
	json_object_end(&j);
	json_end(&j);
}

int
ctl_status(int argc, char **argv)
{
	const char *name = "";
	bool json = false;
	struct err e;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "--json") == 0)
			json = true;
		else if (argv[i][0] == '-')
			return ctl_usage(argv[0], "unknown option ", argv[i]);
		else if (*name)
			return ctl_usage(argv[0], "too many arguments: ", argv[i]);
		else
			name = argv[i];
	}
	if (ctl_call(CTL_STATUS, 0, name, collect, NULL, &e))
		return ctl_fail(&e);
	if (json)
		print_json();
	else
		print_table();
	return out_flush(&e) ? ctl_fail(&e) : CTL_OK;
}
