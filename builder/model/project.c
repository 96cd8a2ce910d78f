/* SPDX-License-Identifier: MIT
 *
 * Loading: the image file, then each recipe it names, once.
 */
#include "project.h"

#include <stdlib.h>
#include <string.h>
#include <unistd.h>

struct finder {
	struct project *p;
	const char *dirs[3];
	size_t room;
};

struct recipe *
project_recipe(const struct project *p, const char *name)
{
	for (size_t i = 0; i < p->n_recipes; i++)
		if (strcmp(p->recipes[i]->head.name, name) == 0)
			return p->recipes[i];
	return NULL;
}

size_t
project_units(const struct project *p)
{
	return p->image.services.n + p->image.jobs.n;
}

struct model_service *
project_unit(const struct project *p, size_t i)
{
	const struct image *m = &p->image;

	return i < m->services.n ? &m->services.v[i] : &m->jobs.v[i - m->services.n];
}

bool
project_is_job(const struct project *p, size_t i)
{
	return i >= p->image.services.n;
}

static void
set_dirs(struct finder *f, const char *image_file, const char *recipe_dir)
{
	const char *slash = strrchr(image_file, '/');
	int n = slash ? (int)(slash - image_file) : 1;
	const char *dir = slash ? image_file : ".";

	if (slash == image_file)
		n = 1;
	f->dirs[0] = arena_printf(f->p->arena, "%.*s/recipes", n, dir);
	/* images/web.yml finds recipes/ without a "..", so that messages stay short */
	const char *up = slash ? memrchr(image_file, '/', (size_t)n) : NULL;
	const char *last = up ? up + 1 : dir;
	bool dots = (size_t)(dir + n - last) <= 2 && last[0] == '.';
	if (up && !dots)
		f->dirs[1] = arena_printf(f->p->arena, "%.*s/recipes", (int)(up - image_file), image_file);
	else
		f->dirs[1] = slash && !dots ? "recipes" : arena_printf(f->p->arena, "%.*s/../recipes", n, dir);
	f->dirs[2] = recipe_dir;
}

static const char *
find_file(const struct finder *f, const char *name)
{
	for (size_t i = 0; i < 3; i++) {
		if (!f->dirs[i])
			continue;
		const char *flat = arena_printf(f->p->arena, "%s/%s.yml", f->dirs[i], name);
		if (access(flat, F_OK) == 0)
			return flat;
		const char *folder = arena_printf(f->p->arena, "%s/%s/recipe.yml", f->dirs[i], name);
		if (access(folder, F_OK) == 0)
			return folder;
	}
	return NULL;
}

/* The file's path without the folder it was found in. */
static const char *
after_dir(const struct finder *f, const char *file)
{
	for (size_t i = 0; i < 3; i++) {
		size_t n = f->dirs[i] ? strlen(f->dirs[i]) : 0;
		if (n && strncmp(file, f->dirs[i], n) == 0 && file[n] == '/')
			return file + n + 1;
	}
	return file;
}

static void
load_recipe(struct finder *f, const char *name, const struct node *where)
{
	struct project *p = f->p;

	if (project_recipe(p, name))
		return;
	struct recipe *r = arena_alloc(p->arena, sizeof *r);
	p->recipes = grow(p->recipes, p->n_recipes, &f->room, sizeof *p->recipes);
	p->recipes[p->n_recipes++] = r; /* also where it fails, so that it is said once */
	r->file = find_file(f, name);
	if (r->file)
		r->name_in_manifest = arena_printf(p->arena, "recipes/%s", after_dir(f, r->file));
	if (!r->file) {
		diag(p->diags, where, "no recipe `%s`: looked for %s.yml in %s and %s", name, name, f->dirs[0], f->dirs[1]);
	} else {
		struct node *n = yaml_load(p->arena, p->diags, r->file);
		if (n && n->kind == NODE_MAP)
			keys_bind(p->arena, p->diags, recipe_keys, n, r);
		else if (n)
			diag(p->diags, n, "a recipe must be a mapping");
		if (r->recipe && strcmp(r->recipe, name) != 0)
			diag(p->diags, node_place(n, "recipe"), "this recipe must be named `%s`, as its file is", name);
	}
	r->head.name = name;
}

/* The nodes of a list of names, for its places. */
static void
load_recipes(struct finder *f, const struct node *owner)
{
	const struct node *list = node_get(owner, "recipes");

	for (size_t i = 0; list && list->kind == NODE_LIST && i < list->count; i++)
		if (list->items[i]->kind == NODE_SCALAR)
			load_recipe(f, list->items[i]->text, list->items[i]);
}

static void
load_all_recipes(struct finder *f)
{
	struct project *p = f->p;

	if (p->image.kernel.recipe)
		load_recipe(f, p->image.kernel.recipe, node_place(p->image.kernel.head.node, "recipe"));
	load_recipes(f, p->image.head.node);
	for (size_t i = 0; i < project_units(p); i++)
		load_recipes(f, project_unit(p, i)->head.node);
}

int
project_load(struct project *p, const char *image_file, const char *recipe_dir)
{
	struct finder f = { .p = p };

	*p = (struct project){ .arena = arena_new(), .diags = diags_new(), .file = image_file };
	struct node *n = yaml_load(p->arena, p->diags, image_file);
	if (n && n->kind != NODE_MAP)
		diag(p->diags, n, "an image file must be a mapping: `image: NAME` and so on");
	if (n && n->kind == NODE_MAP) {
		keys_bind(p->arena, p->diags, image_keys, n, &p->image);
		set_dirs(&f, image_file, recipe_dir);
		load_all_recipes(&f);
		project_check(p);
	}
	return diags_count(p->diags) ? -1 : 0;
}

void
project_release(struct project *p)
{
	free(p->recipes);
	diags_free(p->diags);
	arena_free(p->arena);
}
