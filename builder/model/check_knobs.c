/* SPDX-License-Identifier: MIT
 *
 * What must hold of `limits` beyond the bounds of each value: processors, disks, huge pages, and files of the cgroup by
 * name, of which none may take from PID 1 what it holds the service by.
 */
#include <string.h>

#include "project.h"
#include "table.h"
#include "value.h"

#define CPUS_MAX 1024

static const struct node *
item(const struct model_service *s, const char *key, size_t i)
{
	return node_get(s->limits.head.node, key)->items[i];
}

static void
check_cpus(struct project *p, const struct model_service *s)
{
	const struct model_limits *l = &s->limits;
	const struct node *list = l->head.node ? node_get(l->head.node, "cpus") : NULL;

	if (list && list->kind == NODE_LIST && !list->count)
		diag(p->diags, list, "`cpus` is empty: leave it out for all processors");
	for (size_t i = 0; i < l->cpus.n; i++) {
		uint64_t cpu;
		if (!value_int(l->cpus.v[i], &cpu) || cpu >= CPUS_MAX)
			diag(p->diags, item(s, "cpus", i), "`cpus` holds numbers of processors from 0 to %d, not `%s`", CPUS_MAX - 1,
			     l->cpus.v[i]);
		for (size_t k = 0; k < i; k++)
			if (strcmp(l->cpus.v[i], l->cpus.v[k]) == 0)
				diag(p->diags, item(s, "cpus", i), "the processor %s stands in `cpus` twice", l->cpus.v[i]);
	}
}

static void
check_io(struct project *p, const struct model_service *s)
{
	for (size_t i = 0; i < s->limits.io.n; i++) {
		const struct model_io *d = &s->limits.io.v[i];
		if (!d->device)
			continue;
		const struct node *at = node_place(d->head.node, "device");
		bool state = strcmp(d->device, TBL_KNOB_STATE) == 0;
		if (!state && (!value_is_path(d->device) || strncmp(d->device, "/dev/", 5) != 0))
			diag(p->diags, at, "`device` is `state`, or a disk's path such as /dev/vdb, not `%s`", d->device);
		if (state && !model_has_disk(&p->image.state))
			diag(p->diags, at, "`device: state` is the disk of /state, and this image has none: write `state` into it");
		if (!d->read && !d->write && !d->read_ops && !d->write_ops && !d->weight)
			diag(p->diags, d->head.node, "this limits nothing: write one of read, write, read-ops, write-ops and weight");
		for (size_t k = 0; k < i; k++)
			if (s->limits.io.v[k].device && strcmp(d->device, s->limits.io.v[k].device) == 0)
				diag(p->diags, at, "the disk %s stands in `io` twice", d->device);
	}
}

static void
check_hugetlb(struct project *p, const struct model_service *s)
{
	static const uint64_t pages[] = { [HUGE_2M] = 2u << 20, [HUGE_1G] = 1u << 30 };

	for (size_t i = 0; i < s->limits.hugetlb.n; i++) {
		const struct model_hugetlb *h = &s->limits.hugetlb.v[i];
		if (h->max % pages[h->page])
			diag(p->diags, node_place(h->head.node, "max"), "`max` is no whole number of pages of %uM",
			     (unsigned)(pages[h->page] >> 20));
		for (size_t k = 0; k < i; k++)
			if (h->page == s->limits.hugetlb.v[k].page)
				diag(p->diags, h->head.node, "pages of this size stand in `hugetlb` twice");
	}
}

/* ---- any other file ---- */

static const struct {
	const char *file, *key; /* NULL: none, it is always so */
} keyed[] = {
	{ "memory.max", "memory" },           { "memory.high", "memory-high" }, { "memory.low", "memory-low" },
	{ "memory.swap.max", "swap" },        { "memory.oom.group", NULL },     { "pids.max", "pids" },
	{ "cpu.max", "cpu" },                 { "cpu.weight", "cpu-weight" },   { "cpuset.cpus", "cpus" },
	{ "io.max", "io" },                   { "io.weight", "io" },            { "hugetlb.2MB.max", "hugetlb" },
	{ "hugetlb.1GB.max", "hugetlb" },     { "hugetlb.2MB.rsvd.max", "hugetlb" },
	{ "hugetlb.1GB.rsvd.max", "hugetlb" }, { "cpu.weight.nice", "cpu-weight" },
};

