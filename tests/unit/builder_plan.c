/* SPDX-License-Identifier: MIT
 *
 * builder/plan.c: units in dependency order and otherwise as the file has them, ids, sources with their origins, the
 * kernel's command line and modules. The same file gives the same plan.
 */
#include "support_builder.h"

#include <stdio.h>
#include <stdlib.h>

#include "plan.h"

struct planned {
	struct project project;
	struct plan plan;
};

static void
plan_of(struct planned *p, const char *yaml)
{
	char *said = load_project(&p->project, yaml);

	assert_string_equal(said, "");
	free(said);
	plan_make(&p->plan, &p->project);
}

static void
planned_release(struct planned *p)
{
	plan_release(&p->plan);
	project_release(&p->project);
}

/* "a b c": the units' names in their order. */
static void
assert_order(const char *yaml, const char *names)
{
	struct planned p;
	char text[512] = "";

	plan_of(&p, yaml);
	for (size_t i = 0; i < p.plan.n_units; i++)
		snprintf(text + strlen(text), sizeof text - strlen(text), "%s%s", i ? " " : "", p.plan.units[i].unit->head.name);
	assert_string_equal(text, names);
	planned_release(&p);
}

#define REST "command: [/bin/run], limits: {memory: 1M}"

TEST(units_stand_in_dependency_order)
{
	assert_order(IMAGE_HEAD, "");
	assert_order(IMAGE_HEAD "services:\n  c: {" REST "}\n  a: {" REST "}\n  b: {" REST "}\n", "c a b");
	assert_order(IMAGE_HEAD "services:\n  a: {" REST ", needs: [b]}\n  b: {" REST ", needs: [c]}\n  c: {" REST
				"}\n", "c b a");
	assert_order(IMAGE_HEAD "services:\n  a: {" REST ", needs: [b, c]}\n  b: {" REST ", needs: [d]}\n  c: {" REST
				", needs: [d, b]}\n  d: {" REST "}\n", "d b c a");
	assert_order(IMAGE_HEAD "services:\n  a: {" REST ", needs: [j]}\njobs:\n  j: {" REST ", schedule: {every: 1m}}\n",
		     "j a");
	assert_order(IMAGE_HEAD "services:\n  a: {" REST ", needs: [e]}\n  b: {" REST "}\n  c: {" REST ", needs: [a, b]}\n"
				"  d: {" REST ", wants: [b]}\n  e: {" REST ", needs: [d]}\n  f: {" REST ", needs: [g]}\n"
				"  g: {" REST ", wants: [c]}\n", "b d e a c g f");
	assert_order(IMAGE_HEAD "network: {links: [{dhcp: true}]}\nservices:\n  a: {" REST ", needs: [dhcp]}\n", "a");
}

TEST(a_long_chain_is_ordered)
{
	enum { N = CFG_MAX_SERVICES };
	char *yaml;
	size_t size;
	FILE *f = open_memstream(&yaml, &size);
	struct planned p;

	fputs(IMAGE_HEAD "budget: {memory: 4G}\nservices:\n", f);
	for (int i = 0; i < N; i++)
		fprintf(f, i < N - 1 ? "  s%d: {" REST ", needs: [s%d]}\n" : "  s%d: {" REST "}\n", i, i + 1);
	fclose(f);
	plan_of(&p, yaml);
	assert_int_equal(p.plan.n_units, N);
	for (int i = 0; i < N; i++) {
		char name[16];
		snprintf(name, sizeof name, "s%d", N - 1 - i);
		assert_string_equal(p.plan.units[i].unit->head.name, name);
	}
	planned_release(&p);
	free(yaml);
}

/* init case 25: a walk that calls itself would be out of stack, one that looks at every pair would not end. */
TEST(ten_thousand_deep_is_ordered)
{
	enum { N = 10000 };
	char *yaml;
	size_t size;
	FILE *f = open_memstream(&yaml, &size);
	struct project p;

	fputs(IMAGE_HEAD "services:\n", f);
	for (int i = 0; i < N; i++) /* as many as the values of one file come to: they are no services without a command */
		fprintf(f, i < N - 1 ? "  s%d: {wants: [s%d]}\n" : "  s%d: {}\n", i, i + 1);
	fclose(f);
	free(load_project(&p, yaml));
	assert_int_equal(project_units(&p), N);
	size_t *order = order_of_units(&p);
	for (size_t i = 0; i < N; i++)
		assert_int_equal(order[i], N - 1 - i);
	free(order);
	project_release(&p);
	free(yaml);
}

static const struct plan_unit *
unit(const struct planned *p, const char *name)
{
	for (size_t i = 0; i < p->plan.n_units; i++)
		if (strcmp(p->plan.units[i].unit->head.name, name) == 0)
			return &p->plan.units[i];
	fail_msg("no unit %s", name);
	return NULL;
}

