/* SPDX-License-Identifier: MIT */
#include "variant.h"

#include <stdlib.h>
#include <string.h>

#include "value.h"

#define PROBED_MEMORY (128u << 20) /* for ingot-probe, beyond the image's own budget */
#define SECONDS_MAX   3600

struct model_service *
variant_unit(const struct build *b, const char *name, uint32_t *uid, struct err *e)
{
	size_t n = b->plan.n_units;
	const char **names = arena_alloc(b->project.arena, (n + 1) * sizeof *names);

	for (size_t i = 0; i < n; i++) {
		const struct plan_unit *u = &b->plan.units[i];
		names[i] = u->unit->head.name;
		if (strcmp(names[i], name) == 0) {
			*uid = u->uid;
			for (size_t k = 0; k < project_units(&b->project); k++)
				if (project_unit(&b->project, k) == u->unit)
					return project_unit(&b->project, k);
		}
	}
	const char *meant = nearest(name, names);
	err_set(e, 0, "%s has no service and no job `%s`%s%s%s", b->project.file, name, meant ? ": did you mean `" : "",
		meant ? meant : "", meant ? "`?" : "");
	return NULL;
}

void
variant_plan(struct build *b, const struct model_service *s, enum plan_probe probe)
{
	struct image *m = &b->project.image;

	m->budget.image = m->budget.ready = 0;
	m->budget.memory += PROBED_MEMORY;
	plan_release(&b->plan);
	plan_make(&b->plan, &b->project);
	b->plan.probe = probe;
	b->plan.watched = s;
}

int
variant_write(struct build *b, const struct options *o, const char *kind, struct err *e)
{
	bool written;

	b->for_run = true;
	b->dir = arena_printf(b->project.arena, "%s/.%s/%s", o->build.out_dir, kind, b->project.image.image);
	b->level = (int)b->project.image.compression.run;
	return build_prepare(b, &o->build, e) || build_write(b, &written, e) ? -1 : 0;
}

int
variant_settle(const struct options *o, uint64_t *ms, struct err *e)
{
	uint64_t seconds;

	if (!o->seconds)
		return 0;
	if (!value_int(o->seconds, &seconds) || seconds > SECONDS_MAX)
		return err_set(e, 0, "--seconds wants a number up to %d, not %s", SECONDS_MAX, o->seconds);
	*ms = seconds * 1000;
	return 0;
}
