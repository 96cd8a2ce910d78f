/* SPDX-License-Identifier: MIT */
#include "build.h"

#include <stdlib.h>
#include <string.h>

#include "assemble.h"
#include "checks.h"
#include "content.h"
#include "digest_list.h"
#include "digests.h"
#include "progress.h"
#include "svc_table.h"

const char *
build_lock_file(const struct build *b)
{
	const char *image = b->project.file, *dot = strrchr(image, '.'), *slash = strrchr(image, '/');
	int n = dot && (!slash || dot > slash) ? (int)(dot - image) : (int)strlen(image);

	return arena_printf(b->project.arena, "%.*s.lock", n, image);
}

static int
fetch(struct build *b, const struct build_options *o, struct err *e)
{
	struct lock *l = lock_load(b->project.arena, b->project.diags, build_lock_file(b));
	bool changed = false;

	if (!l)
		return -1;
	int r = fetch_inputs(&b->plan, l, b->cache, &o->fetch, e);
	if (r == 0 && !o->fetch.locked)
		r = lock_save(l, &changed, e);
	b->plan.fresh = changed;
	if (r == 0 && changed)
		progress_note("wrote %s: it pins everything that this image is made of", l->file);
	lock_release(l);
	return r;
}

static int
add_table(struct build *b, struct err *e)
{
	static const struct origin own = { "ingot" };
	struct tree_put how = { .meta = { .mode = 0444 }, .origin = &own };
	struct content c;

	if (svc_table_make(&b->plan, &b->kernel, b->tree, &b->table, &b->table_size, e))
		return -1;
	content_of_mem(&c, b->table, b->table_size);
	return tree_put_file(b->tree, TBL_PATH, &c, &how, e);
}

/* Of all that is in the tree, so that it is the last file of it. */
static int
add_digests(struct build *b, struct err *e)
{
	static const struct origin own = { "ingot" };
	struct tree_put how = { .meta = { .mode = 0444 }, .origin = &own };
	struct content c;
	size_t size;

	if (!b->project.image.drift)
		return 0;
	if (digest_list_make(b->tree, &b->digests, &size, e))
		return -1;
	content_of_mem(&c, b->digests, size);
	return tree_put_file(b->tree, DIGESTS_PATH, &c, &how, e);
}

int
build_load(struct build *b, const struct build_options *o)
{
	*b = (struct build){ .dir = NULL };
	if (project_load(&b->project, o->image_file, o->recipe_dir))
		return -1;
	b->dir = arena_printf(b->project.arena, "%s/%s", o->out_dir, b->project.image.image);
	b->level = (int)b->project.image.compression.level;
	plan_make(&b->plan, &b->project);
	return 0;
}

int
build_prepare(struct build *b, const struct build_options *o, struct err *e)
{
	b->cache = cache_open(o->cache_dir, e);
	if (!b->cache || fetch(b, o, e))
		return -1;
	b->tree = tree_new();
	if (assemble(&b->plan, b->cache, b->tree, &b->kernel, e) || add_table(b, e) || add_digests(b, e))
		return -1;
	tree_share(b->tree);
	return check_programs(b, e) || check_kernel_config(b, e) || diags_count(b->project.diags) ? -1 : 0;
}

int
build_to_run(struct build *b, const struct build_options *o, bool *written, struct err *e)
{
	bool current;

	*written = false;
	if (build_prepare(b, o, e) || build_is_current(b, &current, e))
		return -1;
	if (current)
		return 0;
	b->for_run = true;
	b->dir = arena_printf(b->project.arena, "%s/.run/%s", o->out_dir, b->project.image.image);
	b->level = (int)b->project.image.compression.run;
	return build_write(b, written, e);
}

void
build_release(struct build *b)
{
	free(b->table);
	free(b->digests);
	kernel_release(&b->kernel);
	tree_free(b->tree);
	plan_release(&b->plan);
	if (b->cache)
		cache_close(b->cache);
	project_release(&b->project);
}
