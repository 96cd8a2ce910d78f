/* SPDX-License-Identifier: MIT
 *
 * Findings as lines, or as one JSON object. It alone prints what was found.
 */
#include <unistd.h>

#include "ctl.h"
#include "drift.h"
#include "json.h"
#include "visible.h"

static struct json json;
static bool as_json;
static size_t count;

static void
to_out(void *ctx, const char *bytes, size_t size)
{
	(void)ctx;
	out_bytes(bytes, size);
}

void
report_open(bool asked)
{
	as_json = asked;
	if (!as_json)
		return;
	json_init(&json, to_out, NULL);
	json_object(&json);
	json_key(&json, "drift");
	json_array(&json);
}

static void
out_shown(const char *text)
{
	unsigned char before = 0;
	char shown[2];

	for (; *text; text++)
		out_bytes(shown, visible(&before, *text == '\n' || *text == '\t' ? ' ' : (unsigned char)*text, shown));
}

static void
value(const char *key, const char *text)
{
	json_key(&json, key);
	if (text)
		json_string(&json, text);
	else
		json_null(&json);
}

void
finding(const char *what, const char *service, const char *where, const char *expected, const char *found)
{
	count++;
	if (as_json) {
		json_object(&json);
		value("what", what);
		value("service", service);
		value("where", where);
		value("expected", expected);
		value("found", found);
		json_object_end(&json);
		return;
	}
	out_fmt("%s ", what);
	if (service)
		out_fmt("%s: ", service);
	out_shown(where);
	out_fmt(": expected ");
	out_shown(expected);
	out_fmt(", found ");
	out_shown(found);
	out_fmt("\n");
}

int
report_close(struct err *e)
{
	if (as_json) {
		json_array_end(&json);
		json_object_end(&json);
		json_end(&json);
	} else if (!count && !e->msg[0]) {
		out_fmt("no drift\n");
	}
	if (out_flush(e) || e->msg[0])
		return DRIFT_ERROR;
	return count ? DRIFT_FOUND : DRIFT_NONE;
}
