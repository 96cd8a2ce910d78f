/* SPDX-License-Identifier: MIT
 *
 * What each service scores, held against `budget.score`. Programs of the machine are not the author's to lock in, and
 * of a service with replicas the first tells of all.
 */
#include <string.h>

#include "checks.h"
#include "score.h"

#define SHOWN_MAX 3

static bool
is_counted(const struct tbl *t, const struct tbl_svc *s)
{
	const char *instance = strchr(tbl_str(t, s->name), '@');

	return !(s->flags & TBL_SVC_MACHINE) && (!instance || strcmp(instance, "@1") == 0);
}

/* "it shares the machine's network (network.mode), ..." */
static const char *
worst(struct arena *a, const struct score *s)
{
	const char *text = "";

	for (size_t i = 0; i < s->n && i < SHOWN_MAX; i++) {
		const struct score_item *x = &s->items[i];
		text = arena_printf(a, "%s%s%s%s%s +%u.%u", text, i ? ", " : "", x->why, x->key ? ": " : "", x->key ? x->key : "",
				    x->tenths / 10, x->tenths % 10);
	}
	return text;
}

void
check_score(const struct build *b)
{
	const struct model_budget *m = &b->project.image.budget;
	struct err ignored; /* the compiler of the table has opened it */
	struct score score;
	struct tbl t;

	if (!node_get(m->head.node, "score") || tbl_open(&t, b->table, b->table_size, &ignored))
		return;
	for (uint32_t i = 0; i < tbl_count(&t, TBL_SVCS); i++) {
		const struct tbl_svc *s = tbl_svc(&t, i);
		struct score_facts facts;
		if (!is_counted(&t, s))
			continue;
		score_facts_of(&t, s, &facts);
		score_compute(&facts, &score);
		if (score.tenths > m->score)
			diag(b->project.diags, node_place(m->head.node, "score"),
			     "`%s` scores %u.%u, more than budget.score: %s", tbl_str(&t, s->name), score.tenths / 10,
			     score.tenths % 10, worst(b->project.arena, &score));
	}
}
