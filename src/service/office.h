/* service/office.h: how an office shares a task, on any user task of any process.
 *
 *   sign        会签 (countersign: all, a share or one of the signers decide), 加签 (signers before or after)
 *   transfer    转办: to a colleague, with a reason
 *   send_back   退回: the process goes on at an earlier step
 *   take_back   撤回: by who did it, before anybody else has acted
 *   urge        催办: by the applicant or a head, once a day
 *
 * Each is an act of the timeline and of the audit chain. Functions run inside a gx_work. */
#ifndef GX_SERVICE_OFFICE_H
#define GX_SERVICE_OFFICE_H

#include "service/task.h"

typedef struct gx_sign_request {
    gx_text mode;           /* "before", "after", "countersign" */
    const gx_json *signers; /* logins or staff ids, 1 to GX_LIMIT_SIGNERS, any department */
    gx_text rule;           /* countersign: "all" (the default), "share", "one" */
    int64_t percent;        /* of a share: 1 to 100 */
    gx_text agree, refuse;  /* countersign: the step's outcome in either case; empty: its first and second */
    gx_text outcome;        /* after: the own decision, which holds when all signers agree */
    const gx_json *data;    /* what the completion carries; NULL */
    gx_text reason;
} gx_sign_request;

/* before: the task waits until all have signed, then it is its owner's again, whatever they said.
 * after: the decision waits; when all agree the process goes on, at the first refusal the task comes back.
 * countersign: the signers decide; as soon as the rule is met, or cannot be met any more, the process goes
 * on. */
bool gx_office_sign(gx_work *work, int64_t id, const gx_sign_request *request, gx_error *error);
/* Takes the open signatures back; the task is its owner's again. */
bool gx_office_sign_cancel(gx_work *work, int64_t id, gx_error *error);
bool gx_office_transfer(gx_work *work, int64_t id, gx_text to, gx_text reason, gx_error *error);
/* `element`: one of gx_office_earlier. */
bool gx_office_send_back(gx_work *work, int64_t id, gx_text element, gx_text reason, gx_error *error);
/* Only what left no mark outside: nothing but steps, decisions and gateways came after it. */
bool gx_office_take_back(gx_work *work, int64_t id, gx_text reason, gx_error *error);
bool gx_office_urge(gx_work *work, gx_case *of, gx_text note, gx_error *error);

/* Writes {"items": [{login, name, staff, department, roles}], ...}: who could take the task over; with
 * `department` or for_signing, the staff of that department (empty: the task's) who could sign. */
bool gx_office_colleagues(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person,
                          const gx_task *task, bool for_signing, gx_text department, gx_json_out *out,
                          gx_error *error);
/* Writes {"items": [{element, name, doneBy, doneByName, doneAt}], ...}: the steps to which the task can be sent back. */
bool gx_office_earlier(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_task *task, gx_json_out *out,
                       gx_error *error);
/* Writes the member "signing": the last round of the task with its signatures, or null. */
bool gx_office_write_round(gx_db *db, gx_arena *arena, const gx_task *task, gx_json_out *out,
                           gx_error *error);

#endif
