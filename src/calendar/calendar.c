/* Days off and make-up days of all years are one sorted array. Limits are found by walking day by day: the longest legal
 * limit is a few hundred days, and the walk is what the law describes. */
#include "calendar/calendar.h"

#include <stdio.h>
#include <stdlib.h>

enum { FIXED_MOST = 32, COUNT_MOST = 36600 };

typedef struct special_day {
    gx_day day;
    bool is_makeup;
    gx_text name;
} special_day;

struct gx_calendar {
    special_day *days; /* sorted by day */
    size_t day_count;
    int32_t *published; /* years */
    size_t published_count;
    int fixed[FIXED_MOST]; /* month * 100 + day, off in provisional years */
    size_t fixed_count;
};

/* Civil dates, proleptic Gregorian. */
static gx_day day_of_civil(int year, int month, int day)
{
    year -= month <= 2;
    int era = (year >= 0 ? year : year - 399) / 400;
    int year_of_era = year - era * 400;
    int day_of_year = (153 * (month + (month > 2 ? -3 : 9)) + 2) / 5 + day - 1;
    return era * 146097 + year_of_era * 365 + year_of_era / 4 - year_of_era / 100 + day_of_year - 719468;
}

static void civil_of_day(gx_day day, int *year, int *month, int *day_of_month)
{
    int shifted = day + 719468;
    int era = (shifted >= 0 ? shifted : shifted - 146096) / 146097;
    int day_of_era = shifted - era * 146097;
    int year_of_era = (day_of_era - day_of_era / 1460 + day_of_era / 36524 - day_of_era / 146096) / 365;
    int day_of_year = day_of_era - (365 * year_of_era + year_of_era / 4 - year_of_era / 100);
    int month_shifted = (5 * day_of_year + 2) / 153;
    *day_of_month = day_of_year - (153 * month_shifted + 2) / 5 + 1;
    *month = month_shifted < 10 ? month_shifted + 3 : month_shifted - 9;
    *year = year_of_era + era * 400 + (*month <= 2);
}

static int two_digits(const char *at)
{
    bool are_digits = at[0] >= '0' && at[0] <= '9' && at[1] >= '0' && at[1] <= '9';
    return are_digits ? (at[0] - '0') * 10 + (at[1] - '0') : -1;
}

bool gx_day_parse(gx_text text, gx_day *day)
{
    if (text.size != 10 || text.bytes[4] != '-' || text.bytes[7] != '-')
        return false;
    int high = two_digits(text.bytes), low = two_digits(text.bytes + 2);
    int month = two_digits(text.bytes + 5), day_of_month = two_digits(text.bytes + 8);
    if (high < 0 || low < 0 || high + low == 0 || month < 1 || month > 12 || day_of_month < 1)
        return false;
    int year = high * 100 + low;
    gx_day parsed = day_of_civil(year, month, day_of_month);
    int back_year, back_month, back_day; /* 30 February comes back as 1 or 2 March */
    civil_of_day(parsed, &back_year, &back_month, &back_day);
    if (back_month != month || back_day != day_of_month)
        return false;
    *day = parsed;
    return true;
}

gx_text gx_day_write(gx_day day, char buffer[GX_DAY_SIZE])
{
    int year, month, day_of_month;
    civil_of_day(day, &year, &month, &day_of_month);
    int size = snprintf(buffer, GX_DAY_SIZE, "%04d-%02d-%02d", year % 10000, month, day_of_month);
    return (gx_text){buffer, (size_t)size};
}

int gx_day_year(gx_day day)
{
    int year, month, day_of_month;
    civil_of_day(day, &year, &month, &day_of_month);
    return year;
}

int gx_day_weekday(gx_day day)
{
    int from_monday = (day + 3) % 7; /* 1970-01-01 was a Thursday */
    return (from_monday < 0 ? from_monday + 7 : from_monday) + 1;
}

enum { DAY_MS = 86400000, SHANGHAI_OFFSET_MS = 8 * 3600 * 1000 };

gx_day gx_day_of(gx_instant instant)
{
    int64_t local = instant + SHANGHAI_OFFSET_MS;
    return (gx_day)(local / DAY_MS - (local % DAY_MS < 0));
}

gx_instant gx_day_begin(gx_day day)
{
    return (gx_instant)day * DAY_MS - SHANGHAI_OFFSET_MS;
}

gx_instant gx_day_end(gx_day day)
{
    return gx_day_begin(day) + DAY_MS;
}

static const special_day *find_day(const gx_calendar *calendar, gx_day day)
{
    size_t low = 0, high = calendar->day_count;
    while (low < high) {
        size_t middle = low + (high - low) / 2;
        if (calendar->days[middle].day < day)
            low = middle + 1;
        else
            high = middle;
    }
    return low < calendar->day_count && calendar->days[low].day == day ? &calendar->days[low] : NULL;
}

