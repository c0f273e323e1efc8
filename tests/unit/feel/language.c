/* The language as a whole: cases in language.cases, tests.cases and errors.cases; budgets here. */
#include "feel/feel.h"
#include "cases.h"

#include <string.h>

static const gx_text names[] = {GX_TEXT("monthly income"), GX_TEXT("first-name"), GX_TEXT("a-b"),
                                GX_TEXT("in stock"),       GX_TEXT("people"),     GX_TEXT("days in weekend"),
                                GX_TEXT("高度"),           GX_TEXT("f")};
static const char context_source[] =
    "{\"monthly income\": 100, \"first-name\": \"Li\", \"a-b\": 7, \"in stock\": true, \"高度\": 24,"
    " \"people\": [{\"name\": \"Li\", \"age\": 20}, {\"name\": \"Wang\", \"age\": 40}], \"days in weekend\": "
    "[\"sat\", \"sun\"]}";

static gx_value given(gx_arena *arena)
{
    gx_json *json = gx_json_parse(arena, gx_text_of(context_source), GX_TEXT(""), NULL);
    return gx_value_from_json(arena, json);
}

static gx_feel *compiled(gx_arena *arena, gx_text source, gx_feel_source_kind kind, bool is_closed,
                         gx_error *error)
{
    gx_feel_options options = {
        .kind = kind, .names = names, .name_count = GX_COUNT_OF(names), .is_closed = is_closed};
    return gx_feel_compile(arena, source, &options, error);
}

static gx_value value_of(gx_arena *arena, gx_text source, int line)
{
    gx_error error = {0};
    gx_value value = gx_value_null();
    gx_feel *feel = compiled(arena, source, GX_FEEL_EXPRESSION, false, &error);
    if (!feel || !gx_feel_evaluate(arena, feel, given(arena), NULL, &value, &error))
        fail_msg("line %d: %.*s: %s", line, GX_PRINT(source), error.code);
    return value;
}

static void check_expression(gx_arena *arena, const gx_text *parts, size_t count, int line)
{
    assert_int_equal(count, 2);
    if (parts[1].bytes[0] == '!') {
        gx_error error = {0};
        assert_null(compiled(arena, parts[0], GX_FEEL_EXPRESSION, false, &error));
        assert_string_equal(error.code, gx_copy_string(arena, gx_text_slice(parts[1], 1, parts[1].size)));
        return;
    }
    gx_value actual = value_of(arena, parts[0], line), expected = value_of(arena, parts[1], line);
    if (!gx_value_same(actual, expected))
        fail_msg("line %d: %.*s is %s", line, GX_PRINT(parts[0]), gx_value_to_text(arena, actual).bytes);
}

static void check_test(gx_arena *arena, const gx_text *parts, size_t count, int line)
{
    gx_error error = {0};
    gx_value actual;
    assert_int_equal(count, 3);
    gx_feel *tests = compiled(arena, parts[0], GX_FEEL_UNARY_TESTS, false, &error);
    if (!tests)
        fail_msg("line %d: %s", line, error.code);
    assert_true(
        gx_feel_test(arena, tests, value_of(arena, parts[1], line), given(arena), NULL, &actual, &error));
    if (!gx_value_same(actual, value_of(arena, parts[2], line)))
        fail_msg("line %d: %.*s is %s", line, GX_PRINT(parts[0]), gx_value_to_text(arena, actual).bytes);
}

static void check_error(gx_arena *arena, const gx_text *parts, size_t count, int line)
{
    gx_error error = {0};
    assert_int_equal(count, 2);
    if (compiled(arena, parts[0], GX_FEEL_EXPRESSION, true, &error))
        fail_msg("line %d: %.*s compiles", line, GX_PRINT(parts[0]));
    gx_text found = gx_format(arena, "%s %d:%d", error.code, error.line, error.column);
    if (!gx_text_starts_with(parts[1], found))
        fail_msg("line %d: %.*s", line, GX_PRINT(found));
    gx_text suggestion = gx_text_trim(gx_text_slice(parts[1], found.size, parts[1].size));
    if (suggestion.size && !gx_text_equal(suggestion, gx_text_of(error.parts[1])))
        fail_msg("line %d: part 2 is %s", line, error.parts[1]);
}

static void expressions_mean_what_the_standard_says(void **state)
{
    (void)state;
    run_cases("language.cases", check_expression);
}

static void unary_tests_mean_what_the_standard_says(void **state)
{
    (void)state;
    run_cases("tests.cases", check_test);
}

