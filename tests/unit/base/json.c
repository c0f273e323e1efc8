/* Cases follow RFC 8259; expected values are written by hand. */
#include "base/json.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <string.h>
#include <cmocka.h>

static gx_arena arena;

static int set_up(void **state)
{
    (void)state;
    arena = gx_arena_of(GX_LIMIT_REQUEST_BYTES);
    return 0;
}

static int tear_down(void **state)
{
    (void)state;
    gx_arena_release(&arena);
    return 0;
}

static gx_json *parse(const char *source, gx_error *error)
{
    return gx_json_parse(&arena, gx_text_of(source), GX_TEXT("in.json"), error);
}

typedef struct bad_case {
    const char *source, *code;
    int32_t line, column;
} bad_case;

static const bad_case bad_cases[] = {
    {"", "json.end", 1, 1},
    {"{\"a\":1", "json.end", 1, 7},
    {"[1,2", "json.end", 1, 5},
    {"[1 2]", "json.syntax", 1, 4},
    {"{\"a\" 1}", "json.syntax", 1, 6},
    {"{\n \"a\":1,\n \"a\":2}", "json.duplicate", 3, 2},
    {"01", "json.number", 1, 1},
    {"-", "json.number", 1, 1},
    {"1.", "json.number", 1, 1},
    {"1e", "json.number", 1, 1},
    {"+1", "json.number", 1, 1},
    {"nul", "json.syntax", 1, 1},
    {"1 1", "json.trailing", 1, 3},
    {"\"\\x\"", "json.escape", 1, 3},
    {"\"\\u12g4\"", "json.escape", 1, 4},
    {"\"\\ud800\"", "json.surrogate", 1, 2},
    {"\"\\ud800\\u0041\"", "json.surrogate", 1, 2},
    {"\"a\nb\"", "json.control", 1, 3},
    {"\"\xc0\xaf\"", "json.utf8", 1, 2},
    {"\"\xed\xa0\x80\"", "json.utf8", 1, 2},
    {"[1,]", "json.syntax", 1, 4},
    {"{,}", "json.syntax", 1, 2},
    {"'a'", "json.syntax", 1, 1},
};

static void malformed_text_is_refused_with_its_place(void **state)
{
    (void)state;
    for (size_t i = 0; i < GX_COUNT_OF(bad_cases); i++) {
        gx_error error = {0};
        assert_null(parse(bad_cases[i].source, &error));
        if (strcmp(error.code, bad_cases[i].code) != 0 || error.line != bad_cases[i].line || error.column != bad_cases[i].column)
            fail_msg("%s: %s at %d:%d", bad_cases[i].source, error.code, error.line, error.column);
    }
}

static void every_digit_survives_reading_and_writing(void **state)
{
    (void)state;
    const char *source = "{\"a\":0.1000000000000000000000000000000001,\"b\":-12345678901234567890123456789012345,"
                         "\"c\":1e400,\"d\":[true,false,null,\"\\\"\\\\\\n\xE9\xAB\x98\"]}";
    gx_error error = {0};
    gx_json *value = parse(source, &error);
    assert_non_null(value);
    gx_text written = gx_json_to_text(&arena, value);
    assert_string_equal(written.bytes, source);
}

static void escapes_are_decoded(void **state)
{
    (void)state;
    gx_error error = {0};
    gx_json *value = parse("\"\\u4e2d\\ud83d\\ude00\\/\\b\\f\\r\\t\"", &error);
    assert_non_null(value);
    assert_string_equal(value->text.bytes, "\xE4\xB8\xAD\xF0\x9F\x98\x80/\b\f\r\t");
}

static void nesting_deeper_than_the_limit_is_refused_and_at_the_limit_accepted(void **state)
{
    (void)state;
    gx_error error = {0};
    char text[3 * GX_LIMIT_JSON_DEPTH];
    for (size_t depth = GX_LIMIT_JSON_DEPTH; depth <= GX_LIMIT_JSON_DEPTH + 1; depth++) {
        memset(text, '[', depth);
        memset(text + depth, ']', depth);
        text[2 * depth] = 0;
        gx_json *value = parse(text, &error);
        assert_true((value != NULL) == (depth == GX_LIMIT_JSON_DEPTH));
    }
    assert_string_equal(error.code, "json.depth");
    gx_buffer deep = gx_buffer_in(&arena);
    for (int i = 0; i < 1000000; i++)
        gx_buffer_byte(&deep, '[');
    assert_null(gx_json_parse(&arena, gx_buffer_as_text(&deep), GX_TEXT(""), &error));
}

static void duplicates_are_found_in_long_objects_in_linear_time(void **state)
{
    (void)state;
    gx_buffer source = gx_buffer_in(&arena);
    gx_buffer_byte(&source, '{');
    for (int i = 0; i < 50000; i++)
        gx_buffer_format(&source, "\"m%d\":%d,", i, i);
    gx_buffer_string(&source, "\"m49999\":0}");
    gx_error error = {0};
    assert_null(gx_json_parse(&arena, gx_buffer_as_text(&source), GX_TEXT(""), &error));
    assert_string_equal(error.code, "json.duplicate");
    assert_string_equal(error.parts[0], "m49999");
}

