/* The clock of a case. The first table is the zone's own worked examples (zone rules, 2.1). */
#include "service/limit.h"
#include "base/file.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <string.h>
#include <cmocka.h>

static gx_arena arena;
static gx_calendar *calendar;

static int set_up(void **state)
{
    gx_text source;
    (void)state;
    arena = gx_arena_of(GX_LIMIT_MODEL_BYTES);
    assert_true(
        gx_file_read(&arena, GX_PACKAGES "/base/calendars/cn.json", GX_LIMIT_FILE_BYTES, &source, NULL));
    calendar = gx_calendar_read(&arena, gx_json_parse(&arena, source, GX_TEXT("cn.json"), NULL),
                                GX_TEXT("cn.json"), NULL);
    assert_non_null(calendar);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gx_arena_release(&arena);
    return 0;
}

static gx_instant at(const char *text)
{
    gx_instant instant;
    assert_true(gx_instant_parse(gx_text_of(text), &instant));
    return instant;
}

static const char *day_of(gx_instant due)
{
    static char text[GX_DAY_SIZE];
    gx_day_write(gx_day_of(due - 1), text);
    return text;
}

static gx_clock_terms workdays(const char *accepted, int32_t count)
{
    return (gx_clock_terms){
        .accepted = at(accepted), .promised = {count, GX_LIMIT_WORKDAY}, .has_promised = true};
}

static void a_limit_ends_on_the_day_of_the_worked_examples(void **state)
{
    static const struct {
        const char *accepted;
        int32_t count;
        gx_limit_unit unit;
        const char *due;
    } rows[] = {
        {"2026-11-16T10:00:00+08:00", 5, GX_LIMIT_WORKDAY, "2026-11-23"},
        {"2026-09-18T10:00:00+08:00", 5, GX_LIMIT_WORKDAY, "2026-09-24"},
        {"2026-09-24T10:00:00+08:00", 5, GX_LIMIT_WORKDAY, "2026-10-09"},
        {"2026-09-24T10:00:00+08:00", 6, GX_LIMIT_WORKDAY, "2026-10-10"},
        {"2026-02-13T10:00:00+08:00", 3, GX_LIMIT_WORKDAY, "2026-02-25"},
        {"2025-09-26T10:00:00+08:00", 3, GX_LIMIT_WORKDAY, "2025-09-30"},
        {"2026-08-04T10:00:00+08:00", 60, GX_LIMIT_DAY, "2026-10-08"},
        {"2026-11-23T10:00:00+08:00", 30, GX_LIMIT_DAY, "2026-12-23"},
    };
    (void)state;
    for (size_t i = 0; i < GX_COUNT_OF(rows); i++) {
        gx_clock_terms terms = {.accepted = at(rows[i].accepted),
                                .promised = {rows[i].count, rows[i].unit},
                                .has_promised = true};
        gx_clock_reading reading = gx_clock_read(calendar, &terms, terms.accepted);
        assert_string_equal(day_of(reading.due_promised), rows[i].due);
        assert_int_equal(reading.used, 0);
    }
}

static void a_stop_from_wednesday_to_friday_costs_two_working_days(void **state)
{
    (void)state;
    const gx_stop stop = {at("2026-11-18T11:00:00+08:00"), at("2026-11-20T15:00:00+08:00")};
    gx_clock_terms terms = workdays("2026-11-16T10:00:00+08:00", 5);
    terms.stops = &stop;
    terms.stop_count = 1;
    gx_clock_reading reading = gx_clock_read(calendar, &terms, at("2026-11-20T16:00:00+08:00"));
    assert_string_equal(day_of(reading.due_promised), "2026-11-25");
    assert_int_equal(reading.used, 1); /* Tuesday; at 24:00 of 18 and 19 the clock stood */
    assert_true(reading.is_running);
    reading = gx_clock_read(calendar, &terms, at("2026-11-19T16:00:00+08:00"));
    assert_true(reading.is_stopped);
    assert_int_equal(reading.next_change, INT64_MAX);
}

static void the_lamp_is_yellow_at_seventy_percent_and_red_past_the_last_midnight(void **state)
{
    (void)state;
    gx_clock_terms terms = workdays("2026-11-16T10:00:00+08:00", 10); /* due Monday 30 November */
    static const struct {
        const char *now;
        gx_lamp lamp;
        int32_t used, left;
    } rows[] = {
        {"2026-11-16T12:00:00+08:00", GX_LAMP_GREEN, 0, 10},
        {"2026-11-25T23:59:59+08:00", GX_LAMP_GREEN, 6, 3},
        {"2026-11-26T00:00:00+08:00", GX_LAMP_YELLOW, 7, 2},
        {"2026-11-30T23:00:00+08:00", GX_LAMP_YELLOW, 9, 0},
        {"2026-12-01T00:00:01+08:00", GX_LAMP_RED, 10, -1},
        {"2026-12-02T09:00:00+08:00", GX_LAMP_RED, 11, -2},
    };
    for (size_t i = 0; i < GX_COUNT_OF(rows); i++) {
        gx_clock_reading reading = gx_clock_read(calendar, &terms, at(rows[i].now));
        assert_int_equal(reading.lamp, rows[i].lamp);
        assert_int_equal(reading.used, rows[i].used);
        assert_int_equal(reading.left, rows[i].left);
    }
}

