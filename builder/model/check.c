/* SPDX-License-Identifier: MIT
 *
 * What must hold between the values of a model: names that resolve, clashes, cycles, sums. It reads the host's file
 * system only to see whether sources exist, and fetches nothing.
 */
#include <stdlib.h>
#include <string.h>

#include "cron.h"
#include "net_links.h"
#include "net_private.h"
#include "plan.h"
#include "project.h"
#include "replicas.h"
#include "table.h"
#include "value.h"

static void
check_debian(struct project *p, const struct src_debian *d)
{
	const struct node *packages = node_get(d->head.node, "packages"), *exclude = node_get(d->head.node, "exclude");

	if (packages && packages->kind == NODE_LIST && !packages->count)
		diag(p->diags, packages, "`packages` is empty");
	for (size_t i = 0; i < d->exclude.n; i++)
		if (!value_is_path(d->exclude.v[i]) || !d->exclude.v[i][1])
			diag(p->diags, exclude, "`exclude` holds absolute paths, such as /usr/share/doc, not `%s`", d->exclude.v[i]);
}

static void
check_unchecked(struct project *p, const struct node *owner, const char *const *paths, size_t n)
{
	for (size_t i = 0; i < n; i++)
		if (!value_is_path(paths[i]) || !paths[i][1])
			diag(p->diags, node_place(owner, "unchecked"), "`unchecked` holds absolute paths, such as /srv/tftp, not `%s`",
			     paths[i]);
}

static void
check_source(struct project *p, const struct source *s, const char *folder)
{
	const void *kinds[] = { s->debian, s->file, s->folder, s->text, s->link, s->dir, s->busybox, s->archive, s->oci,
				s->build };
	size_t n = 0;

	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++)
		n += kinds[i] != NULL;
	/* another key than `override` has had its own message */
	const struct node *node = s->head.node;
	bool silent = node && node->kind == NODE_MAP && node->count == (node_get(node, "override") != NULL);
	if (n > 1 || (n == 0 && silent))
		diag(p->diags, s->head.node, "a source is exactly one of debian, file, folder, text, link, dir, busybox, "
					   "archive, oci and build");
	check_source_host(p, s, folder);
	if (s->debian)
		check_debian(p, s->debian);
	if (s->build)
		project_check_step(p, s->build, folder);
}

/* Where a recipe that others wrote may read: the folder that its file lies in. */
static const char *
recipe_folder(const struct project *p, const struct recipe *r)
{
	const char *slash = r->file ? strrchr(r->file, '/') : NULL;

	return slash ? arena_strndup(p->arena, r->file, (size_t)(slash - r->file) + 1) : ".";
}

static void
check_recipes(struct project *p)
{
	for (size_t i = 0; i < p->n_recipes; i++)
		for (size_t k = 0; k < p->recipes[i]->sources.n; k++)
			check_source(p, &p->recipes[i]->sources.v[k], recipe_folder(p, p->recipes[i]));
	for (size_t k = 0; k < p->image.sources.n; k++)
		check_source(p, &p->image.sources.v[k], NULL);
}

static void
check_kernel(struct project *p)
{
	const struct model_kernel *k = &p->image.kernel;

	if (!k->recipe)
		return;
	struct recipe *r = project_recipe(p, k->recipe);
	if (r && r->head.node && !r->kernel)
		diag(p->diags, node_place(k->head.node, "recipe"), "the recipe `%s` holds no kernel", k->recipe);
	for (size_t i = 0; i < p->n_recipes; i++) {
		r = p->recipes[i];
		if (r->kernel && r->sources.n)
			diag(p->diags, node_place(r->head.node, "sources"),
			     "a kernel's recipe brings no files: put its sources into a recipe of their own");
		if (r->kernel && strcmp(r->head.name, k->recipe) != 0)
			diag(p->diags, r->kernel->head.node, "this recipe is a kernel's, and can only stand in `kernel: {recipe: %s}`",
			     r->head.name);
	}
}

