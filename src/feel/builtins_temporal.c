/* Conversions to temporal values (DMN 1.5, 10.3.4.1), calendar functions (10.3.4.6), now and today
 * (10.3.4.11). */
#include "base/decimal.h"
#include "feel/builtins.h"
#include "feel/feel.h"
#include "feel/temporal.h"
#include "feel/zone.h"

/* An argument that must be a whole number from least to most. */
static bool read_whole(gx_value value, int64_t least, int64_t most, int64_t *number)
{
    return gx_value_to_int(value, number) && *number >= least && *number <= most;
}

static gx_feel_date day_of(gx_value value)
{
    return value.kind == GX_DATE ? value.date : value.date_time->date;
}

/* ---- date ---- */

gx_value gx_builtin_date(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    gx_feel_date date;
    if (arguments[0].kind != GX_STRING)
        return gx_value_date(day_of(arguments[0]));
    if (!gx_temporal_parse_date(gx_value_as_text(arguments[0]), &date))
        return gx_builtin_domain(call, arguments[0]);
    return gx_value_date(date);
}

static bool read_date(const gx_value *arguments, gx_feel_date *date)
{
    int64_t year, month, day;
    if (!read_whole(arguments[0], -GX_YEAR_MOST, GX_YEAR_MOST, &year) ||
        !read_whole(arguments[1], 1, 12, &month) || !read_whole(arguments[2], 1, 31, &day) ||
        !gx_date_is_valid(year, month, day))
        return false;
    *date = (gx_feel_date){(int32_t)year, (uint8_t)month, (uint8_t)day};
    return true;
}

gx_value gx_builtin_date_of_parts(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    gx_feel_date date;
    if (!read_date(arguments, &date))
        return gx_builtin_domain(call, gx_value_list(arguments, count));
    return gx_value_date(date);
}

/* ---- time ---- */

gx_value gx_builtin_time(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    gx_value from = arguments[0], time;
    if (from.kind == GX_TIME)
        return from;
    if (from.kind == GX_DATE_TIME)
        return gx_value_time(call->arena, from.date_time->time);
    if (from.kind == GX_DATE)
        return gx_value_time(call->arena, gx_date_time_of_date(from.date).time);
    if (!gx_temporal_parse_time(call->arena, gx_value_as_text(from), &time))
        return gx_builtin_domain(call, from);
    return time;
}

static bool read_second(gx_value value, gx_feel_time *time)
{
    _Decimal128 second = gx_value_to_decimal(value);
    if (second < 0.DL || second >= 60.DL)
        return false;
    int64_t whole = 0, nanoseconds = 0;
    gx_decimal_to_int(gx_decimal_round(second, 0, GX_ROUND_DOWN), &whole);
    _Decimal128 rest = (second - (_Decimal128)whole) * (_Decimal128)GX_NANOSECONDS;
    gx_decimal_to_int(gx_decimal_round(rest, 0, GX_ROUND_DOWN), &nanoseconds);
    time->second = (uint8_t)whole;
    time->nanosecond = (uint32_t)nanoseconds;
    return true;
}

/* Hour, minute and second, and an offset if `offset` is a duration. */
static bool read_time(const gx_value *arguments, gx_value offset, gx_feel_time *time)
{
    int64_t hour, minute;
    *time = (gx_feel_time){0};
    if (!read_whole(arguments[0], 0, 23, &hour) || !read_whole(arguments[1], 0, 59, &minute) ||
        !read_second(arguments[2], time))
        return false;
    time->hour = (uint8_t)hour;
    time->minute = (uint8_t)minute;
    if (offset.kind == GX_NULL)
        return true;
    if (offset.kind != GX_DAYS_DURATION || offset.size != 0 || offset.seconds < -GX_OFFSET_MOST ||
        offset.seconds > GX_OFFSET_MOST)
        return false;
    time->zone_kind = GX_ZONE_OFFSET;
    time->offset = (int32_t)offset.seconds;
    return true;
}

gx_value gx_builtin_time_of_parts(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    gx_feel_time time;
    if (!read_time(arguments, count > 3 ? arguments[3] : gx_value_null(), &time))
        return gx_builtin_domain(call, gx_value_list(arguments, count));
    return gx_value_time(call->arena, time);
}

/* ---- date and time ---- */

