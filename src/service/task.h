/* service/task.h: what people have to do. A task belongs to the token that waits for it; the row is a
 * projection for lists. Rules kept here: who may act (role and department, or the person it is given to;
 * applicants for their own company), separation of duties (who applied may not decide; in a step with several
 * signatures each needs another person), versions against lost updates. */
#ifndef GX_SERVICE_TASK_H
#define GX_SERVICE_TASK_H

#include "service/case.h"

typedef struct gx_task {
    int64_t id, case_id, instance, version, priority;
    uint32_t key;
    gx_text element, name, role, department, assignee, enterprise, form, outcome, done_by;
    gx_instant created_at, due, done_at; /* due INT64_MAX: none; done_at 0: open */
    bool has_own_due;
    int64_t round;     /* not 0: a signature asked for in another task, see service/office.h */
    int64_t waits_for; /* not 0: the round of signatures that must end first */
} gx_task;

/* "task.absent" when there is none, or when the person may neither see nor do it. */
bool gx_task_find(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person, int64_t id,
                  gx_task *task, gx_error *error);
/* Whether the person may act on it. */
bool gx_task_is_for(const gx_packages *packages, const gx_person *person, const gx_task *task);
/* For whom the person, as a deputy, would do it; NULL when it is the person's own or nobody's. */
const gx_person *gx_task_principal(const gx_person *person, const gx_task *task);
bool gx_task_claim(gx_work *work, int64_t id, gx_error *error);
bool gx_task_release(gx_work *work, int64_t id, gx_error *error);
/* By the department's head: gives it to another person of the department (a login). */
bool gx_task_assign(gx_work *work, int64_t id, gx_text login, gx_error *error);
/* With what gx_task_complete begins, and everything else that opens a task. */
gx_first_question gx_task_question(int64_t id);
/* `version` 0: whatever it is. `data` may be NULL. Outcome must be one of the task's if it has any. Refusing
 * needs reasons. */
bool gx_task_complete(gx_work *work, int64_t id, int64_t version, gx_text outcome, const gx_json *data,
                      gx_error *error);

typedef struct gx_task_throw {
    bool is_escalation; /* else an error */
    gx_text code;       /* not empty */
    gx_text message;    /* for the journal; may be empty */
    gx_value variables; /* a context or null: set where it is caught */
} gx_task_throw;
/* Who has the task says that it cannot be done as the model has it: the error or escalation goes to the
 * boundary event or event sub-process that catches it, here or in a calling process. "task.uncaught" when
 * nobody does: then nothing has happened. Who may: as for completing. */
bool gx_task_raise(gx_work *work, int64_t id, const gx_task_throw *thrown, gx_error *error);

typedef enum gx_task_scope { GX_TASKS_MINE, GX_TASKS_DEPARTMENT } gx_task_scope;
/* Open tasks in order of their due date, from an index, with their cases' facts; writes {"items", "total",
 * "next"}. */
bool gx_task_list(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person, gx_task_scope scope,
                  int64_t page, int64_t size, gx_json_out *out, gx_error *error);
/* One row as in the list, for a case's page. */
void gx_task_write(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person, const gx_task *task,
                   const gx_case *of, gx_json_out *out);

#endif
