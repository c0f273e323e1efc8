/* The lexical forms of temporal values (DMN 1.5, 10.3.4.1): XML Schema's, with seconds in offsets and zone
 * names after '@'. */
#include "feel/temporal.h"
#include "feel/zone.h"

#include <string.h>

typedef struct cursor {
    const char *at, *end;
} cursor;

static cursor cursor_of(gx_text text)
{
    return (cursor){text.bytes, text.bytes + text.size};
}

static bool skip(cursor *c, char byte)
{
    bool is_there = c->at < c->end && *c->at == byte;
    c->at += is_there;
    return is_there;
}

static bool is_digit(const cursor *c)
{
    return c->at < c->end && *c->at >= '0' && *c->at <= '9';
}

static bool read_two(cursor *c, int most, int *number)
{
    if (c->end - c->at < 2 || c->at[0] < '0' || c->at[0] > '9' || c->at[1] < '0' || c->at[1] > '9')
        return false;
    *number = (c->at[0] - '0') * 10 + (c->at[1] - '0');
    c->at += 2;
    return *number <= most;
}

/* Digits after a point: nanoseconds; what is finer is cut off. */
static uint32_t read_fraction(cursor *c)
{
    uint32_t nanoseconds = 0, unit = GX_NANOSECONDS / 10;
    for (; is_digit(c); c->at++, unit /= 10)
        nanoseconds += (uint32_t)(*c->at - '0') * unit;
    return nanoseconds;
}

/* ---- Dates and times ---- */

static bool read_date(cursor *c, gx_feel_date *date)
{
    bool is_negative = skip(c, '-');
    const char *start = c->at;
    int64_t year = 0;
    for (; is_digit(c) && c->at - start < 10; c->at++)
        year = year * 10 + (*c->at - '0');
    ptrdiff_t digits = c->at - start;
    int month, day;
    if (digits < 4 || digits > 9 || (digits > 4 && *start == '0'))
        return false;
    if (!skip(c, '-') || !read_two(c, 12, &month) || !skip(c, '-') || !read_two(c, 31, &day))
        return false;
    if (is_negative)
        year = -year;
    if (!gx_date_is_valid(year, month, day))
        return false;
    *date = (gx_feel_date){(int32_t)year, (uint8_t)month, (uint8_t)day};
    return true;
}

static bool read_zone(cursor *c, gx_feel_time *time)
{
    if (c->at == c->end)
        return true;
    if (skip(c, 'Z')) {
        time->zone_kind = GX_ZONE_OFFSET;
        return c->at == c->end;
    }
    if (skip(c, '@')) {
        time->zone_kind = GX_ZONE_NAME;
        time->zone = (gx_text){c->at, (size_t)(c->end - c->at)};
        return gx_zone_exists(time->zone);
    }
    bool is_negative = skip(c, '-');
    int hours, minutes, seconds = 0;
    if ((!is_negative && !skip(c, '+')) || !read_two(c, 18, &hours) || !skip(c, ':') ||
        !read_two(c, 59, &minutes) || (skip(c, ':') && !read_two(c, 59, &seconds)))
        return false;
    int32_t offset = hours * 3600 + minutes * 60 + seconds;
    time->zone_kind = GX_ZONE_OFFSET;
    time->offset = is_negative ? -offset : offset;
    return c->at == c->end && offset <= GX_OFFSET_MOST;
}

/* `is_end_of_day` tells that 24:00:00 was written, which is 00:00:00 of the next day. The zone name is
 * borrowed. */
static bool read_time(cursor *c, gx_feel_time *time, bool *is_end_of_day)
{
    int hour, minute, second;
    *time = (gx_feel_time){0};
    if (!read_two(c, 24, &hour) || !skip(c, ':') || !read_two(c, 59, &minute) || !skip(c, ':') ||
        !read_two(c, 59, &second))
        return false;
    if (skip(c, '.')) {
        if (!is_digit(c))
            return false;
        time->nanosecond = read_fraction(c);
    }
    *is_end_of_day = hour == 24;
    if (*is_end_of_day && (minute || second || time->nanosecond))
        return false;
    time->hour = (uint8_t)(*is_end_of_day ? 0 : hour);
    time->minute = (uint8_t)minute;
    time->second = (uint8_t)second;
    return read_zone(c, time);
}

bool gx_temporal_parse_date(gx_text text, gx_feel_date *date)
{
    cursor c = cursor_of(text);
    return read_date(&c, date) && c.at == c.end;
}

