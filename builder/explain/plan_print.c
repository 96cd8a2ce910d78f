/* SPDX-License-Identifier: MIT
 *
 * The plan as a text for people.
 */
#include "effective.h"
#include "output.h"
#include "plan_report.h"
#include "replicas.h"

#define TEXT_SHOWN 48 /* bytes of a text that a source holds */

struct printer {
	struct build *b;
	struct plan_fetch *fetch;
	struct arena *arena;
	FILE *to;
};

static void
print_pins(const struct printer *p, const struct lock_ask *ask)
{
	struct plan_pins pins = plan_ask(p->fetch, ask);

	if (!pins.pins) {
		fprintf(p->to, "       not pinned: to be resolved\n");
		return;
	}
	fprintf(p->to, "       pinned: %zu package%s, %s; ", pins.pins->count, pins.pins->count == 1 ? "" : "s",
		size_text(p->arena, pins.bytes));
	if (pins.missing)
		fprintf(p->to, "%zu to be downloaded\n", pins.missing);
	else
		fprintf(p->to, "in the cache\n");
}

static void
print_root(const struct printer *p, const struct plan_root *root)
{
	for (size_t i = 0; i < root->n_sources; i++) {
		const struct plan_source *s = &root->sources[i];
		const struct node *value;
		const char *kind = plan_kind(s->source, &value);
		struct lock_ask ask;
		fprintf(p->to, "    %zu. %s %s%s  # %s\n", i + 1, kind, yaml_flow(p->arena, value, TEXT_SHOWN),
			s->source->override ? ", override" : "", s->origin->text);
		if (plan_request(s->source, &ask))
			print_pins(p, &ask);
	}
}

static void
print_unit(const struct printer *p, const struct plan_unit *u)
{
	const struct model_service *s = u->unit;

	fprintf(p->to, "  %s: %s", s->head.name, u->job ? "job" : "service");
	if (s->replicas)
		fprintf(p->to, " as %s", replicas_span(p->arena, s));
	fprintf(p->to, ", user %s (uid %u, gid %u), root %s", u->user, u->uid, u->gid, u->root.path);
	for (size_t i = 0; i < s->needs.n; i++)
		fprintf(p->to, "%s%s", i ? ", " : ", needs ", s->needs.v[i]);
	fputc('\n', p->to);
	print_root(p, &u->root);
}

static void
print_kernel(const struct printer *p)
{
	const struct plan *plan = &p->b->plan;
	const struct recipe *r = project_recipe(plan->project, plan->project->image.kernel.recipe);
	struct lock_ask ask = plan_kernel_request(plan);

	fprintf(p->to, "kernel: %s  # %s:%u\n", plan->kernel->package, r->name_in_manifest, plan->kernel->head.node->line);
	print_pins(p, &ask);
	fprintf(p->to, "       modules, with what they depend on:");
	for (size_t i = 0; i < plan->n_modules; i++)
		fprintf(p->to, " %s", plan->modules[i]);
	fprintf(p->to, "%s\n       command line: %s\n", plan->n_modules ? "" : " none", plan->cmdline);
}

static void
print_fetch(const struct printer *p)
{
	const struct plan_fetch *f = p->fetch;

	fprintf(p->to, "to fetch: ");
	if (f->packages)
		fprintf(p->to, "%zu package%s, %s", f->packages, f->packages == 1 ? "" : "s", size_text(p->arena, f->bytes));
	if (f->unresolved)
		fprintf(p->to, "%s%zu of %zu requests must be resolved first, their sizes are not known",
			f->packages ? "; " : "", f->unresolved, f->requests);
	fprintf(p->to, "%s\n", f->packages || f->unresolved ? "" : "nothing");
}

void
plan_print(struct build *b, struct plan_fetch *f, FILE *to)
{
	const struct printer p = { b, f, b->project.arena, to };
	const struct plan *plan = &b->plan;

	fprintf(to, "image: %s, hostname %s\n", plan->project->image.image, plan->hostname);
	print_kernel(&p);
	fprintf(to, "machine's root:\n");
	print_root(&p, &plan->machine);
	fprintf(to, "services and jobs, in start order:%s\n", plan->n_units ? "" : " none");
	for (size_t i = 0; i < plan->n_units; i++)
		print_unit(&p, &plan->units[i]);
	fprintf(to, "outputs, in %s:\n", b->dir);
	for (const struct output_kind *k = output_kinds; k->word; k++)
		if (build_wants(b, k->word))
			fprintf(to, "    %s: %s, level %d\n", k->word, k->file, b->level);
	print_fetch(&p);
}
