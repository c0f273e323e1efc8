/* Explanations in both languages, and changes against brute force. */
#include "base/limits.h"
#include "dmn/explain.h"
#include "dmn/model.h"
#include "random_table.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <cmocka.h>

static const char subsidy[] =
    "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' name='subsidy' namespace='s' id='s'>"
    "<decision id='result' name='result'><variable name='result' typeRef='string'/>"
    "<informationRequirement><requiredInput href='#revenue'/></informationRequirement>"
    "<informationRequirement><requiredInput href='#kind'/></informationRequirement>"
    "<informationRequirement><requiredInput href='#staff'/></informationRequirement>"
    "<decisionTable hitPolicy='FIRST'>"
    "<input><inputExpression typeRef='number'><text>revenue</text></inputExpression></input>"
    "<input><inputExpression typeRef='string'><text>kind</text></inputExpression></input>"
    "<input><inputExpression typeRef='number'><text>staff</text></inputExpression></input>"
    "<output name='result' typeRef='string'/>"
    "<rule><inputEntry><text>>= 2000</text></inputEntry><inputEntry><text>\"new\"</text></inputEntry>"
    "<inputEntry><text>-</text></inputEntry><outputEntry><text>\"eligible\"</text></outputEntry></rule>"
    "<rule><inputEntry><text>-</text></inputEntry><inputEntry><text>not(\"new\")</text></inputEntry>"
    "<inputEntry><text>[100..500]</text></inputEntry><outputEntry><text>\"eligible\"</text></outputEntry></"
    "rule>"
    "<rule><inputEntry><text>&lt; 2000</text></inputEntry><inputEntry><text>\"new\"</text></inputEntry>"
    "<inputEntry><text>-</text></inputEntry><outputEntry><text>\"not eligible\"</text></outputEntry></rule>"
    "</decisionTable></decision>"
    "<inputData id='revenue' name='revenue'><variable name='revenue' typeRef='number'/></inputData>"
    "<inputData id='kind' name='kind'><variable name='kind' typeRef='string'/></inputData>"
    "<inputData id='staff' name='staff'><variable name='staff' typeRef='number'/></inputData></definitions>";

typedef struct explain_case {
    const char *inputs;
    const char *english, *chinese;
} explain_case;

static const explain_case explanations[] = {
    {"{\"revenue\": 1800, \"kind\": \"new\", \"staff\": 7}",
     "result = \"not eligible\"\nnot eligible because revenue 1,800 < 2,000 and kind is \"new\" (rule 3)\n",
     "result = \"not eligible\"\nnot eligible，因为 revenue 1,800 < 2,000，且 kind 为 \"new\"（规则 3）\n"},
    {"{\"revenue\": 1800, \"kind\": \"old\", \"staff\": 120}",
     "result = \"eligible\"\neligible because kind is \"old\", not \"new\" and staff 120 is within "
     "[100..500] (rule 2)\n",
     "result = \"eligible\"\neligible，因为 kind 为 \"old\"，不是 \"new\"，且 staff 120 在 [100..500] "
     "内（规则 2）\n"},
    {"{\"revenue\": 2500, \"kind\": \"old\", \"staff\": 7}",
     "result = null\nno rule applies\n"
     "rule 1 (eligible) does not apply because kind is \"old\", not \"new\"\n"
     "rule 2 (eligible) does not apply because staff 7 < 100\n"
     "rule 3 (not eligible) does not apply because revenue 2,500 >= 2,000 and kind is \"old\", not \"new\"\n",
     "result = null\n没有规则适用\n"
     "规则 1（eligible）不适用，因为 kind 为 \"old\"，不是 \"new\"\n"
     "规则 2（eligible）不适用，因为 staff 7 < 100\n"
     "规则 3（not eligible）不适用，因为 revenue 2,500 >= 2,000，且 kind 为 \"old\"，不是 \"new\"\n"},
    {"{\"kind\": \"new\"}",
     "result = null\nno rule applies\n"
     "rule 1 (eligible) does not apply because revenue is missing\n"
     "rule 3 (not eligible) does not apply because revenue is missing\n"
     "rule 2 (eligible) does not apply because kind is \"new\" and staff is missing\n",
     NULL},
};

typedef struct explain_run {
    gx_arena *arena;
    const explain_case *test;
} explain_run;

