/* A model as data: inputs with types and allowed values, flaws with their cells, JSON as values of the
 * declared types. */
#include "base/limits.h"
#include "dmn/describe.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static const char loans[] =
    "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' name='m' namespace='m' id='m'>"
    "<itemDefinition name='Grade'><typeRef>string</typeRef><allowedValues><text>\"A\", \"B\"</text>"
    "</allowedValues></itemDefinition>"
    "<itemDefinition name='Person'><itemComponent name='born'><typeRef>date</typeRef></itemComponent>"
    "<itemComponent name='stays' isCollection='true'><typeRef>yearMonthDuration</typeRef></itemComponent>"
    "</itemDefinition>"
    "<decision id='D' name='d'><variable name='d' typeRef='string'/>"
    "<informationRequirement><requiredInput href='#g'/></informationRequirement>"
    "<informationRequirement><requiredInput href='#p'/></informationRequirement>"
    "<informationRequirement><requiredInput href='#w'/></informationRequirement>"
    "<decisionTable id='T' hitPolicy='UNIQUE'>"
    "<input id='c1' label='Grade of the firm'><inputExpression><text>g</text></inputExpression></input>"
    "<input id='c2'><inputExpression typeRef='date'><text>w</text></inputExpression></input>"
    "<output id='o' name='o' typeRef='string'><outputValues><text>\"yes\", "
    "\"no\"</text></outputValues></output>"
    "<rule id='r1'><inputEntry><text>\"A\"</text></inputEntry>"
    "<inputEntry><text>&lt; date(\"2025-01-01\")</text></inputEntry>"
    "<outputEntry><text>\"yes\"</text></outputEntry></rule>"
    "<rule id='r2'><inputEntry><text>-</text></inputEntry>"
    "<inputEntry><text>[date(\"2024-01-01\")..date(\"2026-01-01\")]</text></inputEntry>"
    "<outputEntry><text>\"perhaps\"</text></outputEntry></rule>"
    "</decisionTable></decision>"
    "<inputData id='g' name='g'><variable name='g' typeRef='Grade'/></inputData>"
    "<inputData id='p' name='p'><variable name='p' typeRef='Person'/></inputData>"
    "<inputData id='w' name='w'/></definitions>";

typedef struct fixture {
    gx_arena *arena;
    const gx_dmn *dmn;
} fixture;

static void with_loans(bool (*run)(void *context))
{
    gx_arena arena = gx_arena_of(16 * GX_MIB);
    gx_error error = {0};
    fixture f = {.arena = &arena};
    assert_true(gx_arena_guard(&arena, run, &f, &error));
    gx_arena_release(&arena);
}

static bool read_loans(fixture *f)
{
    gx_findings findings = {0};
    gx_error error = {0};
    f->dmn = gx_dmn_read(f->arena, gx_text_of(loans), GX_TEXT("loans"), NULL, &findings, &error);
    assert_non_null(f->dmn);
    assert_int_equal(findings.errors, 0);
    gx_findings_release(&findings);
    return true;
}

static void assert_json(gx_arena *arena, const gx_json *json, const char *expected)
{
    char written[4096];
    gx_text text = gx_json_to_text(arena, json);
    snprintf(written, sizeof written, "%.*s", GX_PRINT(text));
    assert_string_equal(written, expected);
}

static bool inputs(void *context)
{
    fixture *f = context;
    read_loans(f);
    assert_json(
        f->arena, gx_dmn_describe_inputs(f->arena, f->dmn, GX_TEXT("d")),
        "[{\"name\":\"g\",\"label\":\"Grade of the firm\",\"type\":\"string\",\"allowed\":\"\\\"A\\\", "
        "\\\"B\\\"\",\"values\":[\"A\",\"B\"],\"suggested\":[\"A\"]},"
        "{\"name\":\"p\",\"label\":\"p\",\"type\":\"context\",\"allowed\":null,\"values\":null,\"fields\":["
        "{\"name\":\"born\",\"type\":\"date\",\"allowed\":null,\"values\":null,\"suggested\":[]},"
        "{\"name\":\"stays\",\"type\":\"list\",\"allowed\":null,\"values\":null,\"element\":"
        "{\"type\":\"years and months duration\",\"allowed\":null,\"values\":null},\"suggested\":[]}],"
        "\"suggested\":[]},"
        "{\"name\":\"w\",\"label\":\"w\",\"type\":\"date\",\"allowed\":null,\"values\":null,"
        "\"suggested\":[\"2025-01-01\",\"2024-01-01\",\"2026-01-01\"]}]");
    return true;
}

static void inputs_are_told_with_types_and_values(void **state)
{
    (void)state;
    with_loans(inputs);
}

static const char members_read[] =
    "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' name='m' namespace='m' id='m'>"
    "<decision id='D' name='d'><informationRequirement><requiredInput href='#site'/></informationRequirement>"
    "<decisionTable id='T' hitPolicy='FIRST'>"
    "<input id='c1' label='Area in ha'><inputExpression typeRef='number'><text>site.area</text>"
    "</inputExpression></input>"
    "<input id='c2'><inputExpression typeRef='date'><text>site.granted</text></inputExpression></input>"
    "<input id='c3'><inputExpression><text>site.area * 2</text></inputExpression></input>"
    "<output id='o' name='o'/>"
    "<rule id='r1'><inputEntry><text>&gt; 5</text></inputEntry><inputEntry><text>-</text></inputEntry>"
    "<inputEntry><text>-</text></inputEntry><outputEntry><text>\"large\"</text></outputEntry></rule>"
    "<rule id='r2'><inputEntry><text>-</text></inputEntry><inputEntry><text>-</text></inputEntry>"
    "<inputEntry><text>-</text></inputEntry><outputEntry><text>\"small\"</text></outputEntry></rule>"
    "<rule id='r3'><inputEntry><text>-</text></inputEntry><inputEntry><text>-</text></inputEntry>"
    "<inputEntry><text>-</text></inputEntry><outputEntry><text>\"large\"</text></outputEntry></rule>"
    "</decisionTable></decision><inputData id='site' name='site'/></definitions>";

