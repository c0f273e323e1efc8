/* feel/code.h: compiled FEEL, for src/feel only.
 *
 * A gx_code is one function body or one whole expression: words of 32 bits, an opcode in the low 8 and an
 * operand in the upper 24 (some instructions take a second word). It runs on a frame of values: first the
 * locals (parameters, iteration variables, context entries), then the working stack, whose greatest depth is
 * known, so that no instruction checks for room.
 *
 *     GLOBAL 0            the value of options.names[0]
 *     COMPARE_K '<' 3     against constant 3, without pushing it
 *     JUMP_UNLESS +4
 *
 * Names are resolved when compiling: to a local, a captured value, a slot of the input, or (open expressions)
 * a look-up by name. Inside a filter a name may also be a member of the item, which only the running program
 * can tell: FIND_MEMBER tries that first. A closure copies what it uses when it is made: values are
 * immutable, so a copy is as good as the variable. */
#ifndef GX_FEEL_CODE_H
#define GX_FEEL_CODE_H

#include "feel/ast.h"
#include "feel/function.h"

/* clang-format off */
#define GX_FEEL_OPS(OP)                                                                                                \
    OP(RETURN)        /* the top is the answer */                                                                      \
    OP(CONSTANT)      /* push constants[n] */                                                                          \
    OP(INTEGER)       /* push n, signed */                                                                             \
    OP(GLOBAL)        /* push the input's slot n */                                                                    \
    OP(GLOBAL_MEMBER) /* push member of slot n; second word: name */                                                   \
    OP(NAME)          /* push the context's value of names[n] */                                                       \
    OP(INPUT)         /* push `?` */                                                                                   \
    OP(LOCAL)         /* push local n */                                                                               \
    OP(STORE)         /* pop into local n */                                                                           \
    OP(CAPTURED)      /* push captured value n */                                                                      \
    OP(SELF)          /* push the running function */                                                                  \
    OP(BUILTIN)       /* push the function value of constants[n] */                                                    \
    OP(FIND_MEMBER)   /* top is an item: if it has member names[n], replace and jump by the second word; else pop */   \
    OP(MEMBER)        /* top.names[n] */                                                                               \
    OP(ADD)                                                                                                            \
    OP(SUBTRACT)                                                                                                       \
    OP(MULTIPLY)                                                                                                       \
    OP(DIVIDE)                                                                                                         \
    OP(POWER)                                                                                                          \
    OP(NEGATE)                                                                                                         \
    OP(COMPARE)       /* n: the operator's character */                                                                \
    OP(COMPARE_K)     /* n: the operator's character; second word: constant */                                         \
    OP(BETWEEN)                                                                                                        \
    OP(AND_SKIP)      /* if the top is false: jump by n, keeping it */                                                 \
    OP(AND)                                                                                                            \
    OP(OR_SKIP)       /* if the top is true: jump by n, keeping it */                                                  \
    OP(OR)                                                                                                             \
    OP(JUMP)                                                                                                           \
    OP(JUMP_UNLESS)   /* pop; unless it is true: jump by n */                                                          \
    OP(LIST)          /* the n values on top as a list */                                                              \
    OP(CONTEXT)       /* the locals from the second word on as shapes[n] */                                            \
    OP(RANGE)         /* n: bit 0 start, bit 1 end included */                                                         \
    OP(TEST)          /* n: the operator's character: top as the range that it tests */                                \
    OP(MATCH_ANY)     /* value, n tests */                                                                             \
    OP(CELL)          /* a test's result against `?`; n 1: the test reads `?` itself, 2: it is constant */             \
    OP(NOT)                                                                                                            \
    OP(INSTANCE)      /* top instance of types[n] */                                                                   \
    OP(FILTER)        /* pop the source; begin in locals n, n+1 (state, item) */                                       \
    OP(FILTER_COMPARE) /* the whole of `[name op constant and ...]` where every item has the members: n: comparisons; for each of \
                          them words: operator, name, constant; last word: distance to jump by when it is done; otherwise nothing \
                          happens */                                                                                   \
    OP(FILTER_NEXT)   /* next item of n, or jump by the second word */                                                 \
    OP(FILTER_TEST)   /* pop the condition; jump back by the second word unless the filter is decided */               \
    OP(FILTER_END)    /* push the result of n */                                                                       \
    OP(ITERATE)       /* pop the source; begin in locals n, n+1 (state, variable); second word: results */             \
    OP(SPAN)          /* pop two ends; as ITERATE */                                                                   \
    OP(NEXT)          /* next item of n, or jump by the second word */                                                 \
    OP(LOOP)          /* jump back by n */                                                                             \
    OP(COLLECT)       /* begin in local n; second word 0: results, 1: verdict of some, 2: verdict of every */          \
    OP(KEEP)          /* pop into the results of n */                                                                  \
    OP(PARTIAL)       /* push the results of n so far */                                                               \
    OP(RESULTS)       /* push the results of n; null when a source was no list */                                      \
    OP(QUANTIFY)      /* pop a condition into the verdict in local n; when decided: jump by the second word */         \
    OP(CLOSURE)       /* a function value from protos[n] */                                                            \
    OP(CALL)          /* function, n arguments */                                                                      \
    OP(CALL_NAMED)    /* function, arguments as shapes[n] */                                                           \
    OP(CALL_BUILTIN)  /* calls[n] with its arguments on top */
