/* feel/temporal.h: what temporal.c, temporal_text.c and the built-ins on dates share; the interface of
 * temporal values is in feel/value.h. Pure but for the tz database (feel/zone.h). */
#ifndef GX_FEEL_TEMPORAL_H
#define GX_FEEL_TEMPORAL_H

#include "feel/value.h"

enum {
    GX_YEAR_MOST = 999999999,
    GX_DAY_SECONDS = 86400,
    GX_NANOSECONDS = 1000000000,
    GX_OFFSET_MOST = 18 * 3600, /* as far as any zone has ever been from UTC, with some room */
};

/* Days since 1970-01-01 of the proleptic Gregorian calendar, and back. */
int64_t gx_days_of_date(gx_feel_date date);
gx_feel_date gx_date_of_days(int64_t days);
int gx_days_in_month(int64_t year, int month);
/* Month, day and year all within their ranges. */
bool gx_date_is_valid(int64_t year, int64_t month, int64_t day);
/* 1 is Monday, 7 Sunday. */
int gx_weekday(gx_feel_date date);
int gx_day_of_year(gx_feel_date date);
/* The ISO 8601 week, 1 to 53. */
int gx_week_of_year(gx_feel_date date);
/* The date that many months later; the day is cut to the end of its month. False outside the years. */
bool gx_date_add_months(gx_feel_date date, int64_t months, gx_feel_date *sum);
bool gx_date_add_days(gx_feel_date date, int64_t days, gx_feel_date *sum);

/* Seconds since midnight. */
int32_t gx_seconds_of_time(const gx_feel_time *time);
/* The offset of a time of day, or of a date and time; false for local ones. */
bool gx_time_offset(const gx_feel_time *time, int32_t *offset);
bool gx_date_time_offset(const gx_feel_date_time *date_time, int32_t *offset);
/* Midnight UTC of a date: what a date stands for where a date and time is needed. */
gx_feel_date_time gx_date_time_of_date(gx_feel_date date);

/* The same kind and the same fields: 12:00Z and 13:00+01:00 are equal, but not identical. */
bool gx_temporal_is_identical(gx_value a, gx_value b);
/* The complete months from one to the other, negative when `to` is earlier. Both are dates or dates and
 * times. */
gx_value gx_temporal_months_between(gx_value from, gx_value to);

#endif
