/* feel/function.h: function values from the inside, for the evaluator and for src/dmn, whose business
 * knowledge models and decision services are function values too. */
#ifndef GX_FEEL_FUNCTION_H
#define GX_FEEL_FUNCTION_H

#include "feel/type.h"

typedef struct gx_code gx_code;

typedef enum gx_function_kind {
    GX_FUNCTION_BUILTIN, /* `builtin` is the first of `overloads` rows */
    GX_FUNCTION_CLOSURE, /* compiled FEEL with what it captured */
    GX_FUNCTION_NATIVE, /* `native(call, arguments, count)` with `data`: all parameters given and converted */
} gx_function_kind;

/* `self` is the function value itself, whose `data` the native reads. */
typedef gx_value gx_native_function(gx_feel_call *call, const gx_function *self, const gx_value *arguments,
                                    size_t count);

struct gx_function {
    gx_function_kind kind;
    uint32_t parameter_count;
    gx_text name; /* for diagnostics; may be empty */
    const gx_text *parameter_names;
    const gx_type *const *parameter_types; /* NULL, or entries may be NULL: Any */
    const gx_type *result;                 /* NULL: Any */
    /* built-in */
    const gx_builtin *builtin;
    uint32_t overloads;
    /* closure */
    const gx_code *code;
    const gx_value *captures;
    gx_value context, input;
    /* native */
    gx_native_function *native;
    const void *data;
};

static inline gx_value gx_value_function(const gx_function *function)
{
    return (gx_value){.kind = GX_FUNCTION, .function = function};
}

/* Calls with named arguments (names in any order; missing ones are null). */
gx_value gx_feel_invoke_named(gx_feel_call *call, gx_value function, const gx_text *names,
                              const gx_value *arguments, size_t count);

/* Runs a compiled expression inside a running evaluation: its budget, notes and depth go on. Null when the
 * evaluation has failed; gx_feel_has_failed tells. */
gx_value gx_feel_nested(gx_feel_call *call, const gx_feel *feel, const gx_feel_input *input);
bool gx_feel_has_failed(const gx_feel_call *call);

/* The start of an evaluation that is not a single expression (a decision): runs `work` with a call whose
 * budget, notes and errors are those of one evaluation. False with `error` when the budget was used up. */
bool gx_feel_session(gx_arena *arena, const gx_feel_budget *budget, gx_feel_notes *notes,
                     void (*work)(gx_feel_call *call, void *context), void *context, gx_error *error);

/* The result of one unary test or table cell whose value is already known (DMN 1.5, 7.3.2 and 10.3.2.5):
 * equality, membership of a list or of a range. True, false or null. Allocates nothing. */
gx_value gx_feel_matches(gx_value input, gx_value test);

/* Unary tests of which all are constant: the form that a decision table can sort and hash. */
typedef struct gx_feel_test_list {
    const gx_value *values; /* to be met with gx_feel_matches */
    uint32_t count;
    bool is_negated; /* not(...) */
} gx_feel_test_list;
/* NULL when a test depends on more than the input value. The `-` of "any" is not a list; see
 * gx_feel_constant. */
const gx_feel_test_list *gx_feel_constant_tests(const gx_feel *feel);

/* Rows of built-ins by name: the first row and how many overloads follow it (they stand together). NULL if
 * there is none. */
const gx_builtin *gx_builtin_find(const gx_builtin *rows, size_t count, gx_text name, uint32_t *overloads);

#endif
