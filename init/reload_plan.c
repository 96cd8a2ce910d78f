/* SPDX-License-Identifier: MIT
 *
 * Compares tables by what they mean, not by their bytes: strings and lists may lie anywhere. It changes nothing and
 * makes no system call.
 */
#include "reload_plan.h"

#include <assert.h>
#include <string.h>

/* A new field that is a string or a list has its comparison below; a number is compared with all the others. */
static_assert(sizeof(struct tbl_svc) == 352, "same_service() compares every field");

static bool
same_str(const struct tbl *a, uint32_t x, const struct tbl *b, uint32_t y)
{
	return strcmp(tbl_str(a, x), tbl_str(b, y)) == 0;
}

/* ---- services ---- */

static bool
same_words(const struct tbl *a, struct tbl_span x, const struct tbl *b, struct tbl_span y)
{
	bool same = x.count == y.count;

	for (uint32_t i = 0; same && i < x.count; i++)
		same = strcmp(tbl_word(a, x, i), tbl_word(b, y, i)) == 0;
	return same;
}

/* Dependencies of either kind, by name: their indices may have moved. */
static bool
same_deps(const struct tbl *a, const struct tbl_svc *x, const struct tbl *b, const struct tbl_svc *y,
	  uint32_t (*get)(const struct tbl *, const struct tbl_svc *, uint32_t), uint32_t n)
{
	bool same = true;

	for (uint32_t i = 0; same && i < n; i++)
		same = same_str(a, tbl_svc(a, get(a, x, i))->name, b, tbl_svc(b, get(b, y, i))->name);
	return same;
}

static bool
same_mount(const struct tbl *a, const struct tbl_mount *x, const struct tbl *b, const struct tbl_mount *y)
{
	return x->kind == y->kind && x->size == y->size && x->mode == y->mode && same_str(a, x->path, b, y->path);
}

static bool
same_mounts(const struct tbl *a, const struct tbl_svc *x, const struct tbl *b, const struct tbl_svc *y)
{
	bool same = x->mounts.count == y->mounts.count;

	for (uint32_t i = 0; same && i < x->mounts.count; i++)
		same = same_mount(a, tbl_mount(a, x, i), b, tbl_mount(b, y, i));
	return same;
}

static bool
same_listeners(const struct tbl *a, const struct tbl_svc *x, const struct tbl *b, const struct tbl_svc *y)
{
	bool same = x->listen.count == y->listen.count;

	for (uint32_t i = 0; same && i < x->listen.count; i++)
		same = memcmp(tbl_listen(a, x, i), tbl_listen(b, y, i), sizeof(struct tbl_listen)) == 0;
	return same;
}

/* By its own addresses: what it may reach is ingot-net's, and changes while it runs. */
static bool
same_net(const struct tbl *a, const struct tbl_svc *x, const struct tbl *b, const struct tbl_svc *y)
{
	if (!x->net || !y->net)
		return x->net == y->net;
	const struct tbl_net *p = tbl_net(a, x->net - 1), *q = tbl_net(b, y->net - 1);
	return memcmp(p->address, q->address, sizeof p->address) == 0 &&
	       memcmp(p->machine, q->machine, sizeof p->machine) == 0;
}

static bool
same_knobs(const struct tbl *a, const struct tbl_svc *x, const struct tbl *b, const struct tbl_svc *y)
{
	bool same = x->knobs.count == y->knobs.count;

	for (uint32_t i = 0; same && i < x->knobs.count; i++) {
		const struct tbl_knob *p = tbl_knob(a, x, i), *q = tbl_knob(b, y, i);
		same = p->of == q->of && same_str(a, p->file, b, q->file) && same_str(a, p->value, b, q->value) &&
		       same_str(a, p->reads, b, q->reads) && same_str(a, p->device, b, q->device);
	}
	return same;
}

/* The service without what only says where something lies in its table; and, as a job is planned by all that it has but
 * a service is looked at anew at each event, without what a service can have otherwise while it runs: what it waits for
 * at its start, what follows its end, and how it is asked to stop. */
static struct tbl_svc
numbers_of(const struct tbl_svc *s)
{
	struct tbl_svc out = *s;

	out.name = out.root = out.cwd = 0;
	out.flags &= ~TBL_SVC_LOG; /* ingot-log is told, not the service */
	out.log_kb = 0;
	out.ports = (struct tbl_span){ 0, 0 }; /* nothing acts on them */
	out.argv.first = out.env.first = out.deps.first = out.wants.first = out.mounts.first = 0;
	out.ready_probe.words.first = out.health.words.first = out.filter.first = out.listen.first = out.knobs.first = 0;
	out.binds.first = out.programs.first = out.rlimits.first = out.devices.first = 0;
	out.net = 0;
	if (s->kind != TBL_SERVICE)
		return out;
	out.flags &= ~TBL_SVC_CRITICAL;
	out.deps.count = out.wants.count = 0;
	out.restart = out.backoff_first_ms = out.backoff_max_ms = out.backoff_jitter = out.healthy_ms = 0;
	out.restart_limit = out.on_failure = out.stop_signal = out.stop_timeout_ms = 0;
	out.restart_signals = 0;
	return out;
}

