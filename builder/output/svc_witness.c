/* SPDX-License-Identifier: MIT
 *
 * The record of ingot-probe as a program of the machine: the witness of a self test, or the reader of the kernel's log.
 */
#include <signal.h>

#include "probe_abi.h"
#include "replicas.h"
#include "svc_compiler.h"

#define WITNESS_MEMORY (32u << 20)
#define WITNESS_PIDS   32
#define CPU_PERIOD_US  100000

/* The names of those that it hears. */
static struct tbl_span
for_selftest(struct compiler *c)
{
	struct arena *a = c->plan->arena;
	size_t n = 0, all = 0;

	for (size_t i = 0; i < c->plan->n_units; i++)
		all += replicas_count(c->plan->units[i].unit);
	const char **v = arena_alloc(a, (all + 2) * sizeof *v);
	v[n++] = PROBE_MACHINE;
	v[n++] = "witness";
	for (size_t i = 0; i < c->plan->n_units; i++)
		for (uint64_t k = 1; k <= replicas_count(c->plan->units[i].unit); k++)
			v[n++] = replicas_name(a, c->plan->units[i].unit, k);
	return svc_words(c, v, n);
}

/* The kernel's log knows the service by its user, the machine by its name. */
static struct tbl_span
for_one(struct compiler *c)
{
	bool audit = c->plan->probe == PROBE_AUDIT;
	const char *v[] = { PROBE_MACHINE, audit ? "audit" : "watch", c->plan->watched->head.name };

	for (size_t i = 0; audit && i < c->plan->n_units; i++)
		if (c->plan->units[i].unit == c->plan->watched)
			v[2] = arena_printf(c->plan->arena, "%u", c->plan->units[i].uid);
	return svc_words(c, v, 3);
}

static struct tbl_span
behind(struct compiler *c, uint32_t index)
{
	struct tbl_span span = { svc_count(c, TBL_DEPS), 1 };

	svc_append(c, TBL_DEPS, &index);
	return span;
}

void
svc_add_witness(struct compiler *c)
{
	struct tbl_svc r = {
		.name = svc_string(c, PROBE_WITNESS), .kind = TBL_SERVICE, .flags = TBL_SVC_MACHINE,
		.argv = c->plan->probe == PROBE_SELFTEST ? for_selftest(c) : for_one(c),
		.ready = TBL_READY_FD, .ready_fd = PROBE_READY_FD, .restart = TBL_RESTART_NEVER,
		.backoff_first_ms = 1000, .backoff_max_ms = 1000, .healthy_ms = 1000,
		.stop_signal = SIGTERM, .stop_timeout_ms = WITNESS_STOP_MS,
		.pids_max = WITNESS_PIDS, .cpu_period_us = CPU_PERIOD_US, .memory_max = WITNESS_MEMORY,
	};

	if (c->plan->nets.n) /* what is behind it needs that, too */
		r.deps = behind(c, c->switcher);
	svc_append(c, TBL_SVCS, &r);
}

struct tbl_span
svc_behind_witness(struct compiler *c)
{
	return behind(c, c->own);
}