static const gx_dmn *read_subsidy(gx_arena *arena)
{
    gx_findings findings = {0};
    gx_error error = {0};
    const gx_dmn *dmn = gx_dmn_read(arena, gx_text_of(subsidy), GX_TEXT("subsidy"), NULL, &findings, &error);
    assert_non_null(dmn);
    assert_int_equal(findings.errors, 0);
    gx_findings_release(&findings);
    return dmn;
}

static gx_value inputs_of(gx_arena *arena, const char *json)
{
    gx_error error = {0};
    gx_json *parsed = gx_json_parse(arena, gx_text_of(json), GX_TEXT(""), &error);
    assert_non_null(parsed);
    return gx_value_from_json(arena, parsed);
}

/* What stands above the decision (its inputs) is not compared. */
static void assert_explained(gx_arena *arena, const gx_dmn_trace *trace, gx_language language,
                             const char *expected)
{
    gx_buffer text = gx_buffer_in(arena);
    gx_dmn_explain(&text, trace, language);
    gx_text whole = gx_buffer_as_text(&text);
    ptrdiff_t at = gx_text_find(whole, GX_TEXT("result = "));
    assert_true(at >= 0);
    assert_string_equal(whole.bytes + at, expected);
}

static bool explain(void *context)
{
    explain_run *run = context;
    gx_dmn_trace trace = {0};
    gx_value answer;
    gx_error error = {0};
    assert_true(gx_dmn_evaluate(run->arena, read_subsidy(run->arena), GX_TEXT("result"),
                                inputs_of(run->arena, run->test->inputs), NULL, &trace, &answer, &error));
    assert_explained(run->arena, &trace, GX_LANGUAGE_EN, run->test->english);
    if (run->test->chinese)
        assert_explained(run->arena, &trace, GX_LANGUAGE_ZH, run->test->chinese);
    gx_json *json = gx_dmn_explain_json(run->arena, &trace, GX_LANGUAGE_EN);
    gx_json *last = json->last;
    assert_true(gx_text_equal(gx_json_text_of(last, "name"), GX_TEXT("result")));
    assert_int_equal(gx_json_path(last, "tables.0.rules")->count, 3);
    return true;
}

static void a_decision_is_explained_in_both_languages(void **state)
{
    (void)state;
    for (size_t i = 0; i < GX_COUNT_OF(explanations); i++) {
        gx_arena arena = gx_arena_of(GX_LIMIT_EVALUATION_BYTES);
        explain_run run = {&arena, &explanations[i]};
        gx_error error = {0};
        assert_true(gx_arena_guard(&arena, explain, &run, &error));
        gx_arena_release(&arena);
    }
}

/* ---- Changes ---- */

static const struct {
    const char *inputs, *wanted, *expected; /* NULL: there is no way */
} changes[] = {
    {"{\"revenue\": 1800, \"kind\": \"new\", \"staff\": 120}", "\"eligible\"",
     "change revenue from 1,800 to 2,000\n"},
    {"{\"revenue\": 1800, \"kind\": \"old\", \"staff\": 7}", "\"eligible\"", "change staff from 7 to 100\n"},
    {"{\"kind\": \"new\", \"staff\": 7}", "\"eligible\"", "give revenue: 2,000\n"},
    {"{\"revenue\": 1800, \"kind\": \"new\", \"staff\": 7}", "\"forbidden\"", NULL},
};

static bool find_changes(void *context)
{
    gx_arena *arena = context;
    const gx_dmn *dmn = read_subsidy(arena);
    for (size_t i = 0; i < GX_COUNT_OF(changes); i++) {
        gx_dmn_changes found;
        bool is_found =
            gx_dmn_find_changes(arena, dmn, GX_TEXT("result"), inputs_of(arena, changes[i].inputs),
                                inputs_of(arena, changes[i].wanted), NULL, &found);
        assert_int_equal(is_found, changes[i].expected != NULL);
        if (!is_found)
            continue;
        gx_buffer text = gx_buffer_in(arena);
        gx_dmn_changes_write(&text, &found, GX_LANGUAGE_EN);
        assert_string_equal(gx_buffer_as_text(&text).bytes, changes[i].expected);
    }
    return true;
}

