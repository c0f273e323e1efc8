/* calendar/calendar.h: working days and legal limits.
 * A working day is Monday to Friday unless it is a day off, or a make-up day (调休). The first day is not counted
 * (民法典 201); a limit ends at 24:00 of its last day. A limit in calendar days whose last day is off ends with the next
 * working day (民法典 203). All days are those of Asia/Shanghai.
 * A year whose calendar the State Council has not published is provisional: weekends and a few fixed days are off, nothing
 * more is known, and every answer that touches such a year says so.
 * A calendar is immutable once read; any number of threads may use it. Everything here is pure. */
#ifndef GX_CALENDAR_CALENDAR_H
#define GX_CALENDAR_CALENDAR_H

#include "base/clock.h"
#include "base/json.h"

typedef int32_t gx_day; /* days since 1970-01-01, as seen in Asia/Shanghai */

typedef struct gx_calendar gx_calendar;

/* Reads {"meta": {"publishedYears": [...], "provisionalFixed": ["MM-DD", ...]}, "years": [{"year", "off": [{"date", "name"}],
 * "makeup": [{"date", "name"}]}]}. The calendar lives in `arena` and borrows nothing from `json`. NULL with an error that
 * names the place on a malformed date, a day both off and make-up, or a year that appears twice. */
gx_calendar *gx_calendar_read(gx_arena *arena, const gx_json *json, gx_text path, gx_error *error);

bool gx_calendar_is_working_day(const gx_calendar *calendar, gx_day day);
/* Whether the calendar of the day's year is not published. */
bool gx_calendar_is_provisional(const gx_calendar *calendar, gx_day day);
/* The name of the holiday or make-up day ("国庆节"); empty for an ordinary day. Borrowed from the calendar. */
gx_text gx_calendar_day_name(const gx_calendar *calendar, gx_day day);

typedef enum gx_limit_unit { GX_LIMIT_IMMEDIATE, GX_LIMIT_WORKDAY, GX_LIMIT_DAY } gx_limit_unit;
typedef struct gx_limit {
    int32_t count;
    gx_limit_unit unit;
} gx_limit;

/* The last day of a limit that begins on `start` (not counted) and whether a provisional year was touched (may be NULL).
 * Working days: the count-th working day after `start`. Days: `start` + count, moved to the next working day if it is
 * off. Immediate, or a count of 0: `start` itself. A negative count is taken as 0; counts stop at 36,600. */
gx_day gx_calendar_limit_end(const gx_calendar *calendar, gx_day start, gx_limit limit, bool *is_provisional);
/* Working days in (from, to]: 0 when `to` is not after `from`. */
int32_t gx_calendar_count(const gx_calendar *calendar, gx_day from, gx_day to);

/* A time during which the clock of a case stands (停表), in instants. `end` is INT64_MAX while it lasts. */
typedef struct gx_stop {
    gx_instant begin, end;
} gx_stop;

/* What is used of a limit and when it ends. */
typedef struct gx_limit_state {
    int32_t used;      /* days at whose 24:00, not after `now`, the clock ran */
    gx_day due;        /* last day, if the clock runs (again) from `now` on */
    gx_instant due_at; /* 24:00 of `due` */
    bool is_stopped;   /* the clock stands at `now` */
    bool is_overdue;   /* `now` is past due_at and the clock is not standing */
    bool is_provisional;
} gx_limit_state;

/* A day of the limit's unit is used if at its 24:00 the clock runs. Calendar days stopped are not counted either. `stops` need
 * not be sorted and may overlap. An immediate limit is due on the day of acceptance. */
gx_limit_state gx_calendar_limit_state(const gx_calendar *calendar, gx_instant accepted, gx_limit limit, const gx_stop *stops,
                                       size_t stop_count, gx_instant now);
/* The instant at which `used` reaches or passes `permille` thousandths of the limit if the clock is not stopped again; for lamps.
 * INT64_MAX while the clock stands or for an immediate limit. */
gx_instant gx_calendar_limit_reaches(const gx_calendar *calendar, gx_instant accepted, gx_limit limit, const gx_stop *stops,
                                     size_t stop_count, gx_instant now, int32_t permille);

/* Days and instants */
gx_day gx_day_of(gx_instant instant);
gx_instant gx_day_begin(gx_day day); /* 00:00 */
gx_instant gx_day_end(gx_day day);   /* 24:00 */
bool gx_day_parse(gx_text text, gx_day *day); /* "YYYY-MM-DD", years 0001 to 9999 */
enum { GX_DAY_SIZE = 16 };
gx_text gx_day_write(gx_day day, char buffer[GX_DAY_SIZE]);
int gx_day_year(gx_day day);
int gx_day_weekday(gx_day day); /* 1 Monday to 7 Sunday (ISO 8601) */

#endif
