/* service/deputy.h: who stands in for whom (委托代办). Between two days, both included, a colleague of the
 * same department may do all that is the absent person's to do; the absent person still may, too. What the
 * deputy does is marked: the task and the timeline name both. A deputy's own absence hands nothing on. */
#ifndef GX_SERVICE_DEPUTY_H
#define GX_SERVICE_DEPUTY_H

#include "service/instance.h"

/* The persons for whom `person` stands in at this moment, in `arena`, as person->principals. Any connection.
 */
bool gx_deputy_load(gx_db *db, gx_arena *arena, gx_person *person, gx_instant now, gx_error *error);

typedef struct gx_absence {
    gx_text login;    /* who is away; empty: the person who acts. Heads may say it for their department */
    gx_text deputy;   /* login or staff id */
    gx_text from, to; /* days, "2026-11-20" */
    gx_text reason;
} gx_absence;
/* Errors: "deputy.days", "deputy.person", "deputy.twice". */
bool gx_deputy_set(gx_work *work, const gx_absence *absence, int64_t *id, gx_error *error);
/* Ends it now. By whoever is away, the deputy, or their head. */
bool gx_deputy_end(gx_work *work, int64_t id, gx_error *error);
/* Writes {"items": [{id, login, name, deputy, deputyName, from, to, reason, isNow}], "total", "next"}: those
 * of the person, and for heads those of the department; not yet ended, the next to end first. */
bool gx_deputy_list(gx_db *db, gx_arena *arena, const gx_person *person, gx_instant now, gx_json_out *out,
                    gx_error *error);

#endif
