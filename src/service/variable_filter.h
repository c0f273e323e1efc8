/* service/variable_filter.h: conditions on the variables of cases, as programs ask for them: name,
 * comparison, value.
 *
 * The variables are those of the case's own process. One that a package declares for searching (search.json,
 * by its path) is answered by the index of case_variable, compared as it is declared: numbers as numbers,
 * dates by the day, texts by their first GX_SEARCH_TEXT_MOST bytes without blanks around them. Any other is
 * looked at case by case, by whoever lists them, for at most so many cases: then the list is refused with
 * "case.search.undeclared", because half a list would look like a whole one. */
#ifndef GX_SERVICE_VARIABLE_FILTER_H
#define GX_SERVICE_VARIABLE_FILTER_H

#include "service/case_search.h"
#include "service/query.h"

typedef enum gx_comparison {
    GX_COMPARE_EQ,
    GX_COMPARE_NEQ, /* it is there, and differs */
    GX_COMPARE_GT,
    GX_COMPARE_GTEQ,
    GX_COMPARE_LT,
    GX_COMPARE_LTEQ,
    GX_COMPARE_LIKE, /* % any text, _ one character, \ before one of these: itself; ASCII letters of either
                        case */
} gx_comparison;

typedef struct gx_variable_condition {
    gx_text name; /* a variable, or a path into one parted by dots */
    gx_comparison comparison;
    const gx_json *value; /* NULL: null */
    bool is_spelled;      /* the value is the text of a query: it means what the variable is */
} gx_variable_condition;

/* "eq", "neq", "gt", "gteq", "lt", "lteq", "like". */
bool gx_comparison_of(gx_text name, gx_comparison *comparison);

/* Appends " AND ..." over the case `c` (cases AS c) where the index answers: *is_added. It does not for what
 * is not declared, for a declaration whose index is still being filled, and for a value that is not of its
 * type. */
bool gx_variable_condition_add(gx_query *query, gx_db *db, const gx_packages *packages,
                               const gx_variable_condition *condition, bool *is_added, gx_error *error);
/* Whether it holds for these variables. What is not there meets no condition. */
bool gx_variable_condition_is_met(gx_arena *arena, const gx_variable_condition *condition,
                                  gx_value variables);

#endif