static bool
same_binds(const struct tbl *a, const struct tbl_svc *x, const struct tbl *b, const struct tbl_svc *y)
{
	bool same = true;

	for (uint32_t i = 0; same && i < x->binds.count; i++)
		same = tbl_bind(a, x, i) == tbl_bind(b, y, i);
	return same;
}

static bool
same_service(const struct tbl *a, const struct tbl_svc *x, const struct tbl *b, const struct tbl_svc *y)
{
	struct tbl_svc p = numbers_of(x), q = numbers_of(y);

	return memcmp(&p, &q, sizeof p) == 0 && same_str(a, x->root, b, y->root) && same_str(a, x->cwd, b, y->cwd) &&
	       same_words(a, x->argv, b, y->argv) && same_words(a, x->env, b, y->env) && same_mounts(a, x, b, y) &&
	       same_words(a, x->ready_probe.words, b, y->ready_probe.words) &&
	       same_words(a, x->health.words, b, y->health.words) &&
	       same_words(a, x->programs, b, y->programs) && same_words(a, x->devices, b, y->devices) &&
	       same_knobs(a, x, b, y) && same_binds(a, x, b, y) &&
	       memcmp(tbl_rlimit(a, x, 0), tbl_rlimit(b, y, 0), p.rlimits.count * sizeof(struct tbl_rlimit)) == 0 &&
	       memcmp(tbl_filter(a, x), tbl_filter(b, y), p.filter.count * sizeof(struct sock_filter)) == 0 &&
	       same_deps(a, x, b, y, tbl_dep, p.deps.count) && same_deps(a, x, b, y, tbl_want, p.wants.count) &&
	       same_listeners(a, x, b, y) && same_net(a, x, b, y);
}

static const char *
name_of(const struct tbl *t, uint32_t i)
{
	return tbl_str(t, tbl_svc(t, i)->name);
}

static uint32_t
find(const struct tbl *t, const char *name)
{
	for (uint32_t i = 0; i < tbl_count(t, TBL_SVCS); i++)
		if (strcmp(name_of(t, i), name) == 0)
			return i;
	return RELOAD_GONE;
}

/* ---- state ---- */

/* /state/SERVICE/PATH is made once, with its size and its owner, and outlives its service. What is wrong with the next
 * table's m, or NULL. */
static const char *
state_change(const struct tbl *a, const struct tbl_svc *x, const struct tbl *b, const struct tbl_svc *y,
	     const struct tbl_mount *m, bool disk)
{
	for (uint32_t i = 0; x && i < x->mounts.count; i++) {
		const struct tbl_mount *old = tbl_mount(a, x, i);
		if (old->kind == TBL_MOUNT_STATE && same_str(a, old->path, b, m->path))
			return same_mount(a, old, b, m) && x->uid == y->uid && x->gid == y->gid ? NULL :
				       "has another size, mode or owner than on this machine";
	}
	return disk ? "is not on the disk yet" : NULL;
}

static int
check_state(const struct tbl *a, const struct tbl_svc *x, const struct tbl *b, const struct tbl_svc *y, bool disk,
	    struct err *e)
{
	for (uint32_t i = 0; i < y->mounts.count; i++) {
		const struct tbl_mount *m = tbl_mount(b, y, i);
		const char *change = m->kind == TBL_MOUNT_STATE ? state_change(a, x, b, y, m, disk) : NULL;
		if (change)
			return err_set(e, 0, "service %s: its state %s %s: that takes a reboot", tbl_str(b, y->name),
				       tbl_str(b, m->path), change);
	}
	return 0;
}

/* ---- all of it ---- */

int
reload_plan(const struct tbl *now, const struct tbl *next, bool disk, struct reload_plan *p, struct err *e)
{
	uint32_t n = tbl_count(now, TBL_SVCS), m = tbl_count(next, TBL_SVCS);

	*p = (struct reload_plan){ .added = m };
	if (m > CFG_MAX_SERVICES)
		return err_set(e, 0, "it has %u services, this ingot-init takes %u", m, (unsigned)CFG_MAX_SERVICES);
	for (uint32_t j = 0; j < m; j++) {
		uint32_t old = find(now, name_of(next, j));
		if (find(next, name_of(next, j)) != j)
			return err_set(e, 0, "it has two services with the name %s", name_of(next, j));
		if (check_state(now, old == RELOAD_GONE ? NULL : tbl_svc(now, old), next, tbl_svc(next, j), disk, e))
			return -1;
	}
	for (uint32_t i = 0; i < n; i++) {
		p->to[i] = find(next, name_of(now, i));
		p->keeps[i] = p->to[i] != RELOAD_GONE && same_service(now, tbl_svc(now, i), next, tbl_svc(next, p->to[i]));
		p->kept += p->keeps[i];
		p->changed += p->to[i] != RELOAD_GONE && !p->keeps[i];
		p->removed += p->to[i] == RELOAD_GONE;
	}
	p->added -= p->kept + p->changed;
	return 0;
}
