/* SPDX-License-Identifier: MIT
 *
 * What one process inside cannot tell: that its namespaces and keys are nobody else's, that a program which is executed
 * inside later is in the same ones, and that all of this has arrived.
 */
#include "selftest.h"

#include <stdio.h>
#include <string.h>

static const char *
fact(const struct selftest_heard *h, const char *name)
{
	for (size_t i = 0; i < h->n_facts; i++)
		if (strcmp(h->facts[i].name, name) == 0)
			return h->facts[i].value;
	return NULL;
}

static void
add(struct selftest *s, struct selftest_heard *h, unsigned number, const char *what, const char *expected,
    const char *found, bool ok)
{
	struct selftest_row row = { .number = number, .what = what, .expected = expected, .found = found, .note = "",
				    .verdict = ok ? ROW_OK : ROW_FAILED };

	selftest_add(s, h, &row);
}

/* Whose value of a fact is this service's too; NULL: it is its own. */
static const char *
shared_with(const struct selftest *s, const struct selftest_heard *h, const char *name)
{
	const char *mine = fact(h, name);

	for (size_t i = 0; mine && i < s->n_heard; i++) {
		const char *other = &s->heard[i] == h ? NULL : fact(&s->heard[i], name);
		if (other && strcmp(mine, other) == 0)
			return s->heard[i].name;
	}
	return NULL;
}

static void
judge_own(struct selftest *s, struct selftest_heard *h, unsigned number, const char *name, const char *what)
{
	const char *mine = fact(h, name), *whose = shared_with(s, h, name);
	struct selftest_row row = { .number = number, .what = what, .expected = "its own", .note = "" };

	row.verdict = mine && *mine && !whose ? ROW_OK : ROW_FAILED;
	row.found = !mine || !*mine ? "unknown" : whose ? arena_printf(s->arena, "that of %s", whose) : mine;
	selftest_add(s, h, &row);
}

static void
judge_network(struct selftest *s, struct selftest_heard *h)
{
	const char *mine = fact(h, "ns net"), *machines = fact(&s->heard[0], "ns net");
	struct selftest_row row = { .number = 7, .what = "net namespace", .expected = "its own", .verdict = ROW_LOOSENED,
				    .note = "network.mode: machine" };

	if (h->unit->network.mode != NET_MACHINE) {
		judge_own(s, h, 7, "ns net", "net namespace");
		return;
	}
	row.found = mine && machines && strcmp(mine, machines) == 0 ? "that of the machine" : "another one";
	selftest_add(s, h, &row);
}

static void
judge_user(struct selftest *s, struct selftest_heard *h)
{
	struct selftest_row row = { .number = 7, .what = "user namespace", .expected = "its own",
				    .note = h->unit->machine_ids ? "machine-ids" : "capabilities", .verdict = ROW_LOOSENED };

	if (!h->unit->machine_ids && !h->unit->capabilities.n) {
		judge_own(s, h, 7, "ns user", "user namespace");
		return;
	}
	row.found = shared_with(s, h, "ns user") ? "that of the machine" : "another one";
	selftest_add(s, h, &row);
}

static void
judge_spaces(struct selftest *s, struct selftest_heard *h)
{
	static const char *const kinds[] = { "mnt", "pid", "ipc", "uts", "cgroup", "net", "user" };
	bool same = true, known = false;

	for (size_t i = 0; i + 2 < sizeof kinds / sizeof *kinds; i++) /* without net, which may be shared, and user */
		judge_own(s, h, 7, arena_printf(s->arena, "ns %s", kinds[i]),
			  arena_printf(s->arena, "%s namespace", kinds[i]));
	judge_network(s, h);
	judge_user(s, h);
	for (size_t i = 0; i < sizeof kinds / sizeof *kinds; i++) {
		const char *mine = fact(h, arena_printf(s->arena, "ns %s", kinds[i]));
		const char *later = fact(h, arena_printf(s->arena, "exec %s", kinds[i]));
		known |= later != NULL;
		same &= mine && later && strcmp(mine, later) == 0;
	}
	add(s, h, 33, "exec: the service's namespaces", "the same", same ? "the same" : known ? "others" : "unknown", same);
}

/* The witness has bound PID 1 to one of them before the services began. */
static void
judge_processors(struct selftest *s, struct selftest_heard *h)
{
	const char *all = fact(&s->heard[0], "processors"), *its = fact(h, "processors");
	struct selftest_row row = { .number = 6, .what = "every processor that it may use", .expected = all ? all : "",
				    .found = its ? its : "unknown", .note = "" };

	row.verdict = all && its && strcmp(all, its) == 0 ? ROW_OK : ROW_FAILED;
	if (all && strcmp(all, "1") == 0)
		row = (struct selftest_row){ .number = 6, .what = row.what, .expected = "", .found = "", .verdict = ROW_SKIPPED,
					     .note = "the machine has one" };
	selftest_add(s, h, &row);
}

static void
judge_arrival(struct selftest *s, struct selftest_heard *h)
{
	unsigned ends = h->unit ? 2 : 1; /* the service's own probe, and what is executed inside later */

	add(s, h, 0, "everything that its probe said",
	    arena_printf(s->arena, "%u parts, %zu lines", ends, h->due),
	    arena_printf(s->arena, "%u parts, %zu lines", h->ends, h->lines),
	    h->ends == ends && h->lines == h->due);
}

void
selftest_judge(struct selftest *s, const char *end)
{
	struct selftest_heard *machine = &s->heard[0];
	const char *inside = fact(machine, "mounts in services' roots"), *trouble = fact(machine, "trouble");

	for (size_t i = 0; i < s->n_heard; i++) {
		struct selftest_heard *h = &s->heard[i];
		judge_arrival(s, h);
		if (!h->unit || !h->n_facts)
			continue;
		judge_spaces(s, h);
		judge_processors(s, h);
		if (fact(h, "keyring"))
			judge_own(s, h, 5, "keyring", "session keyring, by its number");
	}
	if (machine->n_facts)
		add(s, machine, 16, "mounts of services that the machine sees", "0", inside ? inside : "unknown",
		    inside && strcmp(inside, "0") == 0);
	if (trouble)
		add(s, machine, 0, "what services must not reach could be set up", "all", trouble, false);
	add(s, machine, 0, "the machine ends in order", "power off", end ? end : "power off", !end);
}
