/* service/case_record.h: what the files of a case share: the row and the events on their way to the journal.
 */
#ifndef GX_SERVICE_CASE_RECORD_H
#define GX_SERVICE_CASE_RECORD_H

#include "service/case.h"

struct gx_case_event {
    gx_journal_event event;
    struct gx_case_event *next;
};

/* The row of `cases c` as gx_case_read takes it, from the column `first` on. */
#define GX_CASE_COLUMNS                                                                                      \
    "c.id, c.number, c.matter, c.matter_version, c.state, c.state_before, c.enterprise, c.applicant, "       \
    "c.project, c.project_id, c.owner, c.channel, c.submitted_by, c.submitted_at, c.accepted_at, "           \
    "c.is_accepted_by_law, c.due_promised, c.due_legal, c.extension, c.corrections, c.lamp, c.level, "       \
    "c.overdue_reason, c.next_at, c.decided_at, c.closed_at, c.previous, c.suspended_at"
enum { GX_CASE_COLUMN_COUNT = 28 };
void gx_case_read(gx_arena *arena, gx_statement *row, int first, gx_case *of);

/* Writes the row if it has changed. */
bool gx_case_flush(gx_work *work, gx_case *of, gx_error *error);
/* The events so far as the journal's JSON array; empties the list. */
gx_text gx_case_take_events(gx_work *work, gx_case *of);
/* The read-only context `case` of models. */
gx_value gx_case_facts(gx_work *work, gx_case *of);
void gx_case_changed(gx_case *of);
/* The case's terms with its stops; the stops live in `arena`. */
bool gx_case_terms(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_case *of, gx_clock_terms *terms,
                   gx_error *error);
/* Sets the state with an event for the journal. */
void gx_case_set_state(gx_work *work, gx_case *of, const char *state, gx_text why);
/* FEEL's value for an instant: a date in Asia/Shanghai (24:00 names the day it ends). Null for 0. */
gx_value gx_value_of_day(gx_instant instant);

#endif
