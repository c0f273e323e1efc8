/* Decisions of policies.dmn against decisions.cases; findings and traces; random tables with and without
 * index. */
#include "dmn/dmn.h"
#include "../feel/cases.h"

#include <string.h>

static gx_arena model;
static const gx_dmn *dmn;

static gx_text file(gx_arena *arena, const char *name)
{
    static char path[1024];
    gx_text source = {0};
    gx_error error = {0};
    snprintf(path, sizeof path, "%s/%s", getenv("CASES"), name);
    assert_true(gx_file_read(arena, path, GX_MIB, &source, &error));
    return source;
}

static gx_value from_json(gx_arena *arena, gx_text source)
{
    gx_error error = {0};
    gx_json *json = gx_json_parse(arena, source, GX_TEXT(""), &error);
    assert_non_null(json);
    return gx_value_from_json(arena, json);
}

static int read_policies(void **state)
{
    gx_findings findings = {0};
    gx_error error = {0};
    (void)state;
    model = gx_arena_of(64 * GX_MIB);
    dmn = gx_dmn_read(&model, file(&model, "policies.dmn"), GX_TEXT("policies.dmn"), NULL, &findings, &error);
    assert_non_null(dmn);
    assert_int_equal(findings.errors, 0);
    gx_findings_release(&findings);
    return 0;
}

static int release_policies(void **state)
{
    (void)state;
    gx_arena_release(&model);
    return 0;
}

static void check_decision(gx_arena *arena, const gx_text *parts, size_t count, int line)
{
    gx_error error = {0};
    gx_value actual, traced, expected;
    gx_dmn_trace trace = {0};
    assert_int_equal(count, 3);
    gx_value inputs = from_json(arena, parts[1]);
    assert_true(gx_dmn_evaluate(arena, dmn, parts[0], inputs, NULL, NULL, &actual, &error));
    assert_true(gx_dmn_evaluate(arena, dmn, parts[0], inputs, NULL, &trace, &traced, &error));
    gx_feel *feel = gx_feel_compile(arena, parts[2], NULL, &error);
    assert_true(feel && gx_feel_evaluate(arena, feel, gx_value_null(), NULL, &expected, &error));
    if (!gx_value_same(actual, expected) || !gx_value_same(traced, expected))
        fail_msg("line %d: %.*s is %s", line, GX_PRINT(parts[0]), gx_value_to_text(arena, actual).bytes);
}

static void decisions_answer_as_the_standard_says(void **state)
{
    (void)state;
    run_cases("decisions.cases", check_decision);
}

static void a_service_is_called_with_its_parameters_only(void **state)
{
    (void)state;
    gx_arena arena = gx_arena_of(GX_MIB);
    gx_error error = {0};
    gx_value answer;
    gx_value inputs = from_json(&arena, GX_TEXT("{\"number given\": 3, \"doubled\": 100}"));
    assert_true(gx_dmn_call_service(&arena, dmn, GX_TEXT("service"), inputs, NULL, NULL, &answer, &error));
    assert_true(gx_value_same(answer, gx_value_int(7)));
    assert_true(gx_dmn_call_knowledge(&arena, dmn, GX_TEXT("factorial"),
                                      from_json(&arena, GX_TEXT("{\"n\": 5}")), NULL, NULL, &answer, &error));
    assert_true(gx_value_same(answer, gx_value_int(120)));
    assert_false(gx_dmn_evaluate(&arena, dmn, GX_TEXT("nothing"), inputs, NULL, NULL, &answer, &error));
    assert_string_equal(error.code, "dmn.unknown");
    gx_arena_release(&arena);
}

static void a_trace_tells_inputs_cells_and_rules(void **state)
{
    (void)state;
    gx_arena arena = gx_arena_of(GX_MIB);
    gx_error error = {0};
    gx_dmn_trace trace = {0};
    gx_value answer;
    assert_true(gx_dmn_evaluate(&arena, dmn, GX_TEXT("output order"),
                                from_json(&arena, GX_TEXT("{\"number given\": 18}")), NULL, &trace, &answer,
                                &error));
    assert_int_equal(trace.count, 1);
    const gx_dmn_table_trace *table = trace.first->tables;
    assert_true(gx_value_same(table->inputs[0], gx_value_int(18)));
    assert_int_equal(table->cells[0], GX_CELL_FAILED);
    assert_int_equal(table->cells[1], GX_CELL_MATCHED);
    assert_int_equal(table->cells[2], GX_CELL_MATCHED);
    assert_int_equal(table->matched_count, 2);
    assert_true(gx_value_same(table->result, answer));
    gx_arena_release(&arena);
}

