/* What the effects of a step ask for: projections for lists and schedulers, and work inside the house
 * (decisions, skills, called processes), which is queued and answered with a further command. A model's
 * mistake becomes an incident of its token; only a fault of the store, or a refusal told to the person who
 * acted, ends the command. */
#include "service/work.h"
#include "base/log.h"
#include "dmn/explain.h"
#include "service/external.h"
#include "service/notice.h"
#include "service/scheduler.h"

#include <stdio.h>
#include <string.h>

static const gx_skill *the_skills;
static size_t the_skill_count;

void gx_skills_use(const gx_skill *skills, size_t count)
{
    the_skills = skills;
    the_skill_count = count;
}

const gx_skill *gx_skill_find(gx_text name)
{
    for (size_t i = 0; i < the_skill_count; i++)
        if (gx_text_equal(gx_text_of(the_skills[i].name), name))
            return &the_skills[i];
    return NULL;
}

const gx_skill *gx_skills_known(size_t *count)
{
    *count = the_skill_count;
    return the_skills;
}

static const gx_bpmn_node *node_of(const gx_live *live, uint32_t node)
{
    return &live->process->nodes[node];
}

static gx_text or_empty(gx_text text)
{
    return text.bytes ? text : GX_TEXT("");
}

/* ---- Tasks ---- */

static bool create_task(gx_work *work, gx_live *live, const gx_effect *effect, gx_error *error)
{
    const gx_bpmn_node *node = node_of(live, effect->node);
    gx_case *of = live->of;
    gx_text role = or_empty(effect->text1), department = or_empty(effect->text2);
    bool is_applicant = gx_text_equal(role, GX_TEXT("applicant"));
    bool has_own_due = effect->due != INT64_MAX;
    gx_instant due = has_own_due        ? effect->due
                     : of->due_promised ? of->due_promised
                     : of->due_legal    ? of->due_legal
                                        : INT64_MAX;
    gx_text enterprise = is_applicant ? of->enterprise : GX_TEXT("");
    gx_text assignee = is_applicant && enterprise.size == 0 ? of->submitted_by : or_empty(effect->text3);
    if (!gx_db_run(
            work->db, error,
            "INSERT INTO task (bucket, id, case_id, instance, key, element, name, role, department, "
            "assignee, enterprise, form, priority, created_at, due, has_own_due) VALUES (bucket_of(?1), "
            "new_id('task', bucket_of(?1)), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14)",
            "iiitttttttiiii", of->id, live->id, (int64_t)effect->key, node->id,
            node->name.size ? node->name : node->id, role, department, assignee, enterprise,
            or_empty(effect->form), effect->priority, work->now, due, (int64_t)has_own_due))
        return false;
    gx_zone_tell(work->zone, work->db, "tasks", of->number);
    if (of->accepted_at && department.size) { /* the window finds its work in its list; reviewers are told */
        gx_notice notice = {.event = "task", .of = of, .parts = {node->name}, .part_count = 1};
        if (!(assignee.size
                  ? gx_notify_account(work, assignee, &notice, error)
                  : gx_notify_role(work, department, gx_copy_string(work->arena, role), &notice, error)))
            return false;
    }
    if (department.size == 0 || gx_text_equal(department, of->owner) ||
        gx_text_equal(department, of->department)) /* the row is there */
        return true;
    return gx_db_run(
        work->db, error,
        "INSERT INTO case_department (bucket, department, case_id) VALUES (bucket_of(?2), ?1, ?2) "
        "ON CONFLICT DO NOTHING",
        "ti", department, of->id);
}

static bool cancel_task(gx_work *work, gx_live *live, uint32_t key, gx_error *error)
{
    gx_zone_tell(work->zone, work->db, "tasks", live->of->number);
    return gx_db_run(work->db, error,
                     "UPDATE task SET done_at = ?4, outcome = 'cancelled' WHERE bucket = bucket_of(?1) AND "
                     "case_id = ?1 AND instance = ?2 AND key = ?3 AND done_at IS NULL",
                     "iiii", live->of->id, live->id, (int64_t)key, work->now);
}

