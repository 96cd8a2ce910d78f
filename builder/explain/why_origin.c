/* SPDX-License-Identifier: MIT
 *
 * From the text of an origin to the source that it names, or, for a package, to the request that brought it and the
 * dependencies on the way. The packages' own control files are asked, not apt.
 */
#include <stdlib.h>
#include <string.h>

#include "deb_control.h"
#include "effective.h"
#include "plan_report.h"
#include "why.h"

#define TEXT_SHOWN 60
#define NONE       SIZE_MAX

static void
print_source(struct build *b, const struct plan_source *s, FILE *to)
{
	const struct node *value;
	const char *kind = plan_kind(s->source, &value);

	fprintf(to, "    %s: %s %s%s\n", s->origin->text, kind, yaml_flow(b->project.arena, value, TEXT_SHOWN),
		s->source->override ? ", override" : "");
}

/* The packages of one request, and by which of them each came along. */
struct chain {
	struct build *b;
	const struct deb_list *pins;
	const char **depends, **provides; /* by pin */
	size_t *from;                     /* the pin that needs it; NONE: asked for by name */
	size_t *queue, n;
};

static int
read_controls(struct chain *c, struct err *e)
{
	struct arena *a = c->b->project.arena;

	for (size_t i = 0; i < c->pins->count; i++) {
		const char *control = deb_control(c->b->cache, a, &c->pins->pins[i], e);
		if (!control)
			return -1;
		c->depends[i] = arena_printf(a, "%s, %s", deb_control_field(a, control, "Pre-Depends"),
					     deb_control_field(a, control, "Depends"));
		c->provides[i] = deb_control_field(a, control, "Provides");
	}
	return 0;
}

/* Whether pin x is what the list means: by its name, or by one that it provides. */
static bool
is_named(const struct chain *c, const char *list, size_t x)
{
	char *provided = xstrdup(c->provides[x]), *save = NULL;
	bool yes = deb_control_names(list, c->pins->pins[x].name);

	for (char *p = strtok_r(provided, ",", &save); p && !yes; p = strtok_r(NULL, ",", &save)) {
		p += strspn(p, " ");
		p[strcspn(p, " (")] = '\0';
		yes = p[0] && deb_control_names(list, p);
	}
	free(provided);
	return yes;
}

static void
reach(struct chain *c, size_t pin, size_t from, bool *seen)
{
	if (seen[pin])
		return;
	seen[pin] = true;
	c->from[pin] = from;
	c->queue[c->n++] = pin;
}

/* Breadth first, so that the chain that is told is a shortest one. */
static void
spread(struct chain *c, const struct src_debian *d, bool *seen)
{
	for (size_t i = 0; i < d->packages.n; i++)
		for (size_t k = 0; k < c->pins->count; k++)
			if (strcmp(c->pins->pins[k].name, d->packages.v[i]) == 0)
				reach(c, k, NONE, seen);
	for (size_t i = 0; i < c->n; i++)
		for (size_t k = 0; k < c->pins->count; k++)
			if (!seen[k] && is_named(c, c->depends[c->queue[i]], k))
				reach(c, k, c->queue[i], seen);
}

static void
print_chain(const struct chain *c, size_t pin, bool reached, FILE *to)
{
	const char *text = c->pins->pins[pin].name;

	if (!reached) {
		fprintf(to, "    no package of the request names it as a dependency\n");
		return;
	}
	if (c->from[pin] == NONE) {
		fprintf(to, "    asked for by name\n");
		return;
	}
	while ((pin = c->from[pin]) != NONE)
		text = arena_printf(c->b->project.arena, "%s -> %s", c->pins->pins[pin].name, text);
	fprintf(to, "    as a dependency: %s\n", text);
}

static int
print_package(struct build *b, const struct plan_source *s, size_t pin, FILE *to, struct err *e)
{
	size_t n = s->pins->count + 1;
	struct chain c = { .b = b, .pins = s->pins, .depends = xcalloc(n, sizeof *c.depends),
			   .provides = xcalloc(n, sizeof *c.provides), .from = xcalloc(n, sizeof *c.from),
			   .queue = xcalloc(n, sizeof *c.queue) };
	bool *seen = xcalloc(n, sizeof *seen);
	int r = read_controls(&c, e);

	if (r == 0) {
		print_source(b, s, to);
		spread(&c, s->source->debian, seen);
		print_chain(&c, pin, seen[pin], to);
	}
	free(seen);
	free(c.queue);
	free(c.from);
	free(c.provides);
	free(c.depends);
	return r;
}

/* "debian NAME VERSION" among the pins of a source. */
static size_t
find_pin(struct build *b, const struct plan_source *s, const char *origin)
{
	for (size_t i = 0; s->pins && i < s->pins->count; i++) {
		const struct deb_pin *p = &s->pins->pins[i];
		if (strcmp(origin, arena_printf(b->project.arena, "debian %s %s", p->name, p->version)) == 0)
			return i;
	}
	return NONE;
}

int
why_origin(struct build *b, const char *path, const char *origin, FILE *to, struct err *e)
{
	const struct plan_root *root = why_root_of(b, path);

	for (size_t i = 0; i < root->n_sources; i++) {
		const struct plan_source *s = &root->sources[i];
		size_t pin = find_pin(b, s, origin);
		if (pin != NONE)
			return print_package(b, s, pin, to, e);
		if (strcmp(s->origin->text, origin) == 0) {
			print_source(b, s, to);
			return 0;
		}
	}
	return 0;
}
