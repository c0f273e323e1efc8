/* api/engine_rest.h: what the files of /engine-rest share.
 *
 * /engine-rest is Camunda 7's REST interface as far as it has a meaning here (docs/engine-rest.md), with its
 * names, shapes, statuses and errors, so that programs written for it run unchanged. A process instance is a
 * case's process, or one that it calls: its id is the case's number, "GX-2026-000001", with ".2" behind it
 * for the second that was called. A definition's id is "key:version". Who may do what is the house's affair,
 * as everywhere.
 *
 *   engine_rest.c        errors, variables, ids
 *   engine_rest_list.c   lists: from query parameters or a body to rows
 *   engine_rest_*.c      one resource each */
#ifndef GX_API_ENGINE_REST_H
#define GX_API_ENGINE_REST_H

#include "api/api.h"
#include "service/case.h"
#include "service/query.h"

/* ---- Answers ---- */

/* The server's hook: {"type", "message", "code"} with the reference's status for the routes of /engine-rest.
 */
bool gx_rest_write_problem(gx_request *request, gx_reply *reply, const gx_error *error);
/* An object or an array of its own, with the bare content type that clients compare as a whole. */
gx_json_out *gx_rest_answer(gx_reply *reply);
bool gx_rest_nothing(gx_reply *reply); /* 204; true */
/* "2026-11-23T09:00:00.000+0800"; null for 0 and INT64_MAX. */
void gx_rest_instant(gx_json_out *out, const char *name, gx_instant instant);
gx_text gx_rest_instant_text(gx_arena *arena, gx_instant instant);
/* Reads that, and with a colon in the zone. "rest.value" with the name. */
bool gx_rest_read_instant(gx_text name, gx_text text, gx_instant *instant, gx_error *error);
void gx_rest_null(gx_json_out *out, const char *name);
/* Null when it is empty. */
void gx_rest_text(gx_json_out *out, const char *name, gx_text text);

/* ---- Asking ---- */

gx_work gx_rest_work(gx_request *request, gx_db *db);
/* A text member of the body; the empty text when it is absent. */
gx_text gx_rest_body_text(const gx_request *request, const char *name);
/* The body is an object with no other members than these: "rest.unknown". An absent body is an empty one. */
bool gx_rest_body(gx_request *request, const char *const *members, size_t count, gx_error *error);
/* A member that must be there: true or false, a whole number of `least` or more. "rest.value" */
bool gx_rest_body_bool(gx_request *request, const char *name, bool *value, gx_error *error);
bool gx_rest_body_int(gx_request *request, const char *name, int64_t least, int64_t *value, gx_error *error);
/* The path's {id} as a number. `absent` is the error when it is none. */
bool gx_rest_id(gx_request *request, const char *absent, int64_t *id, gx_error *error);
/* The instance of an id such as "GX-2026-000001.2", whose case the person may `action`. "rest.instance" */
bool gx_rest_instance(gx_request *request, gx_db *db, gx_text id, const char *action, gx_case *of,
                      int64_t *instance, gx_error *error);
gx_text gx_rest_instance_id(gx_arena *arena, gx_text number, int64_t instance);

/* States of cases whose processes may run: an index finds them, so that what has ended costs nothing. */
#define GX_REST_OPEN_STATES                                                                                  \
    "'submitted', 'correction', 'accepted', 'review', 'stopped', 'granted', 'refused', 'not_accepted', "     \
    "'delivered'"
/* "userTask", as Camunda calls it. */
const char *gx_rest_activity_type(const gx_bpmn_node *node);
/* The variables of an instance, also after its end: an object. */
bool gx_rest_variables_of(gx_request *request, gx_db *db, int64_t instance, gx_json **variables,
                          gx_error *error);

/* ---- Variables: {"name": {"value", "type", "valueInfo"}} ---- */

void gx_rest_write_value(gx_arena *arena, gx_json_out *out, const gx_json *value);
void gx_rest_write_variables(gx_arena *arena, gx_json_out *out, const gx_json *values);
/* Plain values, every digit as it was written; texts of type Json, and of Object serialised as
 * application/json, are trees. NULL with "rest.variable" (a type that means nothing here, or a value that is
 * not of its type). NULL and null are no variables. */
