/* service/case_record.h: what the files of a case share: the row and the events on their way to the journal.
 */
#ifndef GX_SERVICE_CASE_RECORD_H
#define GX_SERVICE_CASE_RECORD_H

#include "service/case.h"

struct gx_case_event {
    gx_journal_event event;
    struct gx_case_event *next;
};

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
