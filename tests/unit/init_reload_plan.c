/* SPDX-License-Identifier: MIT
 *
 * What another table changes: nothing where only its bytes lie elsewhere, the service where any of its fields means
 * something else, and never the machine.
 */
#include "support.h"

#include "reload_plan.h"

#define WEB 1
#define REPORT 2
#define FREE 480 /* in the strings: behind all that is used */

static struct tbl
opened(const struct good_table *g)
{
	return (struct tbl){ (const uint8_t *)g, &g->header, &g->machine };
}

static int
plan_disk(const struct good_table *now, const struct good_table *next, bool disk, struct reload_plan *p, struct err *e)
{
	struct tbl a = opened(now), b = opened(next);

	return reload_plan(&a, &b, disk, p, e);
}

static struct reload_plan
plan(const struct good_table *now, const struct good_table *next)
{
	struct reload_plan p;
	struct err e = { .msg = "" };

	assert_int_equal(plan_disk(now, next, false, &p, &e), 0);
	assert_string_equal(e.msg, "");
	return p;
}

static void
refused(const struct good_table *now, const struct good_table *next, bool disk, const char *why)
{
	struct reload_plan p;
	struct err e = { .msg = "" };

	assert_int_equal(plan_disk(now, next, disk, &p, &e), -1);
	assert_has(e.msg, why);
}

/* A copy of a string at another place. */
static uint32_t
elsewhere(struct good_table *g, uint32_t string)
{
	strcpy(g->strings + FREE, g->strings + string);
	return FREE;
}

TEST(the_same_table_changes_nothing)
{
	struct good_table a, b;

	good_table(&a);
	good_table(&b);
	struct reload_plan p = plan(&a, &b);
	assert_int_equal(p.kept, 3);
	assert_int_equal(p.changed + p.removed + p.added, 0);
	for (uint32_t i = 0; i < 3; i++)
		assert_int_equal(p.to[i], i);
}

TEST(where_a_string_or_a_list_lies_means_nothing)
{
	struct good_table a, b;

	good_table(&a);
	assert_true(strlen(a.strings + a.svcs[WEB].root) < sizeof a.strings - FREE);
	for (size_t i = FREE; i < sizeof a.strings; i++)
		assert_int_equal(a.strings[i], 0);
	good_table(&b);
	b.svcs[WEB].root = elsewhere(&b, b.svcs[WEB].root);
	assert_int_equal(plan(&a, &b).kept, 3);
	good_table(&b);
	b.words[5] = elsewhere(&b, b.words[5]);
	assert_int_equal(plan(&a, &b).kept, 3);
	good_table(&b);
	b.svcs[REPORT].mounts.first = 0; /* /proc too */
	assert_int_equal(plan(&a, &b).kept, 3);
	good_table(&b);
	b.svcs[REPORT].filter.first = 3;
	b.filters[3] = b.filters[2];
	assert_int_equal(plan(&a, &b).kept, 3);
}

TEST(every_number_of_a_service_counts)
{
	static const struct {
		size_t at, size;
	} places[] = {
#define PLACE(member) { offsetof(struct tbl_svc, member), sizeof(((struct tbl_svc *)0)->member) }
		PLACE(name), PLACE(root), PLACE(argv), PLACE(env), PLACE(deps), PLACE(wants), PLACE(mounts), PLACE(cwd),
		PLACE(ready_probe.words), PLACE(health.words), PLACE(filter), PLACE(listen), PLACE(knobs),
		PLACE(programs), PLACE(rlimits), PLACE(binds), PLACE(ports), PLACE(devices),
		/* what ingot-log does is nothing to it */
		PLACE(log_kb), { offsetof(struct tbl_svc, flags) + 2, 1 },
	};
	struct good_table a, b;

	good_table(&a);
	for (size_t i = 0; i < sizeof(struct tbl_svc); i++) {
		bool place = false;
		for (size_t k = 0; k < COUNT(places); k++)
			place = place || (i >= places[k].at && i < places[k].at + places[k].size);
		if (place)
			continue;
		good_table(&b);
		((uint8_t *)&b.svcs[REPORT])[i] ^= 1;
		struct reload_plan p = plan(&a, &b);
		assert_false(p.keeps[REPORT]);
		assert_int_equal(p.kept, 2);
		assert_int_equal(p.changed, 1);
		assert_int_equal(p.to[REPORT], REPORT);
	}
}

