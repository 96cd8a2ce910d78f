/* SPDX-License-Identifier: MIT
 *
 * When a calendar is due: dates, cron's rule of two kinds of days, hours that come twice or not at all; and the texts
 * that people write schedules as.
 */
#include <setjmp.h>
#include <stdarg.h>
#include <stddef.h>
#include <stdint.h>
#include <stdio.h>
#include <string.h>
#include <time.h>

#include <cmocka.h>

#include "calendar.h"
#include "cron.h"
#include "support.h"

#define BERLIN "CET-1CEST,M3.5.0,M10.5.0/3"
#define SYDNEY "AEST-10AEDT,M10.1.0,M4.1.0/3"
#define SANTIAGO "<-04>4<-03>,M9.1.6/24,M4.1.6/24"

static int64_t
utc(const char *text)
{
	struct tm tm = { 0 };

	assert_int_equal(sscanf(text, "%d-%d-%d %d:%d", &tm.tm_year, &tm.tm_mon, &tm.tm_mday, &tm.tm_hour, &tm.tm_min), 5);
	tm.tm_year -= 1900;
	tm.tm_mon--;
	return timegm(&tm);
}

/* Each due time after the first, in UTC. */
static void
due(const char *cron, const char *tz, const char *after, const char *const *expected)
{
	struct calendar c;
	struct zone z;
	struct err e;
	int64_t t = utc(after);

	assert_int_equal(cron_parse(cron, &c, &e), 0);
	assert_int_equal(zone_parse(tz, &z, &e), 0);
	assert_true(calendar_ok(&c) && zone_ok(&z));
	for (; *expected; expected++) {
		char text[32];
		assert_true(calendar_next(&c, &z, t, &t));
		time_t at = (time_t)t;
		strftime(text, sizeof text, "%Y-%m-%d %H:%M", gmtime(&at));
		assert_string_equal(text, *expected);
	}
}

#define DUE(cron, tz, after, ...) due(cron, tz, after, (const char *const[]){ __VA_ARGS__, NULL })

TEST(every_minute_and_every_quarter)
{
	DUE("* * * * *", "UTC0", "2026-11-25 13:00", "2026-11-25 13:01", "2026-11-25 13:02");
	DUE("*/15 8-9 * * *", "UTC0", "2026-11-25 08:50", "2026-11-25 09:00", "2026-11-25 09:15", "2026-11-25 09:30",
	    "2026-11-25 09:45", "2026-11-26 08:00");
	DUE("5/20 1,3 * * *", "UTC0", "2026-11-25 00:00", "2026-11-25 01:05", "2026-11-25 01:25", "2026-11-25 01:45",
	    "2026-11-25 03:05");
}

TEST(days_months_and_leap_years)
{
	DUE("@monthly", "UTC0", "2026-11-25 13:00", "2026-12-01 00:00", "2027-01-01 00:00");
	DUE("0 0 31 * *", "UTC0", "2026-11-25 13:00", "2026-12-31 00:00", "2027-01-31 00:00", "2027-03-31 00:00");
	DUE("30 6 29 feb *", "UTC0", "2026-01-01 00:00", "2028-02-29 06:30", "2032-02-29 06:30");
	DUE("0 12 * * mon-fri", "UTC0", "2026-11-27 11:59", "2026-11-27 12:00", "2026-11-30 12:00");
	DUE("0 0 * * 7", "UTC0", "2026-11-25 13:00", "2026-11-29 00:00", "2026-12-06 00:00");
	DUE("59 23 31 12 *", "UTC0", "2026-11-25 13:00", "2026-12-31 23:59", "2027-12-31 23:59");
}

TEST(a_day_of_either_kind_where_both_are_restricted)
{
	DUE("0 0 13 * fri", "UTC0", "2026-11-25 13:00", "2026-11-27 00:00", "2026-12-04 00:00", "2026-12-11 00:00",
	    "2026-12-13 00:00");
}

TEST(the_zone_moves_with_summer)
{
	DUE("0 3 * * *", BERLIN, "2026-03-27 12:00", "2026-03-28 02:00", "2026-03-29 01:00", "2026-03-30 01:00");
	DUE("0 12 * * *", SYDNEY, "2026-10-02 12:00", "2026-10-03 02:00", "2026-10-04 01:00");
	DUE("0 12 * * *", SYDNEY, "2026-04-03 12:00", "2026-04-04 01:00", "2026-04-05 02:00");
	DUE("0 12 * * *", "<+0530>-5:30", "2026-04-03 00:00", "2026-04-03 06:30");
}

TEST(an_hour_that_is_left_out_is_due_at_its_end)
{
	/* init case 58: 02:30 does not exist on this day */
	DUE("30 2 * * *", BERLIN, "2026-03-28 12:00", "2026-03-29 01:00", "2026-03-30 00:30");
	DUE("15,45 2 * * *", BERLIN, "2026-03-28 12:00", "2026-03-29 01:00", "2026-03-30 00:15");
	/* midnight itself is left out, and with it the first hour of the next day */
	DUE("0 0 6 9 *", SANTIAGO, "2026-09-05 12:00", "2026-09-06 04:00", "2027-09-06 03:00");
	DUE("30 0 6 9 *", SANTIAGO, "2026-09-05 12:00", "2026-09-06 04:00");
}

