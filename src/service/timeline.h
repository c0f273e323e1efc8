/* service/timeline.h: what happened in a case, for people, for the diagram and for process mining.
 *
 * The journal's `events` is a JSON array of {"k": kind, "e": element, "n": name, "o": outcome, "w": why}.
 * `path` tells where tokens went, as words parted by blanks: "e12" entered node 12, "l12" left it, "f7" took
 * flow 7 (indices of the instance's process version); "n3.4 g5.7": the instance went over to another version,
 * in which node 3 is node 4 and flow 5 is flow 7. */
#ifndef GX_SERVICE_TIMELINE_H
#define GX_SERVICE_TIMELINE_H

#include "service/case.h"

/* Writes {"items": [{at, kind, who, department, what, why, element}], ...}, newest first. An applicant does
 * not see who wrote an opinion and what it says until the decision. */
bool gx_timeline_write(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_case *of, gx_language language,
                       bool is_for_applicant, gx_json_out *out, gx_error *error);
/* As lines of text, oldest first, for the terminal. */
bool gx_timeline_print(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_case *of, gx_language language,
                       gx_buffer *buffer, gx_error *error);
/* Which nodes and flows of the instance's process have been seen: arrays of counts by index, in `arena`. */
bool gx_timeline_path(gx_db *db, gx_arena *arena, int64_t instance, const gx_bpmn_process *process,
                      gx_instant **entered, gx_instant **left, uint32_t **flows, gx_error *error);
/* Writes {"bpmn", "tokens": [{element, since}], "done": [element], "flows": [id], "path": [{element, at}]}. */
bool gx_timeline_diagram(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_case *of, gx_json_out *out,
                         gx_error *error);
/* Writes the members "steps": the line an applicant sees: the matter's "steps" [{key, name, nameEn, who,
 * elements}], or the process's user tasks. */
bool gx_timeline_steps(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_case *of, gx_json_out *out,
                       gx_error *error);

#endif