static void the_smallest_change_reaches_the_wanted_output(void **state)
{
    (void)state;
    gx_arena arena = gx_arena_of(GX_LIMIT_EVALUATION_BYTES);
    gx_error error = {0};
    assert_true(gx_arena_guard(&arena, find_changes, &arena, &error));
    gx_arena_release(&arena);
}

/* A decision over two tables: changes of inputs are found through the graph. */
static const char graph[] =
    "<definitions xmlns='https://www.omg.org/spec/DMN/20230324/MODEL/' name='g' namespace='g' id='g'>"
    "<inputData id='age' name='age'><variable name='age' typeRef='number'/></inputData>"
    "<inputData id='firm' name='firm'/>"
    "<decision id='adult' name='adult'><variable name='adult'/>"
    "<informationRequirement><requiredInput href='#age'/></informationRequirement>"
    "<decisionTable hitPolicy='UNIQUE'><input><inputExpression "
    "typeRef='number'><text>age</text></inputExpression>"
    "</input><output/><rule><inputEntry><text>&lt; "
    "18</text></inputEntry><outputEntry><text>false</text></outputEntry>"
    "</rule><rule><inputEntry><text>>= "
    "18</text></inputEntry><outputEntry><text>true</text></outputEntry></rule>"
    "</decisionTable></decision>"
    "<decision id='large' name='large'><variable name='large'/>"
    "<informationRequirement><requiredInput href='#firm'/></informationRequirement>"
    "<decisionTable hitPolicy='UNIQUE'><input><inputExpression typeRef='number'><text>firm.staff</text>"
    "</inputExpression></input><output/><rule><inputEntry><text>> "
    "100</text></inputEntry><outputEntry><text>true"
    "</text></outputEntry></rule><rule><inputEntry><text>&lt;= "
    "100</text></inputEntry><outputEntry><text>false</text>"
    "</outputEntry></rule></decisionTable></decision>"
    "<decision id='both' name='both'><variable name='both'/>"
    "<informationRequirement><requiredDecision href='#adult'/></informationRequirement>"
    "<informationRequirement><requiredDecision href='#large'/></informationRequirement>"
    "<literalExpression><text>if adult and large then \"yes\" else "
    "\"no\"</text></literalExpression></decision>"
    "</definitions>";

static const struct {
    const char *inputs, *wanted, *expected;
} graph_changes[] = {
    {"{\"age\": 20, \"firm\": {\"staff\": 7, \"name\": \"A\"}}", "\"yes\"",
     "change firm.staff from 7 to 101\n"},
    {"{\"age\": 3, \"firm\": {\"staff\": 7}}", "\"yes\"",
     "change age from 3 to 18\nchange firm.staff from 7 to 101\n"},
    {"{\"age\": 20, \"firm\": {\"staff\": 200}}", "\"no\"", "change age from 20 to 17\n"},
    {"{\"age\": 20, \"firm\": {\"staff\": 200}}", "\"yes\"", "it is so already; nothing needs to change\n"},
    {"{\"age\": 20, \"firm\": {\"staff\": 200}}", "\"perhaps\"", NULL},
};

static bool find_graph_changes(void *context)
{
    gx_arena *arena = context;
    gx_findings findings = {0};
    gx_error error = {0};
    const gx_dmn *dmn = gx_dmn_read(arena, gx_text_of(graph), GX_TEXT("graph"), NULL, &findings, &error);
    assert_non_null(dmn);
    assert_int_equal(findings.errors, 0);
    gx_findings_release(&findings);
    for (size_t i = 0; i < GX_COUNT_OF(graph_changes); i++) {
        gx_dmn_changes found;
        bool is_found =
            gx_dmn_find_changes(arena, dmn, GX_TEXT("both"), inputs_of(arena, graph_changes[i].inputs),
                                inputs_of(arena, graph_changes[i].wanted), NULL, &found);
        assert_int_equal(is_found, graph_changes[i].expected != NULL);
        if (!is_found)
            continue;
        gx_buffer text = gx_buffer_in(arena);
        gx_dmn_changes_write(&text, &found, GX_LANGUAGE_EN);
        assert_string_equal(gx_buffer_as_text(&text).bytes, graph_changes[i].expected);
    }
    return true;
}

