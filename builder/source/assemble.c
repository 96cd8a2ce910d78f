/* SPDX-License-Identifier: MIT */
#include "assemble.h"

#include <stdlib.h>
#include <string.h>

#include "content.h"
#include "guest.h"
#include "net_links.h"
#include "progress.h"
#include "step.h"
#include "table.h"

struct assembler {
	const struct plan *plan;
	struct cache *cache;
	struct tree *tree;
};

static const struct origin own = { "ingot" };

static const char *
at(const struct assembler *a, const char *root, const char *path)
{
	return arena_printf(a->plan->arena, "%s%s", root, path);
}

static int
put_dir(const struct assembler *a, const char *path, uint32_t mode, struct err *e)
{
	struct tree_put how = { .meta = { .mode = mode }, .origin = &own, .conflict = TREE_KEEP };

	return tree_put_dir(a->tree, path, &how, e);
}

static int
put_bytes(const struct assembler *a, const char *path, const struct content *c, uint32_t mode,
	  enum tree_conflict conflict, struct err *e)
{
	struct tree_put how = { .meta = { .mode = mode }, .origin = &own, .conflict = conflict };

	return tree_put_file(a->tree, path, c, &how, e);
}

static int
put_string(const struct assembler *a, const char *path, const char *text, struct err *e)
{
	struct content c;

	content_of_mem(&c, text, strlen(text));
	return put_bytes(a, path, &c, 0644, TREE_KEEP, e);
}

/* Every root is usr-merged from the start, so that busybox, packages and folders of the host meet in one place. */
static int
put_skeleton(const struct assembler *a, const char *root, struct err *e)
{
	static const char *const merged[] = { "bin", "sbin", "lib", "lib64" };
	struct tree_put how = { .meta = { .mode = 0755 }, .origin = &own, .conflict = TREE_KEEP };

	for (size_t i = 0; i < sizeof merged / sizeof *merged; i++) {
		const char *name = merged[i], *target = arena_printf(a->plan->arena, "usr/%s", name);
		if (put_dir(a, arena_printf(a->plan->arena, "%s/usr/%s", root, name), 0755, e) ||
		    tree_put_symlink(a->tree, arena_printf(a->plan->arena, "%s/%s", root, name), target, &how, e))
			return -1;
	}
	return 0;
}

static int
put_packages(const struct assembler *a, const struct plan_root *root, const struct plan_source *s, struct err *e)
{
	const struct src_debian *d = s->source->debian;
	enum tree_conflict conflict = s->source->override ? TREE_OVERRIDE : TREE_STRICT;
	const char *unrun = ""; /* triggers alone (ldconfig) are not worth a word: there is no ld.so.cache here */

	for (size_t i = 0; i < s->pins->count; i++) {
		char *scripts = NULL;
		if (deb_put(a->cache, &s->pins->pins[i], a->tree, root->path, d->exclude.v, d->exclude.n, conflict, &scripts, e))
			return err_wrap(e, "%s", s->origin->text);
		if (scripts && strcmp(scripts, "triggers") != 0)
			unrun = arena_printf(a->plan->arena, "%s%s%s", unrun, unrun[0] ? ", " : "", s->pins->pins[i].name);
		free(scripts);
	}
	if (unrun[0] && a->plan->fresh) /* once is enough */
		progress_note("%s: the install scripts of these packages were not run, a recipe must supply what they do: %s",
			      root->path[0] ? root->path + 1 : "machine", unrun);
	return 0;
}

static int
put_root(const struct assembler *a, const struct plan_root *root, struct err *e)
{
	if (put_skeleton(a, root->path, e))
		return -1;
	for (size_t i = 0; i < root->n_sources; i++) {
		const struct plan_source *s = &root->sources[i];
		int r;
		if (s->source->debian)
			r = put_packages(a, root, s, e);
		else if (s->source->archive)
			r = put_archive(a->cache, s, root->path, a->tree, e);
		else if (s->source->oci)
			r = put_oci(a->cache, s, root->path, a->tree, e);
		else if (s->source->build)
			r = step_put(a->cache, a->plan->arena, s, root->path, a->tree, e);
		else
			r = put_local(a->plan->arena, s, root->path, a->tree, e);
		if (r)
			return -1;
	}
	return 0;
}

