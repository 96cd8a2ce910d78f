/* SPDX-License-Identifier: MIT
 *
 * The score: the sum is systemd's, where that can be told by hand; what a filter lets through is found in its bytes; a
 * service as each file gives it has few reasons.
 */
#include <fcntl.h>
#include <sys/socket.h>

#include <linux/capability.h>
#include <linux/sched.h>
#include <linux/seccomp.h>

#include "filter.h"
#include "policy.h"
#include "score.h"
#include "support.h"

#define NETWORKED (1ull << AF_UNIX | 1ull << AF_INET | 1ull << AF_INET6 | FAMILY_NETLINK_ROUTE)

static struct sock_filter code[FILTER_MAX];

static struct score_calls
calls_of(uint64_t families, enum filter_mode mode, const char *allowed)
{
	struct filter_rules r = { .families = families, .mode = mode };
	struct score_calls calls;

	policy_default(&r);
	if (allowed)
		r.verdict[syscall_number(allowed)] = ALLOW;
	score_calls(code, filter_compile(&r, code), &calls);
	return calls;
}

/* What nothing is wrong with. */
static struct score_facts
best(void)
{
	return (struct score_facts){ .uid = 10000, .umask = 0077, .no_new_privs = true, .mount_ns = true, .net_ns = true,
				     .ipc_ns = true, .uts_ns = true, .user_ns = true, .own_root = true, .read_only_root = true,
				     .own_dev = true, .own_tmp = true, .device_rules = true, .proc_hidden = true,
				     .proc_subset = true, .own_keyring = true, .no_write_exec = true };
}

static struct score
score_of(struct score_facts f)
{
	struct score s;

	score_compute(&f, &s);
	return s;
}

/* What systemd-analyze security --offline=true of systemd 252 says of a unit with nothing but ExecStart=. */
TEST(what_is_not_locked_in_at_all_scores_9_6)
{
	struct score_facts f = { .umask = 0022, .bounding = ~0ull, .cgroup_files = true, .tunables = true, .realtime = true,
				 .own_keyring = true, .ip = SCORE_IP_ANY }; /* systemd gives one to each */

	score_calls(NULL, 0, &f.calls);
	assert_int_equal(score_of(f).tenths, 96);
}

/* And of units that say what these facts say. */
TEST(what_is_locked_in_scores_as_systemd_has_it)
{
	struct score_facts f = best();

	f.user_ns = f.device_rules = f.no_write_exec = false;
	f.calls = calls_of(NETWORKED & ~FAMILY_NETLINK_ROUTE, FILTER_ENFORCE, NULL);
	assert_int_equal(score_of(f).tenths, 7);
	f.net_ns = false;
	f.ip = SCORE_IP_ANY;
	f.calls.netlink = true;
	assert_int_equal(score_of(f).tenths, 13);
	f = best();
	f.more_devices = true;
	uint32_t some = score_of(f).items[0].part;
	f.device_rules = false;
	assert_int_equal(score_of(f).items[0].part, 2 * some);
	assert_int_equal(score_of(best()).tenths, 0);
	assert_int_equal(score_of(best()).n, 0);
}

TEST(the_default_reaches_0_4_with_and_0_1_without_the_internet)
{
	struct score_facts f = best();

	f.calls = calls_of(1ull << AF_UNIX, FILTER_ENFORCE, NULL);
	assert_int_equal(score_of(f).tenths, 1);
	f.calls = calls_of(NETWORKED, FILTER_ENFORCE, NULL);
	f.ip = SCORE_IP_DECLARED;
	assert_int_equal(score_of(f).tenths, 4);
}

TEST(the_worst_reason_stands_first)
{
	struct score_facts f = best();

	f.umask = 0022;
	f.net_ns = false;
	f.bounding = 1ull << CAP_SYS_ADMIN;
	struct score s = score_of(f);
	assert_int_equal(s.n, 4); /* the capability also lets it change the host name */
	assert_string_equal(s.items[0].option, "PrivateNetwork=");
	assert_string_equal(s.items[0].key, "network.mode");
	assert_string_equal(s.items[1].option, "CapabilityBoundingSet=~CAP_SYS_ADMIN");
	assert_string_equal(s.items[2].option, "ProtectHostname="); /* as heavy as the next one, and before it */
	assert_string_equal(s.items[3].option, "UMask=");
	for (size_t i = 1; i < s.n; i++)
		assert_true(s.items[i - 1].part >= s.items[i].part);
}

