/* feel/value.h: the values of FEEL (DMN 1.5, 10.3.2) and the shape of its functions.
 *
 * A gx_value is 16 bytes, passed by value and immutable. What does not fit lies behind a pointer in the arena
 * of the evaluation (or of the model, for constants), and nothing is ever freed by itself: a value lives as
 * long as the arenas it was made from. Any thread may read a value. The fields may be read directly after a
 * look at `kind`; values are made by the constructors below.
 *
 * Numbers are IEEE 754 decimal128: 34 digits, half-even. Those that fit are kept as an int64_t mantissa with
 * 0 to 18 decimals (`number = integer / 10^scale`); the others as a pointer to a _Decimal128, with
 * GX_VALUE_WIDE set. The same number can have both forms and several scales (1.5 and 1.50): compare with
 * gx_number_compare, never field by field.
 *
 * "Null" here is always FEEL's null. A null can carry GX_VALUE_ABSENT: an optional argument that was not
 * given. */
#ifndef GX_FEEL_VALUE_H
#define GX_FEEL_VALUE_H

#include "base/buffer.h"
#include "base/json.h"
#include "base/map.h"

typedef enum gx_kind {
    GX_NULL,
    GX_BOOLEAN,
    GX_NUMBER,
    GX_STRING,
    GX_DATE,
    GX_TIME,
    GX_DATE_TIME,
    GX_DAYS_DURATION,   /* days and time duration */
    GX_MONTHS_DURATION, /* years and months duration */
    GX_LIST,
    GX_CONTEXT,
    GX_RANGE,
    GX_FUNCTION,
    GX_KIND_COUNT,
} gx_kind;

enum {
    GX_VALUE_WIDE = 1,   /* a number behind `wide` */
    GX_VALUE_ABSENT = 2, /* a null that stands for an optional argument that was not given */
};

typedef struct gx_value gx_value;
typedef struct gx_context gx_context;
typedef struct gx_range gx_range;
typedef struct gx_function gx_function; /* opaque: made by the evaluator */

/* A day of the proleptic Gregorian calendar; years from -999,999,999 to 999,999,999, year 0 exists (XML
 * Schema 1.1). */
typedef struct gx_feel_date {
    int32_t year;
    uint8_t month, day; /* from 1 */
} gx_feel_date;

typedef enum gx_zone_kind {
    GX_ZONE_NONE,   /* local time */
    GX_ZONE_OFFSET, /* fixed: `offset` seconds east of UTC; Z is 0 */
    GX_ZONE_NAME,   /* a name of the tz database, such as Asia/Shanghai; `offset` is then not used */
} gx_zone_kind;

typedef struct gx_feel_time {
    uint8_t hour, minute, second; /* 0-23 (24:00:00 is normalised to 00:00:00), 0-59, 0-59 */
    uint8_t zone_kind;            /* gx_zone_kind */
    uint32_t nanosecond;          /* 0-999,999,999 */
    int32_t offset;               /* seconds east of UTC */
    gx_text zone;                 /* the name as it was written; in the arena or static */
} gx_feel_time;

typedef struct gx_feel_date_time {
    gx_feel_date date;
    gx_feel_time time;
} gx_feel_date_time;

struct gx_value {
    uint8_t kind;  /* gx_kind */
    uint8_t flags; /* GX_VALUE_... */
    int16_t scale; /* of a compact number: decimals, 0 to 18 */
    uint32_t size; /* string: bytes; list: items; days-time duration: nanoseconds, 0-999,999,999 */
    union {
        bool boolean;
        int64_t integer; /* a compact number's mantissa */
        const _Decimal128 *wide;
        const char *bytes;     /* string: valid UTF-8, not terminated */
        const gx_value *items; /* list */
        gx_feel_date date;
        const gx_feel_time *time;
        const gx_feel_date_time *date_time;
        int64_t seconds; /* days-time duration: floor(seconds); plus `size` nanoseconds, so -0.5 s is -1 and
                            500,000,000 */
        int64_t months;  /* years-months duration */
        const gx_context *context;
        const gx_range *range;
        const gx_function *function;
    };
};
_Static_assert(sizeof(gx_value) == 16, "a value travels in two registers");

typedef struct gx_entry {
    gx_text name;
    gx_value value;
} gx_entry;

/* Entries keep the order in which they were written; names are unique. Large contexts carry an index. */
struct gx_context {
    uint32_t count;
    uint32_t slot_mask; /* slots - 1; unused without slots */
    const gx_entry *entries;
    const uint32_t *hashes; /* one per entry: gx_name_hash(name) */
    const uint32_t *slots;  /* open addressing: entry index + 1, 0 is free; NULL for small contexts */
};

