/* SPDX-License-Identifier: MIT
 *
 * The table of a self test, for people and as JSON.
 */
#include <stdio.h>

#include "json_out.h"
#include "selftest.h"

static const char *const words[ROW_KINDS] = { [ROW_OK] = "ok", [ROW_FAILED] = "FAILED", [ROW_SKIPPED] = "skipped",
					      [ROW_LOOSENED] = "loosened" };

static void
print_row(const struct selftest_row *r)
{
	char number[16] = "-"; /* of no case: the test itself */

	if (r->number)
		snprintf(number, sizeof number, "%u", r->number);
	printf("  %4s  %-46s %-22s %-28s %s", number, r->what, r->expected, r->found, words[r->verdict]);
	if (r->verdict == ROW_SKIPPED)
		printf(": %s", r->note);
	else if (r->verdict == ROW_LOOSENED)
		printf(" by %s", r->note);
	putchar('\n');
}

/* The rows in the order of the cases; those of one case as they came. */
static void
print_heard(const struct selftest_heard *h)
{
	printf("%s\n  %4s  %-46s %-22s %-28s %s\n", h->name, "CASE", "WHAT", "EXPECTED", "FOUND", "RESULT");
	for (unsigned number = 0; number < 64; number++)
		for (size_t i = 0; i < h->n_rows; i++)
			if (h->rows[i].number == number)
				print_row(&h->rows[i]);
	putchar('\n');
}

static size_t
passed(const struct selftest *s)
{
	return s->count[ROW_OK] + s->count[ROW_LOOSENED];
}

static void
json_row(struct json *j, const struct selftest_row *r)
{
	static const char *const results[ROW_KINDS] = { [ROW_OK] = "ok", [ROW_FAILED] = "failed", [ROW_SKIPPED] = "skipped",
							[ROW_LOOSENED] = "loosened" };

	json_object(j);
	json_number(j, "case", r->number);
	json_text(j, "what", r->what);
	json_text(j, "expected", r->expected);
	json_text(j, "found", r->found);
	json_text(j, "result", results[r->verdict]);
	if (r->note[0])
		json_text(j, r->verdict == ROW_LOOSENED ? "key" : "reason", r->note);
	json_object_end(j);
}

static void
print_json(const struct selftest *s)
{
	struct json j;

	json_to_file(&j, stdout);
	json_object(&j);
	json_key(&j, "units");
	json_array(&j);
	for (size_t i = 0; i < s->n_heard; i++) {
		json_object(&j);
		json_text(&j, "name", s->heard[i].name);
		json_key(&j, "checks");
		json_array(&j);
		for (size_t k = 0; k < s->heard[i].n_rows; k++)
			json_row(&j, &s->heard[i].rows[k]);
		json_array_end(&j);
		json_object_end(&j);
	}
	json_array_end(&j);
	json_number(&j, "passed", passed(s));
	json_number(&j, "loosened", s->count[ROW_LOOSENED]);
	json_number(&j, "failed", s->count[ROW_FAILED]);
	json_number(&j, "skipped", s->count[ROW_SKIPPED]);
	json_object_end(&j);
	json_end(&j);
}

void
selftest_print(const struct selftest *s, bool json)
{
	if (json) {
		print_json(s);
		return;
	}
	for (size_t i = 0; i < s->n_heard; i++)
		print_heard(&s->heard[i]);
	if (s->count[ROW_LOOSENED])
		printf("%zu of those that passed are loosened by a key of the image file\n", s->count[ROW_LOOSENED]);
	printf("%zu passed, %zu failed, %zu skipped\n", passed(s), s->count[ROW_FAILED], s->count[ROW_SKIPPED]);
}
