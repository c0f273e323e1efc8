/* Tables of expressions and the text of their values, for the tests of FEEL. */
#ifndef TESTS_UNIT_FEEL_EXPRESSIONS_H
#define TESTS_UNIT_FEEL_EXPRESSIONS_H

#include "base/limits.h"
#include "feel/feel.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <cmocka.h>

typedef struct expression_case {
    const char *source;
    const char *expected; /* as gx_value_to_text gives it; "null" for null */
} expression_case;

typedef struct expression_run {
    gx_arena *arena;
    const expression_case *test;
    char got[2000];
} expression_run;

/* Evaluated at 2026-11-23T09:30:15.250Z, told in the offset of Asia/Shanghai. */
static bool evaluate_expression(void *context)
{
    expression_run *run = context;
    gx_error error = {0};
    gx_feel_budget budget = {.has_now = true, .now = INT64_C(1795426215250), .now_offset = 8 * 3600};
    gx_feel *feel = gx_feel_compile(run->arena, gx_text_of(run->test->source), NULL, &error);
    gx_value value;
    if (!feel || !gx_feel_evaluate(run->arena, feel, gx_value_null(), &budget, &value, &error)) {
        gx_error_write(&error, GX_LANGUAGE_EN, run->got, sizeof run->got);
        return true;
    }
    snprintf(run->got, sizeof run->got, "%.*s", GX_PRINT(gx_value_to_text(run->arena, value)));
    return true;
}

static inline void check_expressions(const expression_case *cases, size_t count)
{
    int failures = 0;
    for (size_t i = 0; i < count; i++) {
        gx_arena arena = gx_arena_of(GX_LIMIT_EVALUATION_BYTES);
        expression_run run = {.arena = &arena, .test = &cases[i]};
        gx_error error = {0};
        if (!gx_arena_guard(&arena, evaluate_expression, &run, &error))
            gx_error_write(&error, GX_LANGUAGE_EN, run.got, sizeof run.got);
        if (!gx_text_equal(gx_text_of(run.got), gx_text_of(cases[i].expected))) {
            print_error("%s\n  is       %s\n  expected %s\n", cases[i].source, run.got, cases[i].expected);
            failures++;
        }
        gx_arena_release(&arena);
    }
    assert_int_equal(failures, 0);
}

#define CHECK_EXPRESSIONS(cases) check_expressions((cases), GX_COUNT_OF(cases))

#endif
