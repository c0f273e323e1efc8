/* service/case_search.h: cases by their variables. A package's search.json declares which ones:
 *
 *     {"variables": [{"id": "area", "path": "project.floorAreaM2", "type": "number", "title": {"zh": "",
 * "en": ""}}]}
 *
 * Each case has a row for each of them that it has, written in the command that changes it. A declaration
 * holds for all cases, also those that run: they get their rows in slices after the package was loaded. */
#ifndef GX_SERVICE_CASE_SEARCH_H
#define GX_SERVICE_CASE_SEARCH_H

#include "service/instance.h"

enum { GX_SEARCH_FIELDS = 64, GX_SEARCH_CONDITIONS = 8, GX_SEARCH_TEXT_MOST = 200 /* bytes kept of a text */ };

typedef enum gx_search_type {
    GX_SEARCH_TEXT,
    GX_SEARCH_NUMBER,
    GX_SEARCH_DATE,
    GX_SEARCH_BOOLEAN
} gx_search_type;
bool gx_search_type_of(gx_text name, gx_search_type *type);
const char *gx_search_type_name(gx_search_type type);

typedef struct gx_search_field {
    gx_text id, path; /* path: dotted, from the process's variables */
    gx_search_type type;
    gx_text title[2]; /* by gx_language */
} gx_search_field;

/* The fields of all packages in the order of their packages; at most GX_SEARCH_FIELDS. Borrowed from the
 * packages. */
bool gx_search_is_used(const gx_packages *packages); /* whether there are any */
size_t gx_search_fields(const gx_packages *packages, gx_search_field fields[GX_SEARCH_FIELDS]);
bool gx_search_field_find(const gx_packages *packages, gx_text id, gx_search_field *found);
/* Whether all cases that are there have their rows of the field; not yet while gx_search_fill is at it. */
bool gx_search_is_filled(gx_db *db, gx_text id, bool *is_filled, gx_error *error);
/* A finite number, as it is kept for comparing. */
bool gx_search_read_number(gx_text text, double *number);

typedef enum gx_search_operator {
    GX_SEARCH_EQ,
    GX_SEARCH_LT,
    GX_SEARCH_LE,
    GX_SEARCH_GT,
    GX_SEARCH_GE,
    GX_SEARCH_BEGINS, /* texts */
    GX_SEARCH_OPERATORS
} gx_search_operator;

typedef struct gx_search_condition {
    gx_search_field field;
    gx_search_operator op;
    gx_text text;
    double number; /* of a number */
} gx_search_condition;

/* "FIELD.OP" and a value: "area.ge", "3000". OP: eq, lt, le, gt, ge, begins. False with "case.search.field",
 * "case.search.operator" or "case.search.value". */
bool gx_search_read(const gx_packages *packages, gx_text name, gx_text value, gx_search_condition *condition,
                    gx_error *error);
/* " AND c.id IN (...)" over parameters `first` and first + 1, which gx_search_bind binds. */
gx_text gx_search_sql(gx_arena *arena, const gx_search_condition *condition, int first);
void gx_search_bind(gx_statement *statement, const gx_search_condition *condition, int first);

/* Writes the rows of what has changed between two sets of variables of the case's own process; `before` null:
 * all. */
bool gx_search_update(gx_work *work, int64_t case_id, gx_value before, gx_value after, gx_error *error);
/* "variables": {id: text or number} of a case, for lists. */
bool gx_search_write(gx_db *db, gx_arena *arena, const gx_packages *packages, int64_t case_id,
                     gx_json_out *out, gx_error *error);

/* In the transaction that loads packages: what is declared anew, or otherwise than before, is to be filled.
 */
bool gx_search_declare(gx_db *db, gx_arena *arena, const gx_packages *packages, gx_error *error);
/* One slice of the filling `id` of search_fill. */
bool gx_search_fill(gx_work *work, int64_t id, gx_error *error);

#endif