static void
check_users(struct project *p)
{
	const struct image *m = &p->image;

	for (size_t i = 0; i < m->users.n; i++) {
		const struct model_user *a = &m->users.v[i];
		if (a->name && strcmp(a->name, "root") == 0)
			diag(p->diags, a->head.node, "`root` is there already, as uid 0, and no service may be it");
		for (size_t j = 0; j < i; j++) {
			const struct model_user *b = &m->users.v[j];
			if (a->name && b->name && strcmp(a->name, b->name) == 0)
				diag(p->diags, node_place(a->head.node, "name"), "the user `%s` is declared twice", a->name);
			else if (a->uid && a->uid == b->uid)
				diag(p->diags, node_place(a->head.node, "uid"), "uid %llu is `%s`'s already", (unsigned long long)a->uid,
				     b->name);
		}
	}
}

static void
check_user_of(struct project *p, const struct model_service *s)
{
	const struct image *m = &p->image;
	const char *names[65];
	size_t n = 0;

	if (!s->user)
		return;
	const struct node *at = node_place(s->head.node, "user");
	if (strcmp(s->user, "root") == 0 || strcmp(s->user, "0") == 0) {
		diag(p->diags, at, "no service runs as root: declare a user under `users`, or leave `user` out");
		return;
	}
	for (size_t i = 0; i < m->users.n; i++) {
		if (!m->users.v[i].name)
			continue;
		if (strcmp(m->users.v[i].name, s->user) == 0)
			return;
		if (n < 64)
			names[n++] = m->users.v[i].name;
	}
	names[n] = NULL;
	const char *meant = nearest(s->user, names);
	if (meant)
		diag(p->diags, at, "no user `%s`: did you mean `%s`?", s->user, meant);
	else
		diag(p->diags, at, "no user `%s`: declare it under `users: [{name: %s, uid: 10001}]`", s->user, s->user);
}

static const char *const reserved[] = { "/", "/proc", "/dev", "/sys", "/tmp", "/run", NULL };

static void
check_state(struct project *p, const struct model_service *s)
{
	for (size_t i = 0; i < s->state.n; i++) {
		const char *path = s->state.v[i].path;
		if (!path)
			continue;
		for (const char *const *r = reserved; *r; r++) {
			size_t n = strlen(*r);
			bool below = n > 1 && strncmp(path, *r, n) == 0 && path[n] == '/';
			if (strcmp(path, *r) == 0 || below)
				diag(p->diags, node_place(s->state.v[i].head.node, "path"), "%s cannot be state: %s is made at each start",
				     path, *r);
		}
		for (size_t j = 0; j < i; j++) {
			const char *other = s->state.v[j].path;
			size_t n = other ? strlen(other) : 0, m = strlen(path);
			if (other && (strncmp(path, other, n < m ? n : m) == 0) && (n == m || (n < m ? path[n] : other[m]) == '/'))
				diag(p->diags, node_place(s->state.v[i].head.node, "path"), "%s and %s lie in each other", path, other);
		}
	}
}

/* What is made empty at each start holds no folder to start in. */
static void
check_cwd(struct project *p, const struct model_service *s)
{
	for (size_t i = 0; s->cwd && i < sizeof reserved / sizeof *reserved - 1; i++) {
		size_t n = strlen(reserved[i]);
		if (n > 1 && strncmp(s->cwd, reserved[i], n) == 0 && s->cwd[n] == '/')
			diag(p->diags, node_place(s->head.node, "cwd"), "%s cannot be where it starts: %s is made at each start", s->cwd,
			     reserved[i]);
	}
	for (size_t i = 0; s->cwd && i < s->state.n; i++) {
		size_t n = s->state.v[i].path ? strlen(s->state.v[i].path) : 0;
		if (n && strncmp(s->cwd, s->state.v[i].path, n) == 0 && s->cwd[n] == '/')
			diag(p->diags, node_place(s->head.node, "cwd"), "%s cannot be where it starts: the state %s is empty at first",
			     s->cwd, s->state.v[i].path);
	}
}

