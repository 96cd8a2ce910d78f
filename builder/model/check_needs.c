/* SPDX-License-Identifier: MIT
 *
 * What services and jobs need: names that resolve, and circles, found depth-first and each named once.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "net_links.h"
#include "project.h"
#include "replicas.h"
#include "table.h"

enum colour { WHITE, GREY, BLACK };

struct visit {
	struct project *p;
	enum colour *colour;
	size_t *stack; /* units on the way */
	size_t *next;  /* for each of them, the next of its needs */
	size_t depth;
};

static size_t
unit_named(const struct project *p, const char *name)
{
	size_t i = 0, n = edge_length(name);

	while (i < project_units(p) &&
	       (strncmp(project_unit(p, i)->head.name, name, n) != 0 || project_unit(p, i)->head.name[n]))
		i++;
	return i;
}

static void
say_cycle(struct visit *v, size_t again)
{
	char text[512] = "";
	size_t from = 0;

	while (v->stack[from] != again)
		from++;
	for (size_t i = from; i <= v->depth; i++) {
		const char *name = project_unit(v->p, i < v->depth ? v->stack[i] : again)->head.name;
		size_t used = strlen(text);
		snprintf(text + used, sizeof text - used, "%s%s", used ? " -> " : "", name);
	}
	const struct node *unit = project_unit(v->p, again)->head.node;
	diag(v->p->diags, node_place(unit, node_get(unit, "needs") ? "needs" : "wants"), "the needs go in a circle: %s", text);
}

static void
push(struct visit *v, size_t unit)
{
	v->colour[unit] = GREY;
	v->stack[v->depth] = unit;
	v->next[v->depth] = 0;
	v->depth++;
}

/* With a stack of its own: a chain of thousands must not overflow the program's. */
static void
visit_from(struct visit *v, size_t first)
{
	size_t n = project_units(v->p);

	push(v, first);
	while (v->depth) {
		size_t unit = v->stack[v->depth - 1], k = v->next[v->depth - 1]++;
		const struct model_service *s = project_unit(v->p, unit);
		if (k == project_edges(s)) {
			v->colour[unit] = BLACK;
			v->depth--;
			continue;
		}
		size_t to = unit_named(v->p, project_edge(s, k));
		if (to < n && v->colour[to] == GREY)
			say_cycle(v, to);
		else if (to < n && v->colour[to] == WHITE)
			push(v, to);
	}
}

size_t
project_edges(const struct model_service *s)
{
	return s->needs.n + s->wants.n;
}

const char *
project_edge(const struct model_service *s, size_t k)
{
	return k < s->needs.n ? s->needs.v[k] : s->wants.v[k - s->needs.n];
}

/* NAME@N: there is such an instance. */
static void
check_instance(struct project *p, const struct node *list, const struct model_service *of, const char *to)
{
	if (edge_instance(to) && !of->replicas)
		diag(p->diags, list, "`%s`: `%s` has no replicas", to, of->head.name);
	else if (edge_instance(to) > replicas_count(of))
		diag(p->diags, list, "`%s`: `%s` has %llu replicas", to, of->head.name, (unsigned long long)of->replicas);
}

static void
check_edge(struct project *p, const struct model_service *s, size_t k, const char *own, const char *const *names)
{
	const char *key = k < s->needs.n ? "needs" : "wants", *to = project_edge(s, k);
	const struct node *list = node_get(s->head.node, key);
	bool is_own = own && strcmp(to, own) == 0, is_dhcp = strcmp(to, "dhcp") == 0;

	for (size_t i = s->needs.n; i < k; i++)
		if (edges_meet(project_edge(s, i), to))
			diag(p->diags, list, "`%s` stands twice in `wants`", to);
	for (size_t i = 0; k >= s->needs.n && i < s->needs.n; i++)
		if (edges_meet(s->needs.v[i], to))
			diag(p->diags, list, "`%s` stands in `needs` already", to);
	if (is_dhcp && own && !is_own)
		diag(p->diags, list, "%s `dhcp`, but ingot-net keeps this machine's links: write `%s`", key, own);
	else if (is_dhcp && !is_own)
		diag(p->diags, list, "%s `dhcp`, but no link has `dhcp: true`", key);
	size_t unit = unit_named(p, to);
	if (unit < project_units(p))
		check_instance(p, list, project_unit(p, unit), to);
	if (is_own || is_dhcp || unit < project_units(p))
		return;
	const char *meant = nearest(to, names);
	diag(p->diags, list, "%s `%s`, which is no service and no job%s%s%s", key, to, meant ? ": did you mean `" : "",
	     meant ? meant : "", meant ? "`?" : "");
}

/* What ends by itself, so that the machine does. */
static void
check_purpose(struct project *p, const char *const *names)
{
	const struct node *at = node_place(p->image.head.node, "purpose");
	const char *to = p->image.purpose;
	size_t i = to ? unit_named(p, to) : 0;

	if (!to)
		return;
	if (i == project_units(p)) {
		const char *meant = nearest(to, names);
		diag(p->diags, at, "purpose `%s`, which is no service and no job%s%s%s", to, meant ? ": did you mean `" : "",
		     meant ? meant : "", meant ? "`?" : "");
	} else if (edge_instance(to) || replicas_count(project_unit(p, i)) > 1) {
		diag(p->diags, at, "`%s` has replicas: a purpose is one service or job without", project_unit(p, i)->head.name);
	} else if (i < p->image.services.n && project_unit(p, i)->restart.policy == TBL_RESTART_ALWAYS &&
		   !project_unit(p, i)->restart.limit && !project_unit(p, i)->restart.signals.n) {
		diag(p->diags, at, "`%s` never ends: give it `restart: {policy: on-failure}`, or never", to);
	}
}

void
project_check_needs(struct project *p)
{
	size_t n = project_units(p);
	const char **names = xcalloc(n + 2, sizeof *names);
	const char *own = links_kept(&p->image) ? NET_SERVICE : NULL; /* the machine's own service */
	struct visit v = { p, xcalloc(n, sizeof(enum colour)), xcalloc(n, sizeof(size_t)), xcalloc(n, sizeof(size_t)), 0 };

	for (size_t i = 0; i < n; i++)
		names[i] = project_unit(p, i)->head.name;
	for (size_t i = 0; i < p->image.network.links.n && !own; i++)
		own = p->image.network.links.v[i].dhcp ? "dhcp" : NULL;
	if (own)
		names[n] = own;
	for (size_t i = 0; i < n; i++) {
		const struct model_service *s = project_unit(p, i);
		for (size_t k = 0; k < project_edges(s); k++)
			check_edge(p, s, k, own, names);
	}
	check_purpose(p, names);
	for (size_t i = 0; i < n; i++)
		if (v.colour[i] == WHITE)
			visit_from(&v, i);
	free(names);
	free(v.colour);
	free(v.stack);
	free(v.next);
}
