/* SPDX-License-Identifier: MIT
 *
 * lib/table.c: a good table opens; cut short anywhere, or with any field out of its range, it is refused, also where
 * the checksum was made right again; and each byte of each record is either checked or said here to be free.
 */
#include "support.h"

#include <stdlib.h>

static int
open_table(const struct good_table *t, struct err *e)
{
	struct tbl out = { .base = NULL };

	return tbl_open(&out, t, sizeof *t, e);
}

TEST(a_good_table_opens)
{
	struct good_table g;
	struct tbl t;
	struct err e = { .msg = "" };

	good_table(&g);
	assert_int_equal(tbl_open(&t, &g, sizeof g, &e), 0);
	assert_string_equal(e.msg, "");
	assert_string_equal(tbl_str(&t, t.machine->image), "web");
	assert_string_equal(tbl_str(&t, 0), "");
	assert_int_equal(tbl_count(&t, TBL_SVCS), 3);
	assert_int_equal(tbl_count(&t, TBL_STRINGS), sizeof g.strings);
	const struct tbl_svc *s = tbl_svc(&t, 2);
	assert_string_equal(tbl_str(&t, s->name), "report-1");
	assert_string_equal(tbl_word(&t, s->argv, 2), "date");
	assert_int_equal(tbl_dep(&t, s, 0), 1);
	assert_string_equal(tbl_str(&t, tbl_mount(&t, tbl_svc(&t, 1), 3)->path), "/var/lib/web");
	assert_string_equal(tbl_str(&t, tbl_module(&t, 0)->path), "/ingot/modules/button.ko");
	assert_string_equal(tbl_str(&t, tbl_sysctl(&t, 0)->value), "4096");
	assert_int_equal(tbl_link(&t, 0)->address[3], 15);
}

TEST(every_flipped_byte_is_seen_by_the_checksum)
{
	struct good_table g;
	struct err e;

	good_table(&g);
	for (size_t i = sizeof g.header; i < sizeof g; i++) {
		((char *)&g)[i] ^= 0x40;
		assert_int_equal(open_table(&g, &e), -1);
		assert_has(e.msg, "checksum");
		((char *)&g)[i] ^= 0x40;
	}
	assert_int_equal(open_table(&g, &e), 0);
}

/* In memory of exactly that size, so that a read beyond it is seen. */
static void
refused_when_cut(const struct good_table *g, size_t size, bool sealed)
{
	struct tbl_header *h = malloc(size ? size : 1);
	struct tbl t;
	struct err e;

	memcpy(h, g, size);
	if (sealed && size >= sizeof *h) {
		h->size = (uint32_t)size;
		h->crc = tbl_crc(h, size);
	}
	assert_int_equal(tbl_open(&t, h, size, &e), -1);
	free(h);
}

TEST(every_truncation_is_refused)
{
	struct good_table g;

	good_table(&g);
	for (size_t size = 0; size < sizeof g; size++) {
		refused_when_cut(&g, size, false);
		refused_when_cut(&g, size, true);
	}
}

/* ---- every field ---- */

struct nonsense {
	size_t offset, size;
	uint64_t value;
};

#define AT(member, v) { offsetof(struct good_table, member), sizeof(((struct good_table *)0)->member), v }
#define ANY(member)   { offsetof(struct good_table, member), sizeof(((struct good_table *)0)->member), 0 }
/* the halves of an address */
#define FIRST(member) { offsetof(struct good_table, member), 8, 0 }
#define LAST(member) { offsetof(struct good_table, member) + 8, 8, 0 }
#define BEYOND sizeof(((struct good_table *)0)->strings)

