/* SPDX-License-Identifier: MIT
 *
 * run: builds at a fast level, unless the image for release is there already, and boots; with --watch again and again.
 */
#include "progress.h"
#include "report.h"
#include "run.h"
#include "verbs.h"
#include "watch.h"

/* What is booted: the image that `build` wrote where it is of this very input, else a fast one of its own. */
static int
build_to_run(struct build *b, const struct options *o, bool *written, struct err *e)
{
	bool current;

	*written = false;
	if (build_prepare(b, &o->build, e) || build_is_current(b, &current, e))
		return -1;
	if (current)
		return 0;
	build_for_run(b, &o->build);
	return build_write(b, written, e);
}

/* In a process of its own, beside the VM. */
static int
rebuild(void *arg)
{
	const struct options *o = arg;
	struct build b = { .dir = NULL };
	struct err e = { .msg = "" };
	bool written = false;
	int r = build_load(&b, &o->build) || build_to_run(&b, o, &written, &e) ? VERB_FAILED : VERB_OK;
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
	if (build_to_run(b, o, &written, e))
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
			return r;
		build_release(b);
		*b = (struct build){ .dir = NULL };
	}
}