TEST(ids_are_the_users_or_the_next_free)
{
	struct planned p;

	plan_of(&p, IMAGE_HEAD "users: [{name: u, uid: 10001, gid: 7}, {name: v, uid: 10000}]\n"
			       "services:\n  a: {" REST "}\n  b: {" REST ", user: u}\n  c: {" REST ", needs: [d]}\n  d: {" REST "}\n"
			       "  e: {" REST ", user: v}\n");
	assert_int_equal(unit(&p, "a")->uid, 10002);
	assert_int_equal(unit(&p, "a")->gid, 10002);
	assert_string_equal(unit(&p, "a")->user, "a");
	assert_int_equal(unit(&p, "b")->uid, 10001);
	assert_int_equal(unit(&p, "b")->gid, 7);
	assert_string_equal(unit(&p, "b")->user, "u");
	/* by the file's order, not by the order of the needs: adding a need moves no id */
	assert_int_equal(unit(&p, "c")->uid, 10003);
	assert_int_equal(unit(&p, "d")->uid, 10004);
	assert_int_equal(unit(&p, "e")->gid, 10000);
	planned_release(&p);
}

TEST(roots_are_recipes_then_sources)
{
	struct planned p;

	plan_of(&p, IMAGE_HEAD "recipes: [base]\nsources: [{dir: {to: /m}}]\nservices:\n"
			       "  a:\n    command: [/bin/run]\n    limits: {memory: 1M}\n    recipes: [base]\n    sources:\n"
			       "      - dir: {to: /x}\n");
	assert_string_equal(p.plan.machine.path, "");
	assert_int_equal(p.plan.machine.n_sources, 3);
	assert_string_equal(p.plan.machine.sources[0].origin->text, "recipes/base.yml:3");
	assert_string_equal(p.plan.machine.sources[1].origin->text, "recipes/base.yml:4");
	assert_string_equal(p.plan.machine.sources[2].origin->text, "image.yml:4");
	assert_string_equal(unit(&p, "a")->root.path, "/svc/a");
	assert_int_equal(unit(&p, "a")->root.n_sources, 3);
	assert_string_equal(unit(&p, "a")->root.sources[2].origin->text, "image.yml:11");
	planned_release(&p);
}

TEST(the_command_line_and_modules_are_joined)
{
	struct planned p;

	plan_of(&p, "image: t\nkernel: {recipe: kern, cmdline: [a=b, quiet], modules: [button, evdev, evdev]}\n");
	assert_string_equal(p.plan.cmdline, "console=ttyS0 quiet a=b quiet");
	assert_int_equal(p.plan.n_modules, 3);
	assert_string_equal(p.plan.modules[0], "virtio_net");
	assert_string_equal(p.plan.modules[1], "button");
	assert_string_equal(p.plan.modules[2], "evdev");
	assert_string_equal(p.plan.kernel->package, "linux-image-test");
	assert_string_equal(p.plan.hostname, "t");
	planned_release(&p);
	plan_of(&p, "image: t\nkernel: {recipe: kern}\nnetwork: {links: [{name: eth0, addresses: [10.0.0.2/24]}]}\n");
	assert_int_equal(p.plan.n_modules, 3);
	assert_string_equal(p.plan.modules[2], "failover"); /* with a link alone */
	planned_release(&p);
}

TEST(network_settings_follow_the_file)
{
	struct planned p;

	plan_of(&p, IMAGE_HEAD "hostname: h\nnetwork: {links: [{dhcp: true}]}\nservices:\n"
			       "  a: {" REST ", network: {mode: machine, ports: [{machine: 8080}, {machine: 443}]}}\n"
			       "  b: {" REST ", network: {mode: machine, ports: [{machine: 80}]}}\n");
	assert_string_equal(p.plan.hostname, "h");
	assert_int_equal(p.plan.low_port, 80);
	assert_non_null(p.plan.dhcp);
	planned_release(&p);
	plan_of(&p, IMAGE_HEAD "services:\n  a: {" REST ", network: {mode: machine, ports: [{machine: 1024}]}}\n");
	assert_int_equal(p.plan.low_port, 0);
	assert_null(p.plan.dhcp);
	planned_release(&p);
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(units_stand_in_dependency_order),
		cmocka_unit_test(a_long_chain_is_ordered),
		cmocka_unit_test(ten_thousand_deep_is_ordered),
		cmocka_unit_test(ids_are_the_users_or_the_next_free),
		cmocka_unit_test(roots_are_recipes_then_sources),
		cmocka_unit_test(the_command_line_and_modules_are_joined),
		cmocka_unit_test(network_settings_follow_the_file),
	};

	return cmocka_run_group_tests(tests, temp_enter, temp_leave);
}
