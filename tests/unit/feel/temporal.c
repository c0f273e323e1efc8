/* Temporal values. Weekdays, week numbers and day numbers are from printed calendars; offsets from the tz
 * database's own rules. */
#include "expressions.h"
#include "feel/temporal.h"

static void a_date_and_its_day_number_belong_together(void **state)
{
    (void)state;
    static const struct {
        gx_feel_date date;
        int64_t days;
    } cases[] = {
        {{1970, 1, 1}, 0},    {{1969, 12, 31}, -1},   {{2000, 3, 1}, 11017},
        {{1, 1, 1}, -719162}, {{0, 12, 31}, -719163},
    };
    for (size_t i = 0; i < GX_COUNT_OF(cases); i++) {
        assert_int_equal(gx_days_of_date(cases[i].date), cases[i].days);
        gx_feel_date back = gx_date_of_days(cases[i].days);
        assert_int_equal(back.year, cases[i].date.year);
        assert_int_equal(back.month, cases[i].date.month);
        assert_int_equal(back.day, cases[i].date.day);
    }
}

static void every_day_of_four_hundred_years_follows_the_one_before(void **state)
{
    (void)state;
    gx_feel_date date = {1800, 1, 1};
    for (int64_t days = gx_days_of_date(date), last = days + 146097; days < last; days++) {
        gx_feel_date read = gx_date_of_days(days);
        assert_int_equal(read.year, date.year);
        assert_int_equal(read.month, date.month);
        assert_int_equal(read.day, date.day);
        if (++date.day > gx_days_in_month(date.year, date.month)) {
            date.day = 1;
            date.month++;
        }
        if (date.month > 12) {
            date.month = 1;
            date.year++;
        }
    }
    assert_int_equal(date.year, 2200);
}