/* ---- Jobs, calls, incidents ---- */

static gx_instant retry_after_ms(const gx_bpmn_node *node)
{
    gx_instant due;
    int64_t repeats;
    if (node->retry_after.size &&
        gx_bpmn_timer_due(node->retry_after, GX_TIMER_DURATION, 0, NULL, &due, &repeats) && due > 0)
        return due;
    return 60000;
}

static bool start_job(gx_work *work, gx_live *live, const gx_effect *effect, gx_error *error)
{
    const gx_bpmn_node *node = node_of(live, effect->node);
    if (node->is_external)
        return gx_external_create(work, live->of, live->id, effect->key, node->id, effect->text1,
                                  gx_json_to_text(work->arena, gx_value_to_json(work->arena, effect->value)),
                                  error);
    if (!node->is_job) {
        gx_pending *pending = gx_work_queue(work, GX_PENDING_SKILL, live->id, effect->key);
        pending->node = effect->node;
        pending->name = effect->text1;
        pending->value = effect->value;
        return true;
    }
    gx_text inputs = gx_json_to_text(work->arena, gx_value_to_json(work->arena, effect->value));
    gx_scheduler_wake(work->db);
    return gx_db_run(work->db, error,
                     "INSERT INTO job (bucket, id, instance, key, element, skill, inputs, retries_left, "
                     "retry_after_ms, run_at) VALUES (bucket_of(?1 / 4096), new_id('job', bucket_of(?1 / "
                     "4096)), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                     "iitttiii", live->id, (int64_t)effect->key, node->id, effect->text1, inputs,
                     (int64_t)node->retries, retry_after_ms(node), work->now);
}

static void drop_pending(gx_work *work, int64_t instance, uint32_t key)
{
    for (gx_pending *pending = work->queue; pending; pending = pending->next)
        if (pending->instance == instance && pending->key == key)
            pending->is_dropped = true;
}

static bool cancel_call(gx_work *work, gx_live *live, uint32_t key, gx_error *error)
{
    int64_t child = 0;
    drop_pending(work, live->id, key);
    for (gx_live *other = work->first; other; other = other->next)
        if (other->parent == live->id && other->parent_key == key)
            child = other->id;
    if (!child &&
        !gx_db_get_int(
            work->db, error, &child, 0,
            "SELECT id FROM instance WHERE bucket = bucket_of(?1 / 4096) AND parent = ?1 AND parent_key = ?2",
            "ii", live->id, (int64_t)key))
        return false;
    if (child)
        gx_instance_post(work, child,
                         &(gx_command){.kind = GX_COMMAND_CANCEL, .detail = GX_TEXT("cancelled")});
    return true;
}

static bool keep_incident(gx_work *work, gx_live *live, const gx_effect *effect, gx_error *error)
{
    gx_text element = node_of(live, effect->node)->id;
    gx_journal_add(work, live->of,
                   (gx_journal_event){.kind = "incident",
                                      .element = element,
                                      .name = node_of(live, effect->node)->name,
                                      .outcome = effect->text1,
                                      .why = effect->text2});
    gx_log(GX_LOG_WARNING, "case.incident", "%.*s %.*s %.*s", GX_PRINT(live->of->number), GX_PRINT(element),
           GX_PRINT(effect->text1));
    return gx_db_run(work->db, error,
                     "INSERT INTO incident (bucket, id, case_id, instance, key, element, code, detail, at) "
                     "VALUES (bucket_of(?1), new_id('incident', bucket_of(?1)), ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                     "iiittti", live->of->id, live->id, (int64_t)effect->key, element, effect->text1,
                     or_empty(effect->text2), work->now) &&
           gx_notify_role(
               work, GX_TEXT(""), "administrator",
               &(gx_notice){
                   .event = "incident", .of = live->of, .parts = {element, effect->text1}, .part_count = 2},
               error);
}

