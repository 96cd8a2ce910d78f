/* SPDX-License-Identifier: MIT */
#include "report.h"

#include <string.h>

#include "json_out.h"
#include "options.h"
#include "verbs.h"

/* --json: every line of standard error is an object. */
static bool as_json;

void
report_json(bool json)
{
	as_json = json;
}

static void
line_json(void *arg, const char *file, unsigned line, unsigned col, const char *text)
{
	struct json j;

	json_to_file(&j, arg);
	j.compact = true;
	json_object(&j);
	json_text(&j, "error", text);
	if (file)
		json_text(&j, "file", file);
	if (file && line) {
		json_number(&j, "line", line);
		json_number(&j, "column", col);
	}
	json_object_end(&j);
	json_end(&j);
}

int
report_error(const struct err *e, int status)
{
	char line[ERR_MSG_MAX];

	memcpy(line, e->msg, sizeof line);
	for (char *p = line; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?'; /* names from files and archives may hold anything; the terminal shall not */
	if (as_json)
		line_json(stderr, NULL, 0, 0, line);
	else
		fprintf(stderr, "ingot: %s\n", line);
	return status;
}

int
report(const struct build *b, int result, const struct err *e)
{
	size_t n = result && b->project.diags ? diags_count(b->project.diags) : 0;

	if (n && as_json) {
		diags_each(b->project.diags, line_json, stderr);
	} else if (n) {
		diags_print(b->project.diags, stderr);
		fprintf(stderr, "ingot: %zu error%s; nothing was built\n", n, n == 1 ? "" : "s");
	} else if (result == VERB_FAILED || result == VERB_USAGE) {
		report_error(e, EXIT_FAILED);
	}
	if (result > VERB_ENDED)
		return result - VERB_ENDED;
	return result == VERB_USAGE ? EXIT_USAGE : result ? EXIT_FAILED : EXIT_OK;
}
