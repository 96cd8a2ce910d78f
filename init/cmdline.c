/* SPDX-License-Identifier: MIT
 *
 * Splits the kernel command line into words and looks each one up. It knows no word but those of cmdline.h, and never
 * fails: what it does not understand is skipped.
 */
#include "cmdline.h"

#include <string.h>

struct word {
	const char *at;
	size_t len;
};

static bool
is(struct word w, const char *s)
{
	return w.len == strlen(s) && memcmp(w.at, s, w.len) == 0;
}

static bool
begins(struct word w, const char *s)
{
	return w.len >= strlen(s) && memcmp(w.at, s, strlen(s)) == 0;
}

static bool
blank(char c)
{
	return c == ' ' || (c >= '\t' && c <= '\r') || c == '\0';
}

/* The next word; false at the end. */
static bool
next_word(const char **p, const char *end, struct word *w)
{
	bool quoted = false;

	while (*p < end && blank(**p))
		(*p)++;
	w->at = *p;
	while (*p < end && (quoted || !blank(**p)))
		if (*(*p)++ == '"')
			quoted = !quoted;
	w->len = (size_t)(*p - w->at);
	return w->len > 0;
}

/* A number of seconds as the kernel takes it; what is not one changes nothing. */
static void
parse_panic(struct cmdline *c, struct word w)
{
	size_t i = sizeof "panic=" - 1;
	bool negative = i < w.len && w.at[i] == '-';
	int32_t v = 0;

	i += negative;
	if (i == w.len)
		return;
	for (; i < w.len; i++) {
		if (w.at[i] < '0' || w.at[i] > '9')
			return;
		if (v < 100000) /* it is capped: more is for ever anyway */
			v = v * 10 + (w.at[i] - '0');
	}
	c->panic = negative ? -v : v;
}

static void
parse_word(struct cmdline *c, struct word w)
{
	if (is(w, "ingot.shell")) {
		c->shell = true;
	} else if (is(w, "ingot.emergency")) {
		c->emergency = true;
	} else if (is(w, "ingot.quiet")) {
		c->quiet = true;
	} else if (is(w, "ingot.log=console")) {
		c->log_console = true;
	} else if (begins(w, "panic=")) {
		parse_panic(c, w);
	} else if (begins(w, "ingot.") && c->unknown[0] == '\0') {
		size_t n = w.len < sizeof c->unknown ? w.len : sizeof c->unknown - 1;
		memcpy(c->unknown, w.at, n);
		c->unknown[n] = '\0';
	}
}

void
cmdline_parse(struct cmdline *c, const char *text, size_t len)
{
	const char *p = text, *end = text + (len < CMDLINE_MAX ? len : CMDLINE_MAX);
	struct word w;

	*c = (struct cmdline){ 0 };
	while (next_word(&p, end, &w) && !is(w, "--"))
		parse_word(c, w);
}
