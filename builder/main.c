/* SPDX-License-Identifier: MIT
 *
 * ingot: from the command line to a verb, and its exit status.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "progress.h"
#include "report.h"
#include "verbs.h"

static void
print_usage(FILE *to)
{
	fputs("usage: ingot VERB [OPTION...] IMAGE.yml\n\n", to);
	for (const struct verb *v = verbs; v->name; v++) {
		char left[64];
		snprintf(left, sizeof left, "%s%s%s", v->name, v->args[0] ? " " : "", v->args);
		fprintf(to, "  %-30s %s\n", left, v->doc);
	}
	fputc('\n', to);
	options_print(to);
	fputs("\nSee ingot(1) and ingot.yml(5).\n", to);
}

static int
run_verb(const struct verb *v, const struct options *o)
{
	struct build b = { .dir = NULL };
	struct err e = { .msg = "" };
	int r = v->run(o, &b, &e), status = report(&b, r, &e);

	build_release(&b);
	return status;
}

/* What was printed must have arrived: a full disk behind `ingot show >file` is a failure. */
static int
finish(int status)
{
	struct err e;

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	err_set(&e, errno, "cannot write to standard output");
	return report_error(&e, EXIT_FAILED);
}

int
main(int argc, char **argv)
{
	struct options o;
	struct err e;

	int bad = options_parse(&o, argc, argv, &e);
	report_json(o.json);
	if (bad)
		return report_error(&e, EXIT_USAGE);
	if (o.version) {
		puts("ingot " INGOT_VERSION);
		return finish(EXIT_OK);
	}
	if (o.help || (o.verb && strcmp(o.verb, "help") == 0)) {
		print_usage(stdout);
		return finish(EXIT_OK);
	}
	if (!o.verb) {
		print_usage(stderr);
		return EXIT_USAGE;
	}
	const struct verb *v = verb_find(&o, &e);
	if (!v)
		return report_error(&e, EXIT_USAGE);
	progress_mode(o.quiet ? PROGRESS_QUIET : o.json ? PROGRESS_JSON : PROGRESS_SHOWN);
	return finish(run_verb(v, &o));
}