static void
check_restart(struct project *p, struct model_service *s)
{
	const struct node *at = s->restart.head.node, *policy = at ? node_get(at, "policy") : NULL;

	if (s->restart.backoff.max < s->restart.backoff.first)
		diag(p->diags, s->restart.backoff.head.node, "`max` is below `first`");
	if (s->restart.policy == TBL_RESTART_NEVER && (s->restart.limit || s->restart.signals.n))
		diag(p->diags, at, "`limit` and `signals` say when it is restarted, and `policy: never` that it is not");
	if (s->ready.exit && policy && s->restart.policy == TBL_RESTART_ALWAYS)
		diag(p->diags, policy, "a oneshot (`ready: {exit: true}`) is not restarted always: on-failure or never");
	else if (s->ready.exit && s->restart.policy == TBL_RESTART_ALWAYS)
		s->restart.policy = TBL_RESTART_ON_FAILURE;
}

static void
check_schedule(struct project *p, const struct model_service *s)
{
	const struct node *at = s->schedule.head.node;
	struct calendar c;
	struct err e;

	if (!at)
		return;
	if (!s->schedule.every == !s->schedule.calendar)
		diag(p->diags, at, "`schedule` needs either `every` or `calendar`");
	if (s->schedule.calendar && cron_parse(s->schedule.calendar, &c, &e))
		diag(p->diags, node_place(at, "calendar"), "`calendar`: %s", e.msg);
	if (s->schedule.every && s->schedule.jitter >= s->schedule.every)
		diag(p->diags, node_place(at, "jitter"), "`jitter` is not shorter than `every`");
	if (s->schedule.every && s->missed == TBL_MISSED_ONCE)
		diag(p->diags, node_place(s->head.node, "missed"),
		     "an interval misses nothing when the clock is set: leave `missed` out");
	if (s->retries.backoff.max < s->retries.backoff.first)
		diag(p->diags, s->retries.backoff.head.node, "`max` is below `first`");
	if (s->retries.head.node && !node_get(s->retries.head.node, "count"))
		diag(p->diags, s->retries.head.node, "`retries` needs a `count`");
}

static void
check_unit(struct project *p, struct model_service *s)
{
	const struct node *at = node_place(s->head.node, "command");

	for (size_t k = 0; k < s->sources.n; k++)
		check_source(p, &s->sources.v[k], NULL);
	oci_defaults(p, s);
	if (node_get(s->head.node, "command") && at->kind == NODE_LIST && (!s->command.n || !value_is_path(s->command.v[0])))
		diag(p->diags, at, "`command` must begin with an absolute path, such as [/usr/sbin/nginx, ...]");
	if (s->command.n > TBL_ARGV_MAX)
		diag(p->diags, at, "`command` has more than %d words", TBL_ARGV_MAX);
	size_t more = (s->listen.n ? 3u : 0u) + (s->ready.notify || s->health.notify ? 2u : 0u); /* what the builder adds */
	if (s->env.n + more > TBL_ARGV_MAX)
		diag(p->diags, node_place(s->head.node, "env"), "`env` has more than %zu entries", TBL_ARGV_MAX - more);
	check_cwd(p, s);
	if (s->limits.memory_high > s->limits.memory)
		diag(p->diags, node_place(s->limits.head.node, "memory-high"), "`memory-high` is above `memory`");
	project_check_network(p, s);
	project_check_watch(p, s);
	project_check_seccomp(p, s);
	project_check_knobs(p, s);
	project_check_capabilities(p, s);
	project_check_devices(p, s);
	project_check_replicas(p, s);
	check_restart(p, s);
	check_schedule(p, s);
	check_unchecked(p, s->head.node, s->unchecked.v, s->unchecked.n);
	check_user_of(p, s);
	check_state(p, s);
}

