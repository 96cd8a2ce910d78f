/* SPDX-License-Identifier: MIT
 *
 * From the lines of the console to rows, by service.
 */
#include "selftest.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#include "probe_abi.h"
#include "replicas.h"

#define ROWS_MAX  4096 /* of one service: what a machine says is bounded */
#define LINES_MAX (2 * ROWS_MAX)

void
selftest_init(struct selftest *s, const struct build *b)
{
	const struct plan *p = &b->plan;
	size_t n = 1;

	*s = (struct selftest){ .arena = b->project.arena };
	for (size_t i = 0; i < p->n_units; i++)
		n += replicas_count(p->units[i].unit);
	s->heard = arena_alloc(s->arena, n * sizeof *s->heard);
	s->heard[s->n_heard++].name = "machine";
	for (size_t i = 0; i < p->n_units; i++)
		for (uint64_t k = 1; k <= replicas_count(p->units[i].unit); k++)
			s->heard[s->n_heard++] = (struct selftest_heard){
				.name = replicas_name(s->arena, p->units[i].unit, k), .unit = p->units[i].unit };
}

void
selftest_release(struct selftest *s)
{
	for (size_t i = 0; i < s->n_heard; i++) {
		free(s->heard[i].rows);
		free(s->heard[i].facts);
	}
}

void
selftest_add(struct selftest *s, struct selftest_heard *h, const struct selftest_row *row)
{
	if (h->n_rows >= ROWS_MAX)
		return;
	h->rows = grow(h->rows, h->n_rows, &h->room_rows, sizeof *h->rows);
	h->rows[h->n_rows++] = *row;
	s->count[row->verdict]++;
}

/* Cuts at the tabs; returns how many words there were, the rest are "". */
static size_t
cut(struct arena *a, const char *text, const char *words[], size_t n)
{
	size_t found = 0;

	for (size_t i = 0; i < n; i++) {
		size_t len = strcspn(text, "\t");
		words[i] = arena_strndup(a, text, len);
		found += len > 0 || text[0] == '\t';
		text += len + (text[len] == '\t');
	}
	return found;
}

static bool
verdict_of(const char *word, enum verdict_kind *out)
{
	static const char *const words[ROW_KINDS] = { [ROW_OK] = "ok", [ROW_FAILED] = "FAIL", [ROW_SKIPPED] = "skip",
						      [ROW_LOOSENED] = "loosened" };

	for (int i = 0; i < ROW_KINDS; i++)
		if (strcmp(words[i], word) == 0) {
			*out = (enum verdict_kind)i;
			return true;
		}
	return false;
}

static void
take_row(struct selftest *s, struct selftest_heard *h, const char *text)
{
	const char *w[6];
	struct selftest_row row;

	cut(s->arena, text, w, 6);
	row = (struct selftest_row){ .number = (unsigned)strtoul(w[0], NULL, 10), .what = w[1], .expected = w[2],
				     .found = w[3], .note = w[5] };
	if (verdict_of(w[4], &row.verdict)) /* else it was torn: the count of lines tells */
		selftest_add(s, h, &row);
	else
		h->lines--;
}

static void
take(struct selftest *s, struct selftest_heard *h, const char *text)
{
	const char *w[3];

	if (h->lines + h->ends >= LINES_MAX)
		return;
	cut(s->arena, text, w, 3);
	if (strcmp(w[0], PROBE_END) == 0) {
		h->due += strtoul(w[1], NULL, 10);
		h->ends++;
		s->ended |= !h->unit;
		return;
	}
	h->lines++;
	if (strcmp(w[0], PROBE_FACT) != 0) {
		take_row(s, h, text);
	} else if (h->n_facts < ROWS_MAX) {
		h->facts = grow(h->facts, h->n_facts, &h->room_facts, sizeof *h->facts);
		h->facts[h->n_facts++] = (struct selftest_fact){ w[1], w[2] };
	}
}

void
selftest_line(void *arg, const char *line)
{
	struct selftest *s = arg;
	const size_t mark = sizeof PROBE_MARK - 1;

	if (strncmp(line, PROBE_MARK, mark) != 0)
		return;
	const char *name = line + mark, *tab = strchr(name, '\t');
	for (size_t i = 0; tab && i < s->n_heard; i++) {
		const char *is = i ? s->heard[i].name : PROBE_ALL;
		if (strlen(is) == (size_t)(tab - name) && strncmp(is, name, strlen(is)) == 0) {
			take(s, &s->heard[i], tab + 1);
			return;
		}
	}
}
