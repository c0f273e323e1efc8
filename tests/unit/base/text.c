#include "base/clock.h"
#include "base/text.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static void utf8_is_valid_only_as_rfc_3629_says(void **state)
{
    (void)state;
    static const struct {
        const char *bytes;
        bool is_valid;
    } cases[] = {
        {"", true}, {"a", true}, {"\xC2\x80", true}, {"\xE9\xAB\x98", true}, {"\xF0\x9F\x98\x80", true}, {"\xF4\x8F\xBF\xBF", true},
        {"\xC0\x80", false}, {"\xC1\xBF", false}, {"\xE0\x9F\xBF", false}, {"\xED\xA0\x80", false}, {"\xF0\x8F\xBF\xBF", false},
        {"\xF4\x90\x80\x80", false}, {"\xF5\x80\x80\x80", false}, {"\x80", false}, {"\xE9\xAB", false}, {"\xFF", false},
    };
    for (size_t i = 0; i < GX_COUNT_OF(cases); i++)
        assert_int_equal(gx_utf8_is_valid(gx_text_of(cases[i].bytes)), cases[i].is_valid);
}

static void every_scalar_value_survives_encoding_and_decoding(void **state)
{
    (void)state;
    for (uint32_t point = 0; point <= 0x10FFFF; point++) {
        if (point >= 0xD800 && point <= 0xDFFF)
            continue;
        char bytes[4];
        gx_text text = {bytes, gx_utf8_encode(point, bytes)};
        size_t at = 0;
        if (!gx_utf8_is_valid(text) || gx_utf8_next(text, &at) != point || at != text.size)
            fail_msg("U+%04X", point);
    }
}

static void integers_are_read_to_the_edges_of_their_range(void **state)
{
    (void)state;
    int64_t number = 0;
    assert_true(gx_text_to_int(GX_TEXT("9223372036854775807"), &number) && number == INT64_MAX);
    assert_true(gx_text_to_int(GX_TEXT("-9223372036854775808"), &number) && number == INT64_MIN);
    assert_true(gx_text_to_int(GX_TEXT("+5"), &number) && number == 5);
    static const char *const bad[] = {"9223372036854775808", "-9223372036854775809", "", "-", "1 ", "1.0", "0x1"};
    for (size_t i = 0; i < GX_COUNT_OF(bad); i++)
        assert_false(gx_text_to_int(gx_text_of(bad[i]), &number));
}

static void texts_are_cut_trimmed_and_searched(void **state)
{
    (void)state;
    gx_text rest;
    assert_true(gx_text_equal(gx_text_cut(GX_TEXT("a.b.c"), '.', &rest), GX_TEXT("a")));
    assert_true(gx_text_equal(rest, GX_TEXT("b.c")));
    gx_text_cut(GX_TEXT("abc"), '.', &rest);
    assert_null(rest.bytes);
    assert_true(gx_text_equal(gx_text_trim(GX_TEXT(" \t x y \n")), GX_TEXT("x y")));
    assert_int_equal(gx_text_find(GX_TEXT("abcabc"), GX_TEXT("ca")), 2);
    assert_int_equal(gx_text_find(GX_TEXT("abc"), GX_TEXT("d")), -1);
    assert_true(gx_text_compare(GX_TEXT("ab"), GX_TEXT("abc")) < 0);
    assert_true(gx_text_starts_with(GX_TEXT("abc"), GX_TEXT("ab")) && gx_text_ends_with(GX_TEXT("abc"), GX_TEXT("bc")));
}

static void instants_are_written_in_the_zone_of_shanghai_and_read_back(void **state)
{
    (void)state;
    gx_instant instant = -1;
    char buffer[GX_INSTANT_SIZE];
    assert_true(gx_instant_parse(GX_TEXT("1970-01-01T00:00:00Z"), &instant) && instant == 0);
    assert_string_equal(gx_instant_write(0, buffer).bytes, "1970-01-01T08:00:00.000+08:00");
    assert_true(gx_instant_parse(GX_TEXT("2026-11-23T17:00:00.250+08:00"), &instant));
    assert_string_equal(gx_instant_write(instant, buffer).bytes, "2026-11-23T17:00:00.250+08:00");
    assert_true(gx_instant_parse(GX_TEXT("2024-02-29"), &instant));
    assert_string_equal(gx_instant_write(instant, buffer).bytes, "2024-02-29T00:00:00.000+08:00");
    static const char *const bad[] = {"2026-02-29", "2026-11-23T25:00:00Z", "2026-11-23T10:00", "2026-11-23T10:00:00", "x", ""};
    for (size_t i = 0; i < GX_COUNT_OF(bad); i++)
        assert_false(gx_instant_parse(gx_text_of(bad[i]), &instant));
}

static void random_ids_differ_and_sort_by_age(void **state)
{
    (void)state;
    char older[GX_ID_SIZE], newer[GX_ID_SIZE];
    gx_random_id(older);
    gx_clock_set_offset(5000);
    gx_random_id(newer);
    gx_clock_set_offset(0);
    assert_int_equal(strlen(older), 26);
    assert_true(strcmp(older, newer) < 0);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(utf8_is_valid_only_as_rfc_3629_says),
        cmocka_unit_test(every_scalar_value_survives_encoding_and_decoding),
        cmocka_unit_test(integers_are_read_to_the_edges_of_their_range),
        cmocka_unit_test(texts_are_cut_trimmed_and_searched),
        cmocka_unit_test(instants_are_written_in_the_zone_of_shanghai_and_read_back),
        cmocka_unit_test(random_ids_differ_and_sort_by_age),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("text", tests, NULL, NULL);
}
