/* gaoxing/gaoxing.h: libgaoxing, the decision engine of Gaoxing: FEEL and DMN (versions 1.1 to 1.5) for
 * programs in C and whatever can call C.
 *
 * Rules that hold for every function here:
 *   - No globals that change, no threads, no clock, no files. The one thing read from the system is its tz
 *     database, when a value names a time zone ("Europe/Paris").
 *   - Memory is an arena (gaoxing_arena). What a function makes lives in the arena it is given and ends with
 * it: nothing is freed by itself. An arena belongs to one thread at a time. When it is full the call that
 * filled it ends in the error "base.memory" and takes back what it had allocated; the arena goes on.
 *   - A compiled expression or model is immutable: any number of threads may evaluate it, each with an arena
 * of its own. Values are immutable too; they may refer to the arena (or model) they came from.
 *   - Texts are (pointer, size) in UTF-8. Those given are borrowed for the call; those returned live in the
 *     arena and end with a zero byte.
 *   - Errors: false or NULL, and *error is filled unless it is NULL. What has no meaning in FEEL is null, as
 *     DMN wants it, and no error.
 *   - Structs with a `size` field are set up with their _INIT macro; later versions add fields at the end.
 *
 * docs/embedding.md tells more; examples/ has two programs. */
#ifndef GAOXING_GAOXING_H
#define GAOXING_GAOXING_H

#include <stdbool.h>
#include <stddef.h>
#include <stdint.h>

