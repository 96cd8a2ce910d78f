/* SPDX-License-Identifier: MIT
 *
 * Changing a value in the text of a YAML file: everything else stays as it is, byte by byte.
 */
#include "support_builder.h"

#include <string.h>

#include "yaml_edit.h"

static const char *const web[] = { "services", "web" }, *const limits[] = { "services", "web", "limits" };

/* What yaml_set makes of the text; the error where it refuses. */
static void
check(const char *text, const char *const *path, size_t n, const char *key, const char *value, const char *wanted)
{
	struct arena *a = arena_new();
	struct err e = { .msg = "" };
	const char *made = yaml_set(a, "t.yml", text, path, n, key, value, &e);

	assert_string_equal(made ? made : e.msg, wanted);
	arena_free(a);
}

static void
a_value_in_brackets_is_replaced(void **state)
{
	(void)state;
	check("services:\n  web:\n    limits: {memory: 64M, cpu: 80%}  # enough\n    x: 1\n", limits, 3, "memory", "3M",
	      "services:\n  web:\n    limits: {memory: 3M, cpu: 80%}  # enough\n    x: 1\n");
	check("services:\n  web:\n    seccomp: {allow: [a, \"b}\"]} # why\n", web, 2, "seccomp", "{allow: [c]}",
	      "services:\n  web:\n    seccomp: {allow: [c]} # why\n");
	check("services:\n  web:\n    seccomp: {\n      allow: [a], # not }\n    }\n    y: 1\n", web, 2, "seccomp",
	      "{allow: [c]}",
	      "services:\n  web:\n    seccomp: {allow: [c]}\n    y: 1\n");
}

static void
a_value_on_a_line_of_its_own_is_replaced(void **state)
{
	(void)state;
	check("services:\n  web:\n    limits:\n      memory: '64M'  # enough\n", limits, 3, "memory", "3M",
	      "services:\n  web:\n    limits:\n      memory: 3M  # enough\n");
	check("d: \"\xc3\xa4\xc3\xb6\"\nservices: {web: {d: \"\xc3\xa4\", limits: {memory: 64M}}}\n", limits, 3, "memory",
	      "3M",
	      "d: \"\xc3\xa4\xc3\xb6\"\nservices: {web: {d: \"\xc3\xa4\", limits: {memory: 3M}}}\n");
}

static void
what_is_absent_is_added(void **state)
{
	(void)state;
	check("services:\n  web:\n    limits: {memory: 64M}\n", limits, 3, "pids", "3",
	      "services:\n  web:\n    limits: {memory: 64M, pids: 3}\n");
	check("services:\n  web:\n    limits: {\n      memory: 64M\n    }\n", limits, 3, "pids", "3",
	      "services:\n  web:\n    limits: {\n      memory: 64M, pids: 3\n    }\n");
	check("services:\n  web: # one\n    # two\n    command: [a]  # three\n    # four\n    x: 1\n", web, 2, "seccomp", "{}",
	      "services:\n  web: # one\n    # two\n    command: [a]  # three\n    seccomp: {}\n    # four\n    x: 1\n");
	check("services:\n  web:\n    state:\n      - a\n    x: 1", web, 2, "seccomp", "{}",
	      "services:\n  web:\n    state:\n      - a\n    x: 1\n    seccomp: {}");
}

static void
what_cannot_be_changed_is_said(void **state)
{
	(void)state;
	check("services:\n  web:\n    seccomp:\n      allow: [a]\n", web, 2, "seccomp", "{allow: [b]}",
	      "t.yml:4:7: `seccomp` is not written in a way that can be changed here: write `seccomp: {allow: [b]}` yourself");
	check("services:\n  web:\n    limits:\n      memory: >-\n        64M\n", limits, 3, "memory", "3M",
	      "t.yml:4:15: `memory` is not written in a way that can be changed here: write `memory: 3M` yourself");
	check("services: {}\n", web, 2, "seccomp", "{}", "t.yml has changed meanwhile: nothing was written");
	check("services: {web: {x: 1", web, 2, "seccomp", "{}", "t.yml has changed meanwhile: nothing was written");
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(a_value_in_brackets_is_replaced),
		cmocka_unit_test(a_value_on_a_line_of_its_own_is_replaced),
		cmocka_unit_test(what_is_absent_is_added),
		cmocka_unit_test(what_cannot_be_changed_is_said),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
