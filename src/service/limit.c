#include "service/limit.h"

enum { YELLOW_PERMILLE = 700, OVERDUE_PERMILLE = 1000, LONG_OVERDUE_PERMILLE = 1500, LEGAL_WARNING_DAYS = 2 };
enum { QUIET_FROM_HOUR = 21, QUIET_TO_HOUR = 8, HOUR_MS = 3600 * 1000 };

const char *gx_lamp_name(gx_lamp lamp)
{
    switch (lamp) {
    case GX_LAMP_GREEN: return "green";
    case GX_LAMP_YELLOW: return "yellow";
    case GX_LAMP_RED: return "red";
    case GX_LAMP_GREY: return "grey";
    }
    return "";
}

bool gx_limit_of_json(const gx_json *json, gx_limit *limit)
{
    if (!gx_json_is(json, GX_JSON_OBJECT))
        return false;
    gx_text unit = gx_json_text_of(json, "unit");
    int64_t count = gx_json_int_of(json, "n", 0);
    limit->unit = gx_text_equal(unit, GX_TEXT("day"))         ? GX_LIMIT_DAY
                  : gx_text_equal(unit, GX_TEXT("immediate")) ? GX_LIMIT_IMMEDIATE
                                                              : GX_LIMIT_WORKDAY;
    limit->count = count < 0 ? 0 : count > 36600 ? 36600 : (int32_t)count;
    return true;
}

gx_instant gx_limit_shift(const gx_calendar *calendar, gx_instant from, int32_t working_days, int32_t hour)
{
    gx_day day = gx_day_of(from - 1); /* 24:00 belongs to the day it ends */
    if (working_days > 0)
        day = gx_calendar_limit_end(calendar, day, (gx_limit){working_days, GX_LIMIT_WORKDAY}, NULL);
    for (; working_days < 0; working_days++)
        do
            day--;
        while (!gx_calendar_is_working_day(calendar, day));
    return gx_day_begin(day) + (gx_instant)hour * HOUR_MS;
}

gx_instant gx_limit_not_quiet(gx_instant wanted)
{
    gx_day day = gx_day_of(wanted);
    gx_instant into = wanted - gx_day_begin(day);
    if (into < (gx_instant)QUIET_TO_HOUR * HOUR_MS)
        return gx_day_begin(day) + (gx_instant)QUIET_TO_HOUR * HOUR_MS;
    if (into >= (gx_instant)QUIET_FROM_HOUR * HOUR_MS)
        return gx_day_end(day) + (gx_instant)QUIET_TO_HOUR * HOUR_MS;
    return wanted;
}

/* An extension lengthens a limit of working days; a limit of calendar days ends so many working days later.
 */
static gx_limit_state extended_state(const gx_calendar *calendar, const gx_clock_terms *terms, gx_limit limit,
                                     gx_instant now)
{
    if (limit.unit == GX_LIMIT_WORKDAY)
        limit.count += terms->extension;
    gx_limit_state state =
        gx_calendar_limit_state(calendar, terms->accepted, limit, terms->stops, terms->stop_count, now);
    if (limit.unit != GX_LIMIT_WORKDAY && terms->extension > 0) {
        state.due = gx_calendar_limit_end(calendar, state.due, (gx_limit){terms->extension, GX_LIMIT_WORKDAY},
                                          &state.is_provisional);
        state.due_at = gx_day_end(state.due);
        state.is_overdue = !state.is_stopped && now > state.due_at;
    }
    return state;
}

static void note_change(gx_clock_reading *reading, gx_instant at, gx_instant now)
{
    if (at > now && at < reading->next_change)
        reading->next_change = at;
}

gx_clock_reading gx_clock_read(const gx_calendar *calendar, const gx_clock_terms *terms, gx_instant now)
{
    gx_clock_reading reading = {.legal_left = INT32_MAX, .next_change = INT64_MAX, .lamp = GX_LAMP_GREEN};
    if (!terms->accepted || !calendar)
        return reading;
    gx_day today = gx_day_of(now);
    if (terms->has_legal) {
        gx_limit_state legal = extended_state(calendar, terms, terms->legal, now);
        reading.due_legal = legal.due_at;
        reading.is_provisional = legal.is_provisional;
        reading.legal_left = legal.is_overdue ? -1 : gx_calendar_count(calendar, today, legal.due);
        if (!legal.is_stopped)
            note_change(&reading, gx_limit_shift(calendar, legal.due_at, -LEGAL_WARNING_DAYS + 1, 0), now);
    }
    if (!terms->has_promised && !terms->has_legal)
        return reading;
    gx_limit limit = terms->has_promised ? terms->promised : terms->legal;
    gx_limit_state state = extended_state(calendar, terms, limit, now);
    reading.is_stopped = state.is_stopped;
    reading.is_running = !state.is_stopped;
    reading.is_overdue = state.is_overdue;
    reading.is_provisional |= state.is_provisional;
    reading.used = state.used;
    reading.limit = limit.count + terms->extension;
    if (terms->has_promised)
        reading.due_promised = state.due_at;
    if (state.is_overdue)
        reading.left =
            limit.unit == GX_LIMIT_DAY ? state.due - today : -gx_calendar_count(calendar, state.due, today);
    else
        reading.left =
            limit.unit == GX_LIMIT_DAY ? state.due - today : gx_calendar_count(calendar, today, state.due);
    reading.permille = reading.limit > 0  ? (int32_t)((int64_t)state.used * 1000 / reading.limit)
                       : state.is_overdue ? LONG_OVERDUE_PERMILLE
                                          : 0;
    if (state.is_overdue && reading.permille < OVERDUE_PERMILLE)
        reading.permille = OVERDUE_PERMILLE;
    reading.lamp = state.is_overdue                      ? GX_LAMP_RED
                   : reading.permille >= YELLOW_PERMILLE ? GX_LAMP_YELLOW
                                                         : GX_LAMP_GREEN;
    if (!state.is_stopped) {
        gx_limit longer = {reading.limit, limit.unit};
        const int32_t marks[] = {YELLOW_PERMILLE, LONG_OVERDUE_PERMILLE};
        for (size_t i = 0; i < GX_COUNT_OF(marks); i++)
            note_change(&reading,
                        gx_calendar_limit_reaches(calendar, terms->accepted, longer, terms->stops,
                                                  terms->stop_count, now, marks[i]),
                        now);
        note_change(&reading, state.due_at + 1, now); /* overdue is past 24:00, not at it */
    }
    return reading;
}