#ifdef __cplusplus
extern "C" {
#endif

#if defined(__GNUC__)
#define GAOXING_API __attribute__((visibility("default")))
#else
#define GAOXING_API
#endif

/* Increases when a program that was compiled before would no longer run; the name of the shared library has
 * it. */
#define GAOXING_ABI 0
/* "0.1.0" */
GAOXING_API const char *gaoxing_version(void);

typedef struct gaoxing_text {
    const char *bytes;
    size_t size;
} gaoxing_text;

/* A text from a C string. */
GAOXING_API gaoxing_text gaoxing_text_of(const char *string);

/* ---- Memory ---- */

typedef struct gaoxing_arena gaoxing_arena;

/* Where an arena gets its memory from: blocks of 64 KiB and more. Must be thread-safe if arenas on several
 * threads share it. */
typedef struct gaoxing_allocator {
    size_t size;
    void *(*allocate)(void *context, size_t size); /* aligned to 16, or NULL when there is none */
    void (*release)(void *context, void *block, size_t size);
    void *context;
} gaoxing_allocator;
#define GAOXING_ALLOCATOR_INIT                                                                               \
    {                                                                                                        \
        sizeof(gaoxing_allocator), NULL, NULL, NULL                                                          \
    }

/* Holds up to `limit_bytes` (0: 64 MiB). Allocator NULL: malloc. NULL when there is no memory. */
GAOXING_API gaoxing_arena *gaoxing_arena_create(size_t limit_bytes, const gaoxing_allocator *allocator);
/* Forgets everything in it and keeps its first block: for one evaluation after the other. */
GAOXING_API void gaoxing_arena_reset(gaoxing_arena *arena);
GAOXING_API void gaoxing_arena_destroy(gaoxing_arena *arena); /* NULL is allowed */
/* Bytes taken from the allocator. */
GAOXING_API size_t gaoxing_arena_held(const gaoxing_arena *arena);

/* ---- Errors ---- */

typedef struct gaoxing_error {
    size_t size;
    const char *code;      /* "feel.unexpected"; static. docs/embedding.md says where the list is */
    int32_t line, column;  /* from 1; 0 if there is no place */
    char path[200];        /* of the source, as it was given */
    char zh[400], en[400]; /* the sentence */
    char caret[400]; /* for an error in FEEL source: its line and a caret below the column; else empty */
} gaoxing_error;
#define GAOXING_ERROR_INIT                                                                                   \
    {                                                                                                        \
        sizeof(gaoxing_error), NULL, 0, 0, "", "", "", ""                                                    \
    }

/* ---- Values (DMN 1.5, 10.3.2) ---- */

typedef enum gaoxing_kind {
    GAOXING_NULL,
    GAOXING_BOOLEAN,
    GAOXING_NUMBER, /* IEEE 754 decimal128: 34 digits */
    GAOXING_STRING,
    GAOXING_DATE,
    GAOXING_TIME,
    GAOXING_DATE_TIME,
    GAOXING_DAYS_DURATION,
    GAOXING_MONTHS_DURATION,
    GAOXING_LIST,
    GAOXING_CONTEXT,
    GAOXING_RANGE,
    GAOXING_FUNCTION,
} gaoxing_kind;

/* Passed by value. The fields are the library's own. */
typedef struct gaoxing_value {
    uint64_t own[2];
} gaoxing_value;

GAOXING_API gaoxing_value gaoxing_null(void);
GAOXING_API gaoxing_value gaoxing_boolean(bool boolean);
GAOXING_API gaoxing_value gaoxing_integer(int64_t number);
/* mantissa / 10^scale, 0 <= scale <= 18: 12.50 is (1250, 2). */
GAOXING_API gaoxing_value gaoxing_scaled(int64_t mantissa, int scale);
/* The functions below allocate; they give null when the arena is full. */
GAOXING_API gaoxing_value gaoxing_number(gaoxing_arena *arena,
                                         gaoxing_text digits); /* "1E+6"; null if it is none */
GAOXING_API gaoxing_value gaoxing_string(gaoxing_arena *arena,
                                         gaoxing_text text); /* null if it is no UTF-8 */
/* A date, time, date and time or duration in the form of ISO 8601; null if it is none. */
GAOXING_API gaoxing_value gaoxing_temporal(gaoxing_arena *arena, gaoxing_text text);
GAOXING_API gaoxing_value gaoxing_list(gaoxing_arena *arena, const gaoxing_value *items, size_t count);
/* A name that is given twice has its last value. */
GAOXING_API gaoxing_value gaoxing_context(gaoxing_arena *arena, const gaoxing_text *names,
                                          const gaoxing_value *values, size_t count);
/* Numbers keep their digits; objects become contexts. JSON has no dates: gaoxing_dmn_inputs makes them. */
GAOXING_API bool gaoxing_from_json(gaoxing_arena *arena, gaoxing_text json, gaoxing_value *value,
                                   gaoxing_error *error);
/* A copy that does not refer to the arena the value is in (functions still refer to their model). */
GAOXING_API gaoxing_value gaoxing_copy(gaoxing_arena *arena, gaoxing_value value);

GAOXING_API gaoxing_kind gaoxing_kind_of(gaoxing_value value);
GAOXING_API bool gaoxing_is_true(gaoxing_value value);
/* False when it is no number without fraction in the range. */
GAOXING_API bool gaoxing_to_integer(gaoxing_value value, int64_t *number);
/* The bytes of a string, without copying (not ended by zero); empty for other kinds. */
GAOXING_API gaoxing_text gaoxing_to_string(gaoxing_value value);
/* Items of a list, entries of a context; 0 for others. */
GAOXING_API size_t gaoxing_count(gaoxing_value value);
/* Of a list or a context; null outside it. `name` may be NULL. */
GAOXING_API gaoxing_value gaoxing_at(gaoxing_value value, size_t index, gaoxing_text *name);
GAOXING_API gaoxing_value gaoxing_get(gaoxing_value context, gaoxing_text name); /* null if absent */
/* As FEEL writes it (a string is itself) and as JSON. Empty when the arena is full. */
GAOXING_API gaoxing_text gaoxing_to_text(gaoxing_arena *arena, gaoxing_value value);
GAOXING_API gaoxing_text gaoxing_to_json(gaoxing_arena *arena, gaoxing_value value);

/* ---- Budgets ---- */

/* Of one evaluation. 0 means the default. Memory is bounded by the arena. */
typedef struct gaoxing_budget {
    size_t size;
    uint64_t steps;     /* instructions and items looked at; 1,000,000 */
    uint32_t depth;     /* function calls in each other; 200 */
    uint64_t list;      /* items of one list; 1,000,000 */
    uint64_t string;    /* bytes of one string; 4 MiB */
    bool has_now;       /* without it now() and today() are null */
    int64_t now_ms;     /* since 1970-01-01T00:00:00Z */
    int32_t now_offset; /* seconds east of UTC in which now() is told */
} gaoxing_budget;
#define GAOXING_BUDGET_INIT                                                                                  \
    {                                                                                                        \
        sizeof(gaoxing_budget), 0, 0, 0, 0, false, 0, 0                                                      \
    }

/* ---- Functions of the host ---- */

/* Called for `function(...) external {java: {class: ..., "method signature": ...}}` with that class and
 * signature (without blanks, "max(double,double)"). Arguments are given as the declared types have them. The
 * answer is made in `arena`. Runs on the thread that evaluates. Returns null when it has no answer. */
typedef gaoxing_value gaoxing_native_function(void *context, gaoxing_arena *arena,
                                              const gaoxing_value *arguments, size_t count);
typedef struct gaoxing_native {
    const char *class_name,
        *signature; /* borrowed, like the rows: as long as the models compiled with them */
    gaoxing_native_function *function;
    void *context;
} gaoxing_native;

/* ---- FEEL (DMN 1.5, 10.3) ---- */

typedef struct gaoxing_feel gaoxing_feel;

typedef struct gaoxing_feel_options {
    size_t size;
    bool is_unary;             /* unary tests: `< 5, [10..20]`; `?` is the input */
    const gaoxing_text *names; /* that the expression may read; they may hold blanks and operators */
    size_t name_count;
    bool is_closed;    /* other names are errors, with the nearest known one */
    gaoxing_text path; /* for errors */
} gaoxing_feel_options;
#define GAOXING_FEEL_OPTIONS_INIT                                                                            \
    {                                                                                                        \
        sizeof(gaoxing_feel_options), false, NULL, 0, false,                                                 \
        {                                                                                                    \
            NULL, 0                                                                                          \
        }                                                                                                    \
    }

/* Lives in `model`. Options NULL: an open expression. */
GAOXING_API gaoxing_feel *gaoxing_feel_compile(gaoxing_arena *model, gaoxing_text source,
                                               const gaoxing_feel_options *options, gaoxing_error *error);
/* Names are looked up in `context`. Budget NULL: defaults. */
GAOXING_API bool gaoxing_feel_evaluate(gaoxing_arena *arena, const gaoxing_feel *feel, gaoxing_value context,
                                       const gaoxing_budget *budget, gaoxing_value *answer,
                                       gaoxing_error *error);
/* The fast road: values[i] is that of options.names[i]; nothing is looked up by name. */
GAOXING_API bool gaoxing_feel_run(gaoxing_arena *arena, const gaoxing_feel *feel, const gaoxing_value *values,
                                  const gaoxing_budget *budget, gaoxing_value *answer, gaoxing_error *error);
/* Unary tests against `input`: true, false or null. */
GAOXING_API bool gaoxing_feel_test(gaoxing_arena *arena, const gaoxing_feel *tests, gaoxing_value input,
                                   gaoxing_value context, const gaoxing_budget *budget, gaoxing_value *answer,
                                   gaoxing_error *error);

/* ---- DMN ---- */

typedef struct gaoxing_dmn gaoxing_dmn;

typedef struct gaoxing_dmn_options {
    size_t size;
    gaoxing_text path; /* for errors */
    /* The model with that namespace, read before; NULL: not found. May be NULL. */
    const gaoxing_dmn *(*import)(void *context, gaoxing_text ns, gaoxing_text location);
    void *import_context;
    const gaoxing_native *natives;
    size_t native_count;
} gaoxing_dmn_options;
#define GAOXING_DMN_OPTIONS_INIT                                                                             \
    {                                                                                                        \
        sizeof(gaoxing_dmn_options), {NULL, 0}, NULL, NULL, NULL, 0                                          \
    }

typedef enum gaoxing_language { GAOXING_ZH, GAOXING_EN } gaoxing_language;

/* Lives in `model`. NULL only when the source is no DMN model at all; an element that does not compile is a
 * finding, and null when evaluated. */
GAOXING_API gaoxing_dmn *gaoxing_dmn_read(gaoxing_arena *model, gaoxing_text xml,
                                          const gaoxing_dmn_options *options, gaoxing_error *error);
/* What was wrong with the file, by index; false behind the last one. */
GAOXING_API bool gaoxing_dmn_finding(const gaoxing_dmn *dmn, size_t index, gaoxing_error *finding);
/* The decision with that id or name; `inputs` is a context of input data by name; a decision's name presets
 * its value. */
GAOXING_API bool gaoxing_dmn_evaluate(gaoxing_arena *arena, const gaoxing_dmn *dmn, gaoxing_text decision,
                                      gaoxing_value inputs, const gaoxing_budget *budget,
                                      gaoxing_value *answer, gaoxing_error *error);
/* Inputs from JSON, with texts as dates, times and durations where the model declares such. */
GAOXING_API bool gaoxing_dmn_inputs(gaoxing_arena *arena, const gaoxing_dmn *dmn, gaoxing_text decision,
                                    gaoxing_text json, gaoxing_value *inputs, gaoxing_error *error);
/* What a decision asks for, as JSON: names, labels, types, allowed values. docs/embedding.md has the shapes
 * of this and the following ones. */
GAOXING_API bool gaoxing_dmn_describe(gaoxing_arena *arena, const gaoxing_dmn *dmn, gaoxing_text decision,
                                      gaoxing_text *json, gaoxing_error *error);
/* Evaluates with a trace, and tells it as text for people and as JSON. Either may be NULL. */
GAOXING_API bool gaoxing_dmn_explain(gaoxing_arena *arena, const gaoxing_dmn *dmn, gaoxing_text decision,
                                     gaoxing_value inputs, const gaoxing_budget *budget,
                                     gaoxing_language language, gaoxing_text *text, gaoxing_text *json,
                                     gaoxing_error *error);
/* The fewest changes of inputs after which the decision gives `wanted`, as a context of the changed inputs;
 * false with "dmn.changes.none" when none was found. `text` (may be NULL) tells them. */
GAOXING_API bool gaoxing_dmn_change(gaoxing_arena *arena, const gaoxing_dmn *dmn, gaoxing_text decision,
                                    gaoxing_value inputs, gaoxing_value wanted, const gaoxing_budget *budget,
                                    gaoxing_language language, gaoxing_value *changes, gaoxing_text *text,
                                    gaoxing_error *error);
/* What is wrong with the decision tables: gaps, overlaps, rules that never decide, ..., as JSON. */
GAOXING_API bool gaoxing_dmn_verify(gaoxing_arena *arena, const gaoxing_dmn *dmn, gaoxing_language language,
                                    gaoxing_text *json, gaoxing_error *error);

#ifdef __cplusplus
}
#endif

#endif