TEST(every_string_and_list_of_a_service_counts)
{
	struct good_table a, b;

#define CHANGES(statement) \
	do { \
		good_table(&b); \
		statement; \
		assert_false(plan(&a, &b).keeps[WEB]); \
	} while (0)
	good_table(&a);
	CHANGES(b.svcs[WEB].root = b.svcs[REPORT].root);
	CHANGES(b.svcs[WEB].cwd = b.svcs[WEB].root);
	CHANGES(b.words[3] = b.words[6]); /* -c, not -g */
	CHANGES(b.svcs[WEB].argv.count = 1);
	CHANGES(b.words[4] = b.words[3]);
	CHANGES(b.svcs[WEB].env.count = 0);
	CHANGES(b.svcs[WEB].health.words.first = 5); /* /bin/sh */
	CHANGES(b.svcs[WEB].programs.count = 0);
	CHANGES(b.svcs[WEB].devices.count = 0);
	CHANGES(b.words[8] = b.words[0]);
	CHANGES(b.svcs[WEB].rlimits.count = 0);
	CHANGES(b.rlimits[0].value++);
	CHANGES(b.binds[1]++);
	CHANGES(b.svcs[WEB].binds.count = 1);
	CHANGES(b.svcs[WEB].mounts.count = 3);
	CHANGES(b.svcs[WEB].filter.count = 1);
	CHANGES(b.svcs[WEB].filter.first = 1);
	CHANGES(b.filters[1].k++);
	CHANGES(b.svcs[WEB].knobs.count = 1);
	CHANGES(b.svcs[WEB].knobs.first = 1);
	CHANGES(b.knobs[1].of = TBL_KNOB_MACHINE);
	CHANGES(b.knobs[1].file = b.knobs[0].file);
	CHANGES(b.knobs[1].value = b.knobs[0].value);
	CHANGES(b.knobs[1].reads = b.knobs[1].value);
	CHANGES(b.knobs[1].device = b.knobs[0].device);
	CHANGES(b.mounts[2].size++);
	CHANGES(b.mounts[2].mode++);
	CHANGES(b.mounts[2].path = b.mounts[1].path);
	CHANGES(b.mounts[1].kind = TBL_MOUNT_PROC);
	CHANGES(b.svcs[WEB].listen.count = 1);
	CHANGES(b.listens[1].port++);
	CHANGES(b.svcs[WEB].net = 0);
	CHANGES(b.nets[0].address[1].bytes[15]++);
	CHANGES(b.nets[0].machine[0].bytes[3]++);
}

TEST(of_a_service_what_it_does_not_notice_may_change)
{
	struct good_table a, b;

#define STAYS(statement) \
	do { \
		good_table(&b); \
		statement; \
		assert_int_equal(plan(&a, &b).kept, 3); \
	} while (0)
	good_table(&a);
	STAYS(b.svcs[WEB].deps.count = 0);
	STAYS((b.svcs[WEB].wants = b.svcs[WEB].deps, b.svcs[WEB].deps.count = 0));
	STAYS(b.svcs[WEB].restart = TBL_RESTART_NEVER);
	STAYS(b.svcs[WEB].restart_limit++);
	STAYS(b.nets[0].rules = 0);
	STAYS(b.rules[0].port++);
	STAYS(b.svcs[WEB].restart_signals++);
	STAYS(b.svcs[WEB].backoff_first_ms++);
	STAYS(b.svcs[WEB].backoff_max_ms++);
	STAYS(b.svcs[WEB].backoff_jitter++);
	STAYS(b.svcs[WEB].healthy_ms++);
	STAYS(b.svcs[WEB].on_failure++);
	STAYS(b.svcs[WEB].stop_signal++);
	STAYS(b.svcs[WEB].stop_timeout_ms++);
	STAYS(b.svcs[WEB].flags ^= TBL_SVC_CRITICAL);
	STAYS(b.svcs[WEB].flags ^= TBL_SVC_LOG_STATE);
	STAYS(b.svcs[REPORT].flags ^= TBL_SVC_LOG_CONSOLE);
	STAYS(b.svcs[WEB].log_kb++);
	STAYS(b.svcs[WEB].ports.count = 0);
	CHANGES(b.svcs[WEB].flags ^= TBL_SVC_NETNS);
	CHANGES(b.svcs[WEB].memory_max++);
	CHANGES(b.svcs[WEB].memory_high++);
	CHANGES(b.svcs[WEB].ready_timeout_ms++);
	CHANGES(b.svcs[WEB].uid++; b.mounts[3].kind = TBL_MOUNT_TMPFS);
}

/* Of a job, as what depends counts for it. */
TEST(what_depends_is_compared_by_name)
{
	struct good_table a, b;

	good_table(&a);
	good_table(&b);
	b.svcs[WEB].name = elsewhere(&b, b.svcs[WEB].name);
	assert_int_equal(plan(&a, &b).kept, 3);
	b.strings[FREE] = 'x'; /* xeb */
	struct reload_plan p = plan(&a, &b);
	assert_int_equal(p.to[WEB], RELOAD_GONE);
	assert_true(p.keeps[0]);
	assert_int_equal(p.to[REPORT], REPORT);
	assert_false(p.keeps[REPORT]);
	assert_int_equal(p.removed, 1);
	assert_int_equal(p.added, 1);
	assert_int_equal(p.changed, 1);
	good_table(&b);
	b.svcs[REPORT].deps.count = 0;
	assert_false(plan(&a, &b).keeps[REPORT]);
}