/* clang-format on */

typedef enum gx_op {
#define OP(name) GX_OP_##name,
    GX_FEEL_OPS(OP)
#undef OP
        GX_OP_COUNT
} gx_op;

typedef struct gx_code_name {
    gx_text text;
    uint32_t hash;
} gx_code_name;

/* The names of a context literal or of named arguments. */
typedef struct gx_shape {
    const gx_text *names;
    uint32_t count;
} gx_shape;

/* A call of a built-in by name: the overloads that its number or names of arguments fit. */
typedef struct gx_call_row {
    const gx_builtin *row;
    const int16_t *
        order; /* named arguments: for each parameter the argument's index, -1 not given; NULL: as they are */
    uint32_t count; /* of arguments after ordering */
} gx_call_row;
typedef struct gx_builtin_call {
    const gx_builtin *first;
    const gx_call_row *rows;
    uint32_t row_count;
    uint32_t argument_count;
} gx_builtin_call;

typedef enum gx_capture_from {
    GX_FROM_LOCAL,
    GX_FROM_CAPTURED,
    GX_FROM_GLOBAL,
    GX_FROM_SELF
} gx_capture_from;
typedef struct gx_capture {
    gx_capture_from from;
    uint32_t index;
} gx_capture;

struct gx_code {
    const uint32_t *words;
    const uint32_t *places; /* per word: byte offset in the source */
    uint32_t word_count;
    uint32_t local_count, stack_size;
    const gx_value *constants;
    const gx_code_name *names;
    const gx_type *const *types;
    const gx_shape *shapes;
    const gx_builtin_call *calls;
    const gx_function *const *protos; /* closures to be made here, without their captures */
    const gx_capture *captures;       /* of this function, from the frame in which it is made */
    uint32_t capture_count;
    const gx_feel *feel;
};

struct gx_feel {
    gx_text source;
    gx_place place;
    gx_feel_source_kind kind;
    const gx_code *code;
    const gx_text *globals;        /* options.names */
    const uint32_t *global_hashes; /* as contexts hash them */
    uint32_t global_count;
    bool is_constant;
    gx_value constant;
    const gx_text *free_names;
    uint32_t free_count;
    const gx_feel_test_list *tests; /* unary tests that are all constant, or NULL */
};

/* What a running evaluation shares between its frames. */
typedef struct gx_stack {
    struct gx_stack *next, *before;
    gx_value *end;
    gx_value values[];
} gx_stack;