bool gx_calendar_is_provisional(const gx_calendar *calendar, gx_day day)
{
    int year = gx_day_year(day);
    for (size_t i = 0; i < calendar->published_count; i++)
        if (calendar->published[i] == year)
            return false;
    return true;
}

bool gx_calendar_is_working_day(const gx_calendar *calendar, gx_day day)
{
    const special_day *special = find_day(calendar, day);
    if (special)
        return special->is_makeup;
    if (gx_day_weekday(day) > 5)
        return false;
    if (calendar->fixed_count == 0 || !gx_calendar_is_provisional(calendar, day))
        return true;
    int year, month, day_of_month;
    civil_of_day(day, &year, &month, &day_of_month);
    for (size_t i = 0; i < calendar->fixed_count; i++)
        if (calendar->fixed[i] == month * 100 + day_of_month)
            return false;
    return true;
}

gx_text gx_calendar_day_name(const gx_calendar *calendar, gx_day day)
{
    const special_day *special = find_day(calendar, day);
    return special ? special->name : (gx_text){"", 0};
}

static int compare_days(const void *a, const void *b)
{
    const special_day *x = a, *y = b;
    return (x->day > y->day) - (x->day < y->day);
}

typedef struct reading {
    gx_arena *arena;
    gx_calendar *calendar;
    gx_text path;
    gx_error *error;
} reading;

static bool fail_at(const reading *r, const gx_json *at, const char *code, gx_text part)
{
    return gx_fail_at(r->error, code, ((gx_place){r->path, at ? at->line : 0, at ? at->column : 0}), part);
}

static bool read_days(reading *r, const gx_json *list, bool is_makeup)
{
    for (const gx_json *item = list ? list->first : NULL; item; item = item->next) {
        special_day *day = &r->calendar->days[r->calendar->day_count];
        if (!gx_day_parse(gx_json_text_of(item, "date"), &day->day))
            return fail_at(r, item, "calendar.date", gx_json_text_of(item, "date"));
        day->is_makeup = is_makeup;
        day->name = gx_copy(r->arena, gx_json_text_of(item, "name"));
        r->calendar->day_count++;
    }
    return true;
}

static bool read_years(reading *r, const gx_json *years)
{
    size_t most = 0;
    for (const gx_json *year = years->first; year; year = year->next)
        most += (gx_json_get(year, "off") ? gx_json_get(year, "off")->count : 0) +
                (gx_json_get(year, "makeup") ? gx_json_get(year, "makeup")->count : 0);
    r->calendar->days = GX_NEW_ARRAY(r->arena, special_day, most);
    r->calendar->published = GX_NEW_ARRAY(r->arena, int32_t, years->count);
    for (const gx_json *year = years->first; year; year = year->next) {
        int64_t number = gx_json_int_of(year, "year", 0);
        if (number < 1 || number > 9999)
            return fail_at(r, year, "calendar.year", gx_json_text_of(year, "year"));
        for (size_t i = 0; i < r->calendar->published_count; i++)
            if (r->calendar->published[i] == number)
                return fail_at(r, year, "calendar.year.twice", gx_json_get(year, "year")->text);
        r->calendar->published[r->calendar->published_count++] = (int32_t)number;
        if (!read_days(r, gx_json_get(year, "off"), false) || !read_days(r, gx_json_get(year, "makeup"), true))
            return false;
    }
    qsort(r->calendar->days, r->calendar->day_count, sizeof *r->calendar->days, compare_days);
    for (size_t i = 1; i < r->calendar->day_count; i++) {
        char text[GX_DAY_SIZE];
        if (r->calendar->days[i].day == r->calendar->days[i - 1].day)
            return fail_at(r, years, "calendar.date.twice", gx_day_write(r->calendar->days[i].day, text));
    }
    return true;
}

static bool read_fixed(reading *r, const gx_json *fixed)
{
    for (const gx_json *item = fixed ? fixed->first : NULL; item; item = item->next) {
        gx_text text = gx_json_text(item);
        bool is_shaped = text.size == 5 && text.bytes[2] == '-';
        int month = is_shaped ? two_digits(text.bytes) : -1, day = is_shaped ? two_digits(text.bytes + 3) : -1;
        if (month < 1 || month > 12 || day < 1 || day > 31 || r->calendar->fixed_count == FIXED_MOST)
            return fail_at(r, item, "calendar.date", text);
        r->calendar->fixed[r->calendar->fixed_count++] = month * 100 + day;
    }
    return true;
}

gx_calendar *gx_calendar_read(gx_arena *arena, const gx_json *json, gx_text path, gx_error *error)
{
    reading r = {arena, GX_NEW(arena, gx_calendar), path, error};
    const gx_json *years = gx_json_get(json, "years");
    if (!gx_json_is(years, GX_JSON_ARRAY)) {
        fail_at(&r, json, "calendar.years", (gx_text){"", 0});
        return NULL;
    }
    if (!read_years(&r, years) || !read_fixed(&r, gx_json_path(json, "meta.provisionalFixed")))
        return NULL;
    return r.calendar;
}

