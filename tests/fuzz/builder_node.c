/* SPDX-License-Identifier: MIT
 *
 * Any bytes as an image file: YAML, then the key table, then, where all is of its form, the checks between values and
 * the plan. Recipes are not read from the disk: each one named is a kernel's.
 */
#include <stdint.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "mem.h"
#include "node.h"
#include "plan.h"
#include "project.h"

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);

static void
add_recipes(struct project *p, const char *const *names, size_t n, size_t *room)
{
	for (size_t i = 0; i < n; i++) {
		if (project_recipe(p, names[i]))
			continue;
		struct recipe *r = arena_alloc(p->arena, sizeof *r);
		r->head.name = r->recipe = names[i];
		r->kernel = arena_alloc(p->arena, sizeof *r->kernel);
		r->kernel->package = "linux-image";
		p->recipes = grow(p->recipes, p->n_recipes, room, sizeof *p->recipes);
		p->recipes[p->n_recipes++] = r;
	}
}

static void
check_and_plan(struct project *p)
{
	size_t room = 0;
	struct plan plan;

	add_recipes(p, &p->image.kernel.recipe, 1, &room);
	add_recipes(p, p->image.recipes.v, p->image.recipes.n, &room);
	for (size_t i = 0; i < project_units(p); i++)
		add_recipes(p, project_unit(p, i)->recipes.v, project_unit(p, i)->recipes.n, &room);
	project_check(p);
	if (diags_count(p->diags))
		return;
	plan_make(&plan, p);
	if (plan.n_units != project_units(p))
		abort(); /* a circle that the checks did not see */
	plan_release(&plan);
}

int
LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
	struct project p = { .arena = arena_new(), .diags = diags_new(), .file = "fuzz.yml" };
	struct node *n = yaml_parse(p.arena, p.diags, p.file, data, size);
	FILE *null = fopen("/dev/null", "we");

	if ((n == NULL) != (diags_count(p.diags) > 0))
		abort(); /* nothing is refused silently, and nothing wrong is handed on */
	if (n && n->kind == NODE_MAP)
		keys_bind(p.arena, p.diags, image_keys, n, &p.image);
	if (n && n->kind == NODE_MAP && diags_count(p.diags) == 0)
		check_and_plan(&p);
	diags_print(p.diags, null);
	fclose(null);
	free(p.recipes);
	diags_free(p.diags);
	arena_free(p.arena);
	return 0;
}
