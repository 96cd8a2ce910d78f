/* SPDX-License-Identifier: MIT
 *
 * `ingot show`: the service table as the machine will read it; with --effective the values of the image file instead,
 * for which nothing is fetched.
 */
#include "effective.h"
#include "net_links.h"
#include "svc_table.h"
#include "verbs.h"

static int
show_effective(const struct options *o, struct build *b)
{
	struct derived_list derived = { .v = NULL };

	if (build_load(b, &o->build))
		return VERB_FAILED;
	derive_from_plan(&b->plan, &derived);
	if (o->json)
		effective_json(&b->plan, &derived, stdout);
	else
		effective_print(&b->plan, &derived, stdout);
	derived_release(&derived);
	return VERB_OK;
}

int
verb_show(const struct options *o, struct build *b, struct err *e)
{
	struct tbl t;

	if (o->effective)
		return show_effective(o, b);
	if (o->json)
		return err_set(e, 0, "show prints JSON of the effective values alone: say --effective too"), VERB_USAGE;
	if (build_load(b, &o->build) || build_prepare(b, &o->build, e) || tbl_open(&t, b->table, b->table_size, e))
		return VERB_FAILED;
	svc_table_print(&t, stdout);
	if (b->plan.net)
		links_print(&b->project.image, stdout);
	return VERB_OK;
}
