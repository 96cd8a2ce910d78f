/* SPDX-License-Identifier: MIT
 *
 * svc_knobs.c and check_knobs.c: each key of `limits` is the files of the cgroup that it stands for, with what they
 * must read; what is not stated writes nothing, and what cannot be meant is refused at its place.
 */
#include "support_builder.h"

#include <stdio.h>
#include <stdlib.h>

#include "plan.h"
#include "svc_table.h"

#define IMAGE(limits) \
	IMAGE_HEAD "state: {}\nservices:\n  web: {command: [/bin/run], limits: {memory: 64M, " limits "}}\n"

/* One word for each knob: OF FILE DEVICE VALUE READS; the caller's. */
static char *
knobs(const char *yaml)
{
	struct kernel k = { .n_modules = 0 };
	struct tree *tree = tree_new();
	struct project project;
	struct plan plan;
	struct err e;
	struct tbl t;
	void *bytes;
	size_t size, n = 0;
	char *out = calloc(1, 4096);

	char *said = load_project(&project, yaml);
	assert_string_equal(said, "");
	free(said);
	plan_make(&plan, &project);
	assert_int_equal(svc_table_make(&plan, &k, tree, &bytes, &size, &e), 0);
	assert_int_equal(tbl_open(&t, bytes, size, &e), 0);
	const struct tbl_svc *s = tbl_svc(&t, 0);
	for (uint32_t i = 0; i < s->knobs.count; i++) {
		const struct tbl_knob *b = tbl_knob(&t, s, i);
		n += (size_t)snprintf(out + n, 4096 - n, "%u %s|%s|%s|%s\n", b->of, tbl_str(&t, b->file), tbl_str(&t, b->device),
				      tbl_str(&t, b->value), tbl_str(&t, b->reads));
	}
	free(bytes);
	tree_free(tree);
	plan_release(&plan);
	project_release(&project);
	return out;
}

static void
compiles(const char *yaml, const char *want)
{
	char *got = knobs(yaml);

	assert_string_equal(got, want);
	free(got);
}

static void
refused(const char *yaml, const char *why)
{
	struct project project;
	char *said = load_project(&project, yaml);

	assert_has(said, why);
	free(said);
	project_release(&project);
}

TEST(what_is_not_stated_writes_nothing)
{
	compiles(IMAGE("memory-high: 32M, pids: 8, cpu: 50%"), "");
}

TEST(each_key_is_its_files)
{
	compiles(IMAGE("memory-low: 5000"), "1 memory.low||max|max\n0 memory.low||4096|4096\n");
	compiles(IMAGE("swap: 8M"), "0 memory.swap.max||8388608|8388608\n");
	compiles(IMAGE("cpu-weight: 300"), "0 cpu.weight||300|300\n");
	compiles(IMAGE("cpus: [3, 0, 1, 7]"), "0 cpuset.cpus||0-1,3,7|0-1,3,7\n0 cpuset.cpus.effective|||0-1,3,7\n");
	compiles(IMAGE("cpus: [1023]"), "0 cpuset.cpus||1023|1023\n0 cpuset.cpus.effective|||1023\n");
	compiles(IMAGE("hugetlb: [{max: 4M}]"),
		 "0 hugetlb.2MB.max||4194304|4194304\n0 hugetlb.2MB.rsvd.max||4194304|4194304\n");
	compiles(IMAGE("cgroup: [{file: cpu.uclamp.max, value: 50, reads: 50.00}]"), "0 cpu.uclamp.max||50|50.00\n");
	compiles(IMAGE("cgroup: [{file: memory.min, value: 4096}]"), "1 memory.min||max|max\n0 memory.min||4096|4096\n");
}

TEST(each_limit_of_a_disk_is_in_one_line)
{
	compiles(IMAGE("io: [{device: state, read: 1M, write-ops: 30}]"),
		 "0 io.max|state|rbps=1048576 wbps=max riops=max wiops=30|rbps=1048576 wbps=max riops=max wiops=30\n");
	compiles(IMAGE("io: [{device: /dev/vdb, write: 2M, read-ops: 9}]"),
		 "0 io.max|/dev/vdb|rbps=max wbps=2097152 riops=9 wiops=max|rbps=max wbps=2097152 riops=9 wiops=max\n");
	compiles(IMAGE("io: [{device: /dev/vdb, weight: 50}]"),
		 "2 io.cost.qos|/dev/vdb|enable=1|enable=1\n0 io.weight|/dev/vdb|50|50\n");
}

