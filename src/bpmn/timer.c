/* Timer definitions: ISO 8601 durations, RFC 3339 instants, working days ("5wd"), cycles ("R3/PT10M",
 * "R/1wd", "R2/2026-11-23T09:00:00+08:00/P1D"). */
#include "bpmn/step.h"

#include <stdio.h>

static bool add_calendar_months(gx_instant *instant, int64_t months)
{
    char text[GX_DAY_SIZE];
    gx_day day = gx_day_of(*instant);
    gx_instant within = *instant - gx_day_begin(day);
    gx_text written = gx_day_write(day, text);
    int64_t year = 0, month = 0, day_of_month = 0;
    gx_text_to_int(gx_text_slice(written, 0, 4), &year);
    gx_text_to_int(gx_text_slice(written, 5, 7), &month);
    gx_text_to_int(gx_text_slice(written, 8, 10), &day_of_month);
    int64_t total = year * 12 + month - 1 + months;
    if (total < 12 || total >= 10000 * 12)
        return false;
    for (; day_of_month > 0; day_of_month--) { /* 31 January plus a month is the last of February */
        char shifted[40];
        gx_day target;
        int size = snprintf(shifted, sizeof shifted, "%04d-%02d-%02d", (int)(total / 12),
                            (int)(total % 12 + 1), (int)day_of_month);
        if (gx_day_parse((gx_text){shifted, (size_t)size}, &target)) {
            *instant = gx_day_begin(target) + within;
            return true;
        }
    }
    return false;
}

static bool add_duration(gx_text definition, gx_instant from, const gx_calendar *calendar, gx_instant *due)
{
    int64_t count;
    if (gx_text_ends_with(definition, GX_TEXT("wd"))) {
        if (!calendar || !gx_text_to_int(gx_text_slice(definition, 0, definition.size - 2), &count) ||
            count < 0 || count > 36600)
            return false;
        *due = gx_day_end(gx_calendar_limit_end(calendar, gx_day_of(from),
                                                (gx_limit){(int32_t)count, GX_LIMIT_WORKDAY}, NULL));
        return true;
    }
    gx_value duration;
    if (!gx_temporal_parse_duration(definition, &duration))
        return false;
    *due = from;
    if (duration.kind == GX_MONTHS_DURATION)
        return add_calendar_months(due, duration.months);
    int64_t milliseconds;
    if (__builtin_mul_overflow(duration.seconds, 1000, &milliseconds) ||
        __builtin_add_overflow(*due, milliseconds, due))
        return false;
    *due += duration.size / 1000000;
    return true;
}

static bool next_of_cycle(gx_text definition, gx_instant now, const gx_calendar *calendar, gx_instant *due,
                          int64_t *repeats)
{
    gx_text rest, repeat = gx_text_cut(definition, '/', &rest);
    if (!gx_text_starts_with(repeat, GX_TEXT("R")) || !rest.bytes)
        return false;
    *repeats = -1;
    if (repeat.size > 1 && (!gx_text_to_int(gx_text_slice(repeat, 1, repeat.size), repeats) || *repeats < 1))
        return false;
    *repeats -= *repeats > 0; /* this firing is one of them */
    gx_text interval, start = gx_text_cut(rest, '/', &interval);
    gx_instant begin;
    if (interval.bytes && gx_instant_parse(start, &begin)) {
        if (begin > now) {
            *due = begin;
            return true;
        }
        return add_duration(interval, now, calendar, due);
    }
    return !interval.bytes && add_duration(start, now, calendar, due);
}

bool gx_bpmn_timer_due(gx_text definition, gx_timer_kind kind, gx_instant now, const gx_calendar *calendar,
                       gx_instant *due, int64_t *repeats)
{
    gx_text text = gx_text_trim(definition);
    *repeats = 0;
    if (kind == GX_TIMER_CYCLE)
        return next_of_cycle(text, now, calendar, due, repeats);
    return gx_instant_parse(text, due) || add_duration(text, now, calendar, due);
}