static void errors_have_a_place_and_a_suggestion(void **state)
{
    (void)state;
    run_cases("errors.cases", check_error);
}

/* ---- Budgets ---- */

typedef struct hungry {
    gx_arena arena;
    const char *source;
    gx_feel_budget budget;
    gx_error error;
} hungry;

static bool eat(void *context)
{
    hungry *h = context;
    gx_value answer;
    gx_feel *feel = gx_feel_compile(&h->arena, gx_text_of(h->source), NULL, &h->error);
    return feel && gx_feel_evaluate(&h->arena, feel, gx_value_null(), &h->budget, &answer, &h->error);
}

static void assert_ends_with(const char *source, const char *code)
{
    hungry h = {.arena = gx_arena_of(64 * GX_MIB), .source = source};
    assert_false(gx_arena_guard(&h.arena, eat, &h, &h.error));
    assert_string_equal(h.error.code, code);
    gx_arena_release(&h.arena);
}

static void greedy_expressions_end_in_an_error(void **state)
{
    (void)state;
    assert_ends_with("for a in 1..100000, b in 1..100000 return a * b", "feel.budget.steps");
    assert_ends_with("{f: function(x) f(x + 1), r: f(0)}.r", "feel.budget.depth");
    assert_ends_with("some a in 1..100000000 satisfies a < 0", "feel.budget.steps");
}

static void deep_nesting_ends_in_an_error(void **state)
{
    static char deep[20001];
    (void)state;
    memset(deep, '(', 20000);
    assert_ends_with(deep, "feel.depth");
    memset(deep, '-', 20000);
    assert_ends_with(deep, "feel.depth");
    memset(deep, '[', 20000);
    assert_ends_with(deep, "feel.depth");
}

static void the_free_names_of_an_expression_are_known(void **state)
{
    (void)state;
    gx_arena arena = gx_arena_of(GX_MIB);
    gx_error error = {0};
    size_t count;
    gx_feel *feel =
        compiled(&arena, GX_TEXT("for x in people return x.age + monthly income + count([x]) + a-b.z"),
                 GX_FEEL_EXPRESSION, true, &error);
    const gx_text *found = gx_feel_names(feel, &count);
    assert_int_equal(count, 3);
    assert_true(gx_text_equal(found[0], GX_TEXT("people")));
    assert_true(gx_text_equal(found[1], GX_TEXT("monthly income")));
    assert_true(gx_text_equal(found[2], GX_TEXT("a-b.z")));
    found = gx_feel_names(gx_feel_compile(&arena, GX_TEXT("case.days > limit"), NULL, NULL), &count);
    assert_int_equal(count, 2);
    assert_true(gx_text_equal(found[0], GX_TEXT("case.days")));
    assert_true(gx_text_equal(found[1], GX_TEXT("limit")));
    gx_arena_release(&arena);
}

static void constants_are_found_when_compiling(void **state)
{
    (void)state;
    gx_arena arena = gx_arena_of(GX_MIB);
    gx_value value;
    gx_feel *feel = gx_feel_compile(&arena, GX_TEXT("date(\"2024-01-01\").year + 2 * 3"), NULL, NULL);
    assert_true(gx_feel_constant(feel, &value));
    assert_true(gx_value_same(value, gx_value_int(2030)));
    assert_false(gx_feel_constant(gx_feel_compile(&arena, GX_TEXT("today()"), NULL, NULL), NULL));
    gx_arena_release(&arena);
}

static void json_numbers_keep_every_digit(void **state)
{
    (void)state;
    gx_arena arena = gx_arena_of(GX_MIB);
    static const char source[] =
        "{\"a\":1234567890123456789012345678901234,\"b\":0.10,\"c\":[true,null,\"中\"]}";
    gx_json *json = gx_json_parse(&arena, gx_text_of(source), GX_TEXT(""), NULL);
    gx_text again = gx_json_to_text(&arena, gx_value_to_json(&arena, gx_value_from_json(&arena, json)));
    assert_string_equal(again.bytes, source);
    gx_arena_release(&arena);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(expressions_mean_what_the_standard_says),
        cmocka_unit_test(unary_tests_mean_what_the_standard_says),
        cmocka_unit_test(errors_have_a_place_and_a_suggestion),
        cmocka_unit_test(greedy_expressions_end_in_an_error),
        cmocka_unit_test(deep_nesting_ends_in_an_error),
        cmocka_unit_test(the_free_names_of_an_expression_are_known),
        cmocka_unit_test(constants_are_found_when_compiling),
        cmocka_unit_test(json_numbers_keep_every_digit),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests(tests, NULL, NULL);
}