TEST(what_cannot_be_meant_is_refused)
{
	refused(IMAGE("memory-low: 65M"), "`memory-low` is above `memory`");
	refused(IMAGE("cpus: []"), "`cpus` is empty");
	refused(IMAGE("cpus: [1024]"), "numbers of processors from 0 to 1023, not `1024`");
	refused(IMAGE("cpus: [0-3]"), "numbers of processors from 0 to 1023, not `0-3`");
	refused(IMAGE("cpus: [1, 1]"), "the processor 1 stands in `cpus` twice");
	refused(IMAGE("io: [{read: 1M}]"), "`device`");
	refused(IMAGE("io: [{device: vda, read: 1M}]"), "`device` is `state`, or a disk's path such as /dev/vdb, not `vda`");
	refused(IMAGE("io: [{device: /etc/vda, read: 1M}]"), "not `/etc/vda`");
	refused(IMAGE("io: [{device: \"8:0\", read: 1M}]"), "not `8:0`");
	refused(IMAGE("io: [{device: /dev/vda}]"), "this limits nothing");
	refused(IMAGE("io: [{device: state, read: 1}, {device: state, read: 2}]"), "the disk state stands in `io` twice");
	refused(IMAGE_HEAD "services:\n  web: {command: [/bin/run], limits: {memory: 8M, io: [{device: state, read: 1}]}}\n",
		"this image has none: write `state` into it");
	refused(IMAGE("hugetlb: [{max: 3M}]"), "`max` is no whole number of pages of 2M");
	refused(IMAGE("hugetlb: [{page: 1G, max: 2M}]"), "pages of 1024M");
	refused(IMAGE("hugetlb: [{max: 2M}, {max: 4M}]"), "pages of this size stand in `hugetlb` twice");
}

TEST(of_files_those_that_hold_the_service_are_not_given_away)
{
	static const char *const held[] = { "cgroup.procs", "cgroup.freeze", "cgroup.subtree_control" };
	static const char *const other[] = { "cpu",      "cpu.",   "../memory.max", "memory/max", "net_cls.classid",
					     "cpu..max", "Cpu.max" };
	char yaml[512];

	for (size_t i = 0; i < COUNT(held); i++) {
		snprintf(yaml, sizeof yaml, IMAGE("cgroup: [{file: %s, value: 1}]"), held[i]);
		refused(yaml, "is PID 1's own");
	}
	for (size_t i = 0; i < COUNT(other); i++) {
		snprintf(yaml, sizeof yaml, IMAGE("cgroup: [{file: %s, value: 1}]"), other[i]);
		refused(yaml, "is no file of a cgroup's controller");
	}
	refused(IMAGE("cgroup: [{file: memory.max, value: max}]"),
		"`memory.max` has a key of its own: write `limits: {memory}`");
	refused(IMAGE("cgroup: [{file: io.max, value: max}]"), "`io.max` has a key of its own: write `limits: {io}`");
	refused(IMAGE("cgroup: [{file: memory.oom.group, value: 0}]"), "`memory.oom.group` is always 1");
	refused(IMAGE("cgroup: [{file: misc.max, value: \"\"}]"), "`value` is one line");
	refused(IMAGE("cgroup: [{file: misc.max, value: \"a\\nb\"}]"), "`value` is one line");
	refused(IMAGE("cgroup: [{file: misc.max, value: a}, {file: misc.max, value: b}]"),
		"`misc.max` stands in `cgroup` twice");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_stated_writes_nothing),
		cmocka_unit_test(each_key_is_its_files),
		cmocka_unit_test(each_limit_of_a_disk_is_in_one_line),
		cmocka_unit_test(what_cannot_be_meant_is_refused),
		cmocka_unit_test(of_files_those_that_hold_the_service_are_not_given_away),
	};

	return cmocka_run_group_tests(tests, temp_enter, temp_leave);
}