static void changes_are_found_through_the_decisions_that_a_decision_requires(void **state)
{
    (void)state;
    gx_arena arena = gx_arena_of(GX_LIMIT_EVALUATION_BYTES);
    gx_error error = {0};
    assert_true(gx_arena_guard(&arena, find_graph_changes, &arena, &error));
    gx_arena_release(&arena);
}

/* ---- Brute force: every point of a grid that has one in each piece ---- */

enum { NUMBERS = 11, STRINGS = 7, BOOLEANS = 2, TABLES = 150 };

typedef struct change_run {
    random_table table;
    size_t found, missed;
} change_run;

static void point_of(int number, int string, int boolean, gx_value inputs[INPUTS])
{
    static const char *const strings[STRINGS] = {"", "a", "aa", "b", "bb", "c", "cc"};
    inputs[0] = gx_value_scaled((int64_t)(number - 1) * 5, 1); /* -0.5 to 4.5 */
    inputs[1] = gx_value_text(gx_text_of(strings[string]));
    inputs[2] = gx_value_boolean(boolean == 1);
}

static gx_value context_of(gx_arena *arena, const gx_value inputs[INPUTS])
{
    static const char *const names[INPUTS] = {"x0", "x1", "x2"};
    gx_context_builder context = gx_context_begin(arena, INPUTS);
    for (int i = 0; i < INPUTS; i++)
        gx_context_set(&context, gx_text_of(names[i]), inputs[i]);
    return gx_context_end(&context);
}

static gx_value evaluate(gx_arena *arena, const gx_dmn *dmn, const gx_value inputs[INPUTS])
{
    gx_value answer;
    gx_error error = {0};
    assert_true(
        gx_dmn_evaluate(arena, dmn, GX_TEXT("d"), context_of(arena, inputs), NULL, NULL, &answer, &error));
    return answer;
}

/* The fewest inputs in which a point with the wanted answer differs from the given one; INPUTS + 1 if there
 * is none. */
static size_t fewest_changes(gx_arena *arena, const gx_dmn *dmn, const gx_value from[INPUTS], gx_value wanted)
{
    size_t fewest = INPUTS + 1;
    for (int n = 0; n < NUMBERS; n++)
        for (int s = 0; s < STRINGS; s++)
            for (int b = 0; b < BOOLEANS; b++) {
                gx_value inputs[INPUTS];
                point_of(n, s, b, inputs);
                size_t count = 0;
                for (int i = 0; i < INPUTS; i++)
                    count += !gx_value_same(inputs[i], from[i]);
                if (count < fewest && gx_value_same(evaluate(arena, dmn, inputs), wanted))
                    fewest = count;
            }
    return fewest;
}

static bool check_changes(void *context)
{
    change_run *run = context;
    gx_arena *arena = run->table.arena;
    gx_findings findings = {0};
    gx_error error = {0};
    const gx_dmn *dmn =
        gx_dmn_read(arena, random_model(&run->table), GX_TEXT("random"), NULL, &findings, &error);
    assert_non_null(dmn);
    gx_findings_release(&findings);
    gx_value from[INPUTS];
    point_of((int)random_below(&run->table, NUMBERS), (int)random_below(&run->table, STRINGS),
             (int)random_below(&run->table, BOOLEANS), from);
    gx_value wanted = gx_value_int(random_below(&run->table, 3));
    if (gx_value_same(evaluate(arena, dmn, from), wanted))
        return true;
    size_t fewest = fewest_changes(arena, dmn, from, wanted);
    gx_dmn_changes found;
    bool is_found =
        gx_dmn_find_changes(arena, dmn, GX_TEXT("d"), context_of(arena, from), wanted, NULL, &found);
    assert_int_equal(is_found, fewest <= INPUTS);
    *(is_found ? &run->found : &run->missed) += 1;
    if (!is_found)
        return true;
    assert_int_equal(found.count, fewest);
    for (size_t i = 0; i < found.count; i++)
        from[found.items[i].input.bytes[1] - '0'] = found.items[i].to;
    assert_true(gx_value_same(evaluate(arena, dmn, from), wanted));
    return true;
}