/* A mountpoint must be a real folder on a path of real folders: nothing is made or followed at run time. */
static int
put_mountpoint(const struct assembler *a, const char *root, const char *path, uint32_t mode, struct err *e)
{
	const char *full = at(a, root, path);
	char real[4096];

	if (put_dir(a, full, mode, e))
		return -1;
	const struct tree_entry *x = tree_resolve(a->tree, full);
	if (!x || x->inode->type != TREE_DIR)
		return err_set(e, 0, "%s must be a real folder, as something is mounted there; a source puts something else there",
			       full);
	tree_path(x, real, sizeof real);
	if (strcmp(real, full) != 0)
		return err_set(e, 0, "%s must be a real folder, as something is mounted there; it leads to %s by a symbolic link",
			       full, real);
	return 0;
}

/* Names of other services must not be lost to a file that a source brings. */
static int
put_hosts(const struct assembler *a, const char *root, const struct model_service *s, struct err *e)
{
	const char *more = s ? private_hosts(&a->plan->nets, a->plan->project, s) : "";
	struct content c;

	more = arena_printf(a->plan->arena, "127.0.0.1 localhost\n::1 localhost\n%s", more);
	content_of_mem(&c, more, strlen(more));
	return put_bytes(a, at(a, root, "/etc/hosts"), &c, 0644, s && s->network.reach.n ? TREE_STRICT : TREE_KEEP, e);
}

static int
put_names(const struct assembler *a, const char *root, const char *user, uint32_t uid, uint32_t gid, struct err *e)
{
	struct arena *m = a->plan->arena;
	const char *passwd = "root:x:0:0:root:/:/bin/sh\n", *group = "root:x:0:\n";

	if (user) {
		passwd = arena_printf(m, "%s%s:x:%u:%u::/:/usr/sbin/nologin\n", passwd, user, uid, gid);
		group = arena_printf(m, "%s%s:x:%u:\n", group, user, gid);
	}
	return put_string(a, at(a, root, "/etc/passwd"), passwd, e) || put_string(a, at(a, root, "/etc/group"), group, e);
}

static int
put_unit(const struct assembler *a, struct plan_unit *u, struct err *e)
{
	static const char *const points[] = { "/proc", "/dev", "/tmp", "/run" };
	const char *root = u->root.path;

	if (tree_set_top(a->tree, root, e) || put_root(a, &u->root, e) || put_service(a->plan->arena, u, a->tree, e) ||
	    put_names(a, root, u->user, u->uid, u->gid, e) || put_hosts(a, root, u->unit, e))
		return -1;
	if ((a->plan->probe == PROBE_SELFTEST || (a->plan->probe == PROBE_TRACE && u->unit == a->plan->watched)) &&
	    put_probe(a->plan, u, a->tree, e))
		return -1;
	for (size_t i = 0; i < sizeof points / sizeof *points; i++)
		if (put_mountpoint(a, root, points[i], 0755, e))
			return -1;
	for (size_t i = 0; i < u->unit->state.n; i++)
		if (put_mountpoint(a, root, u->unit->state.v[i].path, 0755, e))
			return -1;
	return 0;
}

static int
put_modules(const struct assembler *a, const struct kernel *k, struct err *e)
{
	for (size_t i = 0; i < k->n_modules; i++)
		if (put_bytes(a, arena_printf(a->plan->arena, "/ingot/modules/%s.ko", k->modules[i].name),
			      &k->modules[i].content, 0644, TREE_STRICT, e))
			return -1;
	return 0;
}

/* What ingot-net reads. */
static int
put_links(const struct assembler *a, struct err *e)
{
	struct netf *f = arena_alloc(a->plan->arena, sizeof *f);
	struct content c;

	links_make(&a->plan->project->image, f);
	content_of_mem(&c, f, netf_size(f->n_links));
	return put_bytes(a, NETF_PATH, &c, 0644, TREE_STRICT, e);
}

