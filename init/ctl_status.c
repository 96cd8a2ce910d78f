/* SPDX-License-Identifier: MIT
 *
 * ingotctl status: a table for people, JSON for programs. It only shows what PID 1 tells.
 */
#include <string.h>

#include "ctl.h"
#include "ctl_table.h"
#include "ctl_words.h"
#include "features.h"
#include "fmt.h"
#include "json.h"
#include "sick.h"
#include "svc.h"
#include "visible.h"

enum column { COL_NAME, COL_STATE, COL_PID, COL_UPTIME, COL_RESTARTS, COL_LAST, COLUMNS };

static const struct ctl_svc *services;
static size_t count;

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

static void
cell(size_t row, int column, char *buf, size_t cap)
{
	const struct ctl_svc *s = &services[row];

	fmt(buf, cap, "-");
	switch ((enum column)column) {
	case COL_NAME: fmt(buf, cap, "%s", s->name); break;
	case COL_STATE:
		fmt(buf, cap, "%s%s%s", svc_state_name(s->state), s->health == CTL_HEALTH_SICK ? " (unhealthy)" : "",
		    s->pressed ? " (memory pressure)" : "");
		break;
	case COL_PID:
		if (runs(s))
			fmt(buf, cap, "%d", s->pid);
		break;
	case COL_UPTIME:
		if (runs(s))
			duration_text(uptime_ms(s), buf, cap);
		break;
	case COL_RESTARTS: fmt(buf, cap, "%u", s->restarts); break;
	case COL_LAST:
		if (s->health == CTL_HEALTH_SICK)
			sick_text(s->sick, s->sick_value, buf, cap);
		else
			end_text(s, buf, cap);
		break;
	case COLUMNS: break;
	}
}

static void
print_state(void)
{
	const struct ctl_state *state = ctl_state();
	int lacks = 0;

	for (uint32_t f = 0; state && f < FEATURES; f++)
		if (state->lacks >> f & 1)
			out_fmt("%s%s", lacks++ ? ", " : "the kernel lacks: ", feature_name(f));
	out_fmt(lacks ? "\n\n" : "");
	if (state && state->kind == CTL_STATE_DISK)
		out_fmt("state: %s\n\n", state->text);
	else if (state && state->kind == CTL_STATE_INSTEAD)
		out_fmt("STATE IS IN MEMORY AND WILL BE LOST: %s\n\n", state->text);
}

/* It may hold anything that the service sent. */
static void
print_said(const struct ctl_svc *s)
{
	unsigned char before = 0;
	char shown[2];

	out_fmt("%s says: ", s->name);
	for (const char *c = s->said; *c; c++)
		out_bytes(shown, visible(&before, (unsigned char)(*c == '\t' ? ' ' : *c), shown));
	out_bytes("\n", 1);
}

static void
print_table(bool named)
{
	static const char *const heads[] = { "NAME", "STATE", "PID", "UPTIME", "RESTARTS", "LAST" };

	print_state();
	table_print(heads, COLUMNS, count, cell);
	for (size_t i = 0; named && i < count; i++)
		if (services[i].said[0])
			print_said(&services[i]);
}

/* ---- JSON ---- */

static void
json_health(struct json *j, const struct ctl_svc *s)
{
	char text[SICK_TEXT_MAX];

	json_key(j, "health");
	if (s->health == CTL_HEALTH_UNKNOWN) {
		json_null(j);
		return;
	}
	json_object(j);
	json_key(j, "well");
	json_bool(j, s->health == CTL_HEALTH_WELL);
	if (s->health == CTL_HEALTH_SICK) {
		sick_text(s->sick, s->sick_value, text, sizeof text);
		json_key(j, "text");
		json_string(j, text);
	}
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
	end_json(j, s);
	json_health(j, s);
	json_key(j, "status");
	if (s->said[0])
		json_string(j, s->said);
	else
		json_null(j);
	json_key(j, "memory_pressure");
	json_uint(j, s->pressure);
	json_object_end(j);
}

/* Of the machine as a whole: not where one service is asked for. */
static void
json_state(struct json *j)
{
	static const char *const kinds[CTL_STATE_KINDS] = {
		[CTL_STATE_MEMORY] = "memory", [CTL_STATE_DISK] = "disk", [CTL_STATE_INSTEAD] = "memory-instead",
	};

	const struct ctl_state *state = ctl_state();

	if (!state || state->kind >= CTL_STATE_KINDS)
		return;
	json_key(j, "state");
	json_object(j);
	json_key(j, "kind");
	json_string(j, kinds[state->kind]);
	json_key(j, "text");
	json_string(j, state->text);
	json_object_end(j);
	json_key(j, "lacks");
	json_array(j);
	for (uint32_t f = 0; f < FEATURES; f++)
		if (state->lacks >> f & 1)
			json_string(j, feature_name(f));
	json_array_end(j);
}

static void
print_json(void)
{
	struct json j;

	json_init(&j, out_json, NULL);
	json_object(&j);
	json_state(&j);
	json_key(&j, "services");
	json_array(&j);
	for (size_t i = 0; i < count; i++)
		json_service(&j, &services[i]);
	json_array_end(&j);
	/* of the first that was told of: what changed while the others were told comes once more, and nothing is missed */
	json_key(&j, "seq");
	json_uint(&j, count ? services[0].seq : 0);
	json_object_end(&j);
	json_end(&j);
}

int
ctl_status(int argc, char **argv)
{
	const char *name = "";
	bool json = false;
	struct err e;

	if (ctl_arguments(argc, argv, &name, &json))
		return CTL_USAGE;
	if (ctl_services(name, &services, &count, &e))
		return ctl_fail(&e);
	if (json)
		print_json();
	else
		print_table(*name);
	return out_flush(&e) ? ctl_fail(&e) : CTL_OK;
}
