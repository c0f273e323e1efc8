/* A task that ends by an error, or tells of an escalation, in place of a result. */
#include "service/task_internal.h"
#include "service/work.h"

/* Somebody catches it: in the task's own process, or in one of those that called it. */
static bool must_be_caught(gx_work *work, const gx_task *task, const gx_task_throw *thrown, gx_error *error)
{
    int64_t instance = task->instance;
    uint32_t key = task->key;
    gx_trigger trigger = thrown->is_escalation ? GX_TRIGGER_ESCALATION : GX_TRIGGER_ERROR;
    for (;;) {
        gx_live *live = gx_work_live(work, instance, error);
        if (!live)
            return false;
        if (gx_bpmn_catches(work->arena, live->process, live->state, key, trigger, thrown->code))
            return true;
        if (live->shelf && !gx_shelf_check(live->shelf, error))
            return false;
        if (!live->parent)
            return gx_fail(error, "task.uncaught", thrown->code, task->element);
        key = live->parent_key;
        instance = live->parent;
    }
}

bool gx_task_raise(gx_work *work, int64_t id, const gx_task_throw *thrown, gx_error *error)
{
    gx_completion c = {.work = work, .by = work->person};
    if (!gx_task_open(work, id, &c.task, error) || !gx_task_must_be_own(work, &c.task, error))
        return false;
    if (c.task.round || c.task.waits_for)
        return gx_fail(error, "task.signing");
    if (!gx_completion_begin(&c, error) || !gx_completion_duties(&c, error) ||
        !must_be_caught(work, &c.task, thrown, error))
        return false;
    gx_task_note(work, c.by, c.of, &c.task, thrown->is_escalation ? "task.escalated" : "task.failed",
                 thrown->code, thrown->message);
    gx_zone_tell(work->zone, work->db, "tasks", c.of->number);
    const gx_command command = {.kind = thrown->is_escalation ? GX_COMMAND_RAISE_ESCALATION
                                                              : GX_COMMAND_RAISE_ERROR,
                                .key = c.task.key,
                                .name = thrown->code,
                                .variables = thrown->variables,
                                .detail = thrown->message};
    return gx_instance_command(work, c.task.instance, &command, error);
}
