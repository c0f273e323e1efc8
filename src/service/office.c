/* Handing a task on (转办), back (退回, 撤回), and asking for it (催办). Signatures: sign.c. */
#include "service/office.h"
#include "service/notice.h"
#include "service/task_internal.h"

#include <string.h>

static const gx_instant URGE_PAUSE_MS = 24 * 3600 * 1000;
enum { EARLIER_MOST = 50, COLLEAGUES_MOST = 500, URGED_MOST = 20 };

static bool must_have_reason(gx_text reason, gx_error *error)
{
    return gx_text_trim(reason).size > 0 ||
           gx_fail_at(error, "case.reasons", ((gx_place){GX_TEXT("/reason"), 0, 0}));
}

/* ---- Colleagues and 转办 ---- */

static bool could_take(const gx_packages *packages, const gx_person *person, const gx_task *task)
{
    gx_task free = *task;
    free.assignee = GX_TEXT("");
    return !gx_text_equal(person->login, task->assignee) && gx_task_is_for(packages, person, &free);
}

static bool could_sign(const gx_packages *packages, const gx_person *person, const gx_case *of)
{
    return gx_may_reach(packages, person, "task.complete") != GX_REACH_NONE &&
           !gx_person_has_enterprise(person, of->enterprise);
}

static void write_colleague(gx_json_out *out, const gx_person *person)
{
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "login", person->login);
    gx_json_out_member_text(out, "name", person->name);
    gx_json_out_member_text(out, "staff", person->staff);
    gx_json_out_member_text(out, "department", person->department);
    gx_json_out_name(out, "roles");
    gx_json_out_begin(out, '[');
    for (size_t i = 0; i < person->role_count; i++)
        gx_json_out_text(out, person->roles[i]);
    gx_json_out_end(out, ']');
    gx_json_out_end(out, '}');
}

bool gx_office_colleagues(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person,
                          const gx_task *task, bool for_signing, gx_text department, gx_json_out *out,
                          gx_error *error)
{
    const gx_packages *packages = gx_zone_packages(zone);
    gx_case of;
    gx_text *logins = GX_NEW_ARRAY(arena, gx_text, COLLEAGUES_MOST);
    size_t count = 0;
    int64_t total = 0;
    if (!gx_case_load(db, arena, task->case_id, &of, error))
        return false;
    gx_statement *rows =
        gx_db_prepare(db, "SELECT login FROM account WHERE department = ?1 AND department <> '' AND "
                          "is_disabled = 0 ORDER BY id LIMIT 500");
    gx_bind_text(rows, 1, for_signing && department.size ? department : task->department);
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW)
        logins[count++] = gx_column_copy(arena, rows, 0);
    if (step == GX_STEP_FAILED)
        return false;
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, "items");
    gx_json_out_begin(out, '[');
    for (size_t i = 0; i < count; i++) {
        gx_person other;
        bool is_found;
        if (!gx_person_find(db, arena, logins[i], &other, &is_found, error))
            return false;
        if (!is_found || gx_text_equal(other.login, person->login) ||
            !(for_signing ? could_sign(packages, &other, &of) : could_take(packages, &other, task)))
            continue;
        write_colleague(out, &other);
        total++;
    }
    gx_json_out_end(out, ']');
    gx_json_out_member_int(out, "total", total);
    gx_json_out_name(out, "next");
    gx_json_out_null(out);
    gx_json_out_end(out, '}');
    return true;
}

bool gx_office_transfer(gx_work *work, int64_t id, gx_text to, gx_text reason, gx_error *error)
{
    gx_task task;
    gx_person other;
    bool is_found;
    if (!gx_task_open(work, id, &task, error) || !must_have_reason(reason, error))
        return false;
    bool is_head = gx_person_has_role(work->person, "head") && task.department.size &&
                   gx_text_equal(task.department, work->person->department);
    if (!is_head && !gx_task_must_be_own(work, &task, error))
        return false;
    if (task.round || task.waits_for)
        return gx_fail(error, "task.signing");
    if (!gx_person_find(work->db, work->arena, to, &other, &is_found, error))
        return false;
    if (!is_found || !gx_text_equal(other.department, task.department) ||
        !could_take(work->packages, &other, &task))
        return gx_fail(error, "task.assignee", to);
    gx_case *of = gx_work_case(work, task.case_id, error);
    gx_notice notice = {.event = "task_assigned", .of = of, .parts = {task.name}, .part_count = 1};
    if (!of || !gx_notify_account(work, other.login, &notice, error))
        return false;
    gx_task_note(work, work->person, of, &task, "task.transferred", other.name, reason);
    gx_zone_tell(work->zone, work->db, "tasks", of->number);
    return gx_db_run(
        work->db, error,
        "UPDATE task SET assignee = ?2, version = version + 1 WHERE bucket = bucket_of(?1) AND id = ?1", "it",
        id, other.login);
}