static int
put_machine(const struct assembler *a, struct err *e)
{
	static const struct {
		const char *path;
		uint32_t mode;
	} points[] = { { "/proc", 0555 }, { "/sys", 0555 }, { "/dev", 0755 }, { "/run", 0755 },
		       { "/tmp", 0755 },  { "/state", 0755 }, { "/svc", 0755 }, { "/root", 0700 } };

	if (put_root(a, &a->plan->machine, e) || put_names(a, "", NULL, 0, 0, e) || put_hosts(a, "", NULL, e))
		return -1;
	for (size_t i = 0; i < sizeof points / sizeof *points; i++)
		if (put_mountpoint(a, "", points[i].path, points[i].mode, e))
			return -1;
	for (enum guest_program g = 0; g < GUEST_PROGRAMS; g++) {
		struct content c;
		if ((g == GUEST_NET && !a->plan->net && !a->plan->nets.n) || (g == GUEST_PACK && !logs_on_disk(a->plan->project)) ||
		    (g == GUEST_PROBE && a->plan->probe == PROBE_NONE) ||
		    (g == GUEST_DRIFT && !a->plan->project->image.drift))
			continue;
		guest_content(g, &c);
		if (put_bytes(a, guest_path(g), &c, 0755, TREE_STRICT, e))
			return -1;
	}
	if (a->plan->net && put_links(a, e))
		return -1;
	struct tree_put how = { .origin = &own, .conflict = TREE_KEEP };
	if (tree_put_symlink(a->tree, "/etc/resolv.conf", "/run/resolv.conf", &how, e))
		return -1;
	if (a->plan->dhcp && !tree_resolve(a->tree, "/bin/busybox"))
		return err_set(e, 0, "%s:%u: `dhcp: true` needs busybox in the machine's root: write `recipes: [busybox]`",
			       a->plan->dhcp->head.node->file, a->plan->dhcp->head.node->line);
	const struct model_disk *disk = &a->plan->project->image.state;
	struct tree_entry *mke2fs = tree_resolve(a->tree, "/sbin/mke2fs"); /* busybox's own makes no journal */
	if (model_has_disk(disk) && disk->corrupt == TBL_POLICY_RECREATE &&
	    (!mke2fs || mke2fs == tree_resolve(a->tree, "/bin/busybox")))
		return err_set(e, 0, "%s:%u: `corrupt: recreate` needs e2fsprogs' /sbin/mke2fs in the machine's root: write "
				     "`recipes: [mke2fs]`",
			       disk->head.node->file, disk->head.node->line);
	return 0;
}

/* Users of an image file are told apart there; those that OCI images bring may be the same number twice. */
static void
say_shared_ids(const struct plan *p)
{
	for (size_t i = 0; i < p->n_units; i++)
		for (size_t j = 0; j < i; j++)
			if (p->units[i].uid == p->units[j].uid && (p->units[i].unit->oci || p->units[j].unit->oci))
				progress_note("%s and %s both run as uid %u, as an OCI image says: `user` parts them",
					      p->units[j].unit->head.name, p->units[i].unit->head.name, p->units[i].uid);
}

int
assemble(const struct plan *p, struct cache *c, struct tree *t, struct kernel *kernel, struct err *e)
{
	struct assembler a = { p, c, t };

	struct kernel_wanted wanted = { p->modules, p->n_modules, p->n_early, p->n_late };
	if (kernel_open(c, p->kernel_pins, p->kernel->image, p->kernel->config, &wanted, kernel, e))
		return err_wrap(e, "%s:%u", p->kernel->head.node->file, p->kernel->head.node->line);
	if (put_machine(&a, e) || put_modules(&a, kernel, e))
		return -1;
	for (size_t i = 0; i < p->n_units; i++)
		if (put_unit(&a, &p->units[i], e))
			return -1;
	say_shared_ids(p);
	return 0;
}
