/* SPDX-License-Identifier: MIT
 *
 * What a machine's console says of a self test, judged: what is missing, torn or shared with another fails.
 */
#include "support_builder.h"

#include <string.h>

#include "plan.h"
#include "selftest.h"

static const struct selftest_row *
row(const struct selftest *s, size_t heard, const char *what)
{
	for (size_t i = 0; i < s->heard[heard].n_rows; i++)
		if (strcmp(s->heard[heard].rows[i].what, what) == 0)
			return &s->heard[heard].rows[i];
	return NULL;
}

struct held {
	struct build b;
	struct model_service units[2];
	struct plan_unit planned[2];
	struct selftest s;
};

static void
begin(struct held *h)
{
	memset(h, 0, sizeof *h);
	h->b.project.arena = arena_new();
	h->units[0].head.name = "web";
	h->units[1].head.name = "db";
	h->units[1].network.mode = NET_MACHINE;
	for (int i = 0; i < 2; i++)
		h->planned[i].unit = &h->units[i];
	h->b.plan.units = h->planned;
	h->b.plan.n_units = 2;
	selftest_init(&h->s, &h->b);
}

static void
finish(struct held *h)
{
	selftest_release(&h->s);
	arena_free(h->b.project.arena);
}

/* One unit's whole word; its namespaces are numbered from `first`. */
static void
say(struct held *h, const char *name, int first, int net)
{
	static const char *const kinds[] = { "mnt", "pid", "ipc", "uts", "cgroup", "net", "user" };
	const int number[] = { first, first + 1, first + 2, first + 3, first + 4, net, first + 5 };
	const char *const words[] = { "ns", "exec" };
	char line[128];

	for (int part = 0; part < 2; part++) {
		for (int i = 0; i < 7; i++) {
			snprintf(line, sizeof line, "@ingot-probe %s\tfact\t%s %s\t%d", name, words[part], kinds[i], number[i]);
			selftest_line(&h->s, line);
		}
		snprintf(line, sizeof line, "@ingot-probe %s\tfact\tprocessors\t2", name);
		selftest_line(&h->s, line);
		snprintf(line, sizeof line, "@ingot-probe %s\tend\t8", name);
		selftest_line(&h->s, line);
	}
}

static void
machine_ends(struct held *h)
{
	selftest_line(&h->s, "@ingot-probe .\tfact\tns net\t90");
	selftest_line(&h->s, "@ingot-probe .\tfact\tns mnt\t91");
	selftest_line(&h->s, "@ingot-probe .\tfact\tmounts in services' roots\t0");
	selftest_line(&h->s, "@ingot-probe .\tfact\tprocessors\t2");
	selftest_line(&h->s, "@ingot-probe .\tend\t4");
}

static void
what_is_whole_and_apart_holds(void **state)
{
	struct held h;

	(void)state;
	begin(&h);
	say(&h, "web", 10, 20);
	say(&h, "db", 30, 90);
	assert_false(h.s.ended);
	machine_ends(&h);
	assert_true(h.s.ended);
	selftest_judge(&h.s, NULL);
	assert_int_equal(h.s.count[ROW_FAILED], 0);
	assert_int_equal(h.s.count[ROW_LOOSENED], 1);
	assert_string_equal(row(&h.s, 2, "net namespace")->found, "that of the machine");
	assert_int_equal(row(&h.s, 1, "net namespace")->verdict, ROW_OK);
	finish(&h);
}

static void
a_namespace_that_two_share_fails_for_both(void **state)
{
	struct held h;

	(void)state;
	begin(&h);
	say(&h, "web", 10, 20);
	say(&h, "db", 11, 90); /* its mnt is web's pid: another kind is not compared, as each number is its kind's */
	machine_ends(&h);
	selftest_judge(&h.s, NULL);
	assert_int_equal(row(&h.s, 1, "mnt namespace")->verdict, ROW_OK);
	finish(&h);
	begin(&h);
	say(&h, "web", 91, 20);
	say(&h, "db", 10, 90);
	machine_ends(&h);
	selftest_judge(&h.s, NULL);
	assert_int_equal(row(&h.s, 1, "mnt namespace")->verdict, ROW_FAILED);
	assert_string_equal(row(&h.s, 1, "mnt namespace")->found, "that of machine");
	finish(&h);
}