struct gx_feel_vm {
    gx_feel_call call; /* what functions are given; its arena and budget are those of this evaluation */
    gx_feel_budget budget;
    int64_t steps_left;
    uint32_t depth;
    bool has_failed;
    gx_error *error;
    gx_feel_notes *notes;
    const gx_code *code; /* running, for places in notes */
    uint32_t word;
    gx_value *top, *end; /* free part of the stack */
    gx_stack *stack, *first_stack;
    struct gx_regex_cache *regexes; /* feel/regex.h */
};

typedef struct gx_frame_input {
    const gx_value *slots; /* or NULL */
    gx_value context, input;
    const gx_value *captures;
    const gx_function *self;
} gx_frame_input;

/* Runs code with `count` locals already given. */
gx_value gx_vm_run(gx_feel_vm *vm, const gx_code *code, const gx_frame_input *input, const gx_value *locals,
                   uint32_t count);
void gx_vm_begin(gx_feel_vm *vm, gx_arena *arena, const gx_feel_budget *budget, gx_feel_notes *notes,
                 gx_error *error, gx_value *stack, size_t stack_size);
/* Ends the evaluation in an error; always null. */
gx_value gx_vm_fail(gx_feel_vm *vm, const char *code, int64_t limit);

/* "number", "list", ...: for notes. */
static inline gx_text gx_value_kind_text(gx_value value)
{
    return gx_text_of(gx_kind_name((gx_kind)value.kind));
}

/* ---- loops.c: each takes the local that holds the state ---- */

void gx_loop_begin_filter(gx_feel_vm *vm, gx_value source, gx_value *state);
/* The next item; false at the end, or when the filter is decided. */
bool gx_loop_next_of_filter(gx_value *state, gx_value *item);
/* All items that pass `count` comparisons of three words (operator, name, constant) each. False, and nothing
 * done, when an item has not the members. */
enum { GX_FILTER_COMPARISONS = 4 };
bool gx_loop_filter_compare(gx_feel_vm *vm, const gx_code *code, const uint32_t *words, uint32_t count,
                            gx_value *source);
void gx_loop_judge(gx_feel_vm *vm, gx_value *state, gx_value condition);
gx_value gx_loop_end_filter(const gx_value *state);
/* mode 0: for, 1: some, 2: every. */
void gx_loop_begin_results(gx_feel_vm *vm, gx_value *state, uint32_t mode);
void gx_loop_begin_span(gx_feel_vm *vm, gx_value from, gx_value to, gx_value *state, gx_value *result_state);
void gx_loop_begin(gx_feel_vm *vm, gx_value source, gx_value *state, gx_value *result_state);
bool gx_loop_next(gx_value *state, gx_value *item);
/* False when the list would pass the budget. */
bool gx_loop_keep(gx_feel_vm *vm, gx_value *state, gx_value result);
gx_value gx_loop_partial(const gx_value *state);
/* True when the verdict of some or every is certain. */
bool gx_loop_quantify(gx_value *state, gx_value condition);
gx_value gx_loop_results(const gx_value *state);

/* `a op b`: the operators of GX_NODE_COMPARE. */
gx_value gx_vm_compare(gx_feel_vm *vm, char op, gx_value a, gx_value b);

/* Calls of built-ins (call.c). */
gx_value gx_call_builtin(gx_feel_vm *vm, const gx_builtin_call *call, const gx_value *arguments);
gx_value gx_call_function(gx_feel_vm *vm, gx_value function, const gx_value *arguments, uint32_t count);
gx_value gx_call_function_named(gx_feel_vm *vm, gx_value function, const gx_text *names,
                                const gx_value *arguments, uint32_t count);
/* The rows that fit the number (names NULL) or the names of arguments. */
gx_builtin_call gx_call_resolve(gx_arena *arena, const gx_builtin *first, uint32_t overloads,
                                const gx_text *names, uint32_t count);

/* value.name for any value (paths, DMN 1.5, 10.3.2.5): a member, a property, or for a list the list of its
 * items' members. */
gx_value gx_value_path(gx_feel_vm *vm, gx_value value, const gx_code_name *name);

#endif
