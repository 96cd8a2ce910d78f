/* SPDX-License-Identifier: MIT
 *
 * ingotctl events: each change of a service's state, a line or a JSON object for each. It only shows what PID 1 tells.
 */
#include <errno.h>
#include <string.h>
#include <unistd.h>

#include "ctl.h"
#include "ctl_words.h"
#include "fmt.h"
#include "json.h"
#include "svc.h"

#define NAME_WIDTH   16
#define CHANGE_WIDTH 22 /* the longest, and two spaces */

/* What end_text and end_json want to know. */
static struct ctl_svc
as_service(const struct ctl_event *x)
{
	return (struct ctl_svc){ .end = x->end, .end_value = x->end_value, .end_step = x->end_step };
}

static void
event_line(const struct ctl_event *x)
{
	struct ctl_svc s = as_service(x);
	char text[END_TEXT_MAX], change[48];

	end_text(&s, text, sizeof text);
	if (x->end == CTL_END_PRESSURE)
		fmt(change, sizeof change, "pressure");
	else
		fmt(change, sizeof change, "%s -> %s", svc_state_name(x->from), svc_state_name(x->to));
	out_fmt("%6llu.%03u  %*s  %*s%s\n", (unsigned long long)x->at_ms / 1000, (unsigned)(x->at_ms % 1000), NAME_WIDTH,
		x->name, x->end ? CHANGE_WIDTH : 0, change, x->end ? text : "");
}

static void
event_json(const struct ctl_event *x)
{
	struct ctl_svc s = as_service(x);
	struct json j;

	json_init(&j, out_json, NULL);
	j.compact = true;
	json_object(&j);
	json_key(&j, "seq");
	json_uint(&j, x->seq);
	json_key(&j, "ms");
	json_uint(&j, x->at_ms);
	json_key(&j, "name");
	json_string(&j, x->name);
	json_key(&j, "kind");
	json_string(&j, x->kind == TBL_JOB ? "job" : "service");
	json_key(&j, "from");
	json_string(&j, svc_state_name(x->from));
	json_key(&j, "to");
	json_string(&j, svc_state_name(x->to));
	if (x->end == CTL_END_PRESSURE) {
		json_key(&j, "pressure");
		json_uint(&j, x->end_value);
		s.end = CTL_END_NONE;
	}
	end_json(&j, &s);
	json_object_end(&j);
	json_end(&j);
}

static void
lost_line(const struct ctl_packet *p, bool as_json)
{
	uint64_t lost = 0;
	struct json j;

	memcpy(&lost, p->u.data, p->reply.size < sizeof lost ? p->reply.size : sizeof lost);
	if (!as_json) {
		out_fmt("            %llu changes that stood here are lost\n", (unsigned long long)lost);
		return;
	}
	json_init(&j, out_json, NULL);
	j.compact = true;
	json_object(&j);
	json_key(&j, "lost");
	json_uint(&j, lost);
	json_object_end(&j);
	json_end(&j);
}

struct view {
	bool as_json;
	const char *instances_of; /* a service with replicas, or NULL */
};

static int
show(void *ctx, struct ctl_packet *p, struct err *e)
{
	const struct view *v = ctx;

	if (p->reply.kind == CTL_R_LOST) {
		lost_line(p, v->as_json);
	} else if (p->reply.kind == CTL_R_EVENT) {
		p->u.event.name[TBL_NAME_MAX] = '\0';
		if (!v->instances_of || ctl_is_instance(p->u.event.name, v->instances_of))
			(v->as_json ? event_json : event_line)(&p->u.event);
	}
	return out_flush(e);
}

/* Of a service with replicas: what comes of all services, without the others. */
static int
ask(const char *name, uint32_t flags, uint64_t since, struct view *v, struct err *e)
{
	const struct ctl_svc *services;
	size_t n;
	int ret = ctl_call_since(CTL_EVENTS, flags, name, since, show, v, e);

	if (ret == 0 || !*name || e->code != ENOENT || ctl_services(name, &services, &n, e))
		return ret;
	v->instances_of = name;
	return ctl_call_since(CTL_EVENTS, flags, "", since, show, v, e);
}

int
ctl_events(int argc, char **argv)
{
	const char *name = "";
	struct view view = { .as_json = false };
	uint32_t flags = 0;
	uint64_t since = 0;
	struct err e;

	for (int i = 1; i < argc; i++) {
		if (strcmp(argv[i], "-f") == 0 || strcmp(argv[i], "--follow") == 0) {
			flags |= CTL_F_FOLLOW;
		} else if (strcmp(argv[i], "--json") == 0) {
			view.as_json = true;
		} else if (strcmp(argv[i], "--since") == 0) {
			if (++i == argc || !number_word(argv[i], &since))
				return ctl_usage(argv[0], "--since wants the number of a change", "");
			flags |= CTL_F_SINCE;
		} else if (argv[i][0] == '-') {
			return ctl_usage(argv[0], "unknown option ", argv[i]);
		} else if (*name) {
			return ctl_usage(argv[0], "too many arguments: ", argv[i]);
		} else {
			name = argv[i];
		}
	}
	return ask(name, flags, since, &view, &e) ? ctl_fail(&e) : CTL_OK;
}
