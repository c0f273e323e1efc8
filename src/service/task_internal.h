/* service/task_internal.h: what task.c and the files about sharing a task (sign.c, office.c) have in common.
 */
#ifndef GX_SERVICE_TASK_INTERNAL_H
#define GX_SERVICE_TASK_INTERNAL_H

#include "service/case_record.h"
#include "service/task.h"

/* A task on its way to being done. `by` decides; it is the person who acts, but for a step that others sign:
 * then it is who asked for the signatures. */
typedef struct gx_completion {
    gx_work *work;
    const gx_person *by;
    gx_task task;
    gx_case *of;
    const gx_bpmn_node *node;
    gx_text outcome;
    const gx_json *data; /* NULL: none */
} gx_completion;

/* Reads the row that begins with the columns of task in the order of task.c. */
void gx_task_read(gx_arena *arena, gx_statement *row, gx_task *task);
/* Any task, without asking who may see it. */
bool gx_task_load(gx_db *db, gx_arena *arena, int64_t id, gx_task *task, gx_error *error);
/* The open task, which the work's person may see. "task.absent", "task.done". */
bool gx_task_open(gx_work *work, int64_t id, gx_task *task, gx_error *error);
/* "task.not_yours" (audited), "task.taken" when it is given to somebody else. */
bool gx_task_must_be_own(gx_work *work, const gx_task *task, gx_error *error);
/* "task.own_application", "task.second_signature": what nobody may decide who has a part in it already. */
bool gx_completion_duties(gx_completion *c, gx_error *error);
/* Fills of and node. */
bool gx_completion_begin(gx_completion *c, gx_error *error);
/* Whether `by` may end the task with this outcome: one of the step's, with reasons for a refusal, nobody's
 * own application, nobody's second signature. */
bool gx_completion_check(gx_completion *c, gx_error *error);
/* The task is done and its process goes on. */
bool gx_completion_finish(gx_completion *c, gx_error *error);
/* A text, or a list that begins with one, that is not blank. */
bool gx_has_words(const gx_json *value);
/* Writes an opinion for the case's page. */
bool gx_opinion_keep(gx_work *work, const gx_task *task, const gx_person *who, gx_text outcome,
                     const gx_json *data, gx_error *error);
/* The journal's event of a task, with whom `by` acts for. */
void gx_task_note(gx_work *work, const gx_person *by, gx_case *of, const gx_task *task, const char *kind,
                  gx_text outcome, gx_text why);
/* The outcome is one of the step's, or the step has none. */
bool gx_outcome_check(const gx_bpmn_node *node, gx_text outcome, gx_error *error);

/* sign.c: a signer's answer. The task's round is open. */
bool gx_sign_answer(gx_work *work, const gx_task *task, gx_text outcome, const gx_json *data,
                    gx_error *error);

#endif