static void the_inputs_of_a_decision_are_those_of_its_requirements(void **state)
{
    (void)state;
    gx_arena arena = gx_arena_of(GX_MIB);
    gx_dmn_item *items;
    assert_int_equal(gx_dmn_inputs_of(&arena, dmn, GX_TEXT("plus one"), &items), 1);
    assert_true(gx_text_equal(items[0].name, GX_TEXT("number given")));
    assert_int_equal(items[0].type->scalar, GX_NUMBER);
    gx_arena_release(&arena);
}

static void what_is_wrong_is_found_with_its_place(void **state)
{
    (void)state;
    static const char source[] =
        "<definitions xmlns='http://www.omg.org/spec/DMN/20151101/dmn.xsd' namespace='n' name='n'>\n"
        "<decision id='d' name='d'>\n"
        "<informationRequirement><requiredInput href='#none'/></informationRequirement>\n"
        "<literalExpression><text>1 + cuont([1])</text></literalExpression></decision>\n"
        "<inputData id='x' name='x'><variable name='x' typeRef='tNone'/></inputData>\n"
        "<decision id='e' name='e'><literalExpression "
        "expressionLanguage='juel'><text>1</text></literalExpression></decision>"
        "</definitions>";
    gx_arena arena = gx_arena_of(GX_MIB);
    gx_findings findings = {0};
    gx_error error = {0};
    gx_value answer;
    gx_dmn *bad = gx_dmn_read(&arena, gx_text_of(source), GX_TEXT("bad.dmn"), NULL, &findings, &error);
    assert_non_null(bad);
    assert_int_equal(findings.errors, 4);
    assert_string_equal(findings.items[0].error.code, "dmn.type.unknown");
    assert_string_equal(findings.items[1].error.code, "dmn.reference");
    assert_int_equal(findings.items[1].error.line, 3);
    assert_string_equal(findings.items[2].error.code, "feel.name.near");
    assert_string_equal(findings.items[2].error.parts[1], "count");
    assert_int_equal(findings.items[2].error.line, 4);
    assert_int_equal(findings.items[2].error.column, 30);
    assert_string_equal(findings.items[3].error.code, "dmn.language");
    assert_true(gx_dmn_evaluate(&arena, bad, GX_TEXT("d"), gx_value_null(), NULL, NULL, &answer, &error));
    assert_true(gx_value_is_null(answer));
    gx_findings_release(&findings);
    assert_null(gx_dmn_read(&arena, GX_TEXT("<a/>"), GX_TEXT("a.xml"), NULL, &findings, &error));
    assert_string_equal(error.code, "dmn.root");
    gx_arena_release(&arena);
}

/* ---- Random tables: the index against testing every cell (which is what a trace does) ---- */

static uint32_t seed = 12345;

static uint32_t next_random(uint32_t below)
{
    seed = seed * 1664525u + 1013904223u;
    return (seed >> 8) % below;
}

static void write_cell(gx_buffer *out, bool is_text)
{
    uint32_t a = next_random(12), b = a + next_random(6);
    static const char *const opens[] = {"[", "("}, *const closes[] = {"]", ")"};
    if (is_text) {
        static const char *const forms[] = {
            "-", "\"k%u\"", "not(\"k%u\")", "\"k%u\", \"k3\"", "? = \"k%u\"", "[\"k%u\"..\"k9\"]"};
        gx_buffer_format(out, forms[next_random(6)], a % 10);
        return;
    }
    switch (next_random(8)) {
    case 0: gx_buffer_string(out, "-"); break;
    case 1: gx_buffer_format(out, "%u", a); break;
    case 2: gx_buffer_format(out, "&lt; %u", a); break;
    case 3: gx_buffer_format(out, ">= %u.5", a); break;
    case 4: gx_buffer_format(out, "%s%u..%u%s", opens[next_random(2)], a, b, closes[next_random(2)]); break;
    case 5: gx_buffer_format(out, "%u, > %u", a, b); break;
    case 6: gx_buffer_format(out, "not(%u, &lt; %u)", b, a); break;
    default: gx_buffer_format(out, "? > %u", a); break;
    }
}