bool gx_temporal_parse_time(gx_arena *arena, gx_text text, gx_value *value)
{
    cursor c = cursor_of(text);
    gx_feel_time time;
    bool is_end_of_day;
    if (!read_time(&c, &time, &is_end_of_day))
        return false;
    if (time.zone_kind == GX_ZONE_NAME)
        time.zone = gx_copy(arena, time.zone);
    *value = gx_value_time(arena, time);
    return true;
}

bool gx_temporal_parse_date_time(gx_arena *arena, gx_text text, gx_value *value)
{
    cursor c = cursor_of(text);
    gx_feel_date_time date_time;
    bool is_end_of_day;
    if (!read_date(&c, &date_time.date) || !skip(&c, 'T') || !read_time(&c, &date_time.time, &is_end_of_day))
        return false;
    if (is_end_of_day && !gx_date_add_days(date_time.date, 1, &date_time.date))
        return false;
    if (date_time.time.zone_kind == GX_ZONE_NAME)
        date_time.time.zone = gx_copy(arena, date_time.time.zone);
    *value = gx_value_date_time(arena, date_time);
    return true;
}

/* ---- Durations ---- */

typedef struct duration_parts {
    int64_t months, seconds;
    uint32_t nanoseconds;
    bool has_months, has_days; /* a years-or-months, a days-or-time component */
} duration_parts;

/* Adds number * unit. */
static bool add_scaled(int64_t *sum, int64_t number, int64_t unit)
{
    int64_t product;
    return !__builtin_mul_overflow(number, unit, &product) && !__builtin_add_overflow(*sum, product, sum);
}

/* One component "12D": its letter stands in `units`, in the order they may come; those up to it are used up.
 */
static bool read_component(cursor *c, const char **units, bool is_time, duration_parts *parts)
{
    if (!is_digit(c))
        return false;
    int64_t number = 0;
    for (; is_digit(c); c->at++)
        if (__builtin_mul_overflow(number, 10, &number) ||
            __builtin_add_overflow(number, *c->at - '0', &number))
            return false;
    bool has_point = is_time && skip(c, '.');
    uint32_t fraction = has_point ? read_fraction(c) : 0;
    char unit = c->at < c->end ? *c->at : '\0';
    const char *found = unit ? strchr(*units, unit) : NULL;
    if (!found || (has_point && unit != 'S'))
        return false;
    c->at++;
    *units = found + 1;
    switch (unit) {
    case 'Y': parts->has_months = true; return add_scaled(&parts->months, number, 12);
    case 'D': parts->has_days = true; return add_scaled(&parts->seconds, number, GX_DAY_SECONDS);
    case 'H': return add_scaled(&parts->seconds, number, 3600);
    case 'M':
        if (is_time)
            return add_scaled(&parts->seconds, number, 60);
        parts->has_months = true;
        return add_scaled(&parts->months, number, 1);
    default: /* S */ parts->nanoseconds = fraction; return add_scaled(&parts->seconds, number, 1);
    }
}

bool gx_temporal_parse_duration(gx_text text, gx_value *duration)
{
    cursor c = cursor_of(text);
    bool is_negative = skip(&c, '-');
    duration_parts parts = {0};
    if (!skip(&c, 'P') || c.at == c.end)
        return false;
    for (const char *units = "YMD"; c.at < c.end && *c.at != 'T';)
        if (!read_component(&c, &units, false, &parts))
            return false;
    if (skip(&c, 'T')) {
        parts.has_days = true;
        if (c.at == c.end)
            return false;
        for (const char *units = "HMS"; c.at < c.end;)
            if (!read_component(&c, &units, true, &parts))
                return false;
    }
    if (parts.has_months == parts.has_days) /* FEEL has no duration of months and days together */
        return false;
    if (parts.has_months)
        *duration = gx_value_months_duration(is_negative ? -parts.months : parts.months);
    else
        *duration = is_negative ? gx_value_days_duration(-parts.seconds, -(int64_t)parts.nanoseconds)
                                : gx_value_days_duration(parts.seconds, parts.nanoseconds);
    return duration->kind != GX_NULL;
}

gx_value gx_temporal_parse(gx_arena *arena, gx_text text)
{
    gx_feel_date date;
    gx_value value;
    if (gx_temporal_parse_date(text, &date))
        return gx_value_date(date);
    if (gx_temporal_parse_date_time(arena, text, &value) || gx_temporal_parse_time(arena, text, &value) ||
        gx_temporal_parse_duration(text, &value))
        return value;
    return gx_value_null();
}

/* ---- Writing ---- */