/* A missing end is unbounded: `(< 5)` has no start, `(>= 5)` no end. `[5..null]` cannot be made;
 * DMN 1.5, 10.3.2.7. */
struct gx_range {
    gx_value start, end;
    bool has_start, has_end;
    bool start_included, end_included;
    bool is_test;    /* written as a test, `(< 5)` or `(= 5)`; such a one never equals an interval */
    bool is_negated; /* `(!= 5)`: all but `start`, which equals `end`; is_test is set too */
};

/* ---- Making values ---- */

static inline gx_value gx_value_null(void)
{
    return (gx_value){.kind = GX_NULL};
}
static inline gx_value gx_value_absent(void)
{
    return (gx_value){.kind = GX_NULL, .flags = GX_VALUE_ABSENT};
}
static inline gx_value gx_value_boolean(bool boolean)
{
    gx_value value = {.kind = GX_BOOLEAN};
    value.integer = boolean;
    return value;
}
static inline gx_value gx_value_int(int64_t number)
{
    return (gx_value){.kind = GX_NUMBER, .integer = number};
}
/* mantissa / 10^scale; 0 <= scale <= 18. */
static inline gx_value gx_value_scaled(int64_t mantissa, int scale)
{
    return (gx_value){.kind = GX_NUMBER, .scale = (int16_t)scale, .integer = mantissa};
}
/* Compact if it fits, else wide. Infinities and NaN become null. */
gx_value gx_value_decimal(gx_arena *arena, _Decimal128 number);
/* Copies the text, which must be valid UTF-8. */
gx_value gx_value_string(gx_arena *arena, gx_text text);
/* Borrows the text: it must live as long as the value. */
static inline gx_value gx_value_text(gx_text text)
{
    return (gx_value){.kind = GX_STRING, .size = (uint32_t)text.size, .bytes = text.bytes};
}
/* Borrows the items. */
static inline gx_value gx_value_list(const gx_value *items, size_t count)
{
    return (gx_value){.kind = GX_LIST, .size = (uint32_t)count, .items = items};
}
/* Borrows the entries, whose names must be unique. */
gx_value gx_value_context(gx_arena *arena, const gx_entry *entries, size_t count);
static inline gx_value gx_value_date(gx_feel_date date)
{
    gx_value value = {.kind = GX_DATE};
    value.integer = 0;
    value.date = date;
    return value;
}
gx_value gx_value_time(gx_arena *arena, gx_feel_time time);
gx_value gx_value_date_time(gx_arena *arena, gx_feel_date_time date_time);
/* seconds + nanoseconds; nanoseconds may have any sign and size, the value is normalised. */
gx_value gx_value_days_duration(int64_t seconds, int64_t nanoseconds);
static inline gx_value gx_value_months_duration(int64_t months)
{
    return (gx_value){.kind = GX_MONTHS_DURATION, .months = months};
}
gx_value gx_value_range(gx_arena *arena, gx_range range);

/* A list that grows. `gx_list_end` gives the list value; the builder may not be used after it. */
typedef struct gx_list_builder {
    gx_arena *arena;
    gx_value *items;
    size_t count, capacity;
} gx_list_builder;
gx_list_builder gx_list_begin(gx_arena *arena, size_t expected);
void gx_list_add(gx_list_builder *builder, gx_value item);
gx_value gx_list_end(gx_list_builder *builder);

/* A context that grows; setting a name again replaces its value and keeps its place. Names are borrowed. */
typedef struct gx_context_builder {
    gx_arena *arena;
    gx_entry *entries;
    size_t count, capacity;
    gx_map index; /* name -> entry index + 1, kept from the first name that passes the small size on */
} gx_context_builder;
gx_context_builder gx_context_begin(gx_arena *arena, size_t expected);
void gx_context_set(gx_context_builder *builder, gx_text name, gx_value value);
gx_value gx_context_end(gx_context_builder *builder);

/* ---- Reading values ---- */

static inline bool gx_value_is_null(gx_value value)
{
    return value.kind == GX_NULL;
}
static inline bool gx_value_is_absent(gx_value value)
{
    return value.kind == GX_NULL && (value.flags & GX_VALUE_ABSENT) != 0;
}
static inline bool gx_value_is_true(gx_value value)
{
    return value.kind == GX_BOOLEAN && value.boolean;
}
static inline bool gx_value_is_false(gx_value value)
{
    return value.kind == GX_BOOLEAN && !value.boolean;
}
/* Of a string; the empty text for other kinds. */
static inline gx_text gx_value_as_text(gx_value value)
{
    return value.kind == GX_STRING ? (gx_text){value.bytes, value.size} : (gx_text){"", 0};
}
/* Needs a number. */
_Decimal128 gx_value_to_decimal(gx_value number);
/* True for a number without fraction that fits; 5.00 is the integer 5. */
bool gx_value_to_int(gx_value value, int64_t *number);