gx_json *gx_rest_read_variables(gx_arena *arena, const gx_json *typed, gx_error *error);
gx_json *gx_rest_read_value(gx_arena *arena, const gx_json *typed, gx_error *error);

/* ---- Lists ---- */

typedef enum gx_rest_kind {
    GX_REST_TEXT, /* null when empty */
    GX_REST_ID,   /* a number, as text; null when NULL or 0 */
    GX_REST_INT,  /* null when NULL */
    GX_REST_BOOL,
    GX_REST_INSTANT, /* milliseconds; null when NULL, 0 or INT64_MAX */
    GX_REST_NULL,    /* what the house does not have: no SQL */
} gx_rest_kind;

typedef struct gx_rest_column {
    const char *name;
    gx_rest_kind kind;
    const char *sql;
} gx_rest_column;

typedef enum gx_rest_match {
    GX_REST_EQUALS,    /* SQL behind which a text follows: "t.element = " */
    GX_REST_LIKE,      /* SQL behind which LIKE and a pattern follow: "t.element " */
    GX_REST_NUMBER,    /* behind which an integer follows */
    GX_REST_DATE,      /* behind which an instant follows */
    GX_REST_IN,        /* behind which (...) follows: of a comma-parted text or an array */
    GX_REST_TRUE,      /* a condition, when the value is true */
    GX_REST_EITHER,    /* a condition, when true; its contrary, when false */
    GX_REST_VARIABLES, /* "name_operator_value": SQL of the instance whose case's variables they are */
    GX_REST_TASK_VARIABLES, /* the same of what a task sees: SQL of its instance and its key */
    GX_REST_ALL,       /* every row has it, the house does not know it, or add_more sees to it: no condition */
    GX_REST_REFUSED,   /* it is Camunda's and would change the answer, but has no meaning here */
} gx_rest_match;

typedef struct gx_rest_filter {
    const char *name;
    gx_rest_match match;
    const char *sql;
} gx_rest_filter;

typedef enum gx_rest_rows { GX_REST_ALL_ROWS, GX_REST_CASE_ROWS, GX_REST_TASK_ROWS } gx_rest_rows;

typedef struct gx_rest_list {
    const gx_rest_column *columns;
    size_t column_count;
    const char *from; /* with WHERE and at least one condition; cases AS c, task AS t where rows are theirs */
    gx_rest_rows rows;                     /* whose they are: only what the person may see */
    const char *action;                    /* CASE_ROWS: the right */
    const gx_rest_filter *filters, *sorts; /* sorts: name and SQL */
    size_t filter_count, sort_count;
    const char *order; /* when nothing else is asked for, and among equals */
    /* conditions that no row of `filters` can say, from all that is asked for (an object); may be NULL */
    bool (*add_more)(gx_request *request, gx_db *db, const gx_json *asked, gx_query *query, gx_error *error);
    /* further members, from the row's columns; may be NULL */
    bool (*write_more)(gx_request *request, gx_db *db, gx_statement *row, gx_json_out *out, gx_error *error);
} gx_rest_list;

/* [...] of a GET's query or a POST's body, with firstResult, maxResults and sorting. Names that nobody knows
 * are ignored in a query and refused in a body, as in Camunda. */
bool gx_rest_list_write(gx_request *request, gx_db *db, const gx_rest_list *list, gx_reply *reply,
                        gx_error *error);
/* {"count": n} */
bool gx_rest_list_count(gx_request *request, gx_db *db, const gx_rest_list *list, gx_reply *reply,
                        gx_error *error);
/* firstResult and maxResults of the query; 0 and INT32_MAX when they are not given. "rest.value" */
bool gx_rest_page(gx_request *request, int64_t *first, int64_t *most, gx_error *error);
/* For add_more. True of a body, or "true" of a query. */
bool gx_rest_is_true(const gx_json *value);
/* Appends "(...)" of a comma-parted text or an array. */
void gx_rest_add_list(gx_query *query, const gx_json *value);
/* The row for which `condition` and a number or text hold; `absent` when there is none or it is not to be
 * seen. */
bool gx_rest_list_one(gx_request *request, gx_db *db, const gx_rest_list *list, const char *condition,
                      gx_text text, int64_t number, const char *absent, gx_reply *reply, gx_error *error);

#endif