static bool members(void *context)
{
    fixture *f = context;
    gx_findings findings = {0};
    gx_error error = {0};
    gx_value values;
    f->dmn = gx_dmn_read(f->arena, gx_text_of(members_read), GX_TEXT("sites"), NULL, &findings, &error);
    assert_non_null(f->dmn);
    gx_findings_release(&findings);
    assert_json(
        f->arena, gx_dmn_describe_inputs(f->arena, f->dmn, GX_TEXT("d")),
        "[{\"name\":\"site\",\"label\":\"site\",\"type\":\"context\",\"allowed\":null,\"values\":null,"
        "\"fields\":[{\"name\":\"area\",\"type\":\"number\",\"allowed\":null,\"values\":null,"
        "\"label\":\"Area in ha\",\"suggested\":[5]},{\"name\":\"granted\",\"type\":\"date\","
        "\"allowed\":null,\"values\":null,\"suggested\":[]}],\"suggested\":[]}]");
    gx_json *json =
        gx_json_parse(f->arena, GX_TEXT("{\"site\": {\"granted\": \"2026-01-02\"}}"), GX_TEXT(""), &error);
    assert_true(gx_dmn_inputs_from_json(f->arena, f->dmn, GX_TEXT("d"), json, GX_TEXT(""), &values, &error));
    assert_int_equal(gx_context_get(gx_context_get(values, GX_TEXT("site")), GX_TEXT("granted")).kind,
                     GX_DATE);
    const gx_json *table = gx_dmn_describe_tables(f->arena, f->dmn)->first;
    assert_json(f->arena, gx_json_get(gx_json_get(table, "outputs")->first, "values"),
                "[\"large\",\"small\"]");
    return true;
}

static void an_undeclared_input_has_the_members_that_columns_read(void **state)
{
    (void)state;
    with_loans(members);
}

static bool flaws(void *context)
{
    fixture *f = context;
    read_loans(f);
    gx_flaws found = gx_dmn_verify(f->arena, f->dmn);
    gx_json *json = gx_dmn_describe_flaws(f->arena, &found, GX_LANGUAGE_EN);
    bool has_overlap = false, has_output = false;
    for (const gx_json *flaw = json->first; flaw; flaw = flaw->next) {
        if (gx_text_equal(gx_json_text_of(flaw, "kind"), GX_TEXT("overlap"))) {
            has_overlap = true;
            assert_json(f->arena, gx_json_get(flaw, "ruleIds"), "[\"r1\",\"r2\"]");
            assert_json(f->arena, gx_json_get(flaw, "example"), "[\"A\",\"2024-01-01\"]");
        }
        if (gx_text_equal(gx_json_text_of(flaw, "kind"), GX_TEXT("output"))) {
            has_output = true;
            assert_json(f->arena, gx_json_get(flaw, "rules"), "[2]");
            assert_json(f->arena, gx_json_get(flaw, "column"),
                        "{\"of\":\"output\",\"index\":1,\"id\":\"o\"}");
        }
    }
    assert_true(has_overlap);
    assert_true(has_output);
    return true;
}

static void flaws_are_told_with_their_rules_columns_and_examples(void **state)
{
    (void)state;
    with_loans(flaws);
}

static bool conversions(void *context)
{
    fixture *f = context;
    gx_error error = {0};
    gx_value values;
    read_loans(f);
    const char *source = "{\"g\": \"A\", \"p\": {\"born\": \"2001-02-03\", \"stays\": [\"P1Y\", \"P2M\"]}, "
                         "\"w\": \"2024-12-31\", \"other\": \"2024-12-31\"}";
    gx_json *json = gx_json_parse(f->arena, gx_text_of(source), GX_TEXT(""), &error);
    assert_true(gx_dmn_inputs_from_json(f->arena, f->dmn, GX_TEXT("d"), json, GX_TEXT(""), &values, &error));
    gx_value person = gx_context_get(values, GX_TEXT("p"));
    assert_int_equal(gx_context_get(person, GX_TEXT("born")).kind, GX_DATE);
    assert_int_equal(gx_context_get(person, GX_TEXT("stays")).items[1].kind, GX_MONTHS_DURATION);
    assert_int_equal(gx_context_get(values, GX_TEXT("w")).kind, GX_DATE);
    assert_int_equal(gx_context_get(values, GX_TEXT("other")).kind, GX_STRING);
    json = gx_json_parse(f->arena, GX_TEXT("{\"p\": {\"stays\": [\"P1Y\", \"P2D\"]}}"), GX_TEXT(""), &error);
    assert_false(
        gx_dmn_inputs_from_json(f->arena, f->dmn, GX_TEXT("d"), json, GX_TEXT("/inputs"), &values, &error));
    assert_string_equal(error.code, "dmn.input.text");
    assert_string_equal(error.path, "/inputs/p/stays/1");
    return true;
}

static void texts_become_dates_where_dates_are_declared(void **state)
{
    (void)state;
    with_loans(conversions);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(inputs_are_told_with_types_and_values),
        cmocka_unit_test(an_undeclared_input_has_the_members_that_columns_read),
        cmocka_unit_test(flaws_are_told_with_their_rules_columns_and_examples),
        cmocka_unit_test(texts_become_dates_where_dates_are_declared),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