/* ---- 退回 ---- */

typedef struct earlier_step {
    gx_text element, name, done_by;
    gx_instant done_at;
} earlier_step;

/* Steps of the task's instance that people have done, the latest first. */
static bool find_done(gx_db *db, gx_arena *arena, const gx_task *task, earlier_step *steps, size_t *count,
                      gx_error *error)
{
    gx_statement *rows = gx_db_prepare(
        db, "SELECT element, name, done_by, done_at FROM task WHERE bucket = bucket_of(?1) AND case_id = ?1 "
            "AND instance = ?2 AND done_by <> '' AND round = 0 AND id <> ?3 ORDER BY id DESC LIMIT 500");
    gx_bind(rows, "iii", task->case_id, task->instance, task->id);
    gx_step step;
    *count = 0;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_text element = gx_column_text(rows, 0);
        bool is_known = false;
        for (size_t i = 0; i < *count && !is_known; i++)
            is_known = gx_text_equal(steps[i].element, element);
        if (is_known || *count == EARLIER_MOST)
            continue;
        steps[(*count)++] = (earlier_step){.element = gx_column_copy(arena, rows, 0),
                                           .name = gx_column_copy(arena, rows, 1),
                                           .done_by = gx_column_copy(arena, rows, 2),
                                           .done_at = gx_column_int(rows, 3)};
    }
    return step == GX_STEP_DONE;
}

/* Tries it on a copy, without effects: whether it would leave a join that waits for ever. */
static bool can_go_back(gx_arena *arena, const gx_bpmn_process *process, const gx_state *state, uint32_t key,
                        gx_text element, gx_instant now)
{
    gx_effects effects;
    gx_error ignored = {0};
    const gx_state *next;
    const gx_bpmn_world world = {.now = now};
    const gx_command command = {.kind = GX_COMMAND_SEND_BACK, .key = key, .name = element};
    return gx_bpmn_step(arena, process, state, &command, &world, &next, &effects, &ignored) &&
           gx_bpmn_stuck_join(arena, process, next) == GX_NO_INDEX;
}

bool gx_office_earlier(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_task *task, gx_json_out *out,
                       gx_error *error)
{
    const gx_state *state;
    const gx_bpmn_process *process;
    earlier_step *steps = GX_NEW_ARRAY(arena, earlier_step, EARLIER_MOST);
    size_t count;
    int64_t total = 0;
    char text[GX_INSTANT_SIZE];
    if (!gx_instance_read(zone, db, arena, task->instance, &state, &process, NULL, error) ||
        !find_done(db, arena, task, steps, &count, error))
        return false;
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, "items");
    gx_json_out_begin(out, '[');
    for (size_t i = 0; i < count && !task->done_at && !task->round; i++) {
        if (!can_go_back(arena, process, state, task->key, steps[i].element, steps[i].done_at))
            continue;
        gx_text name = steps[i].done_by;
        if (!gx_db_get_text(db, arena, error, &name, "SELECT name FROM account WHERE login = ?1", "t",
                            steps[i].done_by))
            return false;
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "element", steps[i].element);
        gx_json_out_member_text(out, "name", steps[i].name);
        gx_json_out_member_text(out, "doneBy", steps[i].done_by);
        gx_json_out_member_text(out, "doneByName", name.size ? name : steps[i].done_by);
        gx_json_out_member_text(out, "doneAt", gx_instant_write(steps[i].done_at, text));
        gx_json_out_end(out, '}');
        total++;
    }
    gx_json_out_end(out, ']');
    gx_json_out_member_int(out, "total", total);
    gx_json_out_name(out, "next");
    gx_json_out_null(out);
    gx_json_out_end(out, '}');
    return true;
}