static void
check_names(struct project *p)
{
	for (size_t i = p->image.services.n; i < project_units(p); i++)
		for (size_t j = 0; j < p->image.services.n; j++)
			if (strcmp(project_unit(p, i)->head.name, project_unit(p, j)->head.name) == 0)
				diag(p->diags, project_unit(p, i)->head.node, "a service is named `%s` as well as this job",
				     project_unit(p, i)->head.name);
	for (size_t i = 0; i < project_units(p); i++) {
		const char *name = project_unit(p, i)->head.name;
		if (strcmp(name, "dhcp") == 0 || strcmp(name, "root") == 0 ||
		    (strcmp(name, DRIFT_JOB) == 0 && p->image.drift) ||
		    (strcmp(name, NET_SERVICE) == 0 && links_kept(&p->image)) ||
		    (strcmp(name, PRIVATE_SERVICE) == 0 && private_count(p)))
			diag(p->diags, project_unit(p, i)->head.node, "the name `%s` is the machine's own", name);
	}
}

static void
check_sum(struct project *p)
{
	const struct image *m = &p->image;
	uint64_t sum = 0;

	bool kept = links_kept(m);
	for (size_t i = 0; i < m->network.links.n && !kept; i++)
		sum += m->network.links.v[i].dhcp ? DHCP_MEMORY : 0;
	const char *dhcp = kept ? " with ingot-net's 16M" : sum ? " with the DHCP client's 16M" : "";
	sum += kept ? NET_MEMORY : 0;
	sum += private_memory(private_count(p));
	sum += m->drift ? DRIFT_MEMORY : 0;
	for (size_t i = 0; i < project_units(p); i++) {
		const struct model_service *s = project_unit(p, i);
		uint64_t all;
		if (__builtin_mul_overflow(s->limits.memory, replicas_count(s), &all) || __builtin_add_overflow(sum, all, &sum))
			sum = UINT64_MAX;
	}
	if (m->budget.memory && sum > m->budget.memory)
		diag(p->diags, node_place(m->budget.head.node ? m->budget.head.node : m->head.node, "memory"),
		     "the services' memory limits%s add up to %lluK, the machine has %lluK (budget.memory)", dhcp,
		     (unsigned long long)sum >> 10, (unsigned long long)m->budget.memory >> 10);
}

static void
check_forwards(struct project *p)
{
	const struct image *m = &p->image;

	if (m->run.forward.n > FORWARDS_MAX)
		diag(p->diags, m->run.forward.v[FORWARDS_MAX].head.node, "more than %d ports are forwarded", FORWARDS_MAX);
	for (size_t i = 0; i < m->run.forward.n; i++)
		for (size_t j = 0; j < i; j++)
			if (m->run.forward.v[i].host == m->run.forward.v[j].host &&
			    m->run.forward.v[i].protocol == m->run.forward.v[j].protocol)
				diag(p->diags, m->run.forward.v[i].head.node, "port %llu of the host is forwarded twice",
				     (unsigned long long)m->run.forward.v[i].host);
}

static bool
port_is_declared(const struct project *p, uint64_t port)
{
	for (size_t i = 0; i < project_units(p); i++)
		for (size_t k = 0; k < project_unit(p, i)->network.ports.n; k++)
			if (project_unit(p, i)->network.ports.v[k].machine == port &&
			    project_unit(p, i)->network.ports.v[k].protocol == NET_TCP)
				return true;
	for (size_t i = 0; i < project_units(p); i++)
		for (size_t k = 0; k < project_unit(p, i)->listen.n; k++)
			if (project_unit(p, i)->listen.v[k].port == port && project_unit(p, i)->listen.v[k].protocol == NET_TCP)
				return true;
	return false;
}

static void
check_tests(struct project *p)
{
	const struct image *m = &p->image;

	if (m->tests.n > FORWARDS_MAX)
		diag(p->diags, m->tests.v[FORWARDS_MAX].head.node, "more than %d tests", FORWARDS_MAX);
	for (size_t i = 0; i < m->tests.n; i++) {
		const struct model_test *t = &m->tests.v[i];
		if (!t->http == !t->tcp) {
			diag(p->diags, t->head.node, "a test is exactly one of http and tcp");
			continue;
		}
		const struct key_head *head = t->http ? &t->http->head : &t->tcp->head;
		uint64_t port = t->http ? t->http->port : t->tcp->port;
		if (port && !port_is_declared(p, port))
			diag(p->diags, node_place(head->node, "port"), "no service has port %llu: write it under `network: {ports}`",
			     (unsigned long long)port);
		if (t->http && t->http->path && (t->http->path[0] != '/' || strpbrk(t->http->path, " \r\n")))
			diag(p->diags, node_place(t->http->head.node, "path"), "`path` begins with / and holds no space");
	}
}