static bool end_instance(gx_work *work, gx_live *live, const gx_effect *effect, gx_error *error)
{
    live->has_ended = true;
    live->ended_with = effect->value;
    bool is_cancelled = effect->text2.size > 0;
    if (live->parent) {
        if (is_cancelled)
            return true;
        gx_command command = {.kind = effect->text1.size ? GX_COMMAND_CALL_FAILED : GX_COMMAND_CALL_DONE,
                              .key = live->parent_key,
                              .name = effect->text1,
                              .variables = effect->value};
        gx_instance_post(work, live->parent, &command);
        return true;
    }
    if (effect->value.kind == GX_CONTEXT && effect->value.context->count > 0 &&
        !gx_db_run(work->db, error,
                   "INSERT INTO case_data (bucket, case_id, data) VALUES (bucket_of(?1), ?1, ?2) ON CONFLICT "
                   "(bucket, case_id) DO UPDATE SET data = excluded.data",
                   "it", live->of->id,
                   gx_json_to_text(work->arena, gx_value_to_json(work->arena, effect->value))))
        return false;
    gx_journal_add(work, live->of,
                   (gx_journal_event){.kind = "ended", .outcome = effect->text1, .why = effect->text2});
    return is_cancelled || gx_case_close(work, live->of, error);
}

/* ---- One effect after the other ---- */

static void note_path(gx_live *live, const gx_effect *effect)
{
    char kind = gx_text_equal(effect->text1, GX_TEXT("enter"))   ? 'e'
                : gx_text_equal(effect->text1, GX_TEXT("leave")) ? 'l'
                : gx_text_equal(effect->text1, GX_TEXT("flow"))  ? 'f'
                                                                 : 0;
    if (kind)
        gx_buffer_format(&live->path, "%s%c%u", live->path.size ? " " : "", kind,
                         kind == 'f' ? effect->flow : effect->node);
}