TEST(an_hour_that_comes_twice_is_due_once)
{
	/* init case 58: 02:30 comes twice on this day */
	DUE("30 2 * * *", BERLIN, "2026-10-24 12:00", "2026-10-25 00:30", "2026-10-26 01:30");
	DUE("0 2,3 * * *", BERLIN, "2026-10-24 12:00", "2026-10-25 00:00", "2026-10-25 02:00", "2026-10-26 01:00");
}

TEST(a_schedule_of_every_hour_goes_by_the_time_that_passes)
{
	DUE("0 * * * *", BERLIN, "2026-03-29 00:30", "2026-03-29 01:00", "2026-03-29 02:00");
	DUE("0 * * * *", BERLIN, "2026-10-24 23:30", "2026-10-25 00:00", "2026-10-25 01:00", "2026-10-25 02:00");
	DUE("*/30 * * * *", BERLIN, "2026-10-25 00:00", "2026-10-25 00:30", "2026-10-25 01:00", "2026-10-25 01:30");
}

/* Every due time that a search minute by minute finds, and no other. */
TEST(nothing_is_passed_over)
{
	static const char *const crons[] = { "7 3 1 * *", "0 0 * * sun", "30 23 28-31 * *", "0 1 1 1 *", "59 23 * 2 *" };
	static const char *const zones[] = { "UTC0", BERLIN, SYDNEY, "EST5EDT,M3.2.0,M11.1.0" };
	struct err e;

	for (size_t i = 0; i < COUNT(crons); i++)
		for (size_t k = 0; k < COUNT(zones); k++) {
			struct calendar c;
			struct zone z;
			assert_int_equal(cron_parse(crons[i], &c, &e), 0);
			assert_int_equal(zone_parse(zones[k], &z, &e), 0);
			int64_t t = utc("2026-01-01 00:00"), next = 0;
			for (int64_t end = t + 500 * 86400; t < end; t += 60) {
				time_t local = (time_t)(t + zone_offset(&z, t));
				const struct tm *tm = gmtime(&local);
				bool day = c.days >> tm->tm_mday & 1 && c.weekdays >> tm->tm_wday & 1 && c.months >> (tm->tm_mon + 1) & 1;
				if (!day || !(c.hours >> tm->tm_hour & 1) || !(c.minutes >> tm->tm_min & 1))
					continue;
				assert_true(calendar_next(&c, &z, t - 60, &next));
				assert_int_equal(next, t);
				assert_true(calendar_next(&c, &z, t - 3 * 86400, &next));
				assert_true(next <= t);
			}
		}
}

TEST(what_is_no_schedule_is_refused)
{
	static const struct {
		const char *text, *says;
	} cases[] = {
		{ "", "it has 0 fields of five" },
		{ "* * * *", "it has 4 fields of five" },
		{ "* * * * * *", "`*` stands behind the five fields" },
		{ "60 * * * *", "the minute in `60 * * * *`" },
		{ "* 24 * * *", "the hour in `24 * * *`" },
		{ "* * 0 * *", "the day of the month in `0 * *`" },
		{ "* * * 13 *", "the month in `13 *`" },
		{ "* * * * 8", "the day of the week in `8`" },
		{ "5-1 * * * *", "the minute in" },
		{ "*/0 * * * *", "the minute in" },
		{ "1, * * * *", "the minute in" },
		{ "1x * * * *", "the minute ends with `x * * * *`" },
		{ "99999999999 * * * *", "the minute in" },
		{ "@noon", "`@noon` is none of @hourly" },
		{ "0 0 30 2 *", "it names a day that no year has" },
	};

	for (size_t i = 0; i < COUNT(cases); i++) {
		struct calendar c;
		struct err e = { .msg = "" };
		assert_int_equal(cron_parse(cases[i].text, &c, &e), -1);
		assert_has(e.msg, cases[i].says);
	}
}

TEST(what_is_no_zone_is_refused)
{
	static const char *const texts[] = { "", "UTC", "CE-1", "Europe/Berlin", "CET-1CEST", "CET-1CEST,J60,J300", "CET-25",
					     "CET-1CEST,M13.5.0,M10.5.0", "CET-1CEST,M3.6.0,M10.5.0", "CET-1CEST,M3.5.7,M10.5.0",
					     "CET-1CEST,M3.5.0", "CET-1CEST,M3.5.0,M10.5.0/3x", "CET-1CEST-1,M3.5.0,M10.5.0" };

	for (size_t i = 0; i < COUNT(texts); i++) {
		struct zone z;
		struct err e = { .msg = "" };
		assert_int_equal(zone_parse(texts[i], &z, &e), -1);
		assert_has(e.msg, "is not a POSIX time zone");
	}
}

int
main(void)
{
	const struct CMUnitTest tests[] = {
		cmocka_unit_test(every_minute_and_every_quarter),
		cmocka_unit_test(days_months_and_leap_years),
		cmocka_unit_test(a_day_of_either_kind_where_both_are_restricted),
		cmocka_unit_test(the_zone_moves_with_summer),
		cmocka_unit_test(an_hour_that_is_left_out_is_due_at_its_end),
		cmocka_unit_test(an_hour_that_comes_twice_is_due_once),
		cmocka_unit_test(a_schedule_of_every_hour_goes_by_the_time_that_passes),
		cmocka_unit_test(nothing_is_passed_over),
		cmocka_unit_test(what_is_no_schedule_is_refused),
		cmocka_unit_test(what_is_no_zone_is_refused),
	};

	return cmocka_run_group_tests(tests, NULL, NULL);
}