/* The kernel's controllers, and what stands behind the first point of a file that is one of theirs. */
static bool
is_known(const char *file)
{
	static const char *const controllers[] = { "memory", "cpu", "cpuset", "io", "pids", "hugetlb", "misc", "rdma" };
	size_t n = strcspn(file, ".");
	bool known = false;

	for (size_t i = 0; i < sizeof controllers / sizeof *controllers; i++)
		known = known || (strlen(controllers[i]) == n && strncmp(file, controllers[i], n) == 0);
	return known && file[n] && file[n + 1] && strlen(file) < 64 &&
	       strspn(file, "abcdefghijklmnopqrstuvwxyzKMGB0123456789._") == strlen(file) && !strstr(file, "..");
}

static bool
is_line(const char *text)
{
	size_t n = strlen(text);
	bool ok = n > 0 && n <= TBL_KNOB_MAX;

	for (; *text; text++)
		ok = ok && *text >= ' ' && *text <= '~';
	return ok;
}

static void
check_file(struct project *p, const struct model_cgroup *g)
{
	const struct node *at = node_place(g->head.node, "file");

	if (strncmp(g->file, "cgroup.", 7) == 0)
		diag(p->diags, at, "`%s` is PID 1's own: by such files it holds and ends the service", g->file);
	else if (!is_known(g->file))
		diag(p->diags, at, "`%s` is no file of a cgroup's controller: it is CONTROLLER.NAME, such as cpu.uclamp.max",
		     g->file);
	for (size_t i = 0; i < sizeof keyed / sizeof *keyed; i++) {
		if (strcmp(keyed[i].file, g->file) != 0)
			continue;
		if (keyed[i].key)
			diag(p->diags, at, "`%s` has a key of its own: write `limits: {%s}`", g->file, keyed[i].key);
		else
			diag(p->diags, at, "`%s` is always 1: a service is ended as a group", g->file);
	}
}

static void
check_files(struct project *p, const struct model_service *s)
{
	for (size_t i = 0; i < s->limits.cgroup.n; i++) {
		const struct model_cgroup *g = &s->limits.cgroup.v[i];
		if (g->file)
			check_file(p, g);
		if (g->value && !is_line(g->value))
			diag(p->diags, node_place(g->head.node, "value"), "`value` is one line of at most %d characters", TBL_KNOB_MAX);
		if (g->reads && !is_line(g->reads))
			diag(p->diags, node_place(g->head.node, "reads"), "`reads` is one line of at most %d characters", TBL_KNOB_MAX);
		for (size_t k = 0; g->file && k < i; k++)
			if (s->limits.cgroup.v[k].file && strcmp(g->file, s->limits.cgroup.v[k].file) == 0)
				diag(p->diags, g->head.node, "`%s` stands in `cgroup` twice", g->file);
	}
}

void
project_check_knobs(struct project *p, const struct model_service *s)
{
	const struct model_limits *l = &s->limits;

	if (l->memory_low > l->memory)
		diag(p->diags, node_place(l->head.node, "memory-low"), "`memory-low` is above `memory`");
	if (!CFG_KNOBS && (l->memory_low || l->swap || l->cpu_weight || l->cpus.n || l->io.n || l->hugetlb.n || l->cgroup.n))
		diag(p->diags, l->head.node,
		     "this ingot was configured for memory, memory-high, pids and cpu alone: set CONFIG_KNOBS");
	if (l->io.n * 3 + l->hugetlb.n * 2 + l->cgroup.n * 2 + 6 > TBL_KNOBS_MAX)
		diag(p->diags, l->head.node, "these are more files of a cgroup than the %d that a service may have", TBL_KNOBS_MAX);
	check_cpus(p, s);
	check_io(p, s);
	check_hugetlb(p, s);
	check_files(p, s);
}
