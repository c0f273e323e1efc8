/* feel/type.h: types of FEEL (DMN 1.5, 10.3.2.9) and the conversions between a value and a type.
 * Types are immutable once built and live in a model's arena. Any thread may read them. */
#ifndef GX_FEEL_TYPE_H
#define GX_FEEL_TYPE_H

#include "feel/feel.h"

typedef enum gx_type_kind {
    GX_TYPE_ANY,
    GX_TYPE_NULL,
    GX_TYPE_SCALAR,   /* `scalar` says which */
    GX_TYPE_LIST,     /* of `element` */
    GX_TYPE_CONTEXT,  /* with at least `fields` */
    GX_TYPE_RANGE,    /* of `element` */
    GX_TYPE_FUNCTION, /* `parameters` -> `result` */
} gx_type_kind;

typedef struct gx_type_field {
    gx_text name;
    const gx_type *type;
} gx_type_field;

struct gx_type {
    gx_type_kind kind;
    gx_kind scalar;         /* GX_BOOLEAN ... GX_MONTHS_DURATION */
    gx_text name;           /* of an item definition or of a FEEL type; may be empty */
    const gx_type *element; /* NULL means Any */
    const gx_type_field *fields;
    const gx_type *const *parameters;
    uint32_t count;            /* of fields or parameters */
    bool accepts_any_function; /* `function<>` written without parameters and result in an item definition */
    const gx_type *result;     /* NULL means Any */
    const gx_feel
        *allowed; /* unary tests that every value (of a collection: every item) must pass, or NULL */
    const gx_feel *constraint; /* unary tests that the whole value must pass, or NULL */
};

/* The simple types by their FEEL name, with the spellings of DMN's typeRef too (`dateTime`,
 * `dayTimeDuration`, ...). NULL if none. */
const gx_type *gx_type_simple(gx_text name);
const gx_type *gx_type_any(void);
/* The type that holds exactly the values of one kind (lists and contexts without saying more). */
const gx_type *gx_type_of_kind(gx_kind kind);

/* `value instance of type`: structure only, allowed values do not count (DMN 1.5, 10.3.2.9.2). Null is an
 * instance of Null only. */
bool gx_type_has(const gx_type *type, gx_value value);
/* Whether every value of `from` is a value of `to` (DMN 1.5, 10.3.2.9.1). NULL means Any. */
bool gx_type_conforms(const gx_type *from, const gx_type *to);
/* The text of a type for people: "list<number>". */
gx_text gx_type_write(gx_arena *arena, const gx_type *type);

/* The value as `type` sees it: unchanged, [x] as x, x as [x], a date as a date and time
 * (DMN 1.5, 10.3.2.9.4); null with *fits false when it has no such form or an allowed value or constraint is
 * violated. Null fits every type. */
gx_value gx_type_convert(gx_feel_call *call, const gx_type *type, gx_value value, bool *fits);

#endif
