/* Expected days are the worked examples of the zone's rules and the published calendars, computed by hand. */
#include "calendar/calendar.h"
#include "base/file.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

typedef struct fixture {
    gx_arena arena;
    gx_calendar *calendar;
} fixture;

static int set_up(void **state)
{
    static fixture f;
    gx_error error = {0};
    gx_text source;
    f.arena = gx_arena_of(GX_LIMIT_FILE_BYTES);
    const char *path = GX_FIXTURES "/calendar-cn.json";
    assert_true(gx_file_read(&f.arena, path, GX_LIMIT_FILE_BYTES, &source, &error));
    gx_json *json = gx_json_parse(&f.arena, source, gx_text_of(path), &error);
    assert_non_null(json);
    f.calendar = gx_calendar_read(&f.arena, json, gx_text_of(path), &error);
    assert_non_null(f.calendar);
    *state = &f;
    return 0;
}

static int tear_down(void **state)
{
    gx_arena_release(&((fixture *)*state)->arena);
    return 0;
}

static gx_day day(const char *text)
{
    gx_day value = 0;
    assert_true(gx_day_parse(gx_text_of(text), &value));
    return value;
}

static gx_instant at(const char *text)
{
    gx_instant value = 0;
    assert_true(gx_instant_parse(gx_text_of(text), &value));
    return value;
}

static void assert_day(gx_day is, const char *expected)
{
    char text[GX_DAY_SIZE];
    gx_day_write(is, text);
    assert_string_equal(text, expected);
}

typedef struct limit_case {
    const char *accepted;
    int32_t count;
    gx_limit_unit unit;
    const char *due;
} limit_case;

static const limit_case limits[] = {
    {"2026-11-16", 5, GX_LIMIT_WORKDAY, "2026-11-23"},  /* a plain week */
    {"2026-09-18", 5, GX_LIMIT_WORKDAY, "2026-09-24"},  /* Sunday 20 is a make-up day */
    {"2026-09-24", 5, GX_LIMIT_WORKDAY, "2026-10-09"},  /* Mid-Autumn and National Day */
    {"2026-09-24", 6, GX_LIMIT_WORKDAY, "2026-10-10"},  /* a make-up Saturday */
    {"2026-02-13", 3, GX_LIMIT_WORKDAY, "2026-02-25"},  /* a make-up Saturday, then nine days off */
    {"2025-09-26", 3, GX_LIMIT_WORKDAY, "2025-09-30"},  /* a make-up Sunday */
    {"2025-01-24", 1, GX_LIMIT_WORKDAY, "2025-01-26"},  /* worked in exchange for the Spring Festival */
    {"2026-08-04", 60, GX_LIMIT_DAY, "2026-10-08"},     /* 3 October is off: the next working day */
    {"2026-11-23", 30, GX_LIMIT_DAY, "2026-12-23"},     /* plain */
    {"2026-11-21", 0, GX_LIMIT_IMMEDIATE, "2026-11-21"},
};

static void a_limit_ends_on_the_day_of_the_worked_examples(void **state)
{
    fixture *f = *state;
    for (size_t i = 0; i < GX_COUNT_OF(limits); i++) {
        bool is_provisional = true;
        gx_limit limit = {limits[i].count, limits[i].unit};
        assert_day(gx_calendar_limit_end(f->calendar, day(limits[i].accepted), limit, &is_provisional), limits[i].due);
        assert_false(is_provisional);
        gx_instant accepted = gx_day_begin(day(limits[i].accepted)) + 10 * 3600000;
        gx_limit_state whole = gx_calendar_limit_state(f->calendar, accepted, limit, NULL, 0, accepted);
        assert_day(whole.due, limits[i].due);
        assert_int_equal(whole.used, 0);
        assert_false(whole.is_overdue);
    }
}

static void a_day_on_whose_midnight_the_clock_stands_is_not_used(void **state)
{
    fixture *f = *state;
    gx_instant accepted = at("2026-11-16T09:00:00+08:00");
    gx_stop stop = {at("2026-11-18T10:00:00+08:00"), at("2026-11-20T15:00:00+08:00")};
    gx_limit limit = {5, GX_LIMIT_WORKDAY};
    gx_limit_state state_now =
        gx_calendar_limit_state(f->calendar, accepted, limit, &stop, 1, at("2026-11-21T09:00:00+08:00"));
    assert_day(state_now.due, "2026-11-25");
    assert_int_equal(state_now.used, 2); /* 17 and 20 */
    assert_false(state_now.is_stopped);
    gx_stop lasting = {stop.begin, INT64_MAX};
    state_now = gx_calendar_limit_state(f->calendar, accepted, limit, &lasting, 1, at("2026-11-20T15:00:00+08:00"));
    assert_true(state_now.is_stopped);
    assert_day(state_now.due, "2026-11-25"); /* if it ran again from now on */
    state_now = gx_calendar_limit_state(f->calendar, accepted, limit, &lasting, 1, at("2027-11-20T15:00:00+08:00"));
    assert_false(state_now.is_overdue);
}

