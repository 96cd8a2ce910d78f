/* SPDX-License-Identifier: MIT
 *
 * builder/replicas.c and what counts instances: names, substitution, edges to all or to one, and what is refused.
 */
#include "support_builder.h"

#include <stdio.h>
#include <stdlib.h>

#include "replicas.h"

#define WEB(n, rest) IMAGE_HEAD "services:\n  web: {replicas: " n ", command: [/bin/a], " LIMITS rest "}\n"
#define OTHER(rest) "  b: {command: [/bin/b], " LIMITS ", " rest "}\n"

static void
says(const char *yaml, const char *message)
{
	char *said = load_wrong(yaml);

	assert_has(said, message);
	assert_int_equal(occurrences(said, "\n"), 1);
	free(said);
}

TEST(the_number_is_from_one_to_what_the_machine_holds)
{
	assert_right(WEB("1", ""));
	assert_right(WEB("16", ""));
	says(WEB("0", ""), "image.yml:4:19: `replicas` must be between 1 and 4096, not 0");
	says(WEB("4097", ""), "image.yml:4:19: `replicas` must be between 1 and 4096, not 4097");
	says(WEB("many", ""), "`replicas` must be a whole number, not `many`");
}

TEST(all_instances_count)
{
	char yaml[256];

	snprintf(yaml, sizeof yaml, IMAGE_HEAD "budget: {memory: 100G}\nservices:\n"
		 "  web: {replicas: %d, command: [/a], limits: {memory: 1M}}\n" OTHER(""), CFG_MAX_SERVICES);
	says(yaml, "but this ingot was configured for ");
	says(IMAGE_HEAD "budget: {memory: 63M}\nservices:\n  web: {replicas: 4, command: [/a], limits: {memory: 16M}}\n",
	     "the services' memory limits add up to 65536K, the machine has 64512K (budget.memory)");
	says(IMAGE_HEAD "services:\n  web: {replicas: 1024, command: [/a], limits: {memory: 17179869183G}}\n",
	     "the services' memory limits add up to");
}

TEST(jobs_have_none)
{
	says(IMAGE_HEAD "jobs:\n  j: {replicas: 2, command: [/a], " LIMITS ", schedule: {every: 1m}}\n",
	     "image.yml:4:7: unknown key `replicas`");
}

TEST(names_are_made_not_taken)
{
	says(IMAGE_HEAD "services:\n  web@1: {command: [/a], " LIMITS "}\n", "image.yml:4:3: `web@1` is not a name");
	says(IMAGE_HEAD "services:\n  abcdefghijklmnopqrstuvwxyz0123: {replicas: 9, command: [/a], " LIMITS "}\n",
	     "`abcdefghijklmnopqrstuvwxyz0123@9` has more than 31 characters: take a shorter name");
	assert_right(IMAGE_HEAD "services:\n  abcdefghijklmnopqrstuvwxyz012: {replicas: 9, command: [/a], " LIMITS "}\n");
}

TEST(edges_lead_to_all_or_to_one)
{
	assert_right(WEB("3", "") OTHER("needs: [web]"));
	assert_right(WEB("3", "") OTHER("needs: [web@3], wants: [web@1, web@2]"));
	says(WEB("3", "") OTHER("needs: [web@4]"), "image.yml:5:55: `web@4`: `web` has 3 replicas");
	says(WEB("3", "") OTHER("needs: [web@0]"), "`web@0` is neither a name nor NAME@N, one of its replicas");
	says(WEB("3", "") OTHER("wants: [web@x]"), "`web@x` is neither a name nor NAME@N");
	says(WEB("3", "") OTHER("needs: [wob@1]"), "needs `wob@1`, which is no service and no job");
	says(WEB("3", "") OTHER("needs: [web@1], wants: [web]"), "`web` stands in `needs` already");
	says(WEB("3", "") OTHER("wants: [web, web@1]"), "`web@1` stands twice in `wants`");
	says(WEB("3", ", needs: [b@1]") OTHER(""), "`b@1`: `b` has no replicas");
	says(WEB("3", ", needs: [web@1]"), "the needs go in a circle: web -> web");
	says(WEB("3", ", needs: [b]") OTHER("needs: [web@2]"), "the needs go in a circle: web -> b -> web");
}

