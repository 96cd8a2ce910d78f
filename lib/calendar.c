/* SPDX-License-Identifier: MIT */
#include "calendar.h"

#define MINUTE 60
#define DAY    86400
#define SEARCH (8 * 366 * (int64_t)DAY)

struct date {
	int64_t year;
	unsigned month, day; /* from 1 */
	unsigned weekday;    /* Sunday is 0 */
	unsigned minute;     /* of the day */
};

static int64_t
floor_div(int64_t a, int64_t b)
{
	return a / b - (a % b < 0);
}

/* Days since 1970 of a date, and back: in years that begin in March, a leap day comes last
 * (Howard Hinnant, "chrono-Compatible Low-Level Date Algorithms"). */
static int64_t
days_of(int64_t year, unsigned month, unsigned day)
{
	year -= month <= 2;
	int64_t era = floor_div(year, 400), of_era = year - era * 400;
	int64_t of_year = (153 * (int64_t)(month > 2 ? month - 3 : month + 9) + 2) / 5 + day - 1;

	return era * 146097 + of_era * 365 + of_era / 4 - of_era / 100 + of_year - 719468;
}

static struct date
date_of(int64_t local_s)
{
	int64_t days = floor_div(local_s, DAY), shifted = days + 719468;
	int64_t era = floor_div(shifted, 146097), of_era = shifted - era * 146097;
	int64_t year = (of_era - of_era / 1460 + of_era / 36524 - of_era / 146096) / 365;
	int64_t of_year = of_era - (365 * year + year / 4 - year / 100);
	unsigned shifted_month = (unsigned)((5 * of_year + 2) / 153);
	struct date d = {
		.day = (unsigned)(of_year - (153 * (int64_t)shifted_month + 2) / 5 + 1),
		.month = shifted_month < 10 ? shifted_month + 3 : shifted_month - 9,
		.weekday = (unsigned)(((days + 4) % 7 + 7) % 7),
		.minute = (unsigned)((local_s - days * DAY) / MINUTE),
	};

	d.year = year + era * 400 + (d.month <= 2);
	return d;
}

/* ---- the zone ---- */

/* The moment of a rule in a year, by the clock before it. */
static int64_t
rule_local(const struct zone_rule *r, int64_t year)
{
	int64_t first = days_of(year, r->month, 1);
	int64_t next = r->month == 12 ? days_of(year + 1, 1, 1) : days_of(year, r->month + 1u, 1);
	int64_t weekday = ((first + 4) % 7 + 7) % 7;
	int64_t day = first + (r->weekday - weekday + 7) % 7 + 7 * (r->week - 1);

	if (day >= next)
		day -= 7;
	return day * DAY + r->time_s;
}

int32_t
zone_offset(const struct zone *z, int64_t utc_s)
{
	if (!z->summer.month)
		return z->offset_s;
	int64_t year = date_of(utc_s + z->offset_s).year;
	int64_t summer = rule_local(&z->summer, year) - z->offset_s;
	int64_t winter = rule_local(&z->winter, year) - z->summer_offset_s;
	bool is_summer = summer < winter ? utc_s >= summer && utc_s < winter : utc_s >= summer || utc_s < winter;

	return is_summer ? z->summer_offset_s : z->offset_s;
}

static bool
rule_ok(const struct zone_rule *r)
{
	return r->month >= 1 && r->month <= 12 && r->week >= 1 && r->week <= 5 && r->weekday <= 6 && r->pad == 0 &&
	       r->time_s >= 0 && r->time_s <= DAY;
}

bool
zone_ok(const struct zone *z)
{
	if (z->offset_s < -DAY || z->offset_s > DAY)
		return false;
	if (!z->summer.month)
		return true;
	int32_t ahead = z->summer_offset_s - z->offset_s;
	return rule_ok(&z->summer) && rule_ok(&z->winter) && ahead > 0 && ahead <= 2 * 3600;
}

/* ---- the calendar ---- */

bool
calendar_ok(const struct calendar *c)
{
	return c->minutes && !(c->minutes & ~CALENDAR_MINUTES) && c->hours && !(c->hours & ~CALENDAR_HOURS) && c->days &&
	       !(c->days & ~CALENDAR_DAYS) && c->months && !(c->months & ~CALENDAR_MONTHS) && c->weekdays &&
	       !(c->weekdays & ~CALENDAR_WEEKDAYS);
}

static bool
day_matches(const struct calendar *c, const struct date *d)
{
	bool day = c->days >> d->day & 1, weekday = c->weekdays >> d->weekday & 1;

	if (!(c->months >> d->month & 1))
		return false;
	if (c->days == CALENDAR_DAYS || c->weekdays == CALENDAR_WEEKDAYS)
		return day && weekday;
	return day || weekday;
}

static bool
matches(const struct calendar *c, int64_t local_s)
{
	struct date d = date_of(local_s);

	return day_matches(c, &d) && (c->hours >> (d.minute / 60) & 1) && (c->minutes >> (d.minute % 60) & 1);
}

/* Whether the local time that was left out just before t held a due time. */
static bool
left_out(const struct calendar *c, const struct zone *z, int64_t t)
{
	int32_t before = zone_offset(z, t - MINUTE), now = zone_offset(z, t);

	for (int64_t local = t + before; now > before && local < t + now; local += MINUTE)
		if (matches(c, local))
			return true;
	return false;
}

/* Whether the same local time has been before. */
static bool
is_second(const struct zone *z, int64_t t)
{
	int32_t ahead = z->summer.month ? z->summer_offset_s - z->offset_s : 0;

	return ahead && zone_offset(z, t - ahead) - zone_offset(z, t) == ahead;
}

/* Seconds that can be passed over at once: never beyond a change of the clock unseen, as the last two hours of a day
 * and each half hour are looked at. */
static int64_t
stride(const struct calendar *c, const struct date *d)
{
	unsigned left = 24 * 60 - d->minute;

	if (!(c->months >> d->month & 1) && d->day < 27)
		return DAY;
	if (!day_matches(c, d))
		return left > 4 * 60 ? (left - 3 * 60) * MINUTE : left > 30 ? 15 * MINUTE : MINUTE;
	return MINUTE;
}

bool
calendar_next(const struct calendar *c, const struct zone *z, int64_t after_s, int64_t *next_s)
{
	bool hourly = c->hours == CALENDAR_HOURS;
	int64_t t = (floor_div(after_s, MINUTE) + 1) * MINUTE, end = t + SEARCH;

	while (t < end) {
		int64_t local = t + zone_offset(z, t);
		struct date d = date_of(local);
		bool due = matches(c, local);
		if (!hourly && due && is_second(z, t))
			due = false;
		else if (!hourly && !due)
			due = left_out(c, z, t);
		if (due) {
			*next_s = t;
			return true;
		}
		t += stride(c, &d);
	}
	return false;
}