TEST(what_stays_may_move)
{
	struct good_table a, b;

	good_table(&a);
	good_table(&b);
	b.svcs[0] = b.svcs[1];
	b.svcs[0].deps.count = 0;
	b.svcs[1] = b.svcs[2];
	b.deps[1] = 0;
	b.header.section[TBL_SVCS].count = 2;
	struct reload_plan p = plan(&a, &b);
	assert_int_equal(p.to[0], RELOAD_GONE);
	assert_int_equal(p.to[WEB], 0);
	assert_true(p.keeps[WEB]);
	assert_int_equal(p.to[REPORT], 1);
	assert_true(p.keeps[REPORT]);
	p = plan(&b, &a);
	assert_int_equal(p.to[1], REPORT);
	assert_true(p.keeps[1]);
	assert_int_equal(p.added, 1);
}

static const char *
machine_change(const struct good_table *now, const struct good_table *next)
{
	struct tbl a = opened(now), b = opened(next);

	return reload_machine_change(&a, &b);
}

TEST(the_machine_stays_as_it_was_booted)
{
	struct good_table a, b;

#define REFUSED(statement, why) \
	do { \
		good_table(&b); \
		statement; \
		assert_string_equal(machine_change(&a, &b), why); \
	} while (0)
	good_table(&a);
	REFUSED(b.modules[0].path = b.machine.shell, "kernel modules");
	REFUSED(b.modules[0].params = b.machine.shell, "kernel modules");
	REFUSED(b.header.section[TBL_MODULES].count = 0, "kernel modules");
	REFUSED(b.machine.early = 0, "kernel modules");
	REFUSED(b.machine.late = 1, "kernel modules");
	REFUSED(b.sysctls[0].value = b.machine.shell, "sysctls");
	REFUSED(b.links[0].address[3]++, "links");
	REFUSED(b.links[1].name = b.links[0].name, "links");
	REFUSED(b.header.section[TBL_NETS].count = 0, "private networks");
	REFUSED(b.machine.hostname = b.machine.image, "the hostname");
	REFUSED(b.machine.root = b.machine.shell, "the root");
	REFUSED(b.machine.zone.offset_s = 3600, "the timezone");
	REFUSED(b.machine.disk_label = 0, "the state disk");
	REFUSED(b.machine.required = 1, "the features of the kernel");
	REFUSED(b.machine.disk_wait_ms++, "the state disk");
	REFUSED(b.machine.disk_policy[TBL_DISK_FULL] = TBL_POLICY_USE, "the state disk");
	REFUSED(b.machine.watchdog = b.machine.shell, "the watchdog");
	REFUSED(b.machine.watchdog_ms = 1000, "the watchdog");
	REFUSED(b.machine.syslog[3]++, "the syslog collector");
	REFUSED(b.machine.syslog_port++, "the syslog collector");
	good_table(&b);
	b.machine.image = b.machine.hostname;
	b.machine.shell = 0;
	b.machine.stop_deadline_ms++;
	b.machine.jobs_max++;
	assert_null(machine_change(&a, &b));
}

TEST(state_stays_as_it_is)
{
	struct good_table a, b;

	good_table(&a);
	good_table(&b);
	b.mounts[3].size++;
	refused(&a, &b, false, "service web: its state /var/lib/web has another size, mode or owner");
	good_table(&b);
	b.svcs[WEB].uid++;
	refused(&a, &b, false, "service web: its state /var/lib/web has another size, mode or owner");
	good_table(&b);
	b.svcs[WEB].mounts.count = 3;
	assert_int_equal(plan(&a, &b).changed, 1);
	assert_int_equal(plan(&b, &a).changed, 1);
	refused(&b, &a, true, "service web: its state /var/lib/web is not on the disk yet: that takes a reboot");
	struct reload_plan p;
	struct err e;
	assert_int_equal(plan_disk(&a, &a, true, &p, &e), 0);
}

TEST(a_name_stands_for_one_service)
{
	struct good_table a, b;

	good_table(&a);
	good_table(&b);
	b.svcs[REPORT].name = b.svcs[WEB].name;
	refused(&a, &b, false, "two services with the name web");
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_same_table_changes_nothing),
		cmocka_unit_test(where_a_string_or_a_list_lies_means_nothing),
		cmocka_unit_test(every_number_of_a_service_counts),
		cmocka_unit_test(every_string_and_list_of_a_service_counts),
		cmocka_unit_test(of_a_service_what_it_does_not_notice_may_change),
		cmocka_unit_test(what_depends_is_compared_by_name),
		cmocka_unit_test(what_stays_may_move),
		cmocka_unit_test(the_machine_stays_as_it_was_booted),
		cmocka_unit_test(state_stays_as_it_is),
		cmocka_unit_test(a_name_stands_for_one_service),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
