/* SPDX-License-Identifier: MIT
 *
 * The record of each service and job, with its lists.
 */
#include "svc_compiler.h"

#include <assert.h>
#include <signal.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "cron.h"
#include "net_links.h"
#include "replicas.h"
#include "svc_filter.h"

#define CPU_PERIOD_US 100000
#define DHCP_PIDS     16
#define SWITCHER_PIDS 4
#define DRIFT_TIMEOUT_MS 1800000
#define NET_PIDS      160 /* ingot-net, and on each of 64 links a client with what it calls */

static bool
has_notify(const struct model_service *s)
{
	return s->ready.notify || s->health.notify;
}

static void
add_mount(struct compiler *c, enum tbl_mount_kind kind, const char *path, uint64_t size, uint32_t mode)
{
	struct tbl_mount m = { .kind = kind, .path = svc_string(c, path), .size = size, .mode = mode };

	svc_append(c, TBL_MOUNTS, &m);
}

static int
by_path(const void *a, const void *b)
{
	const struct model_state *const *x = a, *const *y = b;

	return strcmp((*x)->path, (*y)->path);
}

static struct tbl_span
mounts(struct compiler *c, const struct model_service *s)
{
	struct tbl_span span = { svc_count(c, TBL_MOUNTS), 0 };
	const struct model_state **state = xcalloc(s->state.n, sizeof *state);

	add_mount(c, TBL_MOUNT_PROC, "/proc", 0, 0);
	add_mount(c, TBL_MOUNT_DEV, "/dev", 0, 0);
	add_mount(c, TBL_MOUNT_TMPFS, "/dev/shm", s->scratch.size, 01777);
	add_mount(c, TBL_MOUNT_TMPFS, "/tmp", s->scratch.size, 01777);
	add_mount(c, TBL_MOUNT_TMPFS, "/run", s->scratch.size, 0755);
	for (size_t i = 0; i < s->state.n; i++)
		state[i] = &s->state.v[i];
	qsort(state, s->state.n, sizeof *state, by_path);
	for (size_t i = 0; i < s->state.n; i++)
		add_mount(c, TBL_MOUNT_STATE, state[i]->path, state[i]->size, (uint32_t)state[i]->mode);
	free(state);
	span.count = svc_count(c, TBL_MOUNTS) - span.first;
	return span;
}

/* With what sd_notify wants to find. */
static struct tbl_span
environment(struct compiler *c, const struct model_service *s)
{
	struct tbl_span span = svc_words(c, replicas_env(c->plan->arena, s, c->instance), s->env.n);
	char text[64];

	span.count += svc_listen_words(c, s);
	if (!has_notify(s))
		return span;
	uint32_t off = svc_string(c, "NOTIFY_SOCKET=" TBL_NOTIFY_PATH);
	svc_append(c, TBL_WORDS, &off);
	span.count++;
	if (s->health.notify) {
		snprintf(text, sizeof text, "WATCHDOG_USEC=%llu000", (unsigned long long)s->health.notify);
		off = svc_string(c, text);
		svc_append(c, TBL_WORDS, &off);
		span.count++;
	}
	return span;
}

static struct tbl_probe
probe(struct compiler *c, const struct model_service *s, uint64_t tcp, const struct model_http *http,
      const char *file, uint64_t age, const char *const *exec, size_t n_exec)
{
	struct arena *a = c->plan->arena;

	if (tcp)
		return (struct tbl_probe){ .kind = TBL_PROBE_TCP, .port = (uint32_t)tcp };
	if (http->head.node)
		return (struct tbl_probe){ .kind = TBL_PROBE_HTTP, .port = (uint32_t)http->port,
					   .words = svc_words(c, &http->path, 1) };
	if (file)
		return (struct tbl_probe){ .kind = TBL_PROBE_FILE, .age_ms = (uint32_t)age,
					   .words = svc_words(c, replicas_texts(a, s, &file, 1, c->instance), 1) };
	if (n_exec)
		return (struct tbl_probe){ .kind = TBL_PROBE_EXEC,
					   .words = svc_words(c, replicas_texts(a, s, exec, n_exec, c->instance), n_exec) };
	return (struct tbl_probe){ .kind = TBL_PROBE_NONE };
}