static void write_date(gx_buffer *buffer, gx_feel_date date)
{
    int32_t year = date.year < 0 ? -date.year : date.year;
    gx_buffer_format(buffer, "%s%04d-%02d-%02d", date.year < 0 ? "-" : "", year, date.month, date.day);
}

static void write_fraction(gx_buffer *buffer, uint32_t nanoseconds)
{
    if (nanoseconds == 0)
        return;
    char digits[10];
    for (int i = 9; i >= 1; i--, nanoseconds /= 10)
        digits[i] = (char)('0' + nanoseconds % 10);
    digits[0] = '.';
    size_t size = sizeof digits;
    while (digits[size - 1] == '0')
        size--;
    gx_buffer_bytes(buffer, digits, size);
}

static void write_time(gx_buffer *buffer, const gx_feel_time *time)
{
    gx_buffer_format(buffer, "%02d:%02d:%02d", time->hour, time->minute, time->second);
    write_fraction(buffer, time->nanosecond);
    if (time->zone_kind == GX_ZONE_NAME) {
        gx_buffer_byte(buffer, '@');
        gx_buffer_text(buffer, time->zone);
    } else if (time->zone_kind == GX_ZONE_OFFSET) {
        int32_t offset = time->offset < 0 ? -time->offset : time->offset;
        if (offset == 0) {
            gx_buffer_byte(buffer, 'Z');
            return;
        }
        gx_buffer_format(buffer, "%c%02d:%02d", time->offset < 0 ? '-' : '+', offset / 3600,
                         offset / 60 % 60);
        if (offset % 60)
            gx_buffer_format(buffer, ":%02d", offset % 60);
    }
}

static void write_component(gx_buffer *buffer, uint64_t number, char unit)
{
    if (number)
        gx_buffer_format(buffer, "%llu%c", (unsigned long long)number, unit);
}

static void write_days_duration(gx_buffer *buffer, gx_value duration)
{
    bool is_negative = duration.seconds < 0;
    uint64_t seconds = is_negative ? 0 - (uint64_t)duration.seconds : (uint64_t)duration.seconds;
    uint32_t nanoseconds = duration.size;
    if (is_negative && nanoseconds) { /* -1 second and 500,000,000 nanoseconds is -0.5 seconds */
        seconds--;
        nanoseconds = GX_NANOSECONDS - nanoseconds;
    }
    if (seconds == 0 && nanoseconds == 0) {
        gx_buffer_string(buffer, "PT0S");
        return;
    }
    gx_buffer_string(buffer, is_negative ? "-P" : "P");
    write_component(buffer, seconds / GX_DAY_SECONDS, 'D');
    uint64_t rest = seconds % GX_DAY_SECONDS;
    if (rest == 0 && nanoseconds == 0)
        return;
    gx_buffer_byte(buffer, 'T');
    write_component(buffer, rest / 3600, 'H');
    write_component(buffer, rest / 60 % 60, 'M');
    if (rest % 60 || nanoseconds) {
        gx_buffer_format(buffer, "%d", (int)(rest % 60));
        write_fraction(buffer, nanoseconds);
        gx_buffer_byte(buffer, 'S');
    }
}

static void write_months_duration(gx_buffer *buffer, int64_t months)
{
    uint64_t magnitude = months < 0 ? 0 - (uint64_t)months : (uint64_t)months;
    if (magnitude == 0) {
        gx_buffer_string(buffer, "P0M");
        return;
    }
    gx_buffer_string(buffer, months < 0 ? "-P" : "P");
    write_component(buffer, magnitude / 12, 'Y');
    write_component(buffer, magnitude % 12, 'M');
}

void gx_temporal_write(gx_buffer *buffer, gx_value temporal)
{
    switch ((gx_kind)temporal.kind) {
    case GX_DATE: write_date(buffer, temporal.date); break;
    case GX_TIME: write_time(buffer, temporal.time); break;
    case GX_DATE_TIME:
        write_date(buffer, temporal.date_time->date);
        gx_buffer_byte(buffer, 'T');
        write_time(buffer, &temporal.date_time->time);
        break;
    case GX_DAYS_DURATION: write_days_duration(buffer, temporal); break;
    case GX_MONTHS_DURATION: write_months_duration(buffer, temporal.months); break;
    case GX_NULL:
    case GX_BOOLEAN:
    case GX_NUMBER:
    case GX_STRING:
    case GX_LIST:
    case GX_CONTEXT:
    case GX_RANGE:
    case GX_FUNCTION:
    case GX_KIND_COUNT: break;
    }
}