static bool apply(gx_work *work, gx_live *live, const gx_effect *effect, gx_error *error)
{
    gx_pending *pending;
    switch (effect->kind) {
    case GX_EFFECT_EVENT:
        note_path(live, effect);
        if (effect
                ->key) /* a token that was cancelled: what was wrong with it is nobody's business any more */
            return gx_db_run(work->db, error,
                             "UPDATE incident SET solved_at = ?4 WHERE bucket = bucket_of(?1) AND case_id = "
                             "?1 AND instance = ?2 AND key = ?3 AND solved_at IS NULL",
                             "iiii", live->of->id, live->id, (int64_t)effect->key, work->now) &&
                   gx_db_run(
                       work->db, error, /* one that had failed for good */
                       "DELETE FROM external_task WHERE bucket = bucket_of(?1 / 4096) AND instance = ?1 AND "
                       "key = ?2",
                       "ii", live->id, (int64_t)effect->key);
        if (gx_text_equal(effect->text1, GX_TEXT("fire")))
            gx_journal_add(work, live->of,
                           (gx_journal_event){.kind = "fired",
                                              .element = node_of(live, effect->node)->id,
                                              .name = node_of(live, effect->node)->name});
        return true;
    case GX_EFFECT_CREATE_TASK: return create_task(work, live, effect, error);
    case GX_EFFECT_CANCEL_TASK: return cancel_task(work, live, effect->key, error);
    case GX_EFFECT_ARM_TIMER:
        gx_scheduler_wake_at(work->db, effect->due);
        return gx_db_run(
            work->db, error,
            "INSERT INTO timer (bucket, instance, key, element, due) VALUES (bucket_of(?1 / 4096), ?1, ?2, "
            "?3, ?4) ON CONFLICT (bucket, instance, key) DO UPDATE SET due = excluded.due",
            "iiti", live->id, (int64_t)effect->key, node_of(live, effect->node)->id, effect->due);
    case GX_EFFECT_DISARM_TIMER:
        if (live->of->suspended_at &&
            !gx_db_run(
                work->db, error,
                "DELETE FROM held_timer WHERE bucket = bucket_of(?1 / 4096) AND instance = ?1 AND key = ?2",
                "ii", live->id, (int64_t)effect->key))
            return false;
        return gx_db_run(
            work->db, error,
            "DELETE FROM timer WHERE bucket = bucket_of(?1 / 4096) AND instance = ?1 AND key = ?2", "ii",
            live->id, (int64_t)effect->key);
    case GX_EFFECT_SUBSCRIBE:
        return gx_message_subscribe(work, live, effect->key, effect->text1, effect->text2, false, error);
    case GX_EFFECT_SUBSCRIBE_SIGNAL:
        return gx_message_subscribe(work, live, effect->key, effect->text1, effect->text2, true, error);
    case GX_EFFECT_UNSUBSCRIBE:
        drop_pending(work, live->id, effect->key);
        if (live->of->suspended_at && !gx_db_run(work->db, error,
                                                 "DELETE FROM held_subscription WHERE bucket = bucket_of(?1 "
                                                 "/ 4096) AND instance = ?1 AND key = ?2",
                                                 "ii", live->id, (int64_t)effect->key))
            return false;
        return gx_db_run(
            work->db, error,
            "DELETE FROM subscription WHERE bucket = bucket_of(?1 / 4096) AND instance = ?1 AND key = ?2",
            "ii", live->id, (int64_t)effect->key);
    case GX_EFFECT_START_JOB: return start_job(work, live, effect, error);
    case GX_EFFECT_CANCEL_JOB:
        drop_pending(work, live->id, effect->key);
        return gx_db_run(work->db, error,
                         "DELETE FROM external_task WHERE bucket = bucket_of(?1 / 4096) AND instance = ?1 "
                         "AND key = ?2",
                         "ii", live->id, (int64_t)effect->key) &&
               gx_db_run(work->db, error,
                         "DELETE FROM job WHERE bucket = bucket_of(?1 / 4096) AND instance = ?1 AND key = ?2",
                         "ii", live->id, (int64_t)effect->key);
    case GX_EFFECT_CALL_DECISION:
    case GX_EFFECT_CALL_PROCESS:
        pending = gx_work_queue(
            work, effect->kind == GX_EFFECT_CALL_PROCESS ? GX_PENDING_CALL : GX_PENDING_DECISION, live->id,
            effect->key);
        pending->node = effect->node;
        pending->name = effect->text1;
        pending->value = effect->value;
        return true;
    case GX_EFFECT_CANCEL_CALL: return cancel_call(work, live, effect->key, error);
    case GX_EFFECT_THROW_MESSAGE: {
        int64_t heard;
        gx_journal_add(work, live->of, (gx_journal_event){.kind = "message", .name = effect->text1});
        return gx_message_send(work, effect->text1, effect->text2.bytes ? effect->text2 : live->of->number,
                               effect->value, true, &heard, error);
    }
    case GX_EFFECT_THROW_SIGNAL: return gx_signal_send(work, effect->text1, effect->value, live->id, error);
    case GX_EFFECT_ESCALATED:
        gx_journal_add(work, live->of,
                       (gx_journal_event){.kind = "escalation",
                                          .element = node_of(live, effect->node)->id,
                                          .name = node_of(live, effect->node)->name,
                                          .outcome = effect->text1});
        if (live->parent)
            gx_instance_post(work, live->parent,
                             &(gx_command){.kind = GX_COMMAND_CALL_ESCALATED,
                                           .key = live->parent_key,
                                           .name = effect->text1});
        return true;
    case GX_EFFECT_INCIDENT: return keep_incident(work, live, effect, error);
    case GX_EFFECT_ENDED: return end_instance(work, live, effect, error);
    case GX_EFFECT_KEEP: return gx_shelf_keep(work, live->id, effect, error);
    case GX_EFFECT_DROP: return gx_shelf_drop(work, live->id, effect, error);
    }
    return true;
}

bool gx_effects_apply(gx_work *work, gx_live *live, const gx_effects *effects, gx_error *error)
{
    for (size_t i = 0; i < effects->count; i++)
        if (!apply(work, live, &effects->items[i], error))
            return false;
    return true;
}