/* Steps, refuses what could never end, and gives the step that is open again to who did it before. */
static bool go_back(gx_work *work, const gx_task *task, uint32_t key, gx_text element, gx_text done_by,
                    gx_error *error)
{
    const gx_state *state;
    const gx_bpmn_process *process;
    const gx_command command = {.kind = GX_COMMAND_SEND_BACK, .key = key, .name = element};
    if (!gx_instance_command(work, task->instance, &command, error) ||
        !gx_work_instance(work, task->instance, &state, &process, error))
        return false;
    uint32_t stuck = gx_bpmn_stuck_join(work->arena, process, state);
    if (stuck != GX_NO_INDEX)
        return gx_fail(error, "bpmn.move.join", process->nodes[stuck].id);
    return gx_db_run(work->db, error,
                     "UPDATE task SET assignee = ?4 WHERE bucket = bucket_of(?1) AND case_id = ?1 AND "
                     "instance = ?2 AND element = ?3 AND done_at IS NULL AND assignee = '' AND role <> "
                     "'applicant' AND department = (SELECT department FROM account WHERE login = ?4)",
                     "iitt", task->case_id, task->instance, element, done_by);
}

bool gx_office_send_back(gx_work *work, int64_t id, gx_text element, gx_text reason, gx_error *error)
{
    gx_task task;
    earlier_step *steps = GX_NEW_ARRAY(work->arena, earlier_step, EARLIER_MOST), *to = NULL;
    size_t count;
    if (!gx_task_open(work, id, &task, error) || !gx_task_must_be_own(work, &task, error) ||
        !must_have_reason(reason, error))
        return false;
    if (task.round || task.waits_for)
        return gx_fail(error, "task.signing");
    if (!find_done(work->db, work->arena, &task, steps, &count, error))
        return false;
    for (size_t i = 0; i < count && !to; i++)
        to = gx_text_equal(steps[i].element, element) ? &steps[i] : NULL;
    if (!to)
        return gx_fail(error, "bpmn.move.not_earlier", element);
    gx_case *of = gx_work_case(work, task.case_id, error);
    if (!of)
        return false;
    gx_task_note(work, work->person, of, &task, "task.sent_back", to->name, reason);
    gx_notice notice = {.event = "sent_back", .of = of, .parts = {to->name, reason}, .part_count = 2};
    return gx_db_run(work->db, error,
                     "UPDATE task SET done_at = ?2, outcome = 'sent_back', done_by = ?3, version = version + "
                     "1 WHERE bucket = bucket_of(?1) AND id = ?1",
                     "iit", id, work->now, work->person->login) &&
           go_back(work, &task, task.key, element, to->done_by, error) &&
           gx_notify_account(work, to->done_by, &notice, error);
}

/* ---- 撤回 ---- */

static bool leaves_a_mark(const gx_bpmn_process *process, gx_text path)
{
    gx_text rest = path;
    while (rest.size) {
        gx_text word = gx_text_cut(rest, ' ', &rest);
        int64_t index = 0;
        if (word.size < 2 || word.bytes[0] != 'e' ||
            !gx_text_to_int(gx_text_slice(word, 1, word.size), &index) || index < 0 ||
            index >= process->node_count)
            continue;
        switch (process->nodes[index].kind) {
        case GX_NODE_USER_TASK:
        case GX_NODE_EXCLUSIVE:
        case GX_NODE_PARALLEL:
        case GX_NODE_INCLUSIVE:
        case GX_NODE_EVENT_GATEWAY:
        case GX_NODE_CATCH:
        case GX_NODE_RECEIVE_TASK:
        case GX_NODE_RULE_TASK:
        case GX_NODE_SCRIPT_TASK:
        case GX_NODE_TASK:
        case GX_NODE_SUB_PROCESS:
        case GX_NODE_START: break;
        default: return true;
        }
    }
    return false;
}