/* With the checksum right again, each of these alone must be refused. */
static const struct nonsense refused[] = {
	AT(header.version, 0),
	AT(header.version, TBL_VERSION + 1),
	AT(header.size, 0),
	AT(header.size, UINT32_MAX),
	AT(header.size, sizeof(struct good_table) - 1),
	AT(header.magic[0], 'X'),
	AT(header.magic[7], 0),
	AT(machine.purpose, 4),
	AT(machine.image, BEYOND),
	AT(machine.hostname, UINT32_MAX),
	AT(machine.shell, BEYOND),
	AT(machine.shell, 1) /* a relative path */,
	AT(machine.root, BEYOND),
	AT(machine.root, 1) /* a relative path */,
	AT(machine.root, 0) /* with early modules */,
	AT(machine.early, 2) /* of one */,
	AT(machine.early, UINT32_MAX),
	AT(machine.late, 1) /* of one, which is early */,
	AT(machine.late, UINT32_MAX),
	AT(machine.disk_label, BEYOND),
	AT(machine.disk_label, 55) /* in a path: more than 16 characters */,
	AT(machine.disk_wait_ms, TBL_WAIT_MAX_MS + 1),
	AT(machine.disk_policy[TBL_DISK_ABSENT], TBL_POLICY_RECREATE),
	AT(machine.disk_policy[TBL_DISK_ABSENT], TBL_POLICIES),
	AT(machine.disk_policy[TBL_DISK_CORRUPT], TBL_POLICY_USE),
	AT(machine.disk_policy[TBL_DISK_FULL], TBL_POLICY_RECREATE),
	AT(machine.disk_policy[TBL_DISK_FULL], UINT32_MAX),
	AT(machine.disk_policy[TBL_DISK_UNLIMITED], TBL_POLICY_TMPFS),
	AT(machine.watchdog, BEYOND),
	AT(machine.watchdog, 0) /* with a timeout */,
	AT(machine.watchdog, 1) /* a relative path */,
	AT(machine.watchdog_ms, 0) /* with a device */,
	AT(machine.watchdog_ms, 1500) /* no whole seconds */,
	AT(machine.watchdog_ms, 2147484000) /* beyond an int */,
	AT(machine.syslog_port, 65536),
	AT(machine.required, 1u << 31),
	AT(modules[0].path, BEYOND),
	AT(modules[0].path, 0),
	AT(modules[0].params, BEYOND),
	AT(sysctls[0].path, BEYOND),
	AT(sysctls[0].path, 0),
	AT(sysctls[0].value, UINT32_MAX),
	AT(links[0].name, BEYOND),
	AT(links[0].mode, TBL_LINK_MODES),
	AT(links[0].prefix, 33),
	AT(svcs[1].name, BEYOND),
	AT(svcs[1].name, 0),
	AT(svcs[1].root, BEYOND),
	AT(svcs[1].root, 0),
	AT(svcs[1].root, 1),
	AT(svcs[0].root, 1),
	AT(svcs[1].kind, TBL_KINDS),
	AT(svcs[1].kind, TBL_JOB) /* without every_ms */,
	AT(svcs[2].kind, TBL_SERVICE) /* with every_ms */,
	AT(svcs[1].flags, TBL_SVC_MACHINE),
	AT(svcs[0].flags, 0),
	AT(svcs[1].flags, TBL_SVC_FLAGS + 1),
	AT(svcs[1].argv.first, 9),
	AT(svcs[1].argv.first, UINT32_MAX),
	AT(svcs[1].argv.first, 3) /* begins with "-g" */,
	AT(svcs[1].argv.count, 0),
	AT(svcs[1].argv.count, 9),
	AT(svcs[1].argv.count, UINT32_MAX),
	AT(svcs[1].env.first, 10),
	AT(svcs[1].env.count, 7),
	AT(svcs[1].env.count, UINT32_MAX),
	AT(svcs[1].deps.first, 3),
	AT(svcs[1].deps.count, 3),
	AT(svcs[1].deps.count, UINT32_MAX),
	AT(svcs[1].wants.first, 3),
	AT(svcs[1].wants.count, 3),
	AT(svcs[1].wants.count, UINT32_MAX),
	AT(svcs[1].backoff_jitter, 101),
	AT(svcs[1].calendar.minutes, 1) /* of a service */,
	AT(svcs[2].calendar.minutes, 1) /* beside an interval */,
	AT(svcs[1].jitter_ms, 1),
	AT(svcs[1].late_ms, 1),
	AT(svcs[1].overlap, 1),
	AT(svcs[1].missed, 1),
	AT(svcs[2].overlap, TBL_OVERLAPS),
	AT(svcs[2].missed, TBL_MISSEDS),
	AT(machine.zone.offset_s, 86401),
	AT(machine.zone.summer.month, 3) /* and no winter */,
	AT(svcs[1].on_failure, TBL_ON_FAILURES),
	AT(svcs[0].ready, TBL_READY_EXIT) /* and restarted always */,
	AT(svcs[1].mounts.first, 6),
	AT(svcs[1].mounts.count, 6),
	AT(svcs[1].mounts.count, UINT32_MAX),
	AT(svcs[0].mounts.count, 1),
	AT(svcs[1].uid, 0),
	AT(svcs[1].uid, UINT32_MAX),
	AT(svcs[1].flags, TBL_SVC_NOTIFY | TBL_SVC_LANDLOCK) /* and ports */,
	AT(svcs[1].flags, TBL_SVC_NOTIFY | TBL_SVC_BINDS),
	AT(svcs[1].binds.count, 3),
	AT(svcs[1].binds.first, 1),
	AT(binds[0], 0),
	AT(binds[1], 65536),
	AT(svcs[0].rlimits.count, 1) /* a program of the machine */,
	AT(svcs[1].rlimits.count, 2),
	AT(svcs[1].rlimits.first, 1),
	AT(rlimits[0].resource, TBL_RLIMIT_KINDS),
	AT(svcs[0].caps, 1),
	AT(svcs[1].programs.first, 10),
	AT(svcs[0].devices.count, 1) /* a program of the machine */,
	AT(svcs[1].devices.first, 9),
	AT(svcs[1].devices.first, 2) /* not below /dev */,
	AT(svcs[1].devices.count, TBL_DEVICES_MAX + 1),
	AT(svcs[1].programs.first, 5) /* a path */,
	AT(svcs[1].programs.count, TBL_PROGRAMS_MAX + 1),
	AT(svcs[0].flags, TBL_SVC_MACHINE | TBL_SVC_LANDLOCK),
	AT(svcs[1].cwd, BEYOND),
	AT(svcs[1].cwd, 1) /* a relative path */,
	AT(svcs[0].uid, 1),
	AT(svcs[1].gid, 0),
	AT(svcs[1].gid, UINT32_MAX),
	AT(svcs[0].gid, 1),
	AT(svcs[1].ready, TBL_READIES),
	AT(svcs[1].ready, TBL_READY_NONE) /* beside a probe */,
	AT(svcs[1].ready_probe.kind, TBL_PROBES),
	AT(svcs[1].ready_probe.kind, TBL_PROBE_NONE),
	AT(svcs[1].ready_probe.kind, TBL_PROBE_HTTP) /* without a path */,
	AT(svcs[1].ready_probe.port, 0),
	AT(svcs[1].ready_probe.port, 65536),
	AT(svcs[1].ready_probe.age_ms, 1),
	AT(svcs[1].ready_probe.words.count, 1),
	AT(svcs[1].ready_probe.words.first, 11),
	AT(svcs[1].health.kind, TBL_PROBES),
	AT(svcs[1].health.port, 80),
	AT(svcs[1].health.words.count, 0),
	AT(svcs[1].health.words.count, 2),
	AT(svcs[1].health.words.first, 4) /* a relative path */,
	AT(svcs[1].health.words.first, 10),
	AT(svcs[1].health_every_ms, 0),
	AT(svcs[1].health_timeout_ms, 0),
	AT(svcs[1].health_failures, 0),
	AT(svcs[1].health_successes, 0),
	AT(svcs[1].health_action, TBL_HEALTH_ACTIONS),
	AT(svcs[1].flags, 0) /* and a watchdog */,
	AT(svcs[0].flags, TBL_SVC_MACHINE | TBL_SVC_NOTIFY),
	AT(svcs[0].flags, TBL_SVC_MACHINE | TBL_SVC_USERNS),
	AT(svcs[2].flags, TBL_SVC_NETNS | TBL_SVC_NOTIFY) /* a job */,
	AT(svcs[2].ready, TBL_READY_NOTIFY),
	AT(svcs[0].ready_fd, 2),
	AT(svcs[0].ready_fd, 256),
	AT(svcs[1].restart, TBL_RESTARTS),
	AT(svcs[1].stop_signal, 0),
	AT(svcs[1].stop_signal, 65),
	AT(svcs[1].every_ms, 1),
	AT(svcs[2].every_ms, 0),
	AT(svcs[1].pids_max, 0),
	AT(svcs[1].cpu_period_us, 0) /* with a quota */,
	AT(machine.purpose, UINT32_MAX),
	AT(svcs[1].memory_max, 0),
	AT(svcs[1].filter.first, 3),
	AT(svcs[1].filter.count, 5),
	AT(svcs[0].filter.count, 1) /* a program of the machine */,
	AT(svcs[1].memory_high, UINT64_MAX),
	AT(svcs[1].listen.first, 1),
	AT(svcs[1].listen.count, 3),
	AT(svcs[0].listen.count, 1) /* a program of the machine */,
	AT(svcs[2].listen.count, 1) /* a job */,
	AT(svcs[1].net, 2),
	AT(svcs[0].net, 1) /* a program of the machine */,
	AT(svcs[2].net, 1) /* it has no network */,
	AT(listens[0].address.family, 5),
	AT(listens[0].port, 0),
	AT(listens[1].protocol, 1),
	AT(nets[0].name[0], 0),
	AT(nets[0].address[0].family, 6),
	AT(nets[0].address[1].family, 4),
	AT(nets[0].machine[0].family, 0),
	AT(nets[0].machine[1].family, 4),
	AT(nets[0].flags, 2),
	AT(nets[0].first, 1),
	AT(nets[0].rules, 3),
	AT(rules[0].kind, TBL_NET_KINDS),
	AT(rules[0].kind, TBL_NET_REACH) /* of nobody */,
	AT(rules[0].protocol, 1),
	AT(rules[0].port, 0),
	AT(rules[0].to, 0),
	AT(rules[1].to, 1),
	AT(rules[1].address.family, 0),
	AT(rules[1].address.prefix, 129),
	AT(svcs[1].knobs.first, 3),
	AT(svcs[1].knobs.count, 3),
	AT(svcs[1].knobs.count, UINT32_MAX),
	AT(svcs[1].ports.first, 2),
	AT(svcs[1].ports.count, 2),
	AT(svcs[1].ports.count, UINT32_MAX),
	AT(ports[0].protocol, TBL_PROTOCOLS),
	AT(ports[0].port, 0),
	AT(ports[0].port, 65536),
	AT(knobs[0].of, TBL_KNOB_OFS),
	AT(knobs[0].file, 0),
	AT(knobs[0].file, 1) /* "web": no point in it */,
	AT(knobs[0].file, BEYOND),
	AT(knobs[0].value, BEYOND),
	AT(knobs[0].reads, 0),
	AT(knobs[0].reads, UINT32_MAX),
	AT(knobs[0].device, 1) /* neither a path nor "state" */,
	AT(knobs[0].device, BEYOND),
	AT(mounts[3].kind, TBL_MOUNT_KINDS),
	AT(mounts[3].kind, TBL_MOUNT_PROC) /* with a size */,
	AT(mounts[3].path, BEYOND),
	AT(mounts[3].path, 0),
	AT(mounts[3].path, 1),
	AT(mounts[3].size, 0),
	AT(mounts[0].size, 4096),
	AT(mounts[3].mode, 010000),
	AT(deps[0], 1) /* itself */,
	AT(deps[0], 2),
	AT(deps[1], UINT32_MAX),
	AT(words[0], BEYOND),
	AT(words[7], UINT32_MAX),
	AT(words[2], 0) /* an empty command */,
	AT(strings[0], 'x'),
	AT(strings[511], 'x'),
};

