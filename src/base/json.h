/* base/json.h: JSON (RFC 8259) that keeps every digit.
 * A parsed value is a tree in an arena; numbers keep the text they were written with. Refused: duplicate members, invalid
 * UTF-8, lone surrogates, nesting deeper than GX_LIMIT_JSON_DEPTH, numbers longer than GX_LIMIT_NUMBER_DIGITS.
 * Trees may be changed by their one owner while they are built; after that any thread may read them. */
#ifndef GX_BASE_JSON_H
#define GX_BASE_JSON_H

#include "base/buffer.h"

typedef enum gx_json_kind {
    GX_JSON_NULL,
    GX_JSON_FALSE,
    GX_JSON_TRUE,
    GX_JSON_NUMBER,
    GX_JSON_STRING,
    GX_JSON_ARRAY,
    GX_JSON_OBJECT,
} gx_json_kind;

/* Items of an array and members of an object are a list: for (gx_json *item = j->first; item; item = item->next). */
typedef struct gx_json gx_json;
struct gx_json {
    gx_json_kind kind;
    int32_t line, column; /* where it stood in the source; 0 for built values */
    gx_text name;         /* inside an object: the member's name */
    gx_text text;         /* string: its content, decoded; number: as written */
    gx_json *first, *last, *next;
    size_t count;
};

/* Parses one value and nothing after it. `path` is for the error only. The tree borrows nothing from `source`. */
gx_json *gx_json_parse(gx_arena *arena, gx_text source, gx_text path, gx_error *error);

/* Building */
gx_json *gx_json_null(gx_arena *arena);
gx_json *gx_json_bool(gx_arena *arena, bool value);
gx_json *gx_json_int(gx_arena *arena, int64_t value);
gx_json *gx_json_number(gx_arena *arena, gx_text spelled); /* must be a JSON number; copied */
gx_json *gx_json_string(gx_arena *arena, gx_text text);    /* copied */
gx_json *gx_json_array(gx_arena *arena);
gx_json *gx_json_object(gx_arena *arena);
/* Appends; the value must not stand in another tree. Returns `value`. */
gx_json *gx_json_append(gx_json *array, gx_json *value);
/* Adds or replaces the member (the name is copied). Returns `value`. */
gx_json *gx_json_set(gx_arena *arena, gx_json *object, const char *name, gx_json *value);
gx_json *gx_json_set_text(gx_arena *arena, gx_json *object, const char *name, gx_text text);
gx_json *gx_json_set_int(gx_arena *arena, gx_json *object, const char *name, int64_t value);
gx_json *gx_json_set_bool(gx_arena *arena, gx_json *object, const char *name, bool value);
void gx_json_remove(gx_json *object, const char *name);
gx_json *gx_json_copy(gx_arena *arena, const gx_json *value);
/* RFC 7396: `patch` over `target`; null removes. Returns the (changed) target. */
gx_json *gx_json_merge(gx_arena *arena, gx_json *target, const gx_json *patch);

/* Reading. All accept NULL and values of another kind. */
gx_json *gx_json_get(const gx_json *object, const char *name);           /* NULL if absent */
gx_json *gx_json_get_text_name(const gx_json *object, gx_text name);     /* NULL if absent */
gx_json *gx_json_at(const gx_json *array, size_t index);                 /* NULL if absent */
/* A path of member names and array indices parted by dots: "project.buildings.0.name". */
gx_json *gx_json_path(const gx_json *value, const char *path);
gx_text gx_json_text(const gx_json *value);                              /* of a string; else the empty text */
gx_text gx_json_text_of(const gx_json *object, const char *name);        /* of a string member; else empty */
int64_t gx_json_int_of(const gx_json *object, const char *name, int64_t otherwise);
bool gx_json_bool_of(const gx_json *object, const char *name, bool otherwise);
bool gx_json_is(const gx_json *value, gx_json_kind kind);
bool gx_json_is_true(const gx_json *value);
bool gx_json_is_nothing(const gx_json *value);                           /* absent or null */
/* An integer of int64_t written without fraction or exponent. */
bool gx_json_to_int(const gx_json *value, int64_t *number);
/* Equal as data: members in any order, numbers by value of their spelling without exponent games (1.0 equals 1.00). */
bool gx_json_equal(const gx_json *a, const gx_json *b);

/* Writing: compact, members in their order, only what must be escaped is escaped. */
void gx_json_write(gx_buffer *buffer, const gx_json *value);
void gx_json_write_string(gx_buffer *buffer, gx_text text);
/* Two blanks a level. */
void gx_json_write_pretty(gx_buffer *buffer, const gx_json *value);
gx_text gx_json_to_text(gx_arena *arena, const gx_json *value);
/* RFC 8785-like canonical form for signatures and digests: members sorted by byte order, numbers as written. */
void gx_json_write_canonical(gx_buffer *buffer, const gx_json *value);

/* A writer that places the commas: for answers made row by row without a tree. */
typedef struct gx_json_out {
    gx_buffer *buffer;
    bool needs_comma;
} gx_json_out;
gx_json_out gx_json_out_to(gx_buffer *buffer);
void gx_json_out_begin(gx_json_out *out, char bracket); /* '{' or '[' */
void gx_json_out_end(gx_json_out *out, char bracket);   /* '}' or ']' */
void gx_json_out_name(gx_json_out *out, const char *name);
void gx_json_out_text(gx_json_out *out, gx_text text);
void gx_json_out_int(gx_json_out *out, int64_t value);
void gx_json_out_bool(gx_json_out *out, bool value);
void gx_json_out_null(gx_json_out *out);
void gx_json_out_value(gx_json_out *out, const gx_json *value); /* NULL is written as null */
void gx_json_out_raw(gx_json_out *out, gx_text json);           /* must be valid JSON */
/* A member in one call. */
void gx_json_out_member_text(gx_json_out *out, const char *name, gx_text text);
void gx_json_out_member_int(gx_json_out *out, const char *name, int64_t value);
void gx_json_out_member_bool(gx_json_out *out, const char *name, bool value);

#endif