static void
add_watch(struct compiler *c, struct tbl_svc *r, const struct model_service *s)
{
	const struct model_ready *y = &s->ready;
	const struct model_health *h = &s->health;

	r->ready_probe = probe(c, s, y->tcp, &y->http, y->file, 0, y->exec.v, y->exec.n);
	r->ready = r->ready_probe.kind != TBL_PROBE_NONE ? TBL_READY_PROBE :
		   y->fd ? TBL_READY_FD : y->exit ? TBL_READY_EXIT : y->notify ? TBL_READY_NOTIFY : TBL_READY_NONE;
	r->ready_fd = (uint32_t)y->fd;
	r->ready_timeout_ms = (uint32_t)y->timeout;
	if (has_notify(s))
		r->flags |= TBL_SVC_NOTIFY;
	if (!h->head.node)
		return;
	r->health = probe(c, s, h->tcp, &h->http, h->file.path, h->file.age, h->exec.v, h->exec.n);
	r->health_every_ms = (uint32_t)h->every;
	r->health_timeout_ms = (uint32_t)h->timeout;
	r->health_failures = (uint32_t)h->failures;
	r->health_successes = (uint32_t)h->successes;
	r->health_action = (uint32_t)h->action;
	r->watchdog_ms = (uint32_t)h->notify;
}

/* Services with the same filter share it. */
static struct tbl_span
filter(struct compiler *c, const struct model_service *s)
{
	const struct svc_section *x = &c->section[TBL_FILTERS];
	struct sock_filter code[FILTER_MAX];
	size_t n = svc_filter(s, code);

	for (uint32_t i = 0; n && i < svc_count(c, TBL_SVCS); i++) {
		struct tbl_span old = ((const struct tbl_svc *)c->section[TBL_SVCS].bytes)[i].filter;
		if (old.count == n && memcmp(x->bytes + old.first * sizeof *code, code, n * sizeof *code) == 0)
			return old;
	}
	struct tbl_span span = { svc_count(c, TBL_FILTERS), (uint32_t)n };
	for (size_t i = 0; i < n; i++)
		svc_append(c, TBL_FILTERS, &code[i]);
	return span;
}

/* NULL for dhcp, if it is none of the units: then it is service 0. */
static const struct plan_unit *
unit_of_edge(const struct compiler *c, const char *edge)
{
	for (size_t i = 0; i < c->plan->n_units; i++)
		if (edges_meet(c->plan->units[i].unit->head.name, edge))
			return &c->plan->units[i];
	return NULL;
}

uint32_t
svc_index(const struct compiler *c, const char *name)
{
	const struct plan_unit *u = unit_of_edge(c, name);
	uint32_t one = (uint32_t)edge_instance(name);

	return u ? c->first[u - c->plan->units] + (one ? one - 1 : 0) : 0;
}

/* The name of a service with replicas stands for all of them. before: what makes its network, or UINT32_MAX. */
static struct tbl_span
deps(struct compiler *c, const char *const *names, size_t n, uint32_t before)
{
	struct tbl_span span = { svc_count(c, TBL_DEPS), 0 };

	if (before != UINT32_MAX)
		svc_append(c, TBL_DEPS, &before);
	for (size_t k = 0; k < n; k++) {
		const struct plan_unit *u = unit_of_edge(c, names[k]);
		uint32_t index = svc_index(c, names[k]);
		for (uint64_t left = u && !edge_instance(names[k]) ? replicas_count(u->unit) : 1; left; left--, index++)
			svc_append(c, TBL_DEPS, &index);
	}
	span.count = svc_count(c, TBL_DEPS) - span.first;
	return span;
}

static uint64_t
signal_set(const struct model_service *s)
{
	uint64_t set = 0;

	for (size_t i = 0; i < s->restart.signals.n; i++)
		set |= 1ull << (model_signal(s->restart.signals.v[i]) - 1);
	return set;
}

