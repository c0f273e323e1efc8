/* service/view.h: cases as JSON for people: lists, the case's page, a task with all that is needed to decide
 * it. Reading only; rights are checked here with one rule for rows and for lists. */
#ifndef GX_SERVICE_VIEW_H
#define GX_SERVICE_VIEW_H

#include "service/case_list.h"
#include "service/task.h"

/* Writes {"items", "total", "next", "bound": {"field", "cases"}}: service/case_list.h. */
bool gx_view_cases(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person,
                   const gx_case_query *query, gx_json_out *out, gx_error *error);
/* The whole page of a case. Applicants see opinions only when the case is decided. *version is what If-Match
 * means. */
bool gx_view_case(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person, const gx_case *of,
                  gx_language language, int64_t *version, gx_json_out *out, gx_error *error);
bool gx_view_task(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person, const gx_task *task,
                  gx_language language, gx_json_out *out, gx_error *error);
bool gx_view_version(gx_db *db, const gx_case *of, int64_t *version, gx_error *error);

#endif