static void
check_drift(struct project *p)
{
	const struct model_drift *d = p->image.drift;

	if (d && (!CFG_DRIFT || !CFG_JOBS))
		diag(p->diags, d->head.node, "this ingot was configured without drift: set CONFIG_DRIFT and CONFIG_JOBS");
}

static void
check_watchdog(struct project *p)
{
	const struct model_watchdog *w = p->image.watchdog;

	if (w && !CFG_WATCHDOG)
		diag(p->diags, w->head.node, "this ingot was configured without a watchdog: set CONFIG_WATCHDOG");
	if (w && w->timeout % 1000)
		diag(p->diags, node_place(w->head.node, "timeout"), "a watchdog's timeout is whole seconds");
	for (size_t i = 0; i < project_units(p); i++)
		if (project_unit(p, i)->critical && !w)
			diag(p->diags, node_place(project_unit(p, i)->head.node, "critical"),
			     "nothing acts on `critical` without a watchdog: write `watchdog: {device: /dev/watchdog0}`");
	const struct model_net_service *net = &p->image.network.service;
	if (net->critical && !w)
		diag(p->diags, node_place(net->head.node, "critical"),
		     "nothing acts on `critical` without a watchdog: write `watchdog: {device: /dev/watchdog0}`");
}

/* What the ingot-init that this ingot carries was configured to do: see Kconfig. */
static void
check_config(struct project *p)
{
	const struct image *m = &p->image;
	size_t n = 0;

	for (size_t i = 0; i < project_units(p); i++)
		n += replicas_count(project_unit(p, i));
	n += links_kept(m) + (private_count(p) != 0);
	n += m->drift != NULL;
	for (size_t i = 0; i < m->network.links.n; i++) {
		n += m->network.links.v[i].dhcp != 0 && !links_kept(m);
		if (m->network.links.v[i].dhcp && !CFG_DHCP)
			diag(p->diags, m->network.links.v[i].head.node, "this ingot was configured without DHCP: set CONFIG_DHCP");
	}
	if (n > CFG_MAX_SERVICES)
		diag(p->diags, m->head.node, "%zu services and jobs, but this ingot was configured for %u: raise CONFIG_MAX_SERVICES",
		     n, CFG_MAX_SERVICES);
	const struct node *outputs = node_get(m->head.node, "outputs");
	if (outputs && outputs->kind == NODE_LIST && !outputs->count)
		diag(p->diags, outputs, "`outputs` is empty: write [initramfs], or leave it out");
	for (size_t i = 0; i < m->outputs.n && !project_units(p); i++)
		if (strcmp(m->outputs.v[i], "oci") == 0)
			diag(p->diags, outputs, "`oci` holds the services and jobs, and this image has none");
	if (m->jobs.n && !CFG_JOBS)
		diag(p->diags, node_place(m->head.node, "jobs"), "this ingot was configured without jobs: set CONFIG_JOBS");
}

static void
check_timezone(struct project *p)
{
	struct zone z;
	struct err e;

	if (p->image.timezone && zone_parse(p->image.timezone, &z, &e))
		diag(p->diags, node_place(p->image.head.node, "timezone"), "`timezone`: %s", e.msg);
}

void
project_check(struct project *p)
{
	check_timezone(p);
	check_config(p);
	check_unchecked(p, p->image.head.node, p->image.unchecked.v, p->image.unchecked.n);
	check_recipes(p);
	check_kernel(p);
	check_users(p);
	check_names(p);
	for (size_t i = 0; i < project_units(p); i++)
		check_unit(p, project_unit(p, i));
	project_check_ports(p);
	check_sum(p);
	project_check_needs(p);
	project_check_disk(p);
	project_check_logs(p);
	project_check_links(p);
	check_forwards(p);
	check_drift(p);
	check_watchdog(p);
	check_tests(p);
}