static void changes_agree_with_brute_force(void **state)
{
    (void)state;
    static const char *const policies[] = {"UNIQUE", "ANY", "FIRST"};
    const char *seed = getenv("GX_SEED");
    change_run run = {.table.random = seed ? strtoull(seed, NULL, 10) : 20261123};
    print_message("# seed %llu\n", (unsigned long long)run.table.random);
    for (int i = 0; i < TABLES; i++) {
        gx_arena arena = gx_arena_of(GX_LIMIT_MODEL_BYTES);
        gx_error error = {0};
        run.table.arena = &arena;
        run.table.policy = policies[i % 3];
        run.table.rules = 1 + random_below(&run.table, 7);
        assert_true(gx_arena_guard(&arena, check_changes, &run, &error));
        gx_arena_release(&arena);
    }
    assert_true(run.found > 0 && run.missed > 0);
}

/* ---- Traces ---- */

static uint8_t state_of(gx_arena *arena, const gx_dmn_cell *cell, gx_value input)
{
    gx_error error = {0};
    gx_value verdict;
    gx_feel_options options = {.kind = GX_FEEL_UNARY_TESTS};
    const gx_feel *tests = gx_feel_compile(arena, gx_feel_source(cell->feel), &options, &error);
    assert_true(gx_feel_test(arena, tests, input, gx_value_null(), NULL, &verdict, &error));
    return gx_value_is_true(verdict)    ? GX_CELL_MATCHED
           : gx_value_is_false(verdict) ? GX_CELL_FAILED
                                        : GX_CELL_UNKNOWN;
}

static bool check_trace(void *context)
{
    change_run *run = context;
    gx_arena *arena = run->table.arena;
    gx_findings findings = {0};
    gx_error error = {0};
    const gx_dmn *dmn =
        gx_dmn_read(arena, random_model(&run->table), GX_TEXT("random"), NULL, &findings, &error);
    assert_non_null(dmn);
    gx_findings_release(&findings);
    for (int i = 0; i < 10; i++) {
        gx_value from[INPUTS], answer;
        gx_dmn_trace trace = {0};
        point_of((int)random_below(&run->table, NUMBERS), (int)random_below(&run->table, STRINGS),
                 (int)random_below(&run->table, BOOLEANS), from);
        from[random_below(&run->table, INPUTS)] =
            random_below(&run->table, 3) ? from[0] : gx_value_null(); /* null, and values of a wrong type */
        assert_true(gx_dmn_evaluate(arena, dmn, GX_TEXT("d"), context_of(arena, from), NULL, &trace, &answer,
                                    &error));
        assert_true(gx_value_same(answer, evaluate(arena, dmn, from))); /* with and without the index */
        const gx_dmn_table_trace *t = trace.last->tables;
        uint32_t matched = 0;
        for (uint32_t r = 0; r < t->table->rule_count; r++) {
            bool matches = true;
            for (uint32_t c = 0; c < INPUTS; c++) {
                size_t at = (size_t)r * INPUTS + c;
                assert_int_equal(t->cells[at], state_of(arena, &t->table->cells[at], t->inputs[c]));
                matches = matches && t->cells[at] == GX_CELL_MATCHED;
            }
            if (matches)
                assert_int_equal(t->matched[matched++], r);
        }
        assert_int_equal(matched, t->matched_count);
    }
    return true;
}

static void a_trace_says_of_each_cell_what_the_cell_alone_says(void **state)
{
    (void)state;
    static const char *const policies[] = {"UNIQUE", "ANY", "FIRST", "COLLECT", "RULE ORDER"};
    const char *seed = getenv("GX_SEED");
    change_run run = {.table.random = seed ? strtoull(seed, NULL, 10) : 20261124};
    print_message("# seed %llu\n", (unsigned long long)run.table.random);
    for (int i = 0; i < TABLES; i++) {
        gx_arena arena = gx_arena_of(GX_LIMIT_MODEL_BYTES);
        gx_error error = {0};
        run.table.arena = &arena;
        run.table.policy = policies[i % 5];
        run.table.rules = 1 + random_below(&run.table, 40);
        assert_true(gx_arena_guard(&arena, check_trace, &run, &error));
        gx_arena_release(&arena);
    }
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_decision_is_explained_in_both_languages),
        cmocka_unit_test(the_smallest_change_reaches_the_wanted_output),
        cmocka_unit_test(changes_are_found_through_the_decisions_that_a_decision_requires),
        cmocka_unit_test(changes_agree_with_brute_force),
        cmocka_unit_test(a_trace_says_of_each_cell_what_the_cell_alone_says),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