/* The 32-bit hash that contexts are indexed by. */
uint32_t gx_name_hash(gx_text name);
/* The value of an entry; false (and *value null) when `context` is no context or has no such entry. */
bool gx_context_find(gx_value context, gx_text name, gx_value *value);
bool gx_context_find_hashed(const gx_context *context, gx_text name, uint32_t hash, gx_value *value);
/* The same with null for "absent". */
gx_value gx_context_get(gx_value context, gx_text name);

/* ---- Numbers (decimal128 arithmetic with int64 fast paths) ---- */

/* Both must be numbers. The answer is null on overflow, division by zero and undefined results. */
gx_value gx_number_add(gx_arena *arena, gx_value a, gx_value b);
gx_value gx_number_subtract(gx_arena *arena, gx_value a, gx_value b);
gx_value gx_number_multiply(gx_arena *arena, gx_value a, gx_value b);
gx_value gx_number_divide(gx_arena *arena, gx_value a, gx_value b);
gx_value gx_number_power(gx_arena *arena, gx_value a, gx_value b);
gx_value gx_number_negate(gx_arena *arena, gx_value a);
/* Negative, 0 or positive; by value: 1.5 equals 1.50. Allocates nothing. */
int gx_number_compare(gx_value a, gx_value b);
/* A FEEL or JSON number literal ("12", ".5", "1.20e3"; an optional sign). False if it is none or out of
 * range. */
bool gx_number_parse(gx_arena *arena, gx_text text, gx_value *number);
/* Digits without exponent where this needs at most 34 + 6 characters, otherwise "1E+40"; trailing zeros are
 * kept as they are. */
void gx_number_write(gx_buffer *buffer, gx_value number);

/* ---- Comparing ---- */

/* DMN 1.5, 10.3.2.13 (table 53). GX_UNEQUAL_KINDS: the kinds cannot be compared, FEEL's answer is null. */
typedef enum gx_equality { GX_EQUAL, GX_DIFFERENT, GX_UNEQUAL_KINDS } gx_equality;
gx_equality gx_value_equal(gx_value a, gx_value b);
/* Equal as `is()` and list look-ups mean it: GX_UNEQUAL_KINDS counts as different. */
bool gx_value_same(gx_value a, gx_value b);

/* The order of two values of one ordered kind (number, string, date, time, date-time, either duration): true
 * and *order negative, 0 or positive. False when FEEL's answer is null (other kinds, mixed kinds, local
 * against zoned time). */
bool gx_value_order(gx_value a, gx_value b, int *order);

/* ---- Temporal values: written by temporal.c ---- */

/* Parses the lexical forms of DMN 1.5, 10.3.4.1 (date, time, date-time, both durations). False if the text is
 * none. */
bool gx_temporal_parse_date(gx_text text, gx_feel_date *date);
bool gx_temporal_parse_time(gx_arena *arena, gx_text text, gx_value *time);
bool gx_temporal_parse_date_time(gx_arena *arena, gx_text text, gx_value *date_time);
bool gx_temporal_parse_duration(gx_text text, gx_value *duration); /* either kind */
/* The text of an at-literal: any of the above; null if it is none. */
gx_value gx_temporal_parse(gx_arena *arena, gx_text text);
/* The canonical text of a temporal value, as `string()` gives it. */
void gx_temporal_write(gx_buffer *buffer, gx_value temporal);
/* As gx_value_order and gx_value_equal, for two temporal values of one kind. */
bool gx_temporal_order(gx_value a, gx_value b, int *order);
bool gx_temporal_equal(gx_value a, gx_value b);
/* Arithmetic where at least one side is temporal (DMN 1.5, tables 56-60): operator is one of + - * /. Null if
 * the pair has no meaning or the result leaves the range. */
gx_value gx_temporal_arithmetic(gx_arena *arena, char operator, gx_value a, gx_value b);
gx_value gx_temporal_negate(gx_value duration);
/* A property such as `year`, `time offset`, `timezone`, `hours` (DMN 1.5, table 65). False if the kind has no
 * such one. */
bool gx_temporal_property(gx_arena *arena, gx_value temporal, gx_text name, gx_value *property);

/* ---- Texts and JSON ---- */

/* FEEL text of a value as `string()` gives it: a string is itself, in lists and contexts strings are quoted.
 */
void gx_value_write(gx_buffer *buffer, gx_value value);
gx_text gx_value_to_text(gx_arena *arena, gx_value value);
/* "number", "string", "days and time duration", ...: the name of a kind in FEEL. */
const char *gx_kind_name(gx_kind kind);

/* Numbers keep every digit (up to 34), objects become contexts in their order. Borrows nothing from the tree.
 */
