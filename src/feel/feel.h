/* feel/feel.h: FEEL expressions and unary tests (DMN 1.5, chapter 10.3 and annex on the grammar): compile
 * once, evaluate often.
 *
 * A compiled gx_feel is immutable and lives in the arena it was compiled into; any number of threads may
 * evaluate it, each with its own arena. Evaluation follows DMN: what has no meaning is null with a
 * diagnostic, never an error. Errors are for bad source (gx_feel_compile) and for a used-up budget
 * (gx_feel_evaluate). No function here reads a clock, a file or a global variable. Every call must run under
 * a gx_arena_guard of the arena it is given (base/arena.h). */
#ifndef GX_FEEL_FEEL_H
#define GX_FEEL_FEEL_H

#include "base/clock.h"
#include "base/limits.h"
#include "feel/value.h"

typedef struct gx_feel gx_feel;
typedef struct gx_type gx_type; /* feel/type.h */

typedef enum gx_feel_source_kind {
    GX_FEEL_EXPRESSION,
    GX_FEEL_UNARY_TESTS, /* `< 5, [10..20]`, `not("a")`, `-`; `?` is the input value */
} gx_feel_source_kind;

typedef struct gx_feel_options {
    gx_feel_source_kind kind;
    /* Names that the expression may read; they may hold spaces and operator characters. Longest match wins.
     */
    const gx_text *names;
    size_t name_count;
    /* Names of context members that may follow a dot or stand in a filter, and hold operator characters
     * ("first-name"). Names made of words alone need not be listed. */
    const gx_text *members;
    size_t member_count;
    /* A name that is not known: closed = an error with the nearest known name as a suggestion; open = looked
     * up in the context at run time, null if absent. */
    bool is_closed;
    bool has_item; /* the last of `names` is the item of a filter around the source: its members are names too
                    */
    /* Where the source begins, for errors; path may be empty, line 0 counts as line 1. */
    gx_place place;
    /* Host functions, found before the built-in ones of the same name. Must outlive the compiled expression.
     */
    const gx_builtin *functions;
    size_t function_count;
    /* Names used behind `instance of` and in parameter types that are not FEEL's own; NULL result: unknown.
     * May be NULL. */
    const gx_type *(*find_type)(void *context, gx_text name);
    void *find_type_context;
    /* The function that `external` asks for, whose mapping is a context such as {java: {class: ..., "method
     * signature": ...}}; a null value if there is none. May be NULL: then such functions are null when
     * called. */
    gx_value (*find_external)(void *context, gx_arena *model, gx_value mapping, size_t parameter_count);
    void *find_external_context;
} gx_feel_options;

/* Limits of one evaluation; a zero field means the default of base/limits.h. The memory limit is that of the
 * arena. */
struct gx_feel_budget {
    uint64_t steps;     /* instructions, and items that built-ins look at */
    uint32_t depth;     /* nested function calls */
    uint64_t list;      /* items of one list */
    uint64_t string;    /* bytes of one string */
    bool has_now;       /* without it now() and today() are null */
    gx_instant now;     /* one reading for the whole evaluation */
    int32_t now_offset; /* seconds east of UTC in which now() and today() are told; Asia/Shanghai is 28,800 */
};

/* The answer lives in `model`. NULL and an error with place for bad source. Options NULL: an open expression
 * without names. The names, members and functions of the options must live as long as the model. */
gx_feel *gx_feel_compile(gx_arena *model, gx_text source, const gx_feel_options *options, gx_error *error);

/* Names are looked up in `context` (a context or null). Budget NULL: defaults, no `now`. */
bool gx_feel_evaluate(gx_arena *arena, const gx_feel *feel, gx_value context, const gx_feel_budget *budget,
                      gx_value *answer, gx_error *error);

/* Unary tests against an input value; *answer is true, false or null. An expression may be passed too: it is
 * then compared as a test (DMN 1.5, 7.3.2). */
bool gx_feel_test(gx_arena *arena, const gx_feel *tests, gx_value input, gx_value context,
                  const gx_feel_budget *budget, gx_value *answer, gx_error *error);

/* The fast road: `slots[i]` is the value of `options.names[i]`, no look-up by name; `context` is for names
 * that are not known (may be null). For unary tests `input` is `?`. Diagnostics are added to `notes` if it is
 * not NULL. */
typedef struct gx_feel_notes {
    gx_error *items; /* in the evaluation's arena */
    size_t count, capacity;
    size_t most; /* further ones are dropped; 0 means 20 */
} gx_feel_notes;
typedef struct gx_feel_input {
    const gx_value *slots; /* NULL: names are looked up in `context` */
    gx_value context;
    gx_value input; /* `?` */
    gx_feel_notes *notes;
} gx_feel_input;
bool gx_feel_run(gx_arena *arena, const gx_feel *feel, const gx_feel_input *input,
                 const gx_feel_budget *budget, gx_value *answer, gx_error *error);

/* The free names that the expression reads, as dotted paths ("applicant.age"), each once; valid as long as
 * the model. */
const gx_text *gx_feel_names(const gx_feel *feel, size_t *count);
/* Whether the value is the same for every input; then *value (if not NULL) is it. */
bool gx_feel_constant(const gx_feel *feel, gx_value *value);
/* The source as it was given to gx_feel_compile. */
gx_text gx_feel_source(const gx_feel *feel);

/* The built-in functions, for completion and documentation. */
const gx_builtin *gx_feel_builtins(size_t *count);

/* The source line of an error with a caret under its column, two lines, for people at a terminal. */
void gx_feel_caret(gx_buffer *buffer, gx_text source, const gx_error *error, gx_place start);

#endif