/* ---- Work inside the house ---- */

static void post_failure(gx_work *work, const gx_pending *pending, const char *code, const gx_error *error)
{
    char text[400];
    gx_text detail =
        gx_copy(work->arena, gx_text_of(gx_error_sentence(error, GX_LANGUAGE_ZH, text, sizeof text)));
    gx_command command = {.kind = pending->kind == GX_PENDING_SKILL ? GX_COMMAND_JOB_FAILED
                                                                    : GX_COMMAND_CALL_FAILED,
                          .key = pending->key,
                          .name = gx_text_of(code),
                          .detail = detail};
    gx_instance_post(work, pending->instance, &command);
}

/* {"zh", "en", "inputs"}: what was said, and what it was asked with, so that it can be tried again. */
static gx_text explained(gx_work *work, const gx_dmn *dmn, gx_text decision, gx_value given,
                         const gx_dmn_trace *trace)
{
    gx_json *both = gx_json_object(work->arena);
    gx_json *asked = gx_json_object(work->arena);
    gx_dmn_item *inputs;
    size_t count = gx_dmn_inputs_of(work->arena, dmn, decision, &inputs);
    for (int i = 0; i < 2; i++) {
        gx_buffer text = gx_buffer_in(work->arena);
        gx_dmn_explain(&text, trace, i ? GX_LANGUAGE_EN : GX_LANGUAGE_ZH);
        gx_json_set_text(work->arena, both, i ? "en" : "zh", gx_buffer_as_text(&text));
    }
    for (size_t i = 0; i < count; i++) {
        const char *name = gx_copy_string(work->arena, inputs[i].name);
        gx_json_set(work->arena, asked, name,
                    gx_value_to_json(work->arena, gx_context_get(given, inputs[i].name)));
    }
    gx_json_set(work->arena, both, "inputs", asked);
    return gx_json_to_text(work->arena, both);
}

/* The decision that a name means inside its file: by id or name, or the only one. */
static gx_text decision_in(const gx_dmn *dmn, gx_text name)
{
    gx_dmn_item item;
    if (gx_dmn_find(dmn, GX_DMN_DECISION, name, &item))
        return name;
    gx_text last = name;
    for (size_t i = 0; i < gx_dmn_count(dmn); i++)
        if (gx_dmn_item_at(dmn, i).kind == GX_DMN_DECISION)
            last = gx_dmn_item_at(dmn, i).id; /* requirements come first in a file, what is asked for last */
    return last;
}

static bool run_decision(gx_work *work, gx_live *live, gx_pending *pending, gx_error *error)
{
    gx_error reason = {0};
    gx_value answer;
    gx_dmn_trace trace = {0};
    gx_feel_budget budget = {.has_now = true, .now = work->now, .now_offset = 28800};
    const gx_definition *current = gx_packages_decision(work->packages, pending->name);
    if (!current) {
        gx_fail(&reason, "dmn.unknown", pending->name);
        post_failure(work, pending, "", &reason);
        return true;
    }
    const gx_definition *definition = gx_work_definition(work, live->of, current, error);
    if (!definition)
        return false;
    gx_text decision = decision_in(definition->dmn, pending->name);
    if (!gx_dmn_evaluate(work->arena, definition->dmn, decision, pending->value, &budget, &trace, &answer,
                         &reason)) {
        post_failure(work, pending, "", &reason);
        return true;
    }
    gx_text element = node_of(live, pending->node)->id;
    gx_journal_add(work, live->of,
                   (gx_journal_event){
                       .kind = "decided", .element = element, .name = node_of(live, pending->node)->name});
    if (!gx_db_run(work->db, error,
                   "INSERT INTO decision (bucket, case_id, element, decision, version, at, answer, trace) "
                   "VALUES (bucket_of(?1), ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
                   "ittiitt", live->of->id, element, definition->id, definition->version, work->now,
                   gx_json_to_text(work->arena, gx_value_to_json(work->arena, answer)),
                   explained(work, definition->dmn, decision, pending->value, &trace)))
        return false;
    gx_instance_post(
        work, pending->instance,
        &(gx_command){
            .kind = GX_COMMAND_DECISION_DONE, .key = pending->key, .value = answer, .variables = answer});
    return true;
}

