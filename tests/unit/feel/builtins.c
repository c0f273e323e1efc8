/* The built-in functions: cases beyond the public kit's, from the tables of DMN 1.5, 10.3.4, and its rules on
 * arguments. */
#include "expressions.h"
#include "feel/natives.h"

static void numbers_are_rounded_to_any_scale(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"decimal(2.5, 0)", "2"},
        {"decimal(3.5, 0)", "4"},
        {"decimal(1250, -2)", "1200"},
        {"decimal(0.12345678901234567890123456789012345, 40)", "0.1234567890123456789012345678901234"},
        {"round half up(-2.5, 0)", "-3"},
        {"round half down(-2.5, 0)", "-2"},
        {"round up(0.001, 2)", "0.01"},
        {"round down(-9.99, 1)", "-9.9"},
        {"floor(-0.1)", "-1"},
        {"ceiling(-0.9)", "0"},
        {"decimal(1, 6177)", "null"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void roots_powers_and_logarithms_have_34_digits(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"sqrt(2)", "1.414213562373095048801688724209698"},
        {"sqrt(0.0625)", "0.25"},
        {"exp(1)", "2.718281828459045235360287471352662"},
        {"log(10)", "2.302585092994045684017991454684364"},
        {"2 ** 0.5", "1.414213562373095048801688724209698"},
        {"sqrt(-0.01)", "null"},
        {"log(0)", "null"},
        {"exp(15000)", "null"},
        {"odd(3.5)", "false"},
        {"even(3.5)", "false"},
        {"even(-4.00)", "true"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void texts_become_numbers_with_the_separators_that_are_given(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"number(\"1.234,5\", \".\", \",\")", "1234.5"},
        {"number(\"1 234.5\", \" \", \".\")", "1234.5"},
        {"number(\"-1.5e3\", null, null)", "-1500"},
        {"number(\"1.2.3\", null, \".\")", "null"},
        {"number(\"1'234\", \"'\", \".\")", "null"},
        {"number(\"\", \",\", \".\")", "null"},
        {"number(from: \"12\", grouping separator: null, decimal separator: null)", "12"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void positions_in_strings_count_code_points(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"string length(\"高兴办\xf0\x9f\x90\x8e\")", "4"},
        {"substring(\"高兴办\", 2)", "兴办"},
        {"substring(\"高兴办\", -1)", "办"},
        {"substring(\"高兴办\", 2, 9)", "兴办"},
        {"substring(\"abc\", 0)", "null"},
        {"substring(\"abc\", 4)", "null"},
        {"substring(\"abc\", 1, 0)", "null"},
        {"substring(\"abc\", -4)", "null"},
        {"upper case(\"straße\")", "STRASSE"},
        {"lower case(\"ΑΣ\")", "ας"},
        {"substring before(\"高兴办\", \"兴\")", "高"},
        {"substring after(\"高兴办\", \"x\")", ""},
        {"starts with(\"高兴办\", \"高\") and ends with(\"高兴办\", \"办\")", "true"},
        {"string join([\"a\", null, \"b\"], \"-\")", "a-b"},
        {"string join([\"a\", 1])", "null"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void values_have_one_text(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"string(1.10)", "1.10"},
        {"string(10 ** 30)", "1000000000000000000000000000000"},
        {"string(-0.0)", "0.0"},
        {"string([1, \"a\", {b: null}])", "[1, \"a\", {b: null}]"},
        {"string(null)", "null"},
        {"string([1..2])", "[1..2]"},
        {"string(@\"2024-02-29\")", "2024-02-29"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void aggregates_take_a_list_or_its_items(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"[min(3, 1, 2), min([3, 1, 2]), max(\"b\", \"a\")]", "[1, 1, \"b\"]"},
        {"min([])", "null"},
        {"min(1, \"a\")", "null"},
        {"max(@\"2024-01-01\", @\"2024-02-01\")", "2024-02-01"},
        {"sum(0.1, 0.2)", "0.3"},
        {"sum([])", "null"},
        {"sum([1, null])", "null"},
        {"mean(1, 2)", "1.5"},
        {"median(4, 1, 3, 2)", "2.5"},
        {"median([])", "null"},
        {"mode(1, 2, 2.0, 1)", "[1, 2]"},
        {"stddev(2, 2, 2)", "0"},
        {"product(2, 3, 0.5)", "3.0"},
        {"all(true, null)", "null"},
        {"all(false, null)", "false"},
        {"any(true, null)", "true"},
        {"any([])", "false"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void lists_are_changed_into_new_lists(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"append([1], 2, [3])", "[1, 2, [3]]"},
        {"concatenate([1], [2], [])", "[1, 2]"},
        {"insert before([1, 3], 2, 2)", "[1, 2, 3]"},
        {"insert before([1, 3], -1, 2)", "[1, 2, 3]"},
        {"insert before([1, 3], 3, 2)", "null"},
        {"remove([1, 2, 3], -1)", "[1, 2]"},
        {"remove([1], 0)", "null"},
        {"sublist([1, 2, 3], -2)", "[2, 3]"},
        {"sublist([1, 2, 3], 2, 1)", "[2]"},
        {"sublist([1, 2, 3], 2, 3)", "null"},
        {"reverse([1, 2, 3])", "[3, 2, 1]"},
        {"index of([1, 2, 1, null], 1)", "[1, 3]"},
        {"index of([1, null], null)", "[2]"},
        {"union([1, 2], [2, 3.0], [3])", "[1, 2, 3.0]"},
        {"distinct values([1, 1.0, \"1\", null, null])", "[1, \"1\", null]"},
        {"flatten([1, [2, [3, []]], [[4]]])", "[1, 2, 3, 4]"},
        {"list contains([1, null], null)", "true"},
        {"list replace([1, 2, 3], function(item, new) item > 1, 0)", "[1, 0, 0]"},
        {"count(5)", "1"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void sorting_keeps_the_order_of_equals(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"sort([3, 1, 2], function(x, y) x < y)", "[1, 2, 3]"},
        {"for p in sort([{k: 1, v: \"a\"}, {k: 0, v: \"b\"}, {k: 1, v: \"c\"}, {k: 0, v: \"d\"}], "
         "function(x, y) x.k < y.k)"
         " return p.v",
         "[\"b\", \"d\", \"a\", \"c\"]"},
        {"sort(list: [2, 1], precedes: function(a, b) a < b)", "[1, 2]"},
        {"sort([2, 1], function(a) true)", "null"},
        {"sort([2, \"a\"], function(a, b) a < b)", "null"},
        {"sort([], function(a, b) a < b)", "[]"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void contexts_are_changed_into_new_contexts(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"get value({a: 1}, \"b\")", "null"},
        {"get entries({a: 1})", "[{key: \"a\", value: 1}]"},
        {"context([{key: \"a\", value: 1}, {key: \"a\", value: 1}])", "null"},
        {"context put({a: {b: 1}}, [\"a\", \"c\"], 2)", "{a: {b: 1, c: 2}}"},
        {"context put({}, [\"a\", \"b\"], 2)", "null"},
        {"context merge([{a: 1, b: 1}, {b: 2}])", "{a: 1, b: 2}"},
        {"is(1, 1.0)", "true"},
        {"is(@\"12:00:00Z\", @\"13:00:00+01:00\")", "false"},
        {"is([1], [1, 2])", "false"},
        {"not(not(true))", "true"},
        {"not(1)", "null"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void relations_of_ranges_follow_table_78(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"before([1..5], (5..8])", "true"},
        {"before([1..5], [5..8])", "false"},
        {"before(1, [1..2])", "false"},
        {"before(1, (1..2])", "true"},
        {"after([5..8], [1..5))", "true"},
        {"meets([1..5], [5..8])", "true"},
        {"meets([1..5), [5..8])", "false"},
        {"met by([5..8], [1..5])", "true"},
        {"overlaps([1..5], [5..8])", "true"},
        {"overlaps([1..5), [5..8])", "false"},
        {"overlaps before([1..5], (1..8])", "true"},
        {"overlaps after([4..8], [1..5])", "true"},
        {"finishes([5..10], [1..10])", "true"},
        {"finishes(10, [1..10))", "false"},
        {"finished by([1..10], 10)", "true"},
        {"includes([1..10], [1..10))", "true"},
        {"during([1..10], [1..10))", "false"},
        {"starts((1..5], (1..10])", "true"},
        {"started by([1..10], 1)", "true"},
        {"coincides([1..5], [1..5.0])", "true"},
        {"includes((< 5), [1..4])", "true"},
        {"before((< 5), 5)", "true"},
        {"overlaps([1..5], [\"a\"..\"b\"])", "null"},
        {"before(1, \"a\")", "null"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void a_range_can_be_read_from_its_text(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"range(\"(1.5 .. 2]\") = (1.5..2]", "true"},
        {"range(\"(..2]\") = (<= 2)", "false"}, /* an end left open is not an end that was never there */
        {"3 in range(\"[1..)\")", "true"},
        {"range(\"[1..2\")", "null"},
        {"range(\"[2..1]\")", "null"},
        {"range(\"[1..\\\"a\\\"]\")", "null"},
        {"range(\"[-2..-1]\") = [-2..-1]", "true"},
        {"range(\"[time(\\\"2024-01-01\\\")..@\\\"10:00:00\\\"]\")", "null"},
    };
    CHECK_EXPRESSIONS(cases);
}

static void wrong_arguments_are_null(void **state)
{
    (void)state;
    static const expression_case cases[] = {
        {"abs()", "null"},
        {"abs(1, 2)", "null"},
        {"abs(x: 1)", "null"},
        {"abs(n: -1)", "1"},
        {"abs([-1])", "1"},
        {"substring(string: \"abc\", start position: 2, length: null)", "bc"},
        {"contains(match: \"b\", string: \"abc\")", "true"},
    };
    CHECK_EXPRESSIONS(cases);
}

typedef struct native_run {
    gx_arena *arena;
    bool is_found, is_missed, is_host;
} native_run;

static gx_value answer(gx_feel_call *call, const gx_function *self, const gx_value *arguments, size_t count)
{
    (void)call, (void)self, (void)arguments, (void)count;
    return gx_value_int(42);
}

static gx_value mapping_of(gx_arena *arena, const char *class_name, const char *signature)
{
    gx_context_builder java = gx_context_begin(arena, 2), mapping = gx_context_begin(arena, 1);
    gx_context_set(&java, GX_TEXT("class"), gx_value_text(gx_text_of(class_name)));
    gx_context_set(&java, GX_TEXT("method signature"), gx_value_text(gx_text_of(signature)));
    gx_context_set(&mapping, GX_TEXT("java"), gx_context_end(&java));
    return gx_context_end(&mapping);
}

static bool look_up_natives(void *context)
{
    native_run *run = context;
    static const gx_native rows[] = {{"zone.Answers", "answer(int)", answer},
                                     {"java.lang.Math", "cos(double)", answer}};
    gx_natives host = {rows, GX_COUNT_OF(rows)};
    gx_value known = mapping_of(run->arena, "java.lang.Math", "max( double, double )");
    gx_value own = mapping_of(run->arena, "java.lang.Math", "cos(double)");
    gx_value unknown = mapping_of(run->arena, "java.lang.Runtime", "exec(java.lang.String)");
    run->is_found = gx_native_find(NULL, run->arena, known, 2).kind == GX_FUNCTION;
    run->is_missed = gx_native_find(&host, run->arena, unknown, 1).kind == GX_NULL;
    gx_value found = gx_native_find(&host, run->arena, own, 1);
    run->is_host = found.kind == GX_FUNCTION && found.function->native == answer;
    return true;
}

static void external_functions_are_found_by_class_and_signature(void **state)
{
    (void)state;
    gx_arena arena = gx_arena_of(GX_MIB);
    native_run run = {.arena = &arena};
    gx_error error = {0};
    assert_true(gx_arena_guard(&arena, look_up_natives, &run, &error));
    assert_true(run.is_found);
    assert_true(run.is_missed);
    assert_true(run.is_host);
    gx_arena_release(&arena);
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    static const struct CMUnitTest tests[] = {
        cmocka_unit_test(numbers_are_rounded_to_any_scale),
        cmocka_unit_test(roots_powers_and_logarithms_have_34_digits),
        cmocka_unit_test(texts_become_numbers_with_the_separators_that_are_given),
        cmocka_unit_test(positions_in_strings_count_code_points),
        cmocka_unit_test(values_have_one_text),
        cmocka_unit_test(aggregates_take_a_list_or_its_items),
        cmocka_unit_test(lists_are_changed_into_new_lists),
        cmocka_unit_test(sorting_keeps_the_order_of_equals),
        cmocka_unit_test(contexts_are_changed_into_new_contexts),
        cmocka_unit_test(relations_of_ranges_follow_table_78),
        cmocka_unit_test(a_range_can_be_read_from_its_text),
        cmocka_unit_test(wrong_arguments_are_null),
        cmocka_unit_test(external_functions_are_found_by_class_and_signature),
    };
    return cmocka_run_group_tests(tests, NULL, NULL);
}