TEST(texts_hold_the_number)
{
	struct arena *a = arena_new();
	struct model_service s = { .head = { .name = "web" }, .replicas = 12 };
	const char *const in[] = { "plain", "%i", "%%i", "a%ib%ic", "100%%", "%%%i%%" };
	const char *const out[] = { "plain", "7", "%i", "a7b7c", "100%", "%7%" };
	const char *const *made = replicas_texts(a, &s, in, COUNT(in), 7);

	for (size_t i = 0; i < COUNT(in); i++)
		assert_string_equal(made[i], out[i]);
	assert_string_equal(replicas_name(a, &s, 7), "web@7");
	assert_string_equal(replicas_span(a, &s), "web@1 to web@12");
	s.replicas = 0;
	assert_ptr_equal(replicas_texts(a, &s, in, COUNT(in), 1), in);
	assert_string_equal(replicas_name(a, &s, 1), "web");
	arena_free(a);
}

TEST(an_unknown_percent_sign_is_said)
{
	assert_right(WEB("2", ", env: {A: '%i', B: '50%%'}"));
	says(IMAGE_HEAD "services:\n  web: {replicas: 2, command: [/a, '%h'], " LIMITS "}\n",
	     "image.yml:4:31: `%h` in `command`: with replicas %i is the instance's number, and %% a percent sign");
	says(WEB("2", ", env: {A: 50%}"), "`%` in `env`: with replicas");
	says(WEB("2", ", ready: {file: /run/%x}"), "`%x` in `file`");
	says(WEB("2", ", ready: {exec: [/bin/a, '%x']}"), "`%x` in `exec`");
	says(WEB("2", ", health: {file: {path: /run/%x}}"), "`%x` in `file`");
	says(WEB("2", ", health: {exec: [/bin/a, '%x']}"), "`%x` in `exec`");
	says(IMAGE_HEAD "services:\n  web: {replicas: 2, command: [/a-%i], " LIMITS "}\n",
	     "the program of `command` is the same for all replicas: no % in its path");
	assert_right(IMAGE_HEAD "services:\n  web: {command: [/a-%i, '%h'], env: {A: 50%}, " LIMITS "}\n");
}

TEST(a_port_tells_nothing_of_one_of_several)
{
	says(WEB("2", ", network: {mode: machine}, ready: {tcp: 8080}"),
	     "all replicas would be asked at the same port: `ready` by file, exec, fd or notify");
	says(WEB("2", ", network: {mode: machine}, health: {http: {port: 8080}}"), "`health` by file, exec or notify");
	assert_right(WEB("2", ", network: {mode: machine, ports: [{machine: 8081}, {machine: 8082}]}, env: {PORT: 808%i}"));
}

/* The two places have the same project: the CRC-32 of web@2/d55027bf is that of a/d6c6fbe6. */
#define PLACES(n) \
	IMAGE_HEAD "services:\n  web: {replicas: " n ", command: [/a], " LIMITS ", state: [{path: /d55027bf, size: 1M}]}\n" \
		   "  a: {command: [/a], " LIMITS ", state: [{path: /d6c6fbe6, size: 1M}]}\n"

TEST(no_two_states_share_a_quota)
{
	says(PLACES("2") "state: {}\n",
	     "on the disk this state would share its quota with /d55027bf of `web@2`: take another path");
	assert_right(PLACES("1") "state: {}\n");
	assert_right(PLACES("2"));
	assert_right(WEB("16", ", state: [{path: /x, size: 1M}, {path: /y, size: 1M}]") "state: {}\n");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(the_number_is_from_one_to_what_the_machine_holds),
		cmocka_unit_test(all_instances_count),
		cmocka_unit_test(jobs_have_none),
		cmocka_unit_test(names_are_made_not_taken),
		cmocka_unit_test(edges_lead_to_all_or_to_one),
		cmocka_unit_test(texts_hold_the_number),
		cmocka_unit_test(an_unknown_percent_sign_is_said),
		cmocka_unit_test(a_port_tells_nothing_of_one_of_several),
		cmocka_unit_test(no_two_states_share_a_quota),
	};

	return cmocka_run_group_tests(tests, temp_enter, temp_leave);
}
