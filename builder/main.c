/* SPDX-License-Identifier: MIT
 *
 * ingot: the verbs, and the one place that prints errors and decides the exit status.
 */
#include <errno.h>
#include <stdio.h>
#include <string.h>

#include "build.h"
#include "options.h"
#include "progress.h"
#include "run.h"
#include "svc_table.h"

static const char usage[] =
	"usage: ingot VERB [OPTION...] IMAGE.yml\n"
	"\n"
	"  build   build the image: kernel, initramfs.cpio.zst and manifest.json in out/NAME\n"
	"  check   read and check the files only; fetches nothing\n"
	"  show    print the service table as the machine will read it\n"
	"  run     build, then boot the image in QEMU\n"
	"  keys    print the reference of the image file's and recipes' keys, as troff\n"
	"\n"
	"  -o, --output DIR     images go to DIR/NAME (out)\n"
	"  -R, --recipes DIR    look for recipes here too\n"
	"      --cache DIR      packages and their content (INGOT_CACHE, else out/.cache)\n"
	"  -q, --quiet          no progress\n"
	"  -h, --help           this text;  --version\n"
	"run:\n"
	"  -p, --port HOST:GUEST[/udp]  forward a port of this host; replaces the file's\n"
	"      --accel NAME     kvm or tcg; by itself KVM where the processor offers it\n"
	"      --append WORDS   more words for the kernel's command line\n"
	"      --shell          the machine's shell on this terminal\n"
	"\n"
	"See ingot(1) and ingot.yml(5).\n";

static int
do_check(const struct options *o, struct build *b, struct err *e)
{
	(void)e;
	if (project_load(&b->project, o->build.image_file, o->build.recipe_dir))
		return -1;
	printf("%s: no error found\n", o->build.image_file);
	return 0;
}

static int
do_show(const struct options *o, struct build *b, struct err *e)
{
	struct tbl t;

	if (build_load(b, &o->build) || build_prepare(b, &o->build, e) || tbl_open(&t, b->table, b->table_size, e))
		return -1;
	svc_table_print(&t, stdout);
	return 0;
}

static int
do_build(const struct options *o, struct build *b, struct err *e)
{
	bool written;

	if (build_load(b, &o->build) || build_prepare(b, &o->build, e) || build_write(b, &written, e))
		return -1;
	printf("%s: %s\n", b->dir, written ? "built" : "up to date");
	return 0;
}

static int
do_run(const struct options *o, struct build *b, struct err *e)
{
	bool written;

	if (!CFG_RUN)
		return err_set(e, 0, "this ingot was configured without `run`: set CONFIG_RUN");
	if (build_load(b, &o->build) || run_check(b, &o->run, e) || build_prepare(b, &o->build, e) ||
	    build_write(b, &written, e))
		return -1;
	return run_image(b, &o->run, e);
}

static const struct verb {
	const char *name;
	int (*run)(const struct options *o, struct build *b, struct err *e);
} verbs[] = { { "build", do_build }, { "check", do_check }, { "show", do_show }, { "run", do_run }, { NULL, NULL } };

static const struct verb *
find_verb(const char *name, struct err *e)
{
	const char *names[sizeof verbs / sizeof *verbs] = { NULL };
	const struct verb *v = verbs;

	for (size_t i = 0; verbs[i].name; i++)
		names[i] = verbs[i].name;
	while (v->name && strcmp(v->name, name) != 0)
		v++;
	if (v->name)
		return v;
	const char *meant = nearest(name, names);
	err_set(e, 0, "unknown verb %s%s%s%s (see ingot --help)", name, meant ? ": did you mean " : "", meant ? meant : "",
		meant ? "?" : "");
	return NULL;
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
	} else if (r < 0) {
		fail(&e, EXIT_FAILED);
	}
	build_release(&b);
	return r ? EXIT_FAILED : EXIT_OK;
}

static int
print_keys(void)
{
	puts(".SS Keys of an image file");
	keys_reference(image_keys, stdout);
	puts(".SS Keys of a recipe");
	keys_reference(recipe_keys, stdout);
	return EXIT_OK;
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
		fputs(usage, stdout);
		return finish(EXIT_OK);
	}
	if (!o.verb) {
		fputs(usage, stderr);
		return EXIT_USAGE;
	}
	if (strcmp(o.verb, "keys") == 0)
		return finish(print_keys());
	const struct verb *v = find_verb(o.verb, &e);
	if (!v)
		return fail(&e, EXIT_USAGE);
	if (!o.build.image_file) {
		err_set(&e, 0, "%s wants an image file, such as images/web.yml", o.verb);
		return fail(&e, EXIT_USAGE);
	}
	progress_quiet(o.quiet);
	return finish(run_verb(v, &o));
}
