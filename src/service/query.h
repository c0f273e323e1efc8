/* service/query.h: queries that are built: SQL with its bound values, and who may see which rows of it as a
 * condition. Names of columns and conditions are constants of the program; whatever comes from outside is
 * bound. */
#ifndef GX_SERVICE_QUERY_H
#define GX_SERVICE_QUERY_H

#include "service/identity.h"

enum { GX_QUERY_VALUES = 240 };

typedef struct gx_query {
    gx_arena *arena;
    gx_buffer text;
    struct gx_query_value {
        enum { GX_QUERY_INT, GX_QUERY_REAL, GX_QUERY_TEXT } kind;
        gx_text text;
        int64_t number;
        double real;
    } values[GX_QUERY_VALUES];
    size_t count;
    bool is_full; /* more values than there is room for: gx_query_prepare refuses it */
} gx_query;

gx_query gx_query_in(gx_arena *arena);
void gx_query_add(gx_query *query, const char *sql);
/* Appends a parameter with this value. Texts must live until the statement has been stepped. */
void gx_query_text(gx_query *query, gx_text value);
void gx_query_int(gx_query *query, int64_t value);
void gx_query_real(gx_query *query, double value);
/* Appends "LIKE" with the pattern: % any text, _ one character, \ before one of these: itself. */
void gx_query_like(gx_query *query, gx_text pattern);
/* NULL with "query.large", or with the store's error. */
gx_statement *gx_query_prepare(gx_query *query, gx_db *db, gx_error *error);

/* Appends the condition that the person may do `action` with the case `c` (cases AS c): as gx_case_may. */
void gx_query_cases(gx_query *query, const gx_packages *packages, const gx_person *person,
                    const char *action);
/* The same for the task `t` (task AS t): the person's to do, its principals', or to be read. As gx_task_find.
 */
void gx_query_tasks(gx_query *query, const gx_packages *packages, const gx_person *person);

/* The task `t` could be taken by the person, by role and department or company, whoever has it now: as
 * gx_task_is_for, without what others have given to the person by name. */
void gx_query_candidate(gx_query *query, const gx_packages *packages, const gx_person *person);

#endif
