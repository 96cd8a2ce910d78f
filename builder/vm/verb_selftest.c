/* SPDX-License-Identifier: MIT
 *
 * selftest: builds a variant of the image in which each service and job is ingot-probe, in its own root and posture,
 * boots it, and judges what the probes found.
 */
#include <stdlib.h>
#include <string.h>

#include "probe_abi.h"
#include "replicas.h"
#include "run.h"
#include "selftest.h"
#include "table.h"
#include "uml.h"
#include "variant.h"
#include "verbs.h"

#define UNITS_MAX (TBL_ARGV_MAX - 2) /* the witness hears them by their names */

/* What a unit does is the probe's; what surrounds it stays as it is. */
static void
probe_unit(struct model_service *s)
{
	static const char *const command[] = { PROBE_FILE };

	s->command.v = (const char **)(uintptr_t)command;
	s->command.n = 1;
	s->ready = (struct model_ready){ .timeout = 0 };
	s->health = (struct model_health){ .action = 0 };
	variant_run_once(s);
	s->critical = 0;
	s->logs = (struct model_logs){ .where = LOGS_MEMORY, .forward = LOGS_NONE };
}

static int
make_variant(struct build *b, struct err *e)
{
	struct image *m = &b->project.image;
	size_t units = 0;

	for (size_t i = 0; i < project_units(&b->project); i++) {
		probe_unit(project_unit(&b->project, i));
		units += replicas_count(project_unit(&b->project, i));
	}
	if (!units)
		return err_set(e, 0, "%s has no service and no job that could be tested", b->project.file);
	if (units > UNITS_MAX)
		return err_set(e, 0, "a self test is of %d services at most; this image has %zu", UNITS_MAX, units);
	m->purpose = NULL;
	m->watchdog = NULL;
	m->tests.n = 0;
	variant_plan(b, NULL, PROBE_SELFTEST);
	return 0;
}

int
verb_selftest(const struct options *o, struct build *b, struct err *e)
{
	struct selftest s;

	if (!CFG_RUN)
		return err_set(e, 0, "this ingot was configured without `run`, `test` and `selftest`: set CONFIG_RUN");
	if (build_load(b, &o->build) || (!uml_is_asked(&o->run) && run_check_host(b, &o->run, e)) ||
	    make_variant(b, e) || variant_write(b, o, "selftest", e))
		return VERB_FAILED;
	selftest_init(&s, b);
	int r = run_selftest(b, &o->run, &s, e);
	if (r == 0)
		selftest_print(&s, o->json);
	bool held = s.count[ROW_FAILED] == 0;
	selftest_release(&s);
	return r ? VERB_FAILED : held ? VERB_OK : VERB_DIFFERS;
}