static void a_number_of_a_million_digits_is_refused(void **state)
{
    (void)state;
    gx_buffer source = gx_buffer_in(&arena);
    for (int i = 0; i < 1000000; i++)
        gx_buffer_byte(&source, '9');
    gx_error error = {0};
    assert_null(gx_json_parse(&arena, gx_buffer_as_text(&source), GX_TEXT(""), &error));
    assert_string_equal(error.code, "json.number");
}

static void members_are_read_by_path_and_changed_in_place(void **state)
{
    (void)state;
    gx_error error = {0};
    gx_json *value = parse("{\"project\":{\"buildings\":[{\"name\":\"A\"},{\"name\":\"B\"}]},\"n\":7}", &error);
    assert_string_equal(gx_json_text(gx_json_path(value, "project.buildings.1.name")).bytes, "B");
    assert_null(gx_json_path(value, "project.buildings.2.name"));
    assert_null(gx_json_path(value, "n.x"));
    assert_int_equal(gx_json_int_of(value, "n", 0), 7);
    gx_json_set_int(&arena, value, "n", 8);
    gx_json_set_text(&arena, value, "t", GX_TEXT("new"));
    gx_json_remove(value, "project");
    assert_string_equal(gx_json_to_text(&arena, value).bytes, "{\"n\":8,\"t\":\"new\"}");
    assert_int_equal(value->count, 2);
    gx_json_remove(value, "t");
    gx_json_set_bool(&arena, value, "b", true);
    assert_string_equal(gx_json_to_text(&arena, value).bytes, "{\"n\":8,\"b\":true}");
}

static void a_merge_patch_follows_rfc_7396(void **state)
{
    (void)state;
    gx_error error = {0};
    gx_json *target = parse("{\"a\":{\"b\":\"c\",\"d\":1},\"e\":[1]}", &error);
    gx_json *patch = parse("{\"a\":{\"b\":\"x\",\"d\":null},\"e\":[2,3],\"f\":{\"g\":null}}", &error);
    gx_json *merged = gx_json_merge(&arena, target, patch);
    assert_string_equal(gx_json_to_text(&arena, merged).bytes, "{\"a\":{\"b\":\"x\"},\"e\":[2,3],\"f\":{}}");
}

static void equality_ignores_the_order_of_members_and_trailing_zeros(void **state)
{
    (void)state;
    gx_error error = {0};
    assert_true(gx_json_equal(parse("{\"a\":1.50,\"b\":[1,2]}", &error), parse("{\"b\":[1,2],\"a\":1.5}", &error)));
    assert_true(gx_json_equal(parse("100", &error), parse("100.0", &error)));
    assert_false(gx_json_equal(parse("10", &error), parse("1", &error)));
    assert_false(gx_json_equal(parse("[1,2]", &error), parse("[2,1]", &error)));
    assert_false(gx_json_equal(parse("{\"a\":null}", &error), parse("{\"b\":null}", &error)));
}

static void the_canonical_form_sorts_members_at_every_level(void **state)
{
    (void)state;
    gx_error error = {0};
    gx_buffer buffer = gx_buffer_in(&arena);
    gx_json_write_canonical(&buffer, parse("{\"b\":{\"z\":1,\"y\":[{\"q\":1,\"p\":2}]},\"a\":\"x\"}", &error));
    assert_string_equal(gx_buffer_as_text(&buffer).bytes, "{\"a\":\"x\",\"b\":{\"y\":[{\"p\":2,\"q\":1}],\"z\":1}}");
}

static void the_row_writer_places_commas(void **state)
{
    (void)state;
    gx_buffer buffer = gx_buffer_in(&arena);
    gx_json_out out = gx_json_out_to(&buffer);
    gx_json_out_begin(&out, '{');
    gx_json_out_name(&out, "items");
    gx_json_out_begin(&out, '[');
    for (int i = 0; i < 2; i++) {
        gx_json_out_begin(&out, '{');
        gx_json_out_member_int(&out, "i", i);
        gx_json_out_member_text(&out, "t", GX_TEXT("\x01"));
        gx_json_out_end(&out, '}');
    }
    gx_json_out_end(&out, ']');
    gx_json_out_member_bool(&out, "more", false);
    gx_json_out_end(&out, '}');
    assert_string_equal(gx_buffer_as_text(&buffer).bytes,
                        "{\"items\":[{\"i\":0,\"t\":\"\\u0001\"},{\"i\":1,\"t\":\"\\u0001\"}],\"more\":false}");
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(malformed_text_is_refused_with_its_place),
        cmocka_unit_test(every_digit_survives_reading_and_writing),
        cmocka_unit_test(escapes_are_decoded),
        cmocka_unit_test(nesting_deeper_than_the_limit_is_refused_and_at_the_limit_accepted),
        cmocka_unit_test(duplicates_are_found_in_long_objects_in_linear_time),
        cmocka_unit_test(a_number_of_a_million_digits_is_refused),
        cmocka_unit_test(members_are_read_by_path_and_changed_in_place),
        cmocka_unit_test(a_merge_patch_follows_rfc_7396),
        cmocka_unit_test(equality_ignores_the_order_of_members_and_trailing_zeros),
        cmocka_unit_test(the_canonical_form_sorts_members_at_every_level),
        cmocka_unit_test(the_row_writer_places_commas),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("json", tests, set_up, tear_down);
}
