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

enum {
    GX_SEARCH_FIELDS = 64,
    GX_SEARCH_CONDITIONS = 8,
    GX_SEARCH_NEWEST = 20000,  /* cases in which a part of a text is looked for at a time: some 20 ms */
    GX_SEARCH_TEXT_MOST = 200, /* bytes of a text that are kept and can be asked for */
    GX_SEARCH_PARAMETERS = 4   /* of a condition's SQL */
};

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
/* A finite decimal number shorter than 64 bytes, as it is kept for comparing. */
bool gx_search_read_number(gx_text text, double *number);

typedef enum gx_search_operator {
    GX_SEARCH_EQ,
    GX_SEARCH_NE, /* has a value, and it is another */
    GX_SEARCH_LT,
    GX_SEARCH_LE,
    GX_SEARCH_GT,
    GX_SEARCH_GE,
    GX_SEARCH_BEGINS,   /* texts */
    GX_SEARCH_CONTAINS, /* texts; whatever the case of a-z */
    GX_SEARCH_EMPTY,    /* has no value */
    GX_SEARCH_PRESENT,
    GX_SEARCH_OPERATORS
} gx_search_operator;

typedef struct gx_search_condition {
    gx_search_field field;
    gx_search_operator op;
    gx_text text;
    double number;                         /* of a number */
    char pattern[2 * GX_SEARCH_TEXT_MOST]; /* of GX_SEARCH_CONTAINS: the text, escaped */
    size_t pattern_size;
    int64_t lowest, below; /* of GX_SEARCH_CONTAINS: the cases that are looked at */
} gx_search_condition;

typedef struct gx_search_sort {
    gx_search_field field; /* without an id: none */
    bool is_descending;
} gx_search_sort;

/* "FIELD.OP" and a value: "area.ge", "3000". OP: eq, ne, lt, le, gt, ge, begins, contains; empty and present
 * have no value (or "true"). False with "case.search.field", "case.search.operator", "case.search.value" or
 * "case.search.valueless". */
bool gx_search_read(const gx_packages *packages, gx_text name, gx_text value, gx_search_condition *condition,
                    gx_error *error);
/* "FIELD", "-FIELD" (the greatest first) or nothing. False with "case.search.field". */
bool gx_search_read_sort(const gx_packages *packages, gx_text text, gx_search_sort *sort, gx_error *error);
/* " AND ..." about the case `c` (cases AS c) over GX_SEARCH_PARAMETERS parameters from `first` on, which
 * gx_search_bind binds. */
gx_text gx_search_sql(gx_arena *arena, const gx_search_condition *condition, int first);
void gx_search_bind(gx_statement *statement, const gx_search_condition *condition, int first);
void gx_search_bind_number(gx_statement *statement, int index, gx_text text);
/* *lowest: the GX_SEARCH_NEWEST-th case below `below` that has the condition's variable, when the condition
 * has to be looked for in each of them; 0 when there are not so many, or an index answers it. */
bool gx_search_horizon(gx_db *db, const gx_search_condition *condition, int64_t below, int64_t *lowest,
                       gx_error *error);

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
