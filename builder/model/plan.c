/* SPDX-License-Identifier: MIT
 *
 * Deciding: the order of units, the sources of each root, ids, the kernel's command line. No file is read here.
 */
#include "plan.h"

#include <stdlib.h>
#include <string.h>

#include "net_links.h"

static void
add_source(struct plan *p, struct plan_root *root, const struct source *s, const char *file)
{
	root->sources = grow(root->sources, root->n_sources, &root->room, sizeof *root->sources);
	struct origin *o = arena_alloc(p->arena, sizeof *o);
	o->text = arena_printf(p->arena, "%s:%u", file, s->head.node->line);
	root->sources[root->n_sources++] = (struct plan_source){ .source = s, .origin = o };
}

/* Origins stand in the manifest: they must not tell from where ingot was called. */
static const char *
image_name(const struct plan *p)
{
	const char *slash = strrchr(p->project->file, '/');

	return slash ? slash + 1 : p->project->file;
}

static void
add_recipes(struct plan *p, struct plan_root *root, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		const struct recipe *r = project_recipe(p->project, names[i]);
		for (size_t k = 0; k < r->sources.n; k++) {
			add_source(p, root, &r->sources.v[k], r->name_in_manifest);
			root->sources[root->n_sources - 1].recipe = r->head.name;
		}
	}
}

static bool
uid_taken(const struct plan *p, uint32_t uid)
{
	const struct image *m = &p->project->image;

	for (size_t i = 0; i < m->users.n; i++)
		if (m->users.v[i].uid == uid || m->users.v[i].gid == uid)
			return true;
	return false;
}

/* A unit without a user gets one of its own: the first free id from PLAN_FIRST_UID on, in the order of the file. */
static void
set_ids(struct plan *p, struct plan_unit *u, uint32_t *next_uid)
{
	const struct image *m = &p->project->image;

	for (size_t i = 0; u->unit->user && i < m->users.n; i++) {
		if (strcmp(m->users.v[i].name, u->unit->user) != 0)
			continue;
		u->user = u->unit->user;
		u->uid = (uint32_t)m->users.v[i].uid;
		u->gid = (uint32_t)(m->users.v[i].gid ? m->users.v[i].gid : m->users.v[i].uid);
		return;
	}
	while (uid_taken(p, *next_uid))
		++*next_uid;
	u->user = u->unit->head.name;
	u->uid = u->gid = (*next_uid)++;
}

static void
set_unit(struct plan *p, struct plan_unit *u, size_t index, uint32_t *next_uid)
{
	u->unit = project_unit(p->project, index);
	u->job = project_is_job(p->project, index);
	u->root.path = arena_printf(p->arena, "/svc/%s", u->unit->head.name);
	add_recipes(p, &u->root, u->unit->recipes.v, u->unit->recipes.n);
	for (size_t k = 0; k < u->unit->sources.n; k++)
		add_source(p, &u->root, &u->unit->sources.v[k], image_name(p));
	set_ids(p, u, next_uid);
}

/* project_check has refused cycles. */
static void
order_units(struct plan *p)
{
	size_t n = project_units(p->project), *order = order_of_units(p->project);
	struct plan_unit *all = xcalloc(n, sizeof *all);
	uint32_t next_uid = PLAN_FIRST_UID;

	p->units = xcalloc(n, sizeof *p->units);
	for (size_t i = 0; i < n; i++)
		set_unit(p, &all[i], i, &next_uid);
	for (size_t i = 0; i < n; i++)
		p->units[i] = all[order[i]];
	p->n_units = n;
	free(order);
	free(all);
}

static void
add_words(struct plan *p, const char *const *words, size_t n)
{
	for (size_t i = 0; i < n; i++)
		p->cmdline = arena_printf(p->arena, "%s%s%s", p->cmdline, p->cmdline[0] ? " " : "", words[i]);
}

static void
add_modules(struct plan *p, const char *const *names, size_t n)
{
	for (size_t i = 0; i < n; i++) {
		size_t k = 0;
		while (k < p->n_modules && strcmp(p->modules[k], names[i]) != 0)
			k++;
		if (k == p->n_modules)
			p->modules[p->n_modules++] = names[i];
	}
}