gx_value gx_builtin_date_and_time(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    gx_value from = arguments[0], date_time;
    gx_feel_date date;
    if (from.kind == GX_DATE_TIME)
        return from;
    if (from.kind == GX_DATE)
        return gx_value_date_time(call->arena, gx_date_time_of_date(from.date));
    gx_text text = gx_value_as_text(from);
    if (gx_temporal_parse_date_time(call->arena, text, &date_time))
        return date_time;
    if (gx_temporal_parse_date(text, &date)) /* a date alone: its local midnight */
        return gx_value_date_time(call->arena, (gx_feel_date_time){.date = date});
    return gx_builtin_domain(call, from);
}

gx_value gx_builtin_date_and_time_of_two(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    return gx_value_date_time(call->arena, (gx_feel_date_time){day_of(arguments[0]), *arguments[1].time});
}

gx_value gx_builtin_date_and_time_of_parts(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    gx_feel_date_time value;
    gx_value zone = count > 6 ? arguments[6] : gx_value_null();
    bool is_named = zone.kind == GX_STRING;
    if (!read_date(arguments, &value.date) ||
        !read_time(arguments + 3, is_named ? gx_value_null() : zone, &value.time) ||
        (is_named && !gx_zone_exists(gx_value_as_text(zone))))
        return gx_builtin_domain(call, gx_value_list(arguments, count));
    if (is_named) {
        value.time.zone_kind = GX_ZONE_NAME;
        value.time.zone = gx_value_as_text(zone);
    }
    return gx_value_date_time(call->arena, value);
}

/* ---- Durations ---- */

gx_value gx_builtin_duration(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)count;
    gx_value duration;
    if (arguments[0].kind != GX_STRING)
        return arguments[0];
    if (!gx_temporal_parse_duration(gx_value_as_text(arguments[0]), &duration))
        return gx_builtin_domain(call, arguments[0]);
    return duration;
}

gx_value gx_builtin_years_and_months_duration(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)call, (void)count;
    return gx_temporal_months_between(arguments[0], arguments[1]);
}

/* ---- Calendar ---- */

gx_value gx_builtin_day_of_year(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)call, (void)count;
    return gx_value_int(gx_day_of_year(day_of(arguments[0])));
}

gx_value gx_builtin_week_of_year(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)call, (void)count;
    return gx_value_int(gx_week_of_year(day_of(arguments[0])));
}

gx_value gx_builtin_day_of_week(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    static const gx_text names[] = {
        GX_TEXT("Monday"), GX_TEXT("Tuesday"),  GX_TEXT("Wednesday"), GX_TEXT("Thursday"),
        GX_TEXT("Friday"), GX_TEXT("Saturday"), GX_TEXT("Sunday"),
    };
    (void)call, (void)count;
    return gx_value_text(names[gx_weekday(day_of(arguments[0])) - 1]);
}

gx_value gx_builtin_month_of_year(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    static const gx_text names[] = {
        GX_TEXT("January"),   GX_TEXT("February"), GX_TEXT("March"),    GX_TEXT("April"),
        GX_TEXT("May"),       GX_TEXT("June"),     GX_TEXT("July"),     GX_TEXT("August"),
        GX_TEXT("September"), GX_TEXT("October"),  GX_TEXT("November"), GX_TEXT("December"),
    };
    (void)call, (void)count;
    return gx_value_text(names[day_of(arguments[0]).month - 1]);
}

/* The reading of the evaluation's one clock, in its offset. */
static gx_value present(gx_feel_call *call)
{
    enum { MILLISECONDS = 1000 };
    if (!call->budget->has_now)
        return gx_feel_null(call, "feel.null.now", gx_text_of(call->builtin->name), GX_TEXT(""));
    int32_t offset = call->budget->now_offset;
    gx_feel_date_time epoch = {{1970, 1, 1}, {.zone_kind = GX_ZONE_OFFSET, .offset = offset}};
    int64_t milliseconds = call->budget->now + (int64_t)offset * MILLISECONDS;
    gx_value since =
        gx_value_days_duration(milliseconds / MILLISECONDS, milliseconds % MILLISECONDS * 1000000);
    return gx_temporal_arithmetic(call->arena, '+', gx_value_date_time(call->arena, epoch), since);
}

gx_value gx_builtin_now(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)arguments, (void)count;
    return present(call);
}

gx_value gx_builtin_today(gx_feel_call *call, const gx_value *arguments, size_t count)
{
    (void)arguments, (void)count;
    gx_value now = present(call);
    return now.kind == GX_DATE_TIME ? gx_value_date(now.date_time->date) : now;
}