static void
what_is_executed_elsewhere_fails(void **state)
{
	struct held h;

	(void)state;
	begin(&h);
	say(&h, "db", 30, 90);
	selftest_line(&h.s, "@ingot-probe web\tfact\tns mnt\t10");
	selftest_line(&h.s, "@ingot-probe web\tend\t1");
	selftest_line(&h.s, "@ingot-probe web\tfact\texec mnt\t91");
	selftest_line(&h.s, "@ingot-probe web\tend\t1");
	machine_ends(&h);
	selftest_judge(&h.s, NULL);
	assert_int_equal(row(&h.s, 1, "exec: the service's namespaces")->verdict, ROW_FAILED);
	assert_int_equal(row(&h.s, 1, "pid namespace")->verdict, ROW_FAILED);
	finish(&h);
}

static void
a_service_with_fewer_processors_fails(void **state)
{
	struct held h;

	(void)state;
	begin(&h);
	say(&h, "web", 10, 20);
	selftest_line(&h.s, "@ingot-probe db\tfact\tprocessors\t1");
	machine_ends(&h);
	selftest_judge(&h.s, NULL);
	assert_int_equal(row(&h.s, 1, "every processor that it may use")->verdict, ROW_OK);
	assert_int_equal(row(&h.s, 2, "every processor that it may use")->verdict, ROW_FAILED);
	finish(&h);
}

static void
a_line_that_is_torn_or_missing_fails(void **state)
{
	struct held h;

	(void)state;
	begin(&h);
	selftest_line(&h.s, "@ingot-probe web\t1\tUid\t1\t1\tok\t");
	selftest_line(&h.s, "@ingot-probe web\t1\tGid\t1\t[  1.0] of the kernel");
	selftest_line(&h.s, "@ingot-probe web\tend\t2");
	selftest_line(&h.s, "@ingot-probe nobody\t1\tUid\t1\t1\tok\t");
	selftest_line(&h.s, "@ingot-probe web");
	selftest_line(&h.s, "something else");
	machine_ends(&h);
	selftest_judge(&h.s, NULL);
	assert_int_equal(row(&h.s, 1, "Uid")->verdict, ROW_OK);
	assert_null(row(&h.s, 1, "Gid"));
	assert_int_equal(row(&h.s, 1, "everything that its probe said")->verdict, ROW_FAILED);
	assert_int_equal(row(&h.s, 2, "everything that its probe said")->verdict, ROW_FAILED);
	finish(&h);
}

static void
a_machine_that_ends_otherwise_fails(void **state)
{
	struct held h;

	(void)state;
	begin(&h);
	say(&h, "web", 10, 20);
	say(&h, "db", 30, 90);
	selftest_line(&h.s, "@ingot-probe .\tfact\tmounts in services' roots\t2");
	selftest_line(&h.s, "@ingot-probe .\tfact\tprocessors\t1");
	selftest_line(&h.s, "@ingot-probe .\tend\t2");
	selftest_judge(&h.s, "it rebooted");
	assert_int_equal(row(&h.s, 0, "mounts of services that the machine sees")->verdict, ROW_FAILED);
	assert_string_equal(row(&h.s, 0, "the machine ends in order")->found, "it rebooted");
	assert_int_equal(row(&h.s, 1, "every processor that it may use")->verdict, ROW_SKIPPED);
	assert_int_equal(h.s.count[ROW_FAILED], 2);
	finish(&h);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(what_is_whole_and_apart_holds),
		cmocka_unit_test(a_namespace_that_two_share_fails_for_both),
		cmocka_unit_test(what_is_executed_elsewhere_fails),
		cmocka_unit_test(a_service_with_fewer_processors_fails),
		cmocka_unit_test(a_line_that_is_torn_or_missing_fails),
		cmocka_unit_test(a_machine_that_ends_otherwise_fails),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
