/* SPDX-License-Identifier: MIT
 *
 * The order that units stand in: each behind all that it starts behind, and the file's order among equals. Linear in
 * units and edges but for the look-up of names, and with a stack of its own.
 */
#include <stdlib.h>
#include <string.h>

#include "plan.h"
#include "replicas.h"

/* A unit's round is how often the file would have to be read from its top until all that the unit starts behind has
 * been met. Needs that stand above it cost no round of their own. */
struct place {
	const char *name;
	size_t index; /* in the file */
	size_t round;
	bool met;     /* the round is known */
};

struct walk {
	const struct project *project;
	struct place *place;          /* by index */
	const struct place **by_name; /* sorted */
	size_t n;
	size_t *stack, *next; /* units on the way, and for each of them the next of its edges */
	size_t depth;
};

static int
compare_names(const void *a, const void *b)
{
	const struct place *const *x = a, *const *y = b;

	return strcmp((*x)->name, (*y)->name);
}

static int
compare_places(const void *a, const void *b)
{
	const struct place *x = a, *y = b;

	if (x->round != y->round)
		return x->round < y->round ? -1 : 1;
	return x->index < y->index ? -1 : x->index > y->index;
}

/* The unit, or NULL: the machine's own DHCP client is none. */
static const struct place *
place_named(const struct walk *w, const char *name)
{
	const struct place key = { .name = arena_strndup(w->project->arena, name, edge_length(name)) }, *p = &key;
	const struct place **found = bsearch(&p, w->by_name, w->n, sizeof p, compare_names);

	return found ? *found : NULL;
}

static void
push(struct walk *w, size_t unit)
{
	w->stack[w->depth] = unit;
	w->next[w->depth++] = 0;
}

static void
walk_from(struct walk *w, size_t first)
{
	push(w, first);
	while (w->depth) {
		struct place *u = &w->place[w->stack[w->depth - 1]];
		const struct model_service *s = project_unit(w->project, u->index);
		size_t k = w->next[w->depth - 1];
		if (k == project_edges(s)) {
			u->met = true;
			w->depth--;
			continue;
		}
		const struct place *to = place_named(w, project_edge(s, k));
		if (to && !to->met && w->depth < w->n) {
			push(w, to->index); /* this edge once more when that one is met */
			continue;
		}
		w->next[w->depth - 1]++;
		size_t round = to ? to->round + (to->index > u->index) : 0;
		if (round > u->round)
			u->round = round;
	}
}

size_t *
order_of_units(const struct project *p)
{
	size_t n = project_units(p), *order = xcalloc(n, sizeof *order);
	struct walk w = { .project = p, .place = xcalloc(n, sizeof *w.place), .by_name = xcalloc(n, sizeof *w.by_name),
			  .n = n, .stack = xcalloc(n, sizeof *w.stack), .next = xcalloc(n, sizeof *w.next) };

	for (size_t i = 0; i < n; i++) {
		w.place[i] = (struct place){ .name = project_unit(p, i)->head.name, .index = i };
		w.by_name[i] = &w.place[i];
	}
	qsort(w.by_name, n, sizeof *w.by_name, compare_names);
	for (size_t i = 0; i < n; i++)
		if (!w.place[i].met)
			walk_from(&w, i);
	qsort(w.place, n, sizeof *w.place, compare_places);
	for (size_t i = 0; i < n; i++)
		order[i] = w.place[i].index;
	free(w.place);
	free(w.by_name);
	free(w.stack);
	free(w.next);
	return order;
}
