/* SPDX-License-Identifier: MIT
 *
 * ingot lock: resolves what an image asks for and writes its lock, without building; with --update what is pinned
 * already is resolved anew, and what that changes is printed. With --locked it only tells whether the lock is right.
 */
#include "fetch.h"
#include "verbs.h"

static void
print_sum(const struct lock *l, const char *what)
{
	struct lock_sum s = lock_sum(l);
	char size[24];

	lock_size_text(s.bytes, size);
	printf("%s: %s, %zu package%s and %zu other input%s, %s\n", l->file, what, s.packages, s.packages == 1 ? "" : "s",
	       s.others, s.others == 1 ? "" : "s", size);
}

static int
write_lock(const struct fetch_options *o, struct lock *l, const struct lock *before, struct err *e)
{
	bool changed = false;

	if (!o->locked && lock_save(l, &changed, e))
		return VERB_FAILED;
	if (o->update && before->version && lock_changes(before, l, stdout) == 0)
		print_sum(l, "nothing changed");
	else
		print_sum(l, changed ? "written" : "up to date");
	return VERB_OK;
}

int
verb_lock(const struct options *o, struct build *b, struct err *e)
{
	struct fetch_options how = o->build.fetch;

	if (how.update && (how.locked || how.offline))
		return err_set(e, 0, "--update resolves anew: that cannot be had with %s",
			       how.locked ? "--locked" : "--offline");
	if (o->n_args > 1 && !how.update)
		return err_set(e, 0, "%s: a name says what to resolve anew: write `ingot lock --update %s %s`", o->args[1],
			       o->args[0], o->args[1]);
	how.name = o->n_args > 1 ? o->args[1] : NULL;
	how.pins_only = true;
	if (build_load(b, &o->build))
		return VERB_FAILED;
	b->cache = cache_open(o->build.cache_dir, e);
	if (!b->cache)
		return VERB_FAILED;
	struct lock *before = lock_load(b->project.arena, b->project.diags, build_lock_file(b));
	struct lock *l = before ? lock_load(b->project.arena, b->project.diags, before->file) : NULL;
	int r = VERB_FAILED;
	if (l && fetch_inputs(&b->plan, l, b->cache, &how, e) == 0)
		r = write_lock(&how, l, before, e);
	lock_release(before);
	lock_release(l);
	return r;
}
