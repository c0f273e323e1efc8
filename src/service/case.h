/* service/case.h: an application being handled (办件): its record, its states and the acts that the law
 * knows.
 *
 *   submitted -> {correction, not_accepted, accepted} -> review (<-> stopped)
 *             -> {granted, refused, withdrawn, ended} -> delivered -> closed
 *
 * How a case runs is its process's business (packages); what an act means for the record, the clock, letters
 * and notices is written here, so that no process can forget it. Sources: 行政许可法 32, 42, 44, 45; zone
 * rules of limits, tolerated documents (容缺) and commitments (告知承诺). Acts run inside a gx_work. A person
 * who may not is refused before (api/ by gx_may); an act that does not fit the state is an error of
 * errors/case.def. */
#ifndef GX_SERVICE_CASE_H
#define GX_SERVICE_CASE_H

#include "service/instance.h"

struct gx_case {
    int64_t id;
    gx_text number, matter;
    int64_t matter_version;      /* 0: a bare process without a matter */
    gx_text state, state_before; /* state_before: what a stopped case goes back to */
    gx_text enterprise, applicant, project, project_id, owner, channel, submitted_by, previous,
        overdue_reason;
    gx_instant submitted_at, accepted_at, due_promised, due_legal, decided_at, closed_at; /* 0: not yet */
    gx_instant next_at; /* INT64_MAX: nothing to look at */
    int64_t extension, corrections, level;
    gx_text lamp;
    bool is_accepted_by_law;
    gx_instant suspended_at; /* 0: it goes on; service/repair.h */
    /* the work's own */
    gx_text receipt;    /* the number of its receipt, in the work that submitted it */
    gx_text department; /* of the task that is being completed */
    bool is_new, is_changed;
    struct gx_case_event *events, *events_end;
    gx_value facts;
    bool has_facts;
    gx_case *next;
};

/* ---- Finding ---- */

/* False with "case.absent". Any connection. */
bool gx_case_find(gx_db *db, gx_arena *arena, gx_text number, gx_case *found, gx_error *error);
bool gx_case_load(gx_db *db, gx_arena *arena, int64_t id, gx_case *found, gx_error *error);
/* The case inside a work: the same object each time, written back by gx_work_finish when is_changed is set.
 * NULL with an error. */
gx_case *gx_work_case(gx_work *work, int64_t id, gx_error *error);
/* The matter's definition in the case's version; NULL without an error for a bare process. */
const gx_json *gx_case_matter(gx_zone *zone, gx_db *db, const gx_case *of);
/* Whether the person may do the action with this case: gx_may with the case's enterprise and departments.
 * "case.absent" when not: who may not see learns nothing. */
bool gx_case_may(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person, const char *action,
                 const gx_case *of, gx_error *error);
bool gx_case_is_closed(const gx_case *of);

/* ---- Numbers ---- */

/* The next of a sequence, from 1: "case/2026". */
bool gx_number_next(gx_db *db, gx_text sequence, int64_t *number, gx_error *error);
/* The next of each of two different sequences, in one statement. */
bool gx_number_next_two(gx_db *db, const gx_text sequences[2], int64_t numbers[2], gx_error *error);

/* ---- Acts ---- */

typedef struct gx_application {
    gx_text matter; /* a matter's id, or the id of a process that needs none */
    gx_text enterprise, channel, previous;
    gx_text draft;       /* whose uploaded files come along; may be empty */
    const gx_json *data; /* an object: the first variables */
    gx_text business_key; /* by which the sender knows it; empty: none. Not unique */
    int64_t version;      /* of a bare process; 0: the one in force */
    gx_text start;        /* of a bare process: a start event; empty: the plain one */
} gx_application;
/* A new case, submitted: number, receipt, notice, and its process started. */
bool gx_case_submit(gx_work *work, const gx_application *application, gx_case **made, gx_error *error);

/* Accepts: tolerated documents become promises (D04: at most two, credit A, B or M, no broken promise within
 * 12 months), limits start. `by_law`: nobody asked for a correction within 5 working days, so the case counts
 * as accepted on the day it was received (行政许可法 32). */
bool gx_case_accept(gx_work *work, gx_case *of, gx_value documents, bool by_law, gx_error *error);
/* Asks for corrections, once and completely. `missing`: a list of {id, name, reason}. */
bool gx_case_correct(gx_work *work, gx_case *of, gx_value missing, gx_text reason, gx_error *error);
/* The applicant has answered: the clock of the correction ends. */
bool gx_case_corrected(gx_work *work, gx_case *of, gx_error *error);
/* Before acceptance: not accepted (不予受理); after it: refused (不予许可), with facts, rule and remedies.
 * Reasons: a list of texts. */
bool gx_case_refuse(gx_work *work, gx_case *of, gx_value reasons, gx_error *error);
bool gx_case_withdraw(gx_work *work, gx_case *of, gx_text reason, gx_error *error);
bool gx_case_grant(gx_work *work, gx_case *of, gx_error *error);
bool gx_case_deliver(gx_work *work, gx_case *of, gx_error *error);
/* Ends without a decision (终止), or closes (办结) a case that was decided or delivered. The process is
 * cancelled if it still runs. */
bool gx_case_end(gx_work *work, gx_case *of, gx_text reason, gx_error *error);
bool gx_case_close(gx_work *work, gx_case *of, gx_error *error);

/* ---- Clock ---- */

/* Kinds and their limits stand in decision D13. `planned_days` <= 0: the kind's own limit. The same kind a
 * second time needs the department's head. */
bool gx_case_stop(gx_work *work, gx_case *of, gx_text kind, gx_text reason, int64_t planned_days,
                  gx_error *error);
/* Ends the open stop of that kind; an empty kind means all. */
bool gx_case_resume(gx_work *work, gx_case *of, gx_text kind, gx_error *error);
/* Once, ten working days (行政许可法 42). */
bool gx_case_extend(gx_work *work, gx_case *of, gx_text reason, gx_error *error);
bool gx_case_overdue_reason(gx_work *work, gx_case *of, gx_text reason, gx_error *error);
/* The reading of the clock now. Any connection. */
bool gx_case_clock(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_case *of, gx_instant now,
                   gx_clock_reading *reading, gx_error *error);
/* Reads the clock anew, sets lamp, due dates and next look, and tells whom decision D06 names when the level
 * has risen. */
bool gx_case_look(gx_work *work, gx_case *of, gx_error *error);

/* ---- Documents and promises ---- */

/* A paper has come or changed: `document` is {id, state, file, ...}; what it settles is settled. Known states
 * only; the file must belong to the case. */
bool gx_case_document(gx_work *work, gx_case *of, gx_value document, gx_error *error);
/* Merges a list of documents by id into the process's variable `documents`. */
bool gx_case_documents(gx_work *work, gx_case *of, gx_value documents, gx_error *error);
/* What is due by now: reminders, the final notice, the broken promise. Called by the scheduler. */
bool gx_promise_due(gx_work *work, int64_t promise, gx_error *error);
bool gx_stop_due(gx_work *work, int64_t stop, gx_error *error);
/* An officer has checked a commitment: "kept", "mend" (30 days to mend it) or "broken" (permits of the case
 * are revoked). */
bool gx_promise_check(gx_work *work, gx_case *of, gx_text document, gx_text result, gx_text reason,
                      gx_error *error);
bool gx_promise_open(gx_db *db, int64_t case_id, int64_t *open,
                     gx_error *error); /* tolerated documents that have not come */

#endif