static void a_limit_is_overdue_from_the_midnight_after_its_last_day(void **state)
{
    fixture *f = *state;
    gx_instant accepted = at("2026-11-16T09:00:00+08:00");
    gx_limit limit = {5, GX_LIMIT_WORKDAY};
    assert_false(gx_calendar_limit_state(f->calendar, accepted, limit, NULL, 0, at("2026-11-23T23:59:59.999+08:00")).is_overdue);
    gx_limit_state late = gx_calendar_limit_state(f->calendar, accepted, limit, NULL, 0, at("2026-11-24T00:00:00+08:00"));
    assert_true(late.is_overdue);
    assert_int_equal(late.used, 5);
}

static void seventy_percent_of_five_days_is_reached_on_the_fourth(void **state)
{
    fixture *f = *state;
    gx_instant accepted = at("2026-11-16T09:00:00+08:00");
    gx_limit limit = {5, GX_LIMIT_WORKDAY};
    gx_instant yellow = gx_calendar_limit_reaches(f->calendar, accepted, limit, NULL, 0, accepted, 700);
    assert_int_equal(yellow, at("2026-11-21T00:00:00+08:00")); /* 17, 18, 19, 20: four of five */
    gx_stop lasting = {accepted, INT64_MAX};
    assert_int_equal(gx_calendar_limit_reaches(f->calendar, accepted, limit, &lasting, 1, accepted, 700), INT64_MAX);
}

static void an_unpublished_year_is_said_to_be_provisional(void **state)
{
    fixture *f = *state;
    bool is_provisional = false;
    gx_day end = gx_calendar_limit_end(f->calendar, day("2026-12-30"), (gx_limit){2, GX_LIMIT_WORKDAY}, &is_provisional);
    assert_day(end, "2027-01-04"); /* 31 December, then 1 January is off, 2 and 3 a weekend */
    assert_true(is_provisional);
    assert_true(gx_calendar_limit_state(f->calendar, at("2026-12-30"), (gx_limit){2, GX_LIMIT_WORKDAY}, NULL, 0,
                                        at("2026-12-30")).is_provisional);
}

static void limits_agree_with_a_slow_day_by_day_oracle(void **state)
{
    fixture *f = *state;
    uint64_t seed = 20261123;
    print_message("# seed %llu\n", (unsigned long long)seed);
    for (int round = 0; round < 20000; round++) {
        seed = seed * 6364136223846793005u + 1442695040888963407u;
        gx_day start = (gx_day)(7305 + (seed >> 33) % 25567); /* 1990 to 2060 */
        int32_t count = (int32_t)(seed >> 20 & 63) + 1;
        gx_day end = gx_calendar_limit_end(f->calendar, start, (gx_limit){count, GX_LIMIT_WORKDAY}, NULL);
        int32_t seen = 0;
        for (gx_day d = start + 1; d <= end; d++)
            seen += gx_calendar_is_working_day(f->calendar, d) ? 1 : 0;
        assert_int_equal(seen, count);
        assert_true(gx_calendar_is_working_day(f->calendar, end));
        assert_int_equal(gx_calendar_count(f->calendar, start, end), count);
    }
}

static void dates_that_do_not_exist_are_refused(void **state)
{
    (void)state;
    static const char *const bad[] = {"2026-02-29", "2026-13-01", "2026-00-10", "2026-1-01", "26-01-01", "2026-01-32", "", "0000-01-01"};
    gx_day ignored;
    for (size_t i = 0; i < GX_COUNT_OF(bad); i++)
        assert_false(gx_day_parse(gx_text_of(bad[i]), &ignored));
    assert_day(day("2024-02-29"), "2024-02-29");
    assert_int_equal(gx_day_weekday(day("2026-11-23")), 1);
    assert_int_equal(gx_day_weekday(day("1969-12-31")), 3);
}

static void a_bad_calendar_is_refused_with_its_place(void **state)
{
    fixture *f = *state;
    gx_error error = {0};
    gx_text source = GX_TEXT("{\"years\": [\n {\"year\": 2026, \"off\": [{\"date\": \"2026-02-30\"}]}]}");
    gx_json *json = gx_json_parse(&f->arena, source, GX_TEXT("x.json"), &error);
    assert_null(gx_calendar_read(&f->arena, json, GX_TEXT("x.json"), &error));
    assert_string_equal(error.code, "calendar.date");
    assert_int_equal(error.line, 2);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_limit_ends_on_the_day_of_the_worked_examples),
        cmocka_unit_test(a_day_on_whose_midnight_the_clock_stands_is_not_used),
        cmocka_unit_test(a_limit_is_overdue_from_the_midnight_after_its_last_day),
        cmocka_unit_test(seventy_percent_of_five_days_is_reached_on_the_fourth),
        cmocka_unit_test(an_unpublished_year_is_said_to_be_provisional),
        cmocka_unit_test(limits_agree_with_a_slow_day_by_day_oracle),
        cmocka_unit_test(dates_that_do_not_exist_are_refused),
        cmocka_unit_test(a_bad_calendar_is_refused_with_its_place),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("calendar", tests, set_up, tear_down);
}
