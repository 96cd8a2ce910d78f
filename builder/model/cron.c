/* SPDX-License-Identifier: MIT */
#include "cron.h"

#include <string.h>

static const struct {
	const char *name, *fields;
} short_names[] = {
	{ "@hourly", "0 * * * *" }, { "@daily", "0 0 * * *" }, { "@midnight", "0 0 * * *" }, { "@weekly", "0 0 * * 0" },
	{ "@monthly", "0 0 1 * *" }, { "@yearly", "0 0 1 1 *" }, { "@annually", "0 0 1 1 *" },
};

static const char *const months[] = { "jan", "feb", "mar", "apr", "may", "jun",
				      "jul", "aug", "sep", "oct", "nov", "dec" };
static const char *const weekdays[] = { "sun", "mon", "tue", "wed", "thu", "fri", "sat" };

struct field {
	const char *name;
	unsigned min, max;
	const char *const *words; /* for min and what follows */
	unsigned n_words;
};

static const struct field fields[] = {
	{ "minute", 0, 59, NULL, 0 }, { "hour", 0, 23, NULL, 0 },         { "day of the month", 1, 31, NULL, 0 },
	{ "month", 1, 12, months, 12 }, { "day of the week", 0, 7, weekdays, 7 },
};

static bool
number(const char **p, unsigned *out)
{
	const char *from = *p;

	*out = 0;
	while (**p >= '0' && **p <= '9' && *p - from < 6)
		*out = *out * 10 + (unsigned)(*(*p)++ - '0');
	return *p > from;
}

static bool
value(const struct field *f, const char **p, unsigned *out)
{
	for (unsigned i = 0; i < f->n_words; i++)
		if (strncasecmp(*p, f->words[i], 3) == 0) {
			*p += 3;
			*out = f->min + i;
			return true;
		}
	return number(p, out) && *out >= f->min && *out <= f->max;
}

/* One of a list: N, N-M, *, each with /STEP. */
static bool
range(const struct field *f, const char **p, uint64_t *set)
{
	unsigned from = f->min, to = f->max, step = 1;
	bool one = false;

	if (**p == '*') {
		(*p)++;
	} else {
		if (!value(f, p, &from))
			return false;
		one = **p != '-';
		to = from;
		if (!one && (++*p, !value(f, p, &to)))
			return false;
	}
	if (**p == '/') {
		++*p;
		if (!number(p, &step) || step == 0)
			return false;
		to = one ? f->max : to;
	}
	if (to < from)
		return false;
	for (unsigned i = from; i <= to; i += step)
		*set |= 1ull << i;
	return true;
}

static int
parse_field(const struct field *f, const char **p, uint64_t *set, struct err *e)
{
	const char *from = *p;

	*set = 0;
	do {
		if (!range(f, p, set))
			return err_set(e, 0, "the %s in `%.60s` is not a number, range, list or step within %u to %u", f->name, from,
				       f->min, f->max);
	} while (**p == ',' && ++*p);
	if (**p && **p != ' ')
		return err_set(e, 0, "the %s ends with `%.60s`, which is no number, range, list or step", f->name, *p);
	*p += strspn(*p, " ");
	return 0;
}

int
cron_parse(const char *text, struct calendar *out, struct err *e)
{
	uint64_t set[5];

	for (size_t i = 0; i < sizeof short_names / sizeof *short_names; i++)
		if (strcmp(text, short_names[i].name) == 0)
			text = short_names[i].fields;
	if (text[0] == '@')
		return err_set(e, 0, "`%.60s` is none of @hourly, @daily, @weekly, @monthly and @yearly", text);
	const char *p = text + strspn(text, " ");
	for (size_t i = 0; i < 5; i++) {
		if (!*p)
			return err_set(e, 0, "it has %zu fields of five: minute, hour, day of the month, month, day of the week", i);
		if (parse_field(&fields[i], &p, &set[i], e))
			return -1;
	}
	if (*p)
		return err_set(e, 0, "`%.60s` stands behind the five fields", p);
	set[4] = (set[4] | set[4] >> 7) & CALENDAR_WEEKDAYS; /* 7 is Sunday too */
	*out = (struct calendar){ .minutes = set[0], .hours = (uint32_t)set[1], .days = (uint32_t)set[2],
				  .months = (uint32_t)set[3], .weekdays = (uint32_t)set[4] };
	static const struct zone utc;
	int64_t next;
	if (!calendar_next(out, &utc, 1767225600, &next)) /* any year: eight are looked at */
		return err_set(e, 0, "it names a day that no year has");
	return 0;
}

/* ---- zones ---- */

/* CET, or <+03>. */
static bool
zone_name(const char **p)
{
	const char *from = *p;

	if (**p == '<') {
		*p += strcspn(*p, ">");
		return *p - from > 3 && *(*p)++ == '>';
	}
	while ((**p >= 'a' && **p <= 'z') || (**p >= 'A' && **p <= 'Z'))
		++*p;
	return *p - from >= 3;
}

/* [-]H[:MM[:SS]] in seconds. */
static bool
zone_time(const char **p, int32_t *out)
{
	int sign = 1;
	unsigned part, unit = 3600;

	if (**p == '-' || **p == '+')
		sign = *(*p)++ == '-' ? -1 : 1;
	*out = 0;
	do {
		if (!number(p, &part) || part > (unit == 3600 ? 24 : 59))
			return false;
		*out += (int32_t)(part * unit);
		unit /= 60;
	} while (unit && **p == ':' && ++*p);
	*out *= sign;
	return true;
}

static bool
zone_rule(const char **p, struct zone_rule *r)
{
	unsigned month, week, weekday;

	if (strncmp(*p, ",M", 2) != 0)
		return false;
	*p += 2;
	if (!number(p, &month) || *(*p)++ != '.' || !number(p, &week) || *(*p)++ != '.' || !number(p, &weekday) ||
	    month > 12 || week > 5 || weekday > 6)
		return false;
	*r = (struct zone_rule){ .month = (uint8_t)month, .week = (uint8_t)week, .weekday = (uint8_t)weekday,
				 .time_s = 2 * 3600 };
	if (**p != '/')
		return true;
	++*p;
	return zone_time(p, &r->time_s);
}

int
zone_parse(const char *text, struct zone *out, struct err *e)
{
	const char *p = text;
	int32_t west;

	*out = (struct zone){ 0 };
	if (!zone_name(&p) || !zone_time(&p, &west))
		goto wrong;
	out->offset_s = -west;
	if (*p) {
		if (!zone_name(&p))
			goto wrong;
		out->summer_offset_s = out->offset_s + 3600;
		if (*p != ',') {
			if (!zone_time(&p, &west))
				goto wrong;
			out->summer_offset_s = -west;
		}
		if (!zone_rule(&p, &out->summer) || !zone_rule(&p, &out->winter))
			goto wrong;
	}
	if (!*p && zone_ok(out))
		return 0;
wrong:
	return err_set(e, 0, "`%.60s` is not a POSIX time zone with M rules, such as UTC0 or CET-1CEST,M3.5.0,M10.5.0/3",
		       text);
}