/* A job's retries are what restarts are to a service, but counted anew for each regular run. */
static void
add_schedule(struct tbl_svc *r, const struct model_service *s)
{
	struct err e;

	r->restart = s->retries.count ? TBL_RESTART_ON_FAILURE : TBL_RESTART_NEVER;
	r->restart_limit = (uint32_t)s->retries.count;
	r->backoff_first_ms = (uint32_t)s->retries.backoff.first;
	r->backoff_max_ms = (uint32_t)s->retries.backoff.max;
	r->backoff_jitter = (uint32_t)s->retries.backoff.jitter;
	r->healthy_ms = UINT32_MAX;
	r->every_ms = (uint32_t)s->schedule.every;
	if (s->schedule.calendar)
		cron_parse(s->schedule.calendar, &r->calendar, &e); /* it has been checked */
	r->jitter_ms = (uint32_t)s->schedule.jitter;
	r->late_ms = (uint32_t)s->schedule.late;
	r->overlap = (uint32_t)s->overlap;
	r->missed = (uint32_t)s->missed;
}

/* s: NULL for a program of the machine. */
static void
add_logs(struct compiler *c, struct tbl_svc *r, const struct model_service *s)
{
	const struct image *m = &c->plan->project->image;
	uint64_t size = s && s->logs.size ? s->logs.size : m->logs.size;

	r->flags |= logs_flags(m, s);
	if (r->flags & TBL_SVC_LOG_STATE)
		r->log_kb = (uint32_t)(size >> 10);
}

static struct tbl_span
rlimits(struct compiler *c, const struct model_service *s)
{
	struct tbl_span span = { svc_count(c, TBL_RLIMITS), 0 };

	for (uint32_t i = 0; i < TBL_RLIMIT_KINDS; i++) {
		struct tbl_rlimit r = { .resource = i, .value = s->rlimits.of[i] };
		if (r.value)
			svc_append(c, TBL_RLIMITS, &r);
	}
	span.count = svc_count(c, TBL_RLIMITS) - span.first;
	return span;
}

/* Who says a port says all that it binds. */
static bool
has_binds(const struct model_service *s)
{
	return s->landlock.mode == LANDLOCK_ENFORCED && s->network.ports.n > 0;
}

static struct tbl_span
binds(struct compiler *c, const struct model_service *s)
{
	struct tbl_span span = { svc_count(c, TBL_BINDS), 0 };

	for (size_t i = 0; has_binds(s) && i < s->network.ports.n; i++) {
		uint32_t port = (uint32_t)private_port(&s->network.ports.v[i]);
		if (s->network.ports.v[i].protocol == NET_TCP)
			svc_append(c, TBL_BINDS, &port);
	}
	span.count = svc_count(c, TBL_BINDS) - span.first;
	return span;
}

uint64_t
svc_capabilities(const struct model_service *s)
{
	uint64_t set = 0;
	bool escapes;

	for (size_t i = 0; i < s->capabilities.n; i++)
		set |= model_capability(s->capabilities.v[i], &escapes);
	return set;
}

static uint32_t
makes_network(const struct compiler *c, const struct model_service *s)
{
	return s->network.mode == NET_PRIVATE ? c->switcher : UINT32_MAX;
}

static struct tbl_span
ports(struct compiler *c, const struct model_service *s)
{
	struct tbl_span span = { svc_count(c, TBL_PORTS), (uint32_t)s->network.ports.n };

	static_assert((int)NET_TCP == TBL_PORT_TCP && (int)NET_UDP == TBL_PORT_UDP, "one numbering");
	for (size_t i = 0; i < s->network.ports.n; i++) {
		const struct model_port *p = &s->network.ports.v[i];
		svc_append(c, TBL_PORTS, &(struct tbl_port){ (uint32_t)p->protocol, (uint32_t)private_port(p) });
	}
	return span;
}

/* The machine of a self test has none of them. */
static struct tbl_span
devices(struct compiler *c, const struct model_service *s)
{
	return svc_words(c, s->devices.v, c->plan->probe == PROBE_SELFTEST ? 0 : s->devices.n);
}

