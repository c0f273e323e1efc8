/* service/repair.h: what an administrator does to a running case: hold it and let it go on, set variables,
 * move a token by hand, put it on another version of its process. Each needs a reason, is checked before it
 * is done, and stands in the journal, the timeline and the audit chain. Checks can be asked for alone
 * (gx_repair_*_check): they write {"ok", "against": [{element, code, sentence}], "would": [{what, element,
 * name}]} and change nothing. */
#ifndef GX_SERVICE_REPAIR_H
#define GX_SERVICE_REPAIR_H

#include "service/case.h"

/* A held case takes no step: its timers, messages, jobs and tasks wait; messages are kept for it.
 * "case.suspended", "case.not_suspended". */
bool gx_repair_suspend(gx_work *work, gx_case *of, gx_text reason, gx_error *error);
/* What became due meanwhile is done now. */
bool gx_repair_continue(gx_work *work, gx_case *of, gx_text reason, gx_error *error);
/* No new case of the process may begin; running ones go on. False in `is_held` lets it be begun again. */
bool gx_repair_hold_process(gx_work *work, gx_text process, bool is_held, gx_text reason, gx_error *error);
bool gx_repair_let_start(gx_work *work, gx_text process, gx_error *error);
/* Asked of the store once a transaction. */
bool gx_repair_process_is_held(gx_work *work, gx_text process, bool *is_held, gx_error *error);

/* `variables`: an object; they are written into the scope of the case's own process. */
bool gx_repair_variables(gx_work *work, gx_case *of, const gx_json *variables, gx_text reason,
                         gx_error *error);
/* The same into the scope of one of its processes. */
bool gx_repair_instance_variables(gx_work *work, gx_case *of, int64_t instance, const gx_json *variables, gx_text reason,
                                  gx_error *error);
/* Ends the case without a decision, and all its processes. "bpmn.command.ended" */
bool gx_repair_end(gx_work *work, gx_case *of, gx_text reason, gx_error *error);
/* Tries the step of an incident again, with variables set before (an object or NULL). "case.incident.absent"
 */
bool gx_repair_retry(gx_work *work, gx_case *of, int64_t incident, const gx_json *variables, gx_text reason,
                     gx_error *error);

typedef struct gx_move {
    gx_text from, to; /* elements of the case's own process */
    gx_text reason;
    bool is_forced; /* though a join would wait for ever */
} gx_move;
/* Takes the oldest token at `from` away and puts one at `to`. "case.move.from", "bpmn.move.*" */
bool gx_repair_move(gx_work *work, gx_case *of, const gx_move *move, gx_error *error);
bool gx_repair_move_check(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_case *of, const gx_move *move,
                          gx_language language, gx_json_out *out, gx_error *error);

typedef struct gx_migrate {
    int64_t version;        /* of the same process; 0: the one in force */
    const gx_json *mapping; /* {"old id": "new id"}, beside equal ids; NULL: none */
    gx_text reason;
} gx_migrate;
/* "case.migrate.against" with the first obstacle. */
bool gx_repair_migrate(gx_work *work, gx_case *of, const gx_migrate *migrate, gx_error *error);
bool gx_repair_migrate_check(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_case *of,
                             const gx_migrate *migrate, gx_language language, gx_json_out *out,
                             gx_error *error);

/* Open incidents, the newest first: writes {"items": [{id, case, process, processVersion, element, code, sentence, detail, at,
 * retriesLeft}], "total", "next"}. */
bool gx_incident_list(gx_db *db, gx_arena *arena, gx_language language, int64_t page, int64_t size,
                      gx_json_out *out, gx_error *error);

#endif
