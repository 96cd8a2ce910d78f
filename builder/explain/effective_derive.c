/* SPDX-License-Identifier: MIT
 *
 * What the build decides where the file says nothing: names, ids, the kernel's words, the end's deadline.
 */
#include <arpa/inet.h>
#include <stdlib.h>
#include <string.h>

#include "effective.h"
#include "replicas.h"
#include "svc_table.h"

void
derive(struct derived_list *l, const char *key, const char *value, const char *origin, bool stated)
{
	l->v = grow(l->v, l->n, &l->room, sizeof *l->v);
	l->v[l->n++] = (struct derived){ key, value, origin, stated };
}

void
derived_release(struct derived_list *l)
{
	free(l->v);
	*l = (struct derived_list){ .v = NULL };
}

/* What the configuration of its OCI image sets; true where that is a user, whose number the image's own files tell. */
static bool
derive_defaults(const struct plan *p, const struct plan_unit *u, const char *base, struct derived_list *l)
{
	bool user = false;

	for (size_t i = 0; i < u->unit->defaults.n; i++) {
		const struct model_default *d = &u->unit->defaults.v[i];
		derive(l, arena_printf(p->arena, "%s.%s", base, d->key), d->value, d->origin, false);
		user |= strcmp(d->key, "user") == 0;
	}
	return user;
}

static void
derive_addresses(const struct plan *p, const struct private_net *n, const char *base, struct derived_list *l)
{
	static const char *const keys[] = { "ipv4", "ipv6" };

	for (int f = 0; f < 2; f++) {
		char text[INET6_ADDRSTRLEN];
		inet_ntop(f == 0 ? AF_INET : AF_INET6, n->address[f].bytes, text, sizeof text);
		derive(l, arena_printf(p->arena, "%s%s.network.%s", base, n->name + strcspn(n->name, "@"), keys[f]),
		       arena_strdup(p->arena, text), "derived: the name", false);
	}
}

static void
derive_unit(const struct plan *p, const struct plan_unit *u, struct derived_list *l)
{
	const char *base = arena_printf(p->arena, "%s.%s", u->job ? "jobs" : "services", u->unit->head.name);

	derive(l, arena_printf(p->arena, "%s.root", base), u->root.path, "derived: the name", false);
	if (u->unit->replicas)
		derive(l, arena_printf(p->arena, "%s.instances", base), replicas_span(p->arena, u->unit), "derived: the replicas",
		       false);
	for (uint64_t k = 1; u->unit->network.mode == NET_PRIVATE && k <= replicas_count(u->unit); k++)
		derive_addresses(p, private_net_of(&p->nets, u->unit, k), base, l);
	if (derive_defaults(p, u, base, l))
		return;
	const char *own = arena_printf(p->arena, "derived: an own user, the first free id from %u up", PLAN_FIRST_UID);

	if (!u->unit->user)
		derive(l, arena_printf(p->arena, "%s.user", base), u->user, own, false);
	const char *origin = u->unit->user ? arena_printf(p->arena, "derived: the user `%s`", u->user) : own;
	derive(l, arena_printf(p->arena, "%s.uid", base), arena_printf(p->arena, "%u", u->uid), origin, false);
	derive(l, arena_printf(p->arena, "%s.gid", base), arena_printf(p->arena, "%u", u->gid), origin, false);
}

static void
derive_users(const struct plan *p, struct derived_list *l)
{
	const struct image *m = &p->project->image;

	for (size_t i = 0; i < m->users.n; i++)
		if (!m->users.v[i].gid)
			derive(l, arena_printf(p->arena, "users[%zu].gid", i),
			       arena_printf(p->arena, "%llu", (unsigned long long)m->users.v[i].uid), "derived: the uid", true);
	for (size_t i = 0; i < m->network.links.n; i++) {
		const struct model_link *k = &m->network.links.v[i];
		if (k->dhcp)
			derive(l, arena_printf(p->arena, "network.links[%zu].prefix", i), NULL, "the DHCP server says it", false);
		if (k->mac || k->driver || k->any)
			derive(l, arena_printf(p->arena, "network.links[%zu].name", i), NULL, "it is found otherwise", false);
	}
}

/* The words, and what each of them is from. */
static void
derive_kernel(const struct plan *p, struct derived_list *l)
{
	const struct recipe *r = project_recipe(p->project, p->project->image.kernel.recipe);
	const struct node *n = r->kernel->head.node;
	const char *from = arena_printf(p->arena, "recipe %s: %s:%u", r->recipe, r->name_in_manifest, n->line), *both;

	both = p->project->image.kernel.cmdline.n ? arena_printf(p->arena, "%s, then kernel.cmdline", from) : from;
	derive(l, "kernel package", r->kernel->package, from, false);
	derive(l, "kernel command line", p->cmdline, both, false);
	both = p->project->image.kernel.modules.n ? arena_printf(p->arena, "%s, then kernel.modules", from) : from;
	const char *modules = "";
	for (size_t i = 0; i < p->n_modules; i++)
		modules = arena_printf(p->arena, "%s%s%s", modules, i ? " " : "", p->modules[i]);
	derive(l, "kernel modules", modules, both, false);
}

void
derive_from_plan(const struct plan *p, struct derived_list *out)
{
	const struct image *m = &p->project->image;

	if (!m->hostname)
		derive(out, "hostname", p->hostname, "derived: the image's name", true);
	if (!m->outputs.n)
		derive(out, "outputs", "[initramfs]", "default", true);
	derive_users(p, out);
	derive_kernel(p, out);
	for (size_t i = 0; i < p->n_units; i++)
		derive_unit(p, &p->units[i], out);
	if (p->low_port)
		derive(out, "net.ipv4.ip_unprivileged_port_start", arena_printf(p->arena, "%u", p->low_port),
		       "derived: the lowest of the services' ports", false);
	derive(out, "shutdown deadline", arena_printf(p->arena, "%ums", svc_stop_deadline(p)),
	       model_has_disk(&p->project->image.state) ?
		       "derived: the sum of all stop.timeout, a second, and four for the disk" :
		       "derived: the sum of all stop.timeout, and a second",
	       false);
}