/* What all instances have alike. A capability that is kept is one of the machine's, so no namespace of its own. */
static struct tbl_svc
record_of(struct compiler *c, const struct plan_unit *u)
{
	const struct model_service *s = u->unit;

	return (struct tbl_svc){
		.root = svc_string(c, u->root.path),
		.cwd = s->cwd && s->cwd[1] ? svc_string(c, s->cwd) : 0,
		.kind = u->job ? TBL_JOB : TBL_SERVICE,
		.flags = (s->network.mode == NET_NONE ? TBL_SVC_NETNS : 0u) | (s->critical ? TBL_SVC_CRITICAL : 0u) |
			 (s->machine_ids || s->capabilities.n ? 0u : TBL_SVC_USERNS) | (s->jit ? TBL_SVC_JIT : 0u) |
			 (s->landlock.mode == LANDLOCK_ENFORCED ? TBL_SVC_LANDLOCK : 0u) | (has_binds(s) ? TBL_SVC_BINDS : 0u),
		.deps = c->plan->probe == PROBE_SELFTEST ? svc_behind_witness(c) :
				deps(c, s->needs.v, s->needs.n, makes_network(c, s)),
		.wants = deps(c, s->wants.v, s->wants.n, UINT32_MAX),
		.mounts = mounts(c, s),
		.uid = u->uid,
		.gid = u->gid,
		.restart = (uint32_t)s->restart.policy,
		.backoff_first_ms = (uint32_t)s->restart.backoff.first,
		.backoff_max_ms = (uint32_t)s->restart.backoff.max,
		.backoff_jitter = (uint32_t)s->restart.backoff.jitter,
		.healthy_ms = (uint32_t)s->restart.healthy,
		.restart_limit = (uint32_t)s->restart.limit,
		.restart_signals = signal_set(s),
		.on_failure = (uint32_t)s->on_failure,
		.stop_signal = (uint32_t)stop_signals[s->stop.signal],
		.stop_timeout_ms = (uint32_t)s->stop.timeout,
		.run_timeout_ms = (uint32_t)s->timeout,
		.pids_max = (uint32_t)s->limits.pids,
		.cpu_quota_us = (uint32_t)(s->limits.cpu * (CPU_PERIOD_US / 100)),
		.cpu_period_us = CPU_PERIOD_US,
		.memory_max = s->limits.memory,
		.filter = filter(c, s),
		.memory_high = s->limits.memory_high,
		.listen = svc_listen(c, s),
		.knobs = svc_knobs(c, &s->limits),
		.rlimits = rlimits(c, s),
		.binds = binds(c, s),
		.caps = svc_capabilities(s),
		.programs = svc_programs(c, u->root.path),
		.ports = ports(c, s),
		.devices = devices(c, s),
	};
}

static void
add_unit(struct compiler *c, const struct plan_unit *u)
{
	const struct model_service *s = u->unit;
	struct tbl_svc r = record_of(c, u);

	add_logs(c, &r, s);
	if (u->job)
		add_schedule(&r, s);
	for (c->instance = 1; c->instance <= replicas_count(s); c->instance++) {
		r.name = svc_string(c, replicas_name(c->plan->arena, s, c->instance));
		r.net = svc_net(c, s);
		if (c->instance == 1 || replicas_differ(s)) {
			r.argv = svc_words(c, replicas_command(c->plan->arena, s, c->instance), s->command.n);
			r.env = environment(c, s);
			if (!u->job)
				add_watch(c, &r, s);
		}
		svc_append(c, TBL_SVCS, &r);
	}
}

/* The DHCP client: busybox's, in the machine's own root; it is ready when the script has set the first lease. */
static void
add_dhcp(struct compiler *c)
{
	const char *const argv[] = { "/bin/busybox", "udhcpc", "-f", "-t", "3", "-T", "1", "-A", "2", "-i",
				     c->plan->dhcp->name, "-s", "/ingot/udhcpc" };
	const char *const env[] = { "PATH=/usr/sbin:/usr/bin:/sbin:/bin" };
	struct tbl_svc r = {
		.name = svc_string(c, "dhcp"), .kind = TBL_SERVICE, .flags = TBL_SVC_MACHINE,
		.argv = svc_words(c, argv, sizeof argv / sizeof *argv), .env = svc_words(c, env, 1),
		.ready = TBL_READY_FD, .ready_fd = 9, .restart = TBL_RESTART_ALWAYS,
		.backoff_first_ms = 1000, .backoff_max_ms = 30000, .backoff_jitter = 10, .healthy_ms = 30000,
		.stop_signal = SIGTERM, .stop_timeout_ms = 1000,
		.pids_max = DHCP_PIDS, .cpu_period_us = CPU_PERIOD_US, .memory_max = DHCP_MEMORY,
	};
	add_logs(c, &r, NULL);
	svc_append(c, TBL_SVCS, &r);
}

