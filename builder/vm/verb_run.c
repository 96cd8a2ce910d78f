/* SPDX-License-Identifier: MIT
 *
 * run: builds and boots, with --watch again and again; test: builds, boots, and holds the machine against its tests.
 */
#include "progress.h"
#include "report.h"
#include "run.h"
#include "verbs.h"
#include "watch.h"

/* In a process of its own, beside the VM. */
static int
rebuild(void *arg)
{
	const struct options *o = arg;
	struct build b = { .dir = NULL };
	struct err e = { .msg = "" };
	bool written = false;
	int r = build_load(&b, &o->build) || build_to_run(&b, &o->build, &written, &e) ? VERB_FAILED : VERB_OK;
	int status = report(&b, r, &e);

	build_release(&b);
	return status ? status : written ? REBUILT : REBUILT_SAME;
}

static int
run_once(const struct options *o, struct build *b, struct watch **w, struct err *e)
{
	bool written;

	if (build_load(b, &o->build) || run_check(b, &o->run, e))
		return VERB_FAILED;
	/* before the files are read: what changes from now on is seen */
	if (o->run.watch && (*w = watch_new(&b->project, rebuild, (void *)o, e)) == NULL)
		return VERB_FAILED;
	if (build_to_run(b, &o->build, &written, e))
		return VERB_FAILED;
	if (*w)
		progress_note("watching the files of %s; a change builds anew and starts again", o->build.image_file);
	return run_image(b, &o->run, *w, e);
}

int
verb_run(const struct options *o, struct build *b, struct err *e)
{
	if (!CFG_RUN)
		return err_set(e, 0, "this ingot was configured without `run`: set CONFIG_RUN");
	for (;;) {
		struct watch *w = NULL;
		int r = run_once(o, b, &w, e);
		watch_free(w);
		if (r != RUN_AGAIN)
			return r > RUN_ENDED ? VERB_ENDED + r - RUN_ENDED : r;
		build_release(b);
		*b = (struct build){ .dir = NULL };
	}
}

int
verb_test(const struct options *o, struct build *b, struct err *e)
{
	size_t failed;
	bool written;

	if (!CFG_RUN)
		return err_set(e, 0, "this ingot was configured without `run` and `test`: set CONFIG_RUN");
	if (build_load(b, &o->build) || run_check_host(b, &o->run, e) || build_to_run(b, &o->build, &written, e) ||
	    run_tests(b, &o->run, o->json, &failed, e))
		return VERB_FAILED;
	return failed ? VERB_DIFFERS : VERB_OK;
}
