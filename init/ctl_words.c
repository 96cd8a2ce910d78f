/* SPDX-License-Identifier: MIT
 *
 * Words for what PID 1 tells in numbers. It asks nobody, and prints nothing by itself.
 */
#include "ctl_words.h"

#include <string.h>

#include "fmt.h"
#include "sick.h"
#include "spawn.h"
#include "svc.h"

/* The signals as kill -l names them; the library knows sentences only. */
static const char *const signals[] = {
	"0", "HUP", "INT", "QUIT", "ILL", "TRAP", "ABRT", "BUS", "FPE", "KILL", "USR1", "SEGV", "USR2", "PIPE", "ALRM",
	"TERM", "STKFLT", "CHLD", "CONT", "STOP", "TSTP", "TTIN", "TTOU", "URG", "XCPU", "XFSZ", "VTALRM", "PROF",
	"WINCH", "IO", "PWR", "SYS",
};

static void
signal_text(uint32_t sig, char *buf, size_t cap)
{
	if (sig < sizeof signals / sizeof *signals)
		fmt(buf, cap, "SIG%s", signals[sig]);
	else
		fmt(buf, cap, "signal %u", sig);
}

void
end_text(const struct ctl_svc *s, char *buf, size_t cap)
{
	char sig[16], sick[SICK_TEXT_MAX];

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
	case CTL_END_UNHEALTHY:
		sick_text(s->end_step, s->end_value, sick, sizeof sick);
		fmt(buf, cap, "unhealthy: %s", sick);
		return;
	case CTL_END_PRESSURE:
		fmt(buf, cap, "above its memory-high, %u times so far", s->end_value);
		return;
	case CTL_END_NONE:
	case CTL_ENDS: break;
	}
	fmt(buf, cap, "-");
}

void
out_json(void *ctx, const char *bytes, size_t size)
{
	(void)ctx;
	out_bytes(bytes, size);
}

void
out_json_list(const char *key, size_t rows, void (*item)(struct json *j, size_t row))
{
	struct json j;

	json_init(&j, out_json, NULL);
	json_object(&j);
	json_key(&j, key);
	json_array(&j);
	for (size_t row = 0; row < rows; row++)
		item(&j, row);
	json_array_end(&j);
	json_object_end(&j);
	json_end(&j);
}

const char *
reason_word(uint32_t reason)
{
	static const char *const reasons[SVC_REASONS] = {
		[SVC_BY_SCHEDULE] = "schedule", [SVC_BY_HAND] = "hand", [SVC_BY_RETRY] = "retry",
		[SVC_BY_QUEUE] = "queue", [SVC_BY_CATCH_UP] = "catch-up",
	};

	return reason < SVC_REASONS ? reasons[reason] : "-";
}

bool
number_word(const char *text, uint64_t *out)
{
	uint64_t v = 0;

	if (!*text || strlen(text) > 18)
		return false;
	for (; *text; text++) {
		if (*text < '0' || *text > '9')
			return false;
		v = v * 10 + (uint64_t)(*text - '0');
	}
	*out = v;
	return true;
}

void
end_json(struct json *j, const struct ctl_svc *s)
{
	end_json_as(j, "last", s);
}

void
end_json_as(struct json *j, const char *key, const struct ctl_svc *s)
{
	static const char *const names[CTL_ENDS] = {
		[CTL_END_EXIT] = "exit", [CTL_END_SIGNAL] = "signal", [CTL_END_OOM] = "oom",
		[CTL_END_LAUNCH] = "launch", [CTL_END_NOT_READY] = "not-ready", [CTL_END_TIMEOUT] = "timeout",
		[CTL_END_UNHEALTHY] = "unhealthy", [CTL_END_PRESSURE] = "pressure",
	};
	char text[END_TEXT_MAX];

	json_key(j, key);
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
	end_text(s, text, sizeof text);
	json_key(j, "text");
	json_string(j, text);
	json_object_end(j);
}

void
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