/* ingot-net, which finds its links in a file of its own: PID 1 knows of none. */
static void
add_net(struct compiler *c)
{
	const struct model_machine_network *m = &c->plan->project->image.network;
	const char *const argv[] = { "/usr/bin/ingot-net", "run", "-r", "3" };
	struct tbl_svc r = {
		.name = svc_string(c, NET_SERVICE), .kind = TBL_SERVICE,
		.flags = TBL_SVC_MACHINE | (m->service.critical ? TBL_SVC_CRITICAL : 0u),
		.argv = svc_words(c, argv, sizeof argv / sizeof *argv),
		.ready = TBL_READY_FD, .ready_fd = 3, .restart = TBL_RESTART_ALWAYS,
		.backoff_first_ms = 100, .backoff_max_ms = 30000, .backoff_jitter = 10, .healthy_ms = 30000,
		.stop_signal = SIGTERM, .stop_timeout_ms = 1000,
		.pids_max = NET_PIDS, .cpu_period_us = CPU_PERIOD_US, .memory_max = NET_MEMORY,
	};
	add_logs(c, &r, NULL);
	svc_append(c, TBL_SVCS, &r);
}

/* The same program, for the private networks of services. */
static void
add_switcher(struct compiler *c)
{
	const char *const argv[] = { "/usr/bin/ingot-net", "serve", "-r", "3" };
	struct tbl_svc r = {
		.name = svc_string(c, PRIVATE_SERVICE), .kind = TBL_SERVICE, .flags = TBL_SVC_MACHINE,
		.argv = svc_words(c, argv, sizeof argv / sizeof *argv),
		.ready = TBL_READY_FD, .ready_fd = 3, .restart = TBL_RESTART_ALWAYS,
		.backoff_first_ms = 100, .backoff_max_ms = 30000, .backoff_jitter = 10, .healthy_ms = 30000,
		.stop_signal = SIGTERM, .stop_timeout_ms = 1000,
		.pids_max = SWITCHER_PIDS, .cpu_period_us = CPU_PERIOD_US,
		.memory_max = private_memory(c->plan->nets.n),
	};
	add_logs(c, &r, NULL);
	svc_append(c, TBL_SVCS, &r);
}

/* Behind all others, as nothing needs it. It reads every file of the image, and may take its time. */
static void
add_drift(struct compiler *c, const struct model_drift *d)
{
	const char *const argv[] = { "/ingot/drift" };
	struct tbl_svc r = {
		.name = svc_string(c, DRIFT_JOB), .kind = TBL_JOB, .flags = TBL_SVC_MACHINE, .argv = svc_words(c, argv, 1),
		.restart = TBL_RESTART_NEVER, .every_ms = (uint32_t)d->every, .run_timeout_ms = DRIFT_TIMEOUT_MS,
		.stop_signal = SIGTERM, .stop_timeout_ms = 1000, .pids_max = 4, .memory_max = DRIFT_MEMORY,
		.cpu_quota_us = CPU_PERIOD_US / 2, .cpu_period_us = CPU_PERIOD_US,
	};

	add_logs(c, &r, NULL);
	svc_append(c, TBL_SVCS, &r);
}

void
svc_place_units(struct compiler *c)
{
	uint64_t next = (uint64_t)c->own + c->probed;

	c->first = xcalloc(c->plan->n_units, sizeof *c->first);
	for (size_t i = 0; i < c->plan->n_units; i++) {
		c->first[i] = (uint32_t)next;
		next += replicas_count(c->plan->units[i].unit);
	}
}

void
svc_add_records(struct compiler *c)
{
	const struct plan *p = c->plan;

	if (p->net)
		add_net(c);
	else if (p->dhcp)
		add_dhcp(c);
	if (p->nets.n)
		add_switcher(c);
	if (c->probed)
		svc_add_witness(c);
	for (size_t i = 0; i < p->n_units; i++)
		add_unit(c, &p->units[i]);
	if (p->project->image.drift && p->probe == PROBE_NONE)
		add_drift(c, p->project->image.drift);
}