/* Fields that may hold any value: PID 1 takes each as it is. */
static const struct nonsense free_fields[] = {
	ANY(header.pad),
	ANY(machine.stop_deadline_ms),
	ANY(machine.jobs_max),
	ANY(machine.syslog),
	ANY(machine.zone.summer_offset_s) /* there is no summer time */,
	ANY(machine.zone.summer.week),
	ANY(machine.zone.summer.weekday),
	ANY(machine.zone.summer.pad),
	ANY(machine.zone.summer.time_s),
	ANY(machine.zone.winter),
	ANY(svcs[1].calendar.hours) /* there is no calendar */,
	ANY(svcs[1].calendar.days),
	ANY(svcs[1].calendar.months),
	ANY(svcs[1].calendar.weekdays),
	ANY(links[0].address),
	ANY(links[0].gateway),
	ANY(links[0].pad),
	ANY(svcs[1].ready_timeout_ms),
	ANY(svcs[1].health.age_ms) /* of a file */,
	ANY(svcs[1].watchdog_ms),
	ANY(svcs[1].log_kb),
	ANY(svcs[1].pad),
	ANY(svcs[1].pad2),
	ANY(listens[0].address.prefix),
	ANY(listens[0].address.pad),
	FIRST(listens[0].address.bytes),
	LAST(listens[0].address.bytes),
	ANY(nets[0].name[1]),
	ANY(nets[0].pad),
	FIRST(nets[0].address[0].bytes),
	LAST(nets[0].address[0].bytes),
	ANY(rules[1].port),
	ANY(rules[1].address.pad),
	FIRST(rules[1].address.bytes),
	LAST(rules[1].address.bytes),
	ANY(svcs[1].backoff_first_ms),
	ANY(svcs[1].backoff_max_ms),
	ANY(svcs[1].healthy_ms),
	ANY(svcs[1].restart_limit),
	ANY(svcs[1].restart_signals),
	ANY(svcs[1].stop_timeout_ms),
	ANY(svcs[1].run_timeout_ms),
	ANY(svcs[1].cpu_quota_us),
	ANY(mounts[3].pad),
	ANY(knobs[0].pad),
	ANY(rlimits[0].pad),
	ANY(rlimits[0].value),
};