/* Following next_change from the start, each lamp is met once and in order, and the chain ends. */
static void the_next_change_never_misses_a_change(void **state)
{
    (void)state;
    gx_clock_terms terms = workdays("2026-11-16T10:00:00+08:00", 10);
    terms.legal = (gx_limit){20, GX_LIMIT_WORKDAY};
    terms.has_legal = true;
    gx_instant now = terms.accepted;
    gx_lamp seen = GX_LAMP_GREEN;
    bool has_warned = false, has_long = false;
    size_t steps = 0;
    for (; now != INT64_MAX && steps < 20; steps++) {
        gx_clock_reading reading = gx_clock_read(calendar, &terms, now);
        assert_true(reading.lamp >= seen);
        seen = reading.lamp;
        has_warned |= reading.legal_left < 2;
        has_long |= reading.permille >= 1500;
        assert_true(reading.next_change > now);
        now = reading.next_change;
    }
    assert_int_equal(seen, GX_LAMP_RED);
    assert_true(has_warned && has_long && steps < 10);
}

static void an_extension_adds_ten_working_days_once(void **state)
{
    (void)state;
    gx_clock_terms terms = workdays("2026-11-16T10:00:00+08:00", 5);
    terms.extension = 10;
    assert_string_equal(day_of(gx_clock_read(calendar, &terms, terms.accepted).due_promised), "2026-12-07");
    terms.promised = (gx_limit){30, GX_LIMIT_DAY}; /* 16 December, then ten working days more */
    assert_string_equal(day_of(gx_clock_read(calendar, &terms, terms.accepted).due_promised), "2026-12-30");
}

static void a_year_without_a_calendar_is_said_to_be_provisional(void **state)
{
    (void)state;
    gx_clock_terms terms = workdays("2026-12-21T10:00:00+08:00", 5);
    assert_false(gx_clock_read(calendar, &terms, terms.accepted).is_provisional);
    terms.promised.count = 20;
    assert_true(gx_clock_read(calendar, &terms, terms.accepted).is_provisional);
}

static void nothing_runs_before_acceptance(void **state)
{
    (void)state;
    gx_clock_terms terms = {.promised = {5, GX_LIMIT_WORKDAY}, .has_promised = true};
    gx_clock_reading reading = gx_clock_read(calendar, &terms, at("2026-11-16T10:00:00+08:00"));
    assert_false(reading.is_running);
    assert_int_equal(reading.due_promised, 0);
    assert_int_equal(reading.next_change, INT64_MAX);
}

static void nothing_rings_between_nine_in_the_evening_and_eight_in_the_morning(void **state)
{
    (void)state;
    assert_int_equal(gx_limit_not_quiet(at("2026-11-23T20:59:59+08:00")), at("2026-11-23T20:59:59+08:00"));
    assert_int_equal(gx_limit_not_quiet(at("2026-11-23T21:00:00+08:00")), at("2026-11-24T08:00:00+08:00"));
    assert_int_equal(gx_limit_not_quiet(at("2026-11-24T07:59:00+08:00")), at("2026-11-24T08:00:00+08:00"));
}

/* A document due on Monday 23 November: reminder on Friday at nine, final term to Thursday. */
static void a_day_shifts_by_working_days_in_both_directions(void **state)
{
    (void)state;
    gx_instant due = at("2026-11-24T00:00:00+08:00");
    assert_int_equal(gx_limit_shift(calendar, due, -1, 9), at("2026-11-20T09:00:00+08:00"));
    assert_int_equal(gx_limit_shift(calendar, due, 3, 24), at("2026-11-27T00:00:00+08:00"));
    assert_int_equal(gx_limit_shift(calendar, due, 0, 9), at("2026-11-23T09:00:00+08:00"));
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_ends_on_the_day_of_the_worked_examples),
        cmocka_unit_test(a_stop_from_wednesday_to_friday_costs_two_working_days),
        cmocka_unit_test(the_lamp_is_yellow_at_seventy_percent_and_red_past_the_last_midnight),
        cmocka_unit_test(the_next_change_never_misses_a_change),
        cmocka_unit_test(an_extension_adds_ten_working_days_once),
        cmocka_unit_test(a_year_without_a_calendar_is_said_to_be_provisional),
        cmocka_unit_test(nothing_runs_before_acceptance),
        cmocka_unit_test(nothing_rings_between_nine_in_the_evening_and_eight_in_the_morning),
        cmocka_unit_test(a_day_shifts_by_working_days_in_both_directions),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, set_up, tear_down);
}
