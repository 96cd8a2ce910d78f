/* SPDX-License-Identifier: MIT
 *
 * ingot: the one place that prints errors and decides the exit status.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "progress.h"
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
fail(const struct err *e, int status)
{
	char line[ERR_MSG_MAX];

	memcpy(line, e->msg, sizeof line);
	for (char *p = line; *p; p++)
		if ((unsigned char)*p < ' ' || *p == 0x7f)
			*p = '?'; /* names from files and archives may hold anything; the terminal shall not */
	fprintf(stderr, "ingot: %s\n", line);
	return status;
}

static int
run_verb(const struct verb *v, const struct options *o)
{
	struct build b = { .dir = NULL };
	struct err e = { .msg = "" };
	int r = v->run(o, &b, &e);

	if (r && b.project.diags && diags_count(b.project.diags)) {
		size_t n = diags_count(b.project.diags);
		diags_print(b.project.diags, stderr);
		fprintf(stderr, "ingot: %zu error%s; nothing was built\n", n, n == 1 ? "" : "s");
	} else if (r == VERB_FAILED) {
		fail(&e, EXIT_FAILED);
	}
	build_release(&b);
	return r ? EXIT_FAILED : EXIT_OK;
}

/* What was printed must have arrived: a full disk behind `ingot show >file` is a failure. */
static int
finish(int status)
{
	struct err e;

	if (fflush(stdout) == 0 && !ferror(stdout))
		return status;
	err_set(&e, errno, "cannot write to standard output");
	return fail(&e, EXIT_FAILED);
}

int
main(int argc, char **argv)
{
	struct options o;
	struct err e;

	if (options_parse(&o, argc, argv, &e))
		return fail(&e, EXIT_USAGE);
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
		return fail(&e, EXIT_USAGE);
	progress_quiet(o.quiet);
	return finish(run_verb(v, &o));
}