TEST(what_a_filter_lets_through_is_in_its_bytes)
{
	struct score_calls c = calls_of(NETWORKED, FILTER_ENFORCE, NULL);

	assert_true(c.inet && c.local && c.netlink);
	assert_false(c.packet || c.exotic || c.foreign || c.personality || c.set_ids || c.unknown);
	assert_int_equal(c.namespaces, 0);
	for (size_t i = 0; i < SCORE_SETS; i++)
		assert_null(c.in_set[i]);

	c = calls_of(1ull << AF_PACKET | 1ull << AF_ALG, FILTER_ENFORCE, "setns");
	assert_true(c.packet && c.exotic && !c.inet && !c.local && !c.netlink);
	assert_int_equal(c.namespaces, CLONE_NEWUSER | CLONE_NEWNS | CLONE_NEWIPC | CLONE_NEWPID | CLONE_NEWCGROUP |
			 CLONE_NEWNET | CLONE_NEWUTS);
	assert_string_equal(calls_of(0, FILTER_ENFORCE, "setuid").in_set[SET_PRIVILEGED], "setuid");
	assert_string_equal(calls_of(0, FILTER_ENFORCE, "swapon").in_set[SET_SWAP], "swapon");
	assert_true(calls_of(0, FILTER_ENFORCE, "fchmodat").set_ids);
	assert_true(calls_of(0, FILTER_ENFORCE, "personality").personality);
}

TEST(what_is_only_reported_goes_through)
{
	struct score_calls c = calls_of(NETWORKED, FILTER_AUDIT, NULL);

	assert_true(c.packet && c.exotic && c.personality && c.set_ids && c.unknown);
	assert_false(c.foreign); /* they kill in any mode */
	for (size_t i = 0; i < SCORE_SETS; i++)
		assert_non_null(c.in_set[i]);
}

/* Of bytes that are no filter nothing is known: it counts as none. */
TEST(a_program_that_cannot_be_run_is_none)
{
	static const struct sock_filter broken[][2] = {
		{ { BPF_LD | BPF_W | BPF_ABS, 0, 0, 64 }, { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO } },
		{ { BPF_LD | BPF_W | BPF_ABS, 0, 0, 3 }, { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO } },
		{ { BPF_JMP | BPF_JA, 0, 0, 0xffffffff }, { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO } },
		{ { BPF_JMP | BPF_JEQ | BPF_K, 255, 255, 0 }, { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO } },
		{ { BPF_ST, 0, 0, 0 }, { BPF_RET | BPF_K, 0, 0, SECCOMP_RET_ERRNO } },
	};
	struct score_calls c;

	for (size_t i = 0; i < COUNT(broken); i++) {
		score_calls(broken[i], 2, &c);
		assert_true(c.unknown && c.foreign && c.exotic);
	}
}

TEST(a_table_gives_what_its_records_say)
{
	struct good_table g;
	struct score_facts f;
	struct err e;
	struct tbl t;

	good_table(&g);
	g.svcs[1].flags |= TBL_SVC_NETNS;
	g.svcs[1].net = 0;
	seal_table(&g);
	assert_int_equal(tbl_open(&t, &g, sizeof g, &e), 0);
	score_facts_of(&t, tbl_svc(&t, 0), &f);
	assert_true(f.bounding == ~0ull && f.uid == 0 && f.tunables && !f.own_root && !f.mount_ns && !f.no_new_privs);
	score_facts_of(&t, tbl_svc(&t, 1), &f);
	assert_true(f.net_ns && f.own_dev && f.own_tmp && f.notify_all && f.limits && f.ip == SCORE_IP_NONE);
	g.svcs[1].flags = 0;
	seal_table(&g);
	score_facts_of(&t, tbl_svc(&t, 1), &f);
	assert_true(!f.net_ns && !f.notify_all && f.ip == SCORE_IP_ANY);
}

int
main(void)
{
	static const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_not_locked_in_at_all_scores_9_6),
		cmocka_unit_test(what_is_locked_in_scores_as_systemd_has_it),
		cmocka_unit_test(the_default_reaches_0_4_with_and_0_1_without_the_internet),
		cmocka_unit_test(the_worst_reason_stands_first),
		cmocka_unit_test(what_a_filter_lets_through_is_in_its_bytes),
		cmocka_unit_test(what_is_only_reported_goes_through),
		cmocka_unit_test(a_program_that_cannot_be_run_is_none),
		cmocka_unit_test(a_table_gives_what_its_records_say),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