static void
mutate(struct good_table *g, const struct nonsense *n)
{
	good_table(g);
	memcpy((char *)g + n->offset, &n->value, n->size); /* little-endian, as the table is */
	seal_table(g);
}

TEST(every_field_out_of_range_is_refused)
{
	struct good_table g;

	for (size_t i = 0; i < COUNT(refused); i++) {
		struct err e = { .msg = "" };
		mutate(&g, &refused[i]);
		if (open_table(&g, &e) == 0)
			fail_msg("mutation %zu (offset %zu to %llu) was taken", i, refused[i].offset, (unsigned long long)refused[i].value);
		assert_true(e.msg[0] != '\0');
	}
}

TEST(every_section_out_of_the_table_is_refused)
{
	static const struct tbl_extent wrong[] = {
		{ 4, 1 }, { 0, 1 }, { UINT32_MAX - 7, 1 }, { sizeof(struct good_table), 1 }, { sizeof(struct tbl_header) + 4, 1 },
		{ sizeof(struct tbl_header), UINT32_MAX }, { sizeof(struct tbl_header), 1u << 30 },
	};
	struct good_table g;
	struct err e;

	for (int s = 0; s < TBL_SECTIONS; s++)
		for (size_t i = 0; i < COUNT(wrong); i++) {
			good_table(&g);
			g.header.section[s] = wrong[i];
			seal_table(&g);
			assert_int_equal(open_table(&g, &e), -1);
		}
}