static gx_text random_table(gx_arena *arena, uint32_t rules)
{
    gx_buffer out = gx_buffer_in(arena);
    gx_buffer_string(
        &out,
        "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' namespace='n' name='n'>"
        "<inputData id='a' name='a'/><inputData id='b' name='b'/><decision id='d' name='d'>"
        "<informationRequirement><requiredInput href='#a'/></informationRequirement>"
        "<informationRequirement><requiredInput href='#b'/></informationRequirement>"
        "<decisionTable hitPolicy='COLLECT'><input><inputExpression><text>a</text></inputExpression></input>"
        "<input><inputExpression><text>b</text></inputExpression></input><output/>");
    for (uint32_t i = 0; i < rules; i++) {
        gx_buffer_string(&out, "<rule><inputEntry><text>");
        write_cell(&out, false);
        gx_buffer_string(&out, "</text></inputEntry><inputEntry><text>");
        write_cell(&out, true);
        gx_buffer_format(&out, "</text></inputEntry><outputEntry><text>%u</text></outputEntry></rule>", i);
    }
    gx_buffer_string(&out, "</decisionTable></decision></definitions>");
    return gx_buffer_as_text(&out);
}

static gx_text random_inputs(gx_arena *arena)
{
    static const char *const odd[] = {"null", "\"x\"", "true", "[1]"};
    gx_buffer out = gx_buffer_in(arena);
    if (next_random(10) == 0)
        gx_buffer_format(&out, "{\"a\":%s,", odd[next_random(4)]);
    else
        gx_buffer_format(&out, "{\"a\":%u%s,", next_random(18), next_random(3) ? "" : ".5");
    gx_buffer_format(&out, next_random(10) ? "\"b\":\"k%u\"}" : "\"b\":%u}", next_random(11));
    return gx_buffer_as_text(&out);
}

static void an_index_finds_the_same_rules_as_testing_all(void **state)
{
    (void)state;
    print_message("# seed %u\n", seed);
    for (int tables = 0; tables < 40; tables++) {
        gx_arena arena = gx_arena_of(64 * GX_MIB);
        gx_findings findings = {0};
        gx_error error = {0};
        gx_dmn *table = gx_dmn_read(&arena, random_table(&arena, 8 + next_random(40)), GX_TEXT("t"), NULL,
                                    &findings, &error);
        assert_non_null(table);
        assert_int_equal(findings.errors, 0);
        for (int i = 0; i < 50; i++) {
            gx_dmn_trace trace = {0};
            gx_value inputs = from_json(&arena, random_inputs(&arena)), fast, slow;
            assert_true(gx_dmn_evaluate(&arena, table, GX_TEXT("d"), inputs, NULL, NULL, &fast, &error));
            assert_true(gx_dmn_evaluate(&arena, table, GX_TEXT("d"), inputs, NULL, &trace, &slow, &error));
            if (!gx_value_same(fast, slow))
                fail_msg("%s: %s is not %s", gx_value_to_text(&arena, inputs).bytes,
                         gx_value_to_text(&arena, fast).bytes, gx_value_to_text(&arena, slow).bytes);
        }
        gx_arena_release(&arena);
    }
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(decisions_answer_as_the_standard_says),
        cmocka_unit_test(a_service_is_called_with_its_parameters_only),
        cmocka_unit_test(a_trace_tells_inputs_cells_and_rules),
        cmocka_unit_test(the_inputs_of_a_decision_are_those_of_its_requirements),
        cmocka_unit_test(what_is_wrong_is_found_with_its_place),
        cmocka_unit_test(an_index_finds_the_same_rules_as_testing_all),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, read_policies, release_policies);
}