static void note(const gx_calendar *calendar, gx_day day, bool *is_provisional)
{
    if (is_provisional && gx_calendar_is_provisional(calendar, day))
        *is_provisional = true;
}

gx_day gx_calendar_limit_end(const gx_calendar *calendar, gx_day start, gx_limit limit, bool *is_provisional)
{
    if (is_provisional)
        *is_provisional = false;
    int32_t count = limit.count < 0 ? 0 : limit.count > COUNT_MOST ? COUNT_MOST : limit.count;
    gx_day day = start;
    note(calendar, day, is_provisional);
    if (limit.unit == GX_LIMIT_IMMEDIATE || count == 0)
        return start;
    if (limit.unit == GX_LIMIT_WORKDAY) {
        while (count > 0) {
            day++;
            count -= gx_calendar_is_working_day(calendar, day);
            note(calendar, day, is_provisional);
        }
        return day;
    }
    day += count;
    while (!gx_calendar_is_working_day(calendar, day))
        day++;
    note(calendar, day, is_provisional);
    return day;
}

int32_t gx_calendar_count(const gx_calendar *calendar, gx_day from, gx_day to)
{
    int32_t count = 0;
    for (gx_day day = from + 1; day <= to && count <= COUNT_MOST; day++)
        count += gx_calendar_is_working_day(calendar, day);
    return count;
}

static bool stands_at(const gx_stop *stops, size_t count, gx_instant instant)
{
    for (size_t i = 0; i < count; i++)
        if (stops[i].begin <= instant && instant < stops[i].end)
            return true;
    return false;
}

/* A day counts if it is of the limit's unit and the clock runs at its 24:00. Days that end after `now` count as if a stop that
 * lasts at `now` ended today: that is what "due, if the clock runs again from now on" means. */
static bool day_counts(const gx_calendar *calendar, gx_limit limit, const gx_stop *stops, size_t stop_count, gx_day day,
                       gx_instant now)
{
    if (limit.unit == GX_LIMIT_WORKDAY && !gx_calendar_is_working_day(calendar, day))
        return false;
    gx_instant end = gx_day_end(day);
    if (end > now) {
        for (size_t i = 0; i < stop_count; i++)
            if (stops[i].begin <= end && end < stops[i].end && !(stops[i].begin <= now && now < stops[i].end))
                return false; /* a planned stop that is still to come */
        return true;
    }
    return !stands_at(stops, stop_count, end);
}

gx_limit_state gx_calendar_limit_state(const gx_calendar *calendar, gx_instant accepted, gx_limit limit, const gx_stop *stops,
                                       size_t stop_count, gx_instant now)
{
    gx_limit_state state = {.is_stopped = stands_at(stops, stop_count, now)};
    gx_day start = gx_day_of(accepted);
    int32_t count = limit.unit == GX_LIMIT_IMMEDIATE || limit.count < 0 ? 0
                    : limit.count > COUNT_MOST                          ? COUNT_MOST
                                                                        : limit.count;
    note(calendar, start, &state.is_provisional);
    state.due = start;
    int32_t counted = 0;
    for (gx_day day = start + 1; counted < count; day++) {
        note(calendar, day, &state.is_provisional);
        if (day_counts(calendar, limit, stops, stop_count, day, now)) {
            counted++;
            state.due = day;
        }
    }
    while (limit.unit == GX_LIMIT_DAY && count > 0 && !gx_calendar_is_working_day(calendar, state.due))
        state.due++;
    for (gx_day day = start + 1; gx_day_end(day) <= now && day < start + 10 * COUNT_MOST; day++)
        state.used += day_counts(calendar, limit, stops, stop_count, day, now);
    state.due_at = gx_day_end(state.due);
    state.is_overdue = now >= state.due_at && !state.is_stopped;
    return state;
}

gx_instant gx_calendar_limit_reaches(const gx_calendar *calendar, gx_instant accepted, gx_limit limit, const gx_stop *stops,
                                     size_t stop_count, gx_instant now, int32_t permille)
{
    if (limit.unit == GX_LIMIT_IMMEDIATE || limit.count <= 0 || stands_at(stops, stop_count, now))
        return INT64_MAX;
    int64_t needed = ((int64_t)limit.count * permille + 999) / 1000;
    if (needed > (int64_t)COUNT_MOST * 2)
        return INT64_MAX;
    gx_day day = gx_day_of(accepted);
    for (int64_t counted = 0; counted < needed;) {
        day++;
        counted += day_counts(calendar, limit, stops, stop_count, day, now);
    }
    return gx_day_end(day);
}