/* What ingot-net makes of private networks: the cables, and what stands in its rules. */
#define PRIVATE_MODULES 8
static const char *const private_modules[PRIVATE_MODULES] = { "ipv6", "veth", "nf_tables", "nft_ct", "nft_chain_nat",
							       "nft_nat", "nft_masq", "nft_fib_inet" };

static bool
uses_network(const struct model_service *s)
{
	bool any = s->network.mode != NET_NONE || s->listen.n > 0 || s->seccomp.mode != SECCOMP_ENFORCED;

	for (size_t i = 0; i < s->seccomp.sockets.n; i++)
		any |= strcmp(s->seccomp.sockets.v[i], "unix") != 0;
	return any;
}

static bool
has_network(const struct project *p)
{
	bool any = p->image.network.links.n > 0;

	for (size_t i = 0; i < project_units(p); i++)
		any |= uses_network(project_unit(p, i));
	return any;
}

static void
set_kernel(struct plan *p)
{
	const struct model_kernel *k = &p->project->image.kernel;

	p->kernel = project_recipe(p->project, k->recipe)->kernel;
	p->cmdline = "";
	add_words(p, p->kernel->cmdline.v, p->kernel->cmdline.n);
	if (!has_network(p->project))
		add_words(p, p->kernel->without_network.v, p->kernel->without_network.n);
	add_words(p, k->cmdline.v, k->cmdline.n);
	p->rooted = p->project->image.initramfs.root == ROOT_SQUASHFS;
	p->modules = xcalloc(p->kernel->modules.n + p->kernel->disk.n + p->kernel->network.n + k->modules.n + 2 +
				     PRIVATE_MODULES + p->kernel->late.n, sizeof *p->modules);
	if (p->rooted)
		add_modules(p, (const char *const[]){ "loop", "squashfs" }, 2);
	p->n_early = p->n_modules;
	add_modules(p, p->kernel->modules.v, p->kernel->modules.n);
	if (p->project->image.network.links.n > 0)
		add_modules(p, p->kernel->network.v, p->kernel->network.n);
	if (model_has_disk(&p->project->image.state))
		add_modules(p, p->kernel->disk.v, p->kernel->disk.n);
	if (private_count(p->project))
		add_modules(p, private_modules, PRIVATE_MODULES);
	add_modules(p, k->modules.v, k->modules.n);
	size_t n = p->n_modules;
	add_modules(p, p->kernel->late.v, p->kernel->late.n);
	p->n_late = p->n_modules - n;
}

static void
set_network(struct plan *p)
{
	const struct image *m = &p->project->image;

	p->net = links_kept(m);
	private_nets_make(p->project, &p->nets);
	for (size_t i = 0; i < m->network.links.n; i++)
		if (m->network.links.v[i].dhcp)
			p->dhcp = &m->network.links.v[i];
	for (size_t i = 0; i < p->n_units; i++) {
		const struct model_network *net = &p->units[i].unit->network;
		for (size_t k = 0; k < net->ports.n && net->mode == NET_MACHINE; k++)
			if (net->ports.v[k].machine < LOW_PORTS && (!p->low_port || net->ports.v[k].machine < p->low_port))
				p->low_port = (uint32_t)net->ports.v[k].machine;
	}
}

void
plan_make(struct plan *p, const struct project *project)
{
	*p = (struct plan){ .project = project, .arena = project->arena };
	p->machine.path = "";
	p->hostname = project->image.hostname ? project->image.hostname : project->image.image;
	add_recipes(p, &p->machine, project->image.recipes.v, project->image.recipes.n);
	for (size_t k = 0; k < project->image.sources.n; k++)
		add_source(p, &p->machine, &project->image.sources.v[k], image_name(p));
	order_units(p);
	set_kernel(p);
	set_network(p);
}

void
plan_release(struct plan *p)
{
	for (size_t i = 0; i < p->n_units; i++)
		free(p->units[i].root.sources);
	free(p->machine.sources);
	free(p->units);
	free(p->modules);
}