static void the_first_and_last_years_are_known(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"date(999999999, 12, 31) + @\"P1D\"", "null"},
        {"date(-999999999, 1, 1) - @\"P1M\"", "null"},
        {"(date(999999999, 12, 31) - date(-999999999, 1, 1)).days", "730484999633"},
        {"date(\"-999999999-01-01\") + @\"P1999999998Y\"", "999999999-01-01"},
        {"@\"999999999-12-31T23:59:59Z\" + @\"PT1S\"", "null"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void what_is_no_date_or_time_is_null(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"date(\"2023-02-29\")", "null"},
        {"date(\"2024-02-29\")", "2024-02-29"},
        {"date(\"24-02-29\")", "null"},
        {"date(\"02024-02-29\")", "null"},
        {"date(\"2024-2-29\")", "null"},
        {"date(\"2024-02-29Z\")", "null"},
        {"time(\"24:00:00\")", "00:00:00"},
        {"time(\"24:00:01\")", "null"},
        {"time(\"12:00\")", "null"},
        {"time(\"12:00:00.\")", "null"},
        {"time(\"12:00:00+18:00\")", "12:00:00+18:00"},
        {"time(\"12:00:00+18:00:01\")", "null"},
        {"time(\"12:00:00@Mars/Olympus\")", "null"},
        {"time(\"12:00:00@../../etc/passwd\")", "null"},
        {"time(\"12:00:00@\")", "null"},
        {"time(\"12:00:00@zone.tab\")", "null"},
        {"date and time(\"2024-12-31T24:00:00\")", "2025-01-01T00:00:00"},
        {"time(\"12:00:00.123456789999\")", "12:00:00.123456789"},
        {"duration(\"P\")", "null"},
        {"duration(\"PT\")", "null"},
        {"duration(\"P1YT1H\")", "null"},
        {"duration(\"P1M1Y\")", "null"},
        {"duration(\"P1.5D\")", "null"},
        {"duration(\"P99999999999999999999D\")", "null"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void durations_have_one_written_form(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"string(duration(\"PT36H\"))", "P1DT12H"},
        {"string(duration(\"-PT0.5S\"))", "-PT0.5S"},
        {"string(duration(\"-PT1.5S\"))", "-PT1.5S"},
        {"string(duration(\"PT0S\"))", "PT0S"},
        {"string(duration(\"-P14M\"))", "-P1Y2M"},
        {"string(duration(\"P0Y\"))", "P0M"},
        {"string(@\"PT1S\" / 3)", "PT0.333333333S"},
        {"string(@\"P1M\" * 2.9)", "P2M"},
        {"@\"-PT90S\".minutes", "-1"},
        {"@\"-PT90S\".seconds", "-30"},
        {"@\"PT1.25S\".seconds", "1.25"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void months_end_where_the_shorter_month_ends(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"@\"2024-01-31\" + @\"P1M\"", "2024-02-29"},
        {"@\"2024-02-29\" + @\"P1Y\"", "2025-02-28"},
        {"@\"2024-03-31\" - @\"P1M\"", "2024-02-29"},
        {"years and months duration(@\"2024-01-31\", @\"2024-02-29\")", "P0M"},
        {"years and months duration(@\"2024-02-29\", @\"2024-01-31\")", "P0M"},
        {"years and months duration(@\"2020-01-31\", @\"2024-03-31\")", "P4Y2M"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void a_zone_has_its_summer_and_its_winter(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"@\"2024-07-01T12:00:00@Europe/Paris\".time offset", "PT2H"},
        {"@\"2024-01-01T12:00:00@Europe/Paris\".time offset", "PT1H"},
        {"@\"2024-07-01T12:00:00@Asia/Shanghai\".time offset", "PT8H"},
        {"@\"1988-07-01T12:00:00@Asia/Shanghai\".time offset", "PT9H"}, /* summer time of 1986 to 1991 */
        {"@\"2724-07-01T12:00:00@Europe/Paris\".time offset", "PT2H"},  /* beyond the table: the rule */
        {"@\"2724-01-01T12:00:00@Australia/Melbourne\".time offset", "PT11H"},
        {"@\"12:00:00@Europe/Paris\".time offset", "PT1H"},
        {"@\"2024-03-31T01:30:00@Europe/Paris\" + @\"PT1H\"", "2024-03-31T03:30:00@Europe/Paris"},
        {"@\"2024-10-27T02:30:00@Europe/Paris\".time offset", "PT2H"}, /* the first of two */
        {"@\"2024-03-31T02:30:00@Europe/Paris\".time offset", "PT1H"}, /* a time that is skipped */
        {"@\"2024-07-01T12:00:00@Europe/Paris\" = @\"2024-07-01T18:00:00+08:00\"", "true"},
        {"@\"2024-07-01T12:00:00@Asia/Kolkata\" - @\"2024-07-01T12:00:00Z\"", "-PT5H30M"},
        {"@\"2024-07-01T12:00:00@Europe/Paris\".timezone", "Europe/Paris"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void local_and_zoned_never_meet(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"@\"2024-07-01T12:00:00\" < @\"2024-07-01T13:00:00Z\"", "null"},
        {"@\"12:00:00\" = @\"12:00:00Z\"", "false"},
        {"@\"2024-07-01T12:00:00\" - @\"2024-07-01T12:00:00Z\"", "null"},
        {"@\"2024-07-02T00:00:00Z\" - @\"2024-07-01\"", "P1D"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void a_time_of_day_goes_round_midnight(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"@\"23:30:00\" + @\"PT1H\"", "00:30:00"},     {"@\"00:30:00\" - @\"PT1H\"", "23:30:00"},
        {"@\"00:00:00\" - @\"PT0.5S\"", "23:59:59.5"}, {"@\"10:00:00\" + @\"-P3DT1H\"", "09:00:00"},
        {"@\"00:30:00\" - @\"23:30:00\"", "-PT23H"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void the_calendar_counts_as_iso_8601_does(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"day of week(@\"2026-11-23\")", "Monday"},
        {"@\"2026-11-22\".weekday", "7"},
        {"week of year(@\"2026-01-01\")", "1"},
        {"week of year(@\"2027-01-01\")", "53"},
        {"week of year(@\"2024-12-30\")", "1"},
        {"day of year(@\"2024-12-31\")", "366"},
        {"month of year(@\"2026-11-23T10:00:00\")", "November"},
        {"@\"-0001-12-31\".weekday", "5"}, /* the 31st of December of the year before year 0 */
    };
    CHECK_EXPRESSIONS(cases);
}

static void now_is_the_one_reading_of_the_evaluation(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"now()", "2026-11-23T17:30:15.25+08:00"},
        {"today()", "2026-11-23"},
        {"now() - now()", "PT0S"},
        {"now(1)", "null"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void temporal_values_are_made_of_parts(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"time(10, 5, 1.25)", "10:05:01.25"},
        {"time(10, 5, 59.9999999999)", "10:05:59.999999999"},
        {"time(10, 5, 60)", "null"},
        {"time(10, 5, 0, @\"PT8H\")", "10:05:00+08:00"},
        {"time(10, 5, 0, @\"PT19H\")", "null"},
        {"date(2024, 2, 30)", "null"},
        {"date(2024.5, 2, 3)", "null"},
        {"date and time(2024, 2, 29, 8, 0, 0)", "2024-02-29T08:00:00"},
        {"date and time(2024, 2, 29, 8, 0, 0, @\"PT8H\")", "2024-02-29T08:00:00+08:00"},
        {"date and time(2024, 2, 29, 8, 0, 0, \"Asia/Shanghai\")", "2024-02-29T08:00:00@Asia/Shanghai"},
        {"date and time(2024, 2, 29, 8, 0, 0, \"Asia/Nowhere\")", "null"},
        {"date and time(date: @\"2024-02-29\", time: @\"08:00:00Z\")", "2024-02-29T08:00:00Z"},
    };
    CHECK_EXPRESSIONS(cases);
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_date_and_its_day_number_belong_together),
        cmocka_unit_test(every_day_of_four_hundred_years_follows_the_one_before),
        cmocka_unit_test(the_first_and_last_years_are_known),
        cmocka_unit_test(what_is_no_date_or_time_is_null),
        cmocka_unit_test(durations_have_one_written_form),
        cmocka_unit_test(months_end_where_the_shorter_month_ends),
        cmocka_unit_test(a_zone_has_its_summer_and_its_winter),
        cmocka_unit_test(local_and_zoned_never_meet),
        cmocka_unit_test(a_time_of_day_goes_round_midnight),
        cmocka_unit_test(the_calendar_counts_as_iso_8601_does),
        cmocka_unit_test(now_is_the_one_reading_of_the_evaluation),
        cmocka_unit_test(temporal_values_are_made_of_parts),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
