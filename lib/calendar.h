/* SPDX-License-Identifier: MIT
 *
 * When a calendar schedule is due next: cron's five fields in local time. Pure: it reads no clock and no zone files.
 * Times are seconds since 1970, UTC.
 */
#ifndef INGOT_CALENDAR_H
#define INGOT_CALENDAR_H

#include <stdbool.h>
#include <stdint.h>

/* Sets of numbers, a bit each. Where both days and weekdays are restricted, a day of either is meant (cron's rule). */
struct calendar {
	uint64_t minutes;  /* 0 to 59; empty: no calendar */
	uint32_t hours;    /* 0 to 23 */
	uint32_t days;     /* 1 to 31 */
	uint32_t months;   /* 1 to 12 */
	uint32_t weekdays; /* 0 to 6, Sunday is 0 */
};

#define CALENDAR_MINUTES  ((1ull << 60) - 1)
#define CALENDAR_HOURS    ((1u << 24) - 1)
#define CALENDAR_DAYS     (UINT32_MAX - 1)
#define CALENDAR_MONTHS   ((1u << 13) - 2)
#define CALENDAR_WEEKDAYS ((1u << 7) - 1)

/* A change of the clock, as POSIX has it in TZ: Mmonth.week.weekday/time. */
struct zone_rule {
	uint8_t month;   /* 1 to 12; 0: there is no summer time */
	uint8_t week;    /* 1 to 5, 5 is the last */
	uint8_t weekday; /* 0 to 6 */
	uint8_t pad;
	int32_t time_s;  /* of the day, by the clock that is left */
};

struct zone {
	int32_t offset_s;        /* east of Greenwich, in winter */
	int32_t summer_offset_s; /* the same in summer */
	struct zone_rule summer, winter; /* when each begins */
};

/* Whether the sets hold nothing outside their ranges, and the zone is one that POSIX can write. */
bool calendar_ok(const struct calendar *c);
bool zone_ok(const struct zone *z);

int32_t zone_offset(const struct zone *z, int64_t utc_s);

/* The first due time after `after_s`; false where there is none within eight years (the 30th of February).
 * Of an hour that comes twice, fixed times are due in the first; of an hour that is left out, they are due at its end;
 * schedules of every hour go by the time that passes. */
bool calendar_next(const struct calendar *c, const struct zone *z, int64_t after_s, int64_t *next_s);

#endif
