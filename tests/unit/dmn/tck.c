/* The runner of the conformance kit: how values are read and compared. */
#include "base/limits.h"
#include "dmn/tck.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

#define HEAD                                                                                                 \
    "<testCases xmlns='http://www.omg.org/spec/DMN/20160719/testcase' "                                      \
    "xmlns:xsi='http://www.w3.org/2001/XMLSchema-instance' xmlns:xsd='http://www.w3.org/2001/XMLSchema'>"    \
    "<modelName>m.dmn</modelName><testCase id='1'><inputNode name='x'>"
#define TAIL "</inputNode></testCase></testCases>"

typedef struct read_run {
    gx_arena *arena;
    const char *xml;
    gx_value value;
    bool is_read;
} read_run;

static bool read_input(void *context)
{
    read_run *run = context;
    gx_error error = {0};
    gx_text source = gx_format(run->arena, HEAD "%s" TAIL, run->xml);
    gx_tck_file *file = gx_tck_read(run->arena, source, GX_TEXT("test"), &error);
    run->is_read = file != NULL;
    if (file)
        run->value = gx_context_get(file->cases[0].inputs, GX_TEXT("x"));
    return true;
}

static const struct {
    const char *xml, *text; /* NULL: cannot be read */
} inputs[] = {
    {"<value xsi:type='xsd:decimal'> 1.50 </value>", "1.50"},
    {"<value xsi:type='xsd:double'>1E3</value>", "1000"},
    {"<value xsi:type='xsd:string'> a </value>", " a "},
    {"<value xsi:type='xsd:boolean'>true</value>", "true"},
    {"<value xsi:type='xsd:date'>2024-02-29</value>", "2024-02-29"},
    {"<value xsi:type='xsd:dateTime'>2024-02-29T08:00:00Z</value>", "2024-02-29T08:00:00Z"},
    {"<value xsi:type='xsd:duration'>P14M</value>", "P1Y2M"},
    {"<value xsi:type='xsd:duration'>PT36H</value>", "P1DT12H"},
    {"<value xsi:nil='true'/>", "null"},
    {"<value>12</value>", "12"},
    {"<value/>", "null"},
    {"<value>2024-02-29</value>", "2024-02-29"},
    {"<list><item><value xsi:type='xsd:decimal'>1</value></item><item xsi:nil='true'/></list>", "[1, null]"},
    {"<list/>", "[]"},
    {"<component name='a'><value xsi:type='xsd:string'>b</value></component>", "{a: \"b\"}"},
    {"", "null"},
    {"<value xsi:type='xsd:date'>2023-02-29</value>", NULL},
    {"<value xsi:type='xsd:decimal'>one</value>", NULL},
};

static void test_values_are_read_by_their_type(void **state)
{
    (void)state;
    for (size_t i = 0; i < GX_COUNT_OF(inputs); i++) {
        gx_arena arena = gx_arena_of(GX_MIB);
        gx_error error = {0};
        read_run run = {.arena = &arena, .xml = inputs[i].xml};
        assert_true(gx_arena_guard(&arena, read_input, &run, &error));
        assert_int_equal(run.is_read, inputs[i].text != NULL);
        if (run.is_read)
            assert_string_equal(gx_value_to_text(&arena, run.value).bytes, inputs[i].text);
        gx_arena_release(&arena);
    }
}

static bool compare_values(void *context)
{
    gx_arena *arena = context;
    gx_value one = gx_value_int(1), near = gx_value_scaled(1000000009, 9), far = gx_value_scaled(10000001, 7),
             z, utc;
    assert_true(gx_tck_equal(one, near));
    assert_false(gx_tck_equal(one, far));
    assert_false(gx_tck_equal(one, gx_value_text(GX_TEXT("1"))));
    assert_false(gx_tck_equal(gx_value_null(), one));
    assert_true(gx_tck_equal(gx_value_null(), gx_value_null()));
    assert_true(gx_temporal_parse_time(arena, GX_TEXT("10:00:00Z"), &z));
    assert_true(gx_temporal_parse_time(arena, GX_TEXT("10:00:00+00:00"), &utc));
    assert_true(gx_tck_equal(z, utc));
    gx_value months = gx_value_months_duration(12), days = gx_value_days_duration((int64_t)365 * 86400, 0);
    assert_false(gx_tck_equal(months, days));
    const gx_entry ab[] = {{GX_TEXT("a"), one}, {GX_TEXT("b"), far}},
                   ba[] = {{GX_TEXT("b"), far}, {GX_TEXT("a"), near}};
    assert_true(gx_tck_equal(gx_value_context(arena, ab, 2), gx_value_context(arena, ba, 2)));
    assert_false(gx_tck_equal(gx_value_context(arena, ab, 2), gx_value_context(arena, ba, 1)));
    const gx_value list[] = {one, far};
    assert_true(gx_tck_equal(gx_value_list(list, 2), gx_value_list(list, 2)));
    assert_false(gx_tck_equal(gx_value_list(list, 2), gx_value_list(list, 1)));
    return true;
}

static void values_are_compared_as_the_kit_prescribes(void **state)
{
    (void)state;
    gx_arena arena = gx_arena_of(GX_MIB);
    gx_error error = {0};
    assert_true(gx_arena_guard(&arena, compare_values, &arena, &error));
    gx_arena_release(&arena);
}

static bool run_without_model(void *context)
{
    gx_arena *arena = context;
    gx_tck_result result = {.name = GX_TEXT("d"), .is_error = true};
    gx_tck_case test = {.id = GX_TEXT("1"), .results = &result, .result_count = 1};
    gx_buffer reason = gx_buffer_in(arena);
    assert_false(gx_tck_run(arena, NULL, &test, NULL, &reason));
    assert_true(reason.size > 0);
    return true;
}

static void a_model_that_cannot_be_read_fails_even_where_an_error_is_expected(void **state)
{
    (void)state;
    gx_arena arena = gx_arena_of(GX_MIB);
    gx_error error = {0};
    assert_true(gx_arena_guard(&arena, run_without_model, &arena, &error));
    gx_arena_release(&arena);
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(test_values_are_read_by_their_type),
        cmocka_unit_test(values_are_compared_as_the_kit_prescribes),
        cmocka_unit_test(a_model_that_cannot_be_read_fails_even_where_an_error_is_expected),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