TEST(no_machine_and_two_machines_are_refused)
{
	struct good_table g;
	struct err e;

	for (uint32_t count = 0; count <= 2; count += 2) {
		good_table(&g);
		g.header.section[TBL_MACHINE].count = count;
		seal_table(&g);
		assert_int_equal(open_table(&g, &e), -1);
	}
}

static void
mark(bool *seen, const struct nonsense *n, size_t from, size_t size)
{
	for (size_t i = 0; i < n->size; i++)
		if (n->offset + i >= from && n->offset + i < from + size)
			seen[n->offset + i - from] = true;
}

/* Byte by byte, so that a field added to a record cannot be forgotten here. */
static void
all_listed(const char *name, const size_t *records, size_t n, size_t size)
{
	bool seen[512] = { false };

	for (size_t r = 0; r < n; r++) {
		for (size_t i = 0; i < COUNT(refused); i++)
			mark(seen, &refused[i], records[r], size);
		for (size_t i = 0; i < COUNT(free_fields); i++)
			mark(seen, &free_fields[i], records[r], size);
	}
	for (size_t i = 0; i < size; i++)
		if (!seen[i])
			fail_msg("byte %zu of struct %s is neither refused nor free in this test", i, name);
}

#define RECORDS(type, ...)                                                                   \
	do {                                                                                 \
		const size_t records[] = { __VA_ARGS__ };                                    \
		all_listed(#type, records, COUNT(records), sizeof(struct type));             \
	} while (0)

TEST(every_field_is_listed)
{
	RECORDS(tbl_machine, offsetof(struct good_table, machine));
	RECORDS(tbl_module, offsetof(struct good_table, modules[0]));
	RECORDS(tbl_sysctl, offsetof(struct good_table, sysctls[0]));
	RECORDS(tbl_link, offsetof(struct good_table, links[0]));
	RECORDS(tbl_svc, offsetof(struct good_table, svcs[0]), offsetof(struct good_table, svcs[1]),
		offsetof(struct good_table, svcs[2]));
	RECORDS(tbl_port, offsetof(struct good_table, ports[0]));
	RECORDS(tbl_knob, offsetof(struct good_table, knobs[0]));
	RECORDS(tbl_mount, offsetof(struct good_table, mounts[0]), offsetof(struct good_table, mounts[3]));
	RECORDS(tbl_listen, offsetof(struct good_table, listens[0]), offsetof(struct good_table, listens[1]));
	RECORDS(tbl_net_rule, offsetof(struct good_table, rules[0]), offsetof(struct good_table, rules[1]));
}

TEST(the_free_fields_are_free)
{
	struct good_table g;
	struct err e = { .msg = "" };

	for (size_t i = 0; i < COUNT(free_fields); i++) {
		struct nonsense n = free_fields[i];
		n.value = UINT64_MAX;
		mutate(&g, &n);
		if (open_table(&g, &e))
			fail_msg("free field %zu: %s", i, e.msg);
	}
}

/* ---- texts in the table ---- */

/* Puts the text where a service's string is, and says whether the table opens. */
static bool
opens_with(uint32_t *field, struct good_table *g, const char *text)
{
	struct err e;

	memset(g->strings + 450, 0, sizeof g->strings - 450);
	strcpy(g->strings + 450, text);
	*field = 450;
	seal_table(g);
	return open_table(g, &e) == 0;
}

TEST(files_of_the_cgroup_are_held_to_their_form)
{
	static const char *const good[] = { "cpu.idle", "hugetlb.2MB.max", "memory.zswap.max", "misc.max" };
	static const char *const bad[] = { "cpu", "../cpu.max", "cpu/idle", ".cpu", "cgroup.procs", "cgroup.kill",
					   "CPU.idle" };
	struct good_table g;

	good_table(&g);
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(opens_with(&g.knobs[0].file, &g, good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(opens_with(&g.knobs[0].file, &g, bad[i]));
}

TEST(names_are_held_to_their_form)
{
	static const char *const good[] = { "a", "0", "web-1", "abcdefghijklmnopqrstuvwxyz01234",
					    "web@1", "web@1024", "abcdefghijklmnopqrstuvwxyz012@9" };
	static const char *const bad[] = { "",        "-a",  "A",  "a_b",
					   "a b",     "a/b", "..", "abcdefghijklmnopqrstuvwxyz012345",
					   "\xc3\xa9",    "-@1", "abcdefghijklmnopqrstuvwxyz012@12" };
	struct good_table g;

	good_table(&g);
	for (size_t i = 0; i < COUNT(good); i++)
		assert_true(opens_with(&g.svcs[1].name, &g, good[i]));
	for (size_t i = 0; i < COUNT(bad); i++)
		assert_false(opens_with(&g.svcs[1].name, &g, bad[i]));
}

TEST(paths_are_held_to_their_form)
{
	static const char *const bad[] = { "", "a", "a/b", "/a/../b", "/..", "/a/.", "/a//b", "/a/", "/", "//" };
	struct good_table g;

	good_table(&g);
	assert_true(opens_with(&g.mounts[3].path, &g, "/a/..b/.c/d..."));
	for (size_t i = 0; i < COUNT(bad); i++) {
		assert_false(opens_with(&g.mounts[3].path, &g, bad[i]));
		good_table(&g);
		assert_false(opens_with(&g.svcs[1].root, &g, bad[i]));
		good_table(&g);
		assert_false(opens_with(&g.svcs[1].cwd, &g, bad[i]));
		good_table(&g);
		assert_false(opens_with(&g.modules[0].path, &g, bad[i]));
		good_table(&g);
	}
	assert_false(opens_with(&g.sysctls[0].path, &g, "/etc/passwd"));
	good_table(&g);
	assert_false(opens_with(&g.links[0].name, &g, "sixteencharacter"));
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_good_table_opens),
		cmocka_unit_test(every_flipped_byte_is_seen_by_the_checksum),
		cmocka_unit_test(every_truncation_is_refused),
		cmocka_unit_test(every_field_out_of_range_is_refused),
		cmocka_unit_test(every_section_out_of_the_table_is_refused),
		cmocka_unit_test(no_machine_and_two_machines_are_refused),
		cmocka_unit_test(every_field_is_listed),
		cmocka_unit_test(the_free_fields_are_free),
		cmocka_unit_test(files_of_the_cgroup_are_held_to_their_form),
		cmocka_unit_test(names_are_held_to_their_form),
		cmocka_unit_test(paths_are_held_to_their_form),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
