/* SPDX-License-Identifier: MIT
 *
 * What an OCI image's configuration says of its program becomes what the service has that holds it, key by key where
 * the image file says nothing. Each value taken is noted with its origin. Nothing is looked up in a root here.
 */
#include <string.h>

#include "oci.h"
#include "project.h"

struct filling {
	struct project *p;
	struct model_service *s;
	const struct oci_image *image;
	struct model_default *list;
	size_t n;
};

/* The image source of the service, if it is the only one; *several tells of more. */
static const struct src_oci *
find_oci(const struct project *p, const struct model_service *s, bool *several)
{
	const struct src_oci *found = NULL;

	*several = false;
	for (size_t i = 0; i <= s->recipes.n; i++) {
		const struct recipe *r = i < s->recipes.n ? project_recipe(p, s->recipes.v[i]) : NULL;
		const struct source *v = r ? r->sources.v : s->sources.v;
		size_t n = r ? r->sources.n : i == s->recipes.n ? s->sources.n : 0;
		for (size_t k = 0; k < n; k++) {
			*several = *several || (found && v[k].oci);
			if (v[k].oci)
				found = v[k].oci;
		}
	}
	return *several ? NULL : found;
}

static void
note(struct filling *f, const char *key, const char *value)
{
	const char *origin = arena_printf(f->p->arena, "oci image %s config", f->image->name);

	f->list[f->n++] = (struct model_default){ key, value, origin };
}

static void
fill_command(struct filling *f)
{
	const struct oci_image *m = f->image;
	size_t n = m->n_entrypoint + m->n_cmd;
	const char *text = "";

	if (node_get(f->s->head.node, "command") || !n)
		return;
	const char **v = arena_alloc(f->p->arena, n * sizeof *v);
	for (size_t i = 0; i < n; i++) {
		v[i] = i < m->n_entrypoint ? m->entrypoint[i] : m->cmd[i - m->n_entrypoint];
		text = arena_printf(f->p->arena, "%s%s%s", text, i ? " " : "", v[i]);
	}
	f->s->command.v = v;
	f->s->command.n = n;
	note(f, "command", text);
}

static bool
has_variable(const struct model_service *s, const char *entry)
{
	size_t n = strcspn(entry, "=") + 1;

	for (size_t i = 0; i < s->env.n; i++)
		if (strncmp(s->env.v[i], entry, n) == 0)
			return true;
	return false;
}

/* The image's variables, then the service's own, which hold where both have one. */
static void
fill_env(struct filling *f)
{
	const struct oci_image *m = f->image;
	const char **v = arena_alloc(f->p->arena, (m->n_env + f->s->env.n + 1) * sizeof *v);
	size_t n = 0;

	for (size_t i = 0; i < m->n_env; i++) {
		if (has_variable(f->s, m->env[i]))
			continue;
		size_t name = strcspn(m->env[i], "=");
		note(f, arena_printf(f->p->arena, "env.%.*s", (int)name, m->env[i]), m->env[i] + name + 1);
		v[n++] = m->env[i];
	}
	for (size_t i = 0; i < f->s->env.n; i++)
		v[n++] = f->s->env.v[i];
	f->s->env.v = v;
	f->s->env.n = n;
}

static void
say_missing(struct project *p, const struct model_service *s, bool several)
{
	if (node_get(s->head.node, "command") || s->command.n || (s->oci && !s->oci->image) ||
	    !s->head.node || s->head.node->kind != NODE_MAP)
		return;
	if (several)
		diag(p->diags, s->head.node, "`command` is missing: of several OCI images none can give it");
	else if (s->oci)
		diag(p->diags, s->head.node, "`command` is missing: the OCI image has neither an entrypoint nor a command");
	else
		diag(p->diags, s->head.node, "`command` is missing: the program, by its absolute path in the root, and its "
					     "arguments; no shell reads it");
}

void
oci_defaults(struct project *p, struct model_service *s)
{
	struct filling f = { .p = p, .s = s };
	bool several;

	s->oci = find_oci(p, s, &several);
	f.image = s->oci ? s->oci->image : NULL;
	if (f.image) {
		f.list = arena_alloc(p->arena, (f.image->n_env + 3) * sizeof *f.list);
		fill_command(&f);
		fill_env(&f);
		if (!s->user && f.image->user[0])
			note(&f, "user", f.image->user);
		if (!s->cwd && f.image->cwd[0]) {
			s->cwd = f.image->cwd;
			note(&f, "cwd", s->cwd);
		}
		s->defaults.v = f.list;
		s->defaults.n = f.n;
	}
	say_missing(p, s, several);
}
