/* SPDX-License-Identifier: MIT */
#include "variant.h"

#include <stdlib.h>
#include <string.h>

#include "table.h"
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

bool
variant_is_job(const struct build *b, const struct model_service *s)
{
	for (size_t i = 0; i < project_units(&b->project); i++)
		if (project_unit(&b->project, i) == s)
			return project_is_job(&b->project, i);
	return false;
}

void
variant_run_once(struct model_service *s)
{
	s->restart = (struct model_restart){ .policy = TBL_RESTART_NEVER, .healthy = 1000,
					     .backoff = { .first = 1000, .max = 1000 } };
	s->schedule = (struct model_schedule){ .every = 0 };
	s->on_failure = TBL_ON_FAILURE_NONE;
	s->timeout = 0;
	if (!s->stop.timeout)
		s->stop = (struct model_stop){ .timeout = 1000 };
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
	for (size_t i = 0; i < b->plan.n_units; i++)
		if (!s || b->plan.units[i].unit == s)
			b->plan.units[i].job = false;
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