/* A skill works in a part of its own: when it fails, nothing of it stays, neither in the store nor in memory.
 */
static bool run_skill(gx_work *work, gx_live *live, gx_pending *pending, gx_error *error)
{
    gx_error reason = {0};
    const gx_skill *skill = gx_skill_find(pending->name);
    if (!skill) {
        gx_fail(&reason, "skill.absent", pending->name);
        post_failure(work, pending, "", &reason);
        return true;
    }
    gx_case before = *live->of;
    gx_pending *queue_end = work->queue_end;
    gx_value outputs = gx_value_null();
    gx_skill_call call = {.zone = work->zone,
                          .packages = work->packages,
                          .db = work->db,
                          .arena = work->arena,
                          .work = work,
                          .of = live->of,
                          .case_number = live->of->number,
                          .element = node_of(live, pending->node)->id,
                          .inputs = pending->value,
                          .now = work->now};
    gx_db_part part;
    if (!gx_work_variables(work, live->of->id, &call.variables, error))
        return false;
    gx_db_part_begin(work->db, &part);
    work->is_in_process = true;
    bool is_done = skill->run(&call, &outputs, &reason);
    work->is_in_process = false;
    if ((!is_done && !gx_db_part_undo(work->db, error)) || !gx_db_part_end(work->db, error))
        return false;
    if (is_done) {
        gx_instance_post(
            work, pending->instance,
            &(gx_command){.kind = GX_COMMAND_JOB_DONE, .key = pending->key, .variables = outputs});
        return true;
    }
    gx_case *next = live->of->next;
    *live->of = before;
    live->of->next = next;
    if (live->of->events_end)
        live->of->events_end->next = NULL;
    work->queue_end = queue_end;
    if (queue_end)
        queue_end->next = NULL;
    else
        work->queue = NULL;
    if (call.error_code.size == 0 && work->person && gx_error_status(&reason) < 500) {
        *error = reason; /* who acted is told, and nothing has happened */
        return false;
    }
    post_failure(work, pending, call.error_code.size ? gx_copy_string(work->arena, call.error_code) : "",
                 &reason);
    return true;
}

static bool run_call(gx_work *work, gx_live *live, gx_pending *pending, gx_error *error)
{
    gx_error reason = {0};
    gx_live *child = gx_work_child(work, live, pending->key, pending->name, &reason);
    if (child)
        return gx_work_start(work, child, (gx_text){"", 0}, pending->value, error);
    if (gx_error_status(&reason) >= 500) {
        *error = reason;
        return false;
    }
    post_failure(work, pending, "", &reason);
    return true;
}

bool gx_pending_run(gx_work *work, gx_pending *pending, gx_error *error)
{
    gx_live *live = gx_work_live(work, pending->instance, error);
    if (!live)
        return false;
    if (live->has_ended)
        return true;
    char figure[24];
    gx_error reason = {0};
    if (++work->commands > GX_LIMIT_WORK_COMMANDS && pending->kind != GX_PENDING_COMMAND) {
        gx_fail(&reason, "bpmn.run.steps", gx_error_int(figure, GX_LIMIT_WORK_COMMANDS));
        post_failure(work, pending, "", &reason);
        return true;
    }
    switch (pending->kind) {
    case GX_PENDING_COMMAND:
        if (gx_work_step(work, live, &pending->command, &reason))
            return true;
        if (reason.code &&
            (strcmp(reason.code, "bpmn.command.key") == 0 || strcmp(reason.code, "bpmn.command.ended") == 0))
            return true; /* its token went away in the meantime */
        *error = reason;
        return false;
    case GX_PENDING_DECISION: return run_decision(work, live, pending, error);
    case GX_PENDING_SKILL: return run_skill(work, live, pending, error);
    case GX_PENDING_CALL: return run_call(work, live, pending, error);
    }
    return true;
}