gx_value gx_value_from_json(gx_arena *arena, const gx_json *json);
/* Dates, times and durations become their texts, ranges and functions theirs. Numbers keep all digits. */
gx_json *gx_value_to_json(gx_arena *arena, gx_value value);
/* A deep copy into another arena; functions keep pointing to their model, closures are copied with what they
 * hold. */
gx_value gx_value_copy(gx_arena *arena, gx_value value);

/* ---- Functions ---- */

typedef struct gx_feel_budget gx_feel_budget;
typedef struct gx_feel_vm gx_feel_vm; /* the running evaluation: opaque */

/* What a built-in or host function gets besides its arguments. */
typedef struct gx_feel_call {
    gx_arena *arena;              /* of this evaluation: results go here */
    const gx_feel_budget *budget; /* never NULL: limits and `now` */
    gx_feel_vm *vm;
    const struct gx_builtin *builtin; /* the row that is being called; its `data` is the host's */
} gx_feel_call;

/* `count` arguments, already checked and converted by the parameter masks of the row: an argument whose kind
 * the mask does not hold never arrives (the call is null with a diagnostic). With named arguments a gap is a
 * gx_value_absent(); `count` reaches to the last argument given. With a repeated parameter `count` has no
 * upper end. */
typedef gx_value gx_feel_function(gx_feel_call *call, const gx_value *arguments, size_t count);

/* Masks of accepted kinds, and how an argument may be given. */
enum {
    GX_ACCEPT_NULL = 1 << GX_NULL,
    GX_ACCEPT_BOOLEAN = 1 << GX_BOOLEAN,
    GX_ACCEPT_NUMBER = 1 << GX_NUMBER,
    GX_ACCEPT_STRING = 1 << GX_STRING,
    GX_ACCEPT_DATE = 1 << GX_DATE,
    GX_ACCEPT_TIME = 1 << GX_TIME,
    GX_ACCEPT_DATE_TIME = 1 << GX_DATE_TIME,
    GX_ACCEPT_DAYS_DURATION = 1 << GX_DAYS_DURATION,
    GX_ACCEPT_MONTHS_DURATION = 1 << GX_MONTHS_DURATION,
    GX_ACCEPT_LIST = 1 << GX_LIST,
    GX_ACCEPT_CONTEXT = 1 << GX_CONTEXT,
    GX_ACCEPT_RANGE = 1 << GX_RANGE,
    GX_ACCEPT_FUNCTION = 1 << GX_FUNCTION,
    GX_ACCEPT_ANY = (1 << GX_KIND_COUNT) - 1, /* null included */
    GX_OPTIONAL = 1 << 24,                    /* may be left out; all later parameters must be optional too */
    GX_REPEATED = 1 << 25, /* the last parameter: any number of arguments, at least one unless optional */
    GX_EXACT = 1 << 26,    /* no conversion between [x] and x for this parameter */
};

typedef struct gx_parameter {
    const char *name;
    uint32_t accepts; /* GX_ACCEPT_... | GX_OPTIONAL ... */
} gx_parameter;

/* One row a signature; rows with the same name are overloads, tried in order: the first whose parameters take
 * the given arguments (by names, number and kinds) is called. Conversions of DMN 1.5, 10.3.2.9.4 happen
 * before the call: [x] to x where x is accepted and a list is not; x to [x] where a list is accepted and x is
 * not (null excepted). */
typedef struct gx_builtin {
    const char *name;
    gx_feel_function *function;
    const gx_parameter *parameters;
    uint32_t parameter_count;
    const char *section; /* "DMN 1.5, 10.3.4.3" */
    const void *data;    /* for hosts */
} gx_builtin;

/* Calls a function value (of a `sort`, for instance) with positional arguments. Null with a diagnostic if it
 * cannot be. */
gx_value gx_feel_invoke(gx_feel_call *call, gx_value function, const gx_value *arguments, size_t count);
/* How many parameters a function value has, and their names; false if `value` is no function. */
bool gx_function_parameters(gx_value value, size_t *count, const gx_text **names);
/* Accounts for work that grows with the input (items looked at, for example). False: the budget is used up
 * and the function should return null at once; the evaluation then ends in an error. */
bool gx_feel_spend(gx_feel_call *call, uint64_t steps);
/* False (and the evaluation ends in an error) when a list of `count` items or a string of `bytes` would pass
 * the budget. */
bool gx_feel_allows_list(gx_feel_call *call, uint64_t count);
bool gx_feel_allows_string(gx_feel_call *call, uint64_t bytes);
/* Null with a diagnostic for who asks why: `code` is a row of errors/feel.def ("feel.null..."), up to three
 * parts. */
gx_value gx_feel_null(gx_feel_call *call, const char *code, gx_text part1, gx_text part2);

#endif
