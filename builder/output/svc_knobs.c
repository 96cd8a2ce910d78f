/* SPDX-License-Identifier: MIT
 *
 * What `limits` asks of a service's cgroup beyond the record's own fields, as the list of files that PID 1 writes and
 * reads back. Only what the file states is in it.
 */
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "svc_compiler.h"
#include "value.h"

#define PAGE 4096u /* the kernel keeps whole pages of memory */
#define CPUS_MAX 1024

static void
add(struct compiler *c, const struct tbl_knob *k)
{
	svc_append(c, TBL_KNOBS, k);
}

static void
add_file(struct compiler *c, enum tbl_knob_of of, const char *file, const char *value, const char *reads)
{
	add(c, &(struct tbl_knob){ .of = of, .file = svc_string(c, file), .value = svc_string(c, value),
				   .reads = svc_string(c, reads) });
}

static void
add_number(struct compiler *c, const char *file, uint64_t value)
{
	const char *text = arena_printf(c->plan->arena, "%llu", (unsigned long long)value);

	add_file(c, TBL_KNOB_SERVICE, file, text, text);
}

/* What protects memory holds no further than it does for the folder above. */
static void
add_memory(struct compiler *c, const struct model_limits *l)
{
	if (l->memory_low) {
		add_file(c, TBL_KNOB_SERVICES, "memory.low", "max", "max");
		add_number(c, "memory.low", l->memory_low / PAGE * PAGE);
	}
	if (l->swap)
		add_number(c, "memory.swap.max", l->swap / PAGE * PAGE);
}

/* ---- processors ---- */

/* As the kernel prints the set: 0-2,5. */
static const char *
cpu_list(struct arena *a, const struct model_limits *l)
{
	bool in[CPUS_MAX + 1] = { false };
	const char *out = "";
	uint64_t cpu;

	for (size_t i = 0; i < l->cpus.n; i++)
		if (value_int(l->cpus.v[i], &cpu))
			in[cpu] = true;
	for (unsigned first = 0, last; first < CPUS_MAX; first = last + 1) {
		last = first;
		if (!in[first])
			continue;
		while (in[last + 1])
			last++;
		const char *comma = *out ? "," : "";
		out = first == last ? arena_printf(a, "%s%s%u", out, comma, first) :
				      arena_printf(a, "%s%s%u-%u", out, comma, first, last);
	}
	return out;
}

/* The kernel takes a processor that is not there, and runs the service on all of them then: so it is asked. */
static void
add_cpu(struct compiler *c, const struct model_limits *l)
{
	if (l->cpu_weight)
		add_number(c, "cpu.weight", l->cpu_weight);
	if (!l->cpus.n)
		return;
	const char *list = cpu_list(c->plan->arena, l);
	add_file(c, TBL_KNOB_SERVICE, "cpuset.cpus", list, list);
	add_file(c, TBL_KNOB_SERVICE, "cpuset.cpus.effective", NULL, list);
}

/* ---- disks ---- */

static const char *
rate(struct arena *a, uint64_t value)
{
	return value ? arena_printf(a, "%llu", (unsigned long long)value) : "max";
}

static void
add_disk(struct compiler *c, const struct model_io *d)
{
	struct arena *a = c->plan->arena;
	struct tbl_knob k = { .of = TBL_KNOB_SERVICE, .device = svc_string(c, d->device) };

	if (d->read || d->write || d->read_ops || d->write_ops) {
		k.file = svc_string(c, "io.max");
		k.value = k.reads = svc_string(c, arena_printf(a, "rbps=%s wbps=%s riops=%s wiops=%s", rate(a, d->read),
							       rate(a, d->write), rate(a, d->read_ops), rate(a, d->write_ops)));
		add(c, &k);
	}
	if (!d->weight)
		return;
	/* weights mean nothing on a disk before its costs are counted */
	k.of = TBL_KNOB_MACHINE;
	k.file = svc_string(c, "io.cost.qos");
	k.value = k.reads = svc_string(c, "enable=1");
	add(c, &k);
	k.of = TBL_KNOB_SERVICE;
	k.file = svc_string(c, "io.weight");
	k.value = k.reads = svc_string(c, rate(a, d->weight));
	add(c, &k);
}

/* ---- the rest ---- */

/* Of what is reserved too, or a program would be killed by SIGBUS where its mmap could have failed. */
static void
add_hugetlb(struct compiler *c, const struct model_hugetlb *h)
{
	static const char *const files[][2] = { [HUGE_2M] = { "hugetlb.2MB.max", "hugetlb.2MB.rsvd.max" },
						[HUGE_1G] = { "hugetlb.1GB.max", "hugetlb.1GB.rsvd.max" } };

	for (size_t i = 0; i < 2; i++)
		add_number(c, files[h->page][i], h->max);
}

static void
add_other(struct compiler *c, const struct model_cgroup *g)
{
	if (strcmp(g->file, "memory.min") == 0)
		add_file(c, TBL_KNOB_SERVICES, g->file, "max", "max");
	add_file(c, TBL_KNOB_SERVICE, g->file, g->value, g->reads ? g->reads : g->value);
}

struct tbl_span
svc_knobs(struct compiler *c, const struct model_limits *l)
{
	struct tbl_span span = { svc_count(c, TBL_KNOBS), 0 };

	add_memory(c, l);
	add_cpu(c, l);
	for (size_t i = 0; i < l->io.n; i++)
		add_disk(c, &l->io.v[i]);
	for (size_t i = 0; i < l->hugetlb.n; i++)
		add_hugetlb(c, &l->hugetlb.v[i]);
	for (size_t i = 0; i < l->cgroup.n; i++)
		add_other(c, &l->cgroup.v[i]);
	span.count = svc_count(c, TBL_KNOBS) - span.first;
	return span;
}