/* Nothing has happened since but what the step itself led to, and that has not left the process. */
static bool can_take_back(gx_work *work, const gx_task *task, const gx_bpmn_process *process, gx_error *error)
{
    gx_statement *rows = gx_db_prepare(work->db, "SELECT instance, at, actor, path FROM journal WHERE bucket "
                                                 "= bucket_of(?1) AND case_id = ?1 AND at >= ?2 ORDER BY id");
    gx_bind(rows, "ii", task->case_id, task->done_at);
    gx_step step;
    const char *why = NULL;
    while (!why && (step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_text actor = gx_column_text(rows, 2), path = gx_column_text(rows, 3);
        bool is_later = gx_column_int(rows, 1) > task->done_at, is_own = gx_text_equal(actor, task->done_by);
        if ((is_later && actor.size && !is_own) || (is_later && path.size))
            why = "task.take_back.late";
        else if (path.size && (gx_column_int(rows, 0) != task->instance || leaves_a_mark(process, path)))
            why = "task.take_back.left";
    }
    if (why) {
        gx_db_reset(rows);
        return gx_fail(error, why);
    }
    return step == GX_STEP_DONE;
}

bool gx_office_take_back(gx_work *work, int64_t id, gx_text reason, gx_error *error)
{
    gx_task task;
    const gx_state *state;
    const gx_bpmn_process *process;
    if (!gx_task_find(work->zone, work->db, work->arena, work->person, id, &task, error))
        return false;
    if (!task.done_at || task.round || !gx_text_equal(task.done_by, work->person->login))
        return gx_fail(error, "task.take_back.late");
    gx_case *of = gx_work_case(work, task.case_id, error);
    if (!of || !gx_work_instance(work, task.instance, &state, &process, error) ||
        !can_take_back(work, &task, process, error))
        return false;
    uint32_t node = gx_bpmn_node_of(process, task.element);
    if (gx_state_has_ended(state) || node == GX_NO_INDEX || process->nodes[node].loop != GX_LOOP_NONE)
        return gx_fail(error, "task.take_back.left");
    gx_task_note(work, work->person, of, &task, "task.taken_back", (gx_text){"", 0}, reason);
    /* what was said with it does not stand; the journal keeps that it was said */
    return gx_db_run(work->db, error,
                     "DELETE FROM opinion WHERE bucket = bucket_of(?1) AND case_id = ?1 AND element = ?2 AND "
                     "who = ?3 AND at = ?4",
                     "itti", task.case_id, task.element, task.done_by, task.done_at) &&
           gx_db_run(work->db, error,
                     "UPDATE task SET outcome = 'taken_back', done_by = '' WHERE bucket = bucket_of(?1) AND "
                     "id = ?1",
                     "i", id) &&
           go_back(work, &task, 0, task.element, work->person->login, error);
}

/* ---- 催办 ---- */

typedef struct urged {
    gx_text assignee, department, role, name;
} urged;

bool gx_office_urge(gx_work *work, gx_case *of, gx_text note, gx_error *error)
{
    int64_t last = 0;
    urged tasks[URGED_MOST];
    size_t count = 0;
    char text[GX_INSTANT_SIZE];
    if (!gx_db_get_int(work->db, error, &last, 0,
                       "SELECT at FROM urge WHERE bucket = bucket_of(?1) AND case_id = ?1 AND actor = ?2",
                       "it", of->id, work->person->login))
        return false;
    if (last && work->now < last + URGE_PAUSE_MS)
        return gx_fail(error, "case.urge.again", gx_instant_write(last + URGE_PAUSE_MS, text));
    gx_statement *rows = gx_db_prepare(
        work->db,
        "SELECT assignee, department, role, name FROM task WHERE bucket = bucket_of(?1) AND case_id = ?1 AND "
        "done_at IS NULL AND waits_for = 0 AND role <> 'applicant' ORDER BY id LIMIT 20");
    gx_bind_int(rows, 1, of->id);
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW)
        tasks[count++] = (urged){gx_column_copy(work->arena, rows, 0), gx_column_copy(work->arena, rows, 1),
                                 gx_column_copy(work->arena, rows, 2), gx_column_copy(work->arena, rows, 3)};
    if (step == GX_STEP_FAILED)
        return false;
    if (count == 0)
        return gx_fail(error, "case.urge.none");
    for (size_t i = 0; i < count; i++) {
        gx_notice notice = {.event = "urged", .of = of, .parts = {tasks[i].name, note}, .part_count = 2};
        if (!(tasks[i].assignee.size
                  ? gx_notify_account(work, tasks[i].assignee, &notice, error)
                  : gx_notify_role(work, tasks[i].department, gx_copy_string(work->arena, tasks[i].role),
                                   &notice, error)))
            return false;
    }
    gx_journal_add(work, of, (gx_journal_event){.kind = "urged", .name = tasks[0].name, .why = note});
    return gx_db_run(work->db, error,
                     "INSERT INTO urge (bucket, case_id, actor, at) VALUES (bucket_of(?1), ?1, ?2, ?3) ON "
                     "CONFLICT (bucket, case_id, actor) DO UPDATE SET at = excluded.at",
                     "iti", of->id, work->person->login, work->now);
}
