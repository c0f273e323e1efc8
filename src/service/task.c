#include "service/task_internal.h"
#include "service/work.h"
#include "service/audit.h"
#include "service/notice.h"

#define COLUMNS                                                                                              \
    "t.id, t.case_id, t.instance, t.key, t.element, t.name, t.role, t.department, t.assignee, "              \
    "t.enterprise, "                                                                                         \
    "t.form, t.priority, t.created_at, t.due, t.has_own_due, t.version, t.done_at, t.outcome, t.done_by, "   \
    "t.round, t.waits_for"
enum { COLUMN_COUNT = 21 };

void gx_task_read(gx_arena *arena, gx_statement *row, gx_task *task)
{
    *task = (gx_task){.id = gx_column_int(row, 0),
                      .case_id = gx_column_int(row, 1),
                      .instance = gx_column_int(row, 2),
                      .key = (uint32_t)gx_column_int(row, 3),
                      .priority = gx_column_int(row, 11),
                      .created_at = gx_column_int(row, 12),
                      .due = gx_column_int(row, 13),
                      .has_own_due = gx_column_int(row, 14) != 0,
                      .version = gx_column_int(row, 15),
                      .done_at = gx_column_int(row, 16)};
    gx_text *const texts[] = {&task->element,  &task->name,       &task->role, &task->department,
                              &task->assignee, &task->enterprise, &task->form};
    for (int i = 0; i < (int)GX_COUNT_OF(texts); i++)
        *texts[i] = gx_column_copy(arena, row, 4 + i);
    task->outcome = gx_column_copy(arena, row, 17);
    task->done_by = gx_column_copy(arena, row, 18);
    task->round = gx_column_int(row, 19);
    task->waits_for = gx_column_int(row, 20);
}

bool gx_task_load(gx_db *db, gx_arena *arena, int64_t id, gx_task *task, gx_error *error)
{
    gx_statement *find = gx_db_prepare(
        db, "SELECT " COLUMNS " FROM task t WHERE t.bucket = bucket_of(?1) AND t.id = ?1 FOR UPDATE");
    gx_bind_int(find, 1, id);
    gx_step step = gx_db_step(find, error);
    if (step == GX_STEP_FAILED)
        return false;
    if (step == GX_STEP_DONE)
        return gx_fail(error, "task.absent");
    gx_task_read(arena, find, task);
    gx_db_reset(find);
    return true;
}

/* ---- Who may ---- */

static bool has_role(const gx_person *person, gx_text role)
{
    for (size_t i = 0; i < person->role_count; i++)
        if (gx_text_equal(person->roles[i], role))
            return true;
    return false;
}

/* Whether it is the person's own: by name, or by role and department. A signature is asked of one person. */
static bool is_own(const gx_person *person, const gx_task *task)
{
    if (task->assignee.size && gx_text_equal(task->assignee, person->login))
        return true;
    if (task->round)
        return false;
    if (gx_text_equal(task->role, GX_TEXT("applicant")))
        return gx_person_has_enterprise(person, task->enterprise);
    bool is_in_department = task->department.size == 0 || gx_text_equal(task->department, person->department);
    bool has_its_role =
        task->role.size == 0 || has_role(person, task->role) ||
        (gx_person_has_role(person, "head") && gx_text_equal(task->role, GX_TEXT("reviewer")));
    return is_in_department && has_its_role;
}

bool gx_task_is_for(const gx_packages *packages, const gx_person *person, const gx_task *task)
{
    if (!person || gx_may_reach(packages, person, "task.complete") == GX_REACH_NONE)
        return false;
    return is_own(person, task) || gx_task_principal(person, task);
}

const gx_person *gx_task_principal(const gx_person *person, const gx_task *task)
{
    if (!person || gx_text_equal(task->role, GX_TEXT("applicant")))
        return NULL;
    bool is_anyones = task->assignee.size == 0; /* what is given to one principal is done for that one */
    if (is_anyones ? is_own(person, task) : gx_text_equal(task->assignee, person->login))
        return NULL;
    for (size_t i = 0; i < person->principal_count; i++) {
        const gx_person *principal = &person->principals[i];
        if (is_anyones ? is_own(principal, task) : gx_text_equal(task->assignee, principal->login))
            return principal;
    }
    return NULL;
}

static bool may_see(const gx_packages *packages, const gx_person *person, const gx_task *task,
                    gx_error *error)
{
    if (gx_task_is_for(packages, person, task))
        return true;
    const gx_subject subject = {.enterprise = task->enterprise,
                                .departments = &task->department,
                                .department_count = task->department.size > 0,
                                .assignee = task->assignee};
    return gx_may(packages, person, "task.read", &subject) || gx_fail(error, "task.absent");
}

bool gx_task_find(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person, int64_t id,
                  gx_task *task, gx_error *error)
{
    return gx_task_load(db, arena, id, task, error) && may_see(gx_zone_packages(zone), person, task, error);
}

static const char with_case[] =
    "SELECT " COLUMNS ", " GX_CASE_COLUMNS ", " GX_LIVE_COLUMNS
    " FROM task t JOIN cases c ON c.bucket = t.bucket AND c.id = t.case_id JOIN instance i ON i.bucket = "
    "t.bucket AND i.id = t.instance WHERE t.bucket = bucket_of(?1) AND t.id = ?1 FOR UPDATE";

gx_first_question gx_task_question(int64_t id)
{
    return (gx_first_question){
        .sql = with_case, .numbers = {id}, .number_count = 1, .key_count = 1, .subject = 1 /* the case */};
}

/* The task with its case and its instance, in one question; *is_there is false when one of them is not. */
static bool load_with_case(gx_work *work, int64_t id, gx_task *task, bool *is_there, gx_error *error)
{
    gx_statement *find = gx_db_prepare(work->db, with_case);
    gx_bind_int(find, 1, id);
    gx_step step = gx_db_step(find, error);
    *is_there = step == GX_STEP_ROW;
    if (!*is_there)
        return step == GX_STEP_DONE;
    gx_case *of = GX_NEW(work->arena, gx_case);
    *of = (gx_case){0};
    gx_task_read(work->arena, find, task);
    gx_case_read(work->arena, find, COLUMN_COUNT, of);
    return gx_work_take(work, of, find, COLUMN_COUNT + GX_CASE_COLUMN_COUNT, error);
}

bool gx_task_open(gx_work *work, int64_t id, gx_task *task, gx_error *error)
{
    bool is_there = false;
    if (!work->cases && !work->first && !load_with_case(work, id, task, &is_there, error))
        return false;
    if (!is_there && !gx_task_load(work->db, work->arena, id, task, error))
        return false;
    return may_see(work->packages, work->person, task, error) &&
           (task->done_at == 0 || gx_fail(error, "task.done"));
}

static bool must_be_for(gx_work *work, const gx_task *task, gx_error *error)
{
    if (gx_task_is_for(work->packages, work->person, task))
        return true;
    gx_audit_refused(work->zone, work->person, "task.complete",
                     gx_format(work->arena, "task %lld", (long long)task->id), GX_TEXT("not_yours"));
    return gx_fail(error, "task.not_yours");
}

bool gx_task_must_be_own(gx_work *work, const gx_task *task, gx_error *error)
{
    if (!must_be_for(work, task, error))
        return false;
    if (task->assignee.size == 0 || gx_text_equal(task->assignee, work->person->login) ||
        gx_task_principal(work->person, task))
        return true;
    return gx_fail(error, "task.taken", task->assignee);
}

void gx_task_note(gx_work *work, const gx_person *by, gx_case *of, const gx_task *task, const char *kind,
                  gx_text outcome, gx_text why)
{
    const gx_person *principal = gx_task_principal(by, task);
    gx_journal_add(work, of,
                   (gx_journal_event){.kind = kind,
                                      .element = task->element,
                                      .name = task->name,
                                      .outcome = outcome,
                                      .why = why,
                                      .acting_for = principal ? principal->name : (gx_text){"", 0}});
}

/* ---- Claiming ---- */

static bool give_to(gx_work *work, const gx_task *task, gx_text login, const char *event, gx_error *error)
{
    gx_case *of = gx_work_case(work, task->case_id, error);
    if (!of)
        return false;
    gx_task_note(work, work->person, of, task, event, login, (gx_text){"", 0});
    gx_zone_tell(work->zone, work->db, "tasks", of->number);
    return gx_db_run(
        work->db, error,
        "UPDATE task SET assignee = ?2, version = version + 1 WHERE bucket = bucket_of(?1) AND id = ?1", "it",
        task->id, login);
}

bool gx_task_claim(gx_work *work, int64_t id, gx_error *error)
{
    gx_task task;
    if (!gx_task_open(work, id, &task, error) || !must_be_for(work, &task, error))
        return false;
    if (gx_text_equal(task.assignee, work->person->login))
        return true;
    if (task.assignee.size && !gx_task_principal(work->person, &task))
        return gx_fail(error, "task.taken", task.assignee);
    return give_to(work, &task, work->person->login, "task.claimed", error);
}

bool gx_task_release(gx_work *work, int64_t id, gx_error *error)
{
    gx_task task;
    if (!gx_task_open(work, id, &task, error))
        return false;
    bool is_head =
        gx_person_has_role(work->person, "head") && gx_text_equal(task.department, work->person->department);
    if (task.round || (!gx_text_equal(task.assignee, work->person->login) && !is_head))
        return gx_fail(error, "task.not_yours");
    return give_to(work, &task, GX_TEXT(""), "task.released", error);
}

bool gx_task_assign(gx_work *work, int64_t id, gx_text login, gx_error *error)
{
    gx_task task;
    gx_text department;
    if (!gx_task_open(work, id, &task, error))
        return false;
    if (!gx_person_has_role(work->person, "head") ||
        !gx_text_equal(task.department, work->person->department))
        return gx_fail(error, "task.not_yours");
    /* the page offers staff by their id; accounts may be named by login or by it */
    gx_statement *find = gx_db_prepare(work->db, "SELECT login, department FROM account WHERE (login = ?1 OR "
                                                 "staff = ?1) AND is_disabled = 0 ORDER BY id LIMIT 1");
    gx_bind_text(find, 1, login);
    gx_step step = gx_db_step(find, error);
    if (step == GX_STEP_FAILED)
        return false;
    gx_text found = step == GX_STEP_ROW ? gx_column_copy(work->arena, find, 0) : GX_TEXT("");
    department = step == GX_STEP_ROW ? gx_column_copy(work->arena, find, 1) : GX_TEXT("");
    gx_db_reset(find);
    if (!gx_text_equal(department, task.department))
        return gx_fail(error, "task.assignee", login);
    gx_case *of = gx_work_case(work, task.case_id, error);
    return of &&
           gx_notify_account(
               work, found,
               &(gx_notice){.event = "task_assigned", .of = of, .parts = {task.name}, .part_count = 1},
               error) &&
           give_to(work, &task, found, "task.assigned", error);
}

/* ---- Completing ---- */

/* What a process keeps by itself: no task's data may write over it by merging. */
static const char *const reserved[] = {"applicant", "project",    "documents", "promises", "needed",
                                       "opinions",  "permits",    "case",      "outcome",  "who",
                                       "whoName",   "department", "at"};

static bool is_reserved(gx_text name)
{
    for (size_t i = 0; i < GX_COUNT_OF(reserved); i++)
        if (gx_text_equal(name, gx_text_of(reserved[i])))
            return true;
    return false;
}

bool gx_outcome_check(const gx_bpmn_node *node, gx_text outcome, gx_error *error)
{
    gx_text rest = node->outcomes;
    if (rest.size == 0)
        return true;
    while (rest.size) {
        gx_text one = gx_text_trim(gx_text_cut(rest, ',', &rest));
        if (gx_text_equal(one, outcome))
            return true;
    }
    return gx_fail(error, "task.outcome", outcome, node->outcomes);
}

bool gx_has_words(const gx_json *value)
{
    if (gx_json_is(value, GX_JSON_STRING))
        return gx_text_trim(value->text).size > 0;
    return gx_json_is(value, GX_JSON_ARRAY) && value->first && gx_has_words(value->first);
}

static bool check_duties(gx_completion *c, const gx_person *person, gx_error *error)
{
    gx_work *work = c->work;
    const gx_task *task = &c->task;
    int64_t signed_before = 0;
    bool is_applicant = gx_text_equal(task->role, GX_TEXT("applicant"));
    bool is_decision = task->department.size > 0;
    if (is_decision && !is_applicant && gx_text_equal(c->of->submitted_by, person->login) &&
        !gx_text_equal(c->of->channel, GX_TEXT("window")))
        return gx_fail(error, "task.own_application");
    if (is_decision && !is_applicant && gx_person_has_enterprise(person, c->of->enterprise))
        return gx_fail(error, "task.own_application");
    if (c->node->loop == GX_LOOP_NONE)
        return true;
    if (!gx_db_get_int(
            work->db, error, &signed_before, 0,
            "SELECT 1 FROM task WHERE bucket = bucket_of(?1) AND case_id = ?1 AND instance = ?2 AND element "
            "= ?3 AND done_by = ?4 AND id <> ?5 AND round = 0 UNION ALL "
            "SELECT 1 FROM task WHERE bucket = bucket_of(?1) AND case_id = ?1 AND instance = ?2 AND element "
            "= ?3 AND done_for = ?4 AND done_for <> '' AND id <> ?5 AND round = 0 LIMIT 1",
            "iitti", task->case_id, task->instance, task->element, person->login, task->id))
        return false;
    return !signed_before || gx_fail(error, "task.second_signature");
}

bool gx_opinion_keep(gx_work *work, const gx_task *task, const gx_person *who, gx_text outcome,
                     const gx_json *data, gx_error *error)
{
    const gx_json *reasons = gx_json_get(data, "reasons");
    return gx_db_run(
        work->db, error,
        "INSERT INTO opinion (bucket, case_id, element, name, department, who, who_name, outcome, text, "
        "reasons, at) VALUES (bucket_of(?1), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        "itttttttti", task->case_id, task->element, task->name, task->department, who->login, who->name,
        outcome, gx_json_text_of(data, "opinion"),
        gx_json_is(reasons, GX_JSON_ARRAY) ? gx_json_to_text(work->arena, reasons) : GX_TEXT("[]"),
        work->now);
}

static bool keep_opinion(gx_completion *c, gx_error *error)
{
    if (c->task.department.size == 0 || gx_text_equal(c->task.role, GX_TEXT("window")) ||
        gx_text_equal(c->task.role, GX_TEXT("applicant")) || c->outcome.size == 0)
        return true;
    return gx_opinion_keep(c->work, &c->task, c->by, c->outcome, c->data, error);
}

static gx_value variables_of(gx_completion *c)
{
    gx_work *work = c->work;
    char at[GX_INSTANT_SIZE];
    gx_context_builder builder = gx_context_begin(work->arena, 8);
    bool is_kept_apart = c->node->result_name.size > 0 || c->node->output_count > 0;
    for (const gx_json *member = c->data ? c->data->first : NULL; member; member = member->next)
        if (is_kept_apart || !is_reserved(member->name))
            gx_context_set(&builder, member->name, gx_value_from_json(work->arena, member));
    if (c->outcome.size)
        gx_context_set(&builder, GX_TEXT("outcome"), gx_value_text(c->outcome));
    if (is_kept_apart) {
        gx_context_set(&builder, GX_TEXT("who"), gx_value_text(c->by->login));
        gx_context_set(&builder, GX_TEXT("whoName"), gx_value_text(c->by->name));
        gx_context_set(&builder, GX_TEXT("department"), gx_value_text(c->task.department));
        gx_context_set(&builder, GX_TEXT("at"),
                       gx_value_string(work->arena, gx_instant_write(work->now, at)));
    }
    return gx_context_end(&builder);
}

static gx_text why_of(const gx_completion *c)
{
    static const char *const names[] = {"reason", "opinion", "answer"};
    for (size_t i = 0; i < GX_COUNT_OF(names); i++) {
        gx_text text = gx_json_text_of(c->data, names[i]);
        if (text.size)
            return text;
    }
    return (gx_text){"", 0};
}

bool gx_completion_finish(gx_completion *c, gx_error *error)
{
    gx_work *work = c->work;
    const gx_task *task = &c->task;
    const gx_json *documents = gx_json_get(c->data, "documents");
    const gx_person *principal = gx_task_principal(c->by, task);
    gx_task_note(work, c->by, c->of, task, "task.done", c->outcome, why_of(c));
    c->of->department = task->department;
    if (!gx_db_run(work->db, error,
                   "UPDATE task SET done_at = ?2, outcome = ?3, done_by = ?4, done_for = ?5, waits_for = 0, "
                   "version = version + 1 WHERE bucket = bucket_of(?1) AND id = ?1",
                   "iittt", task->id, work->now, c->outcome.bytes ? c->outcome : GX_TEXT(""), c->by->login,
                   principal ? principal->login : GX_TEXT("")) ||
        !keep_opinion(c, error))
        return false;
    /* Papers first, so that what the process does next sees them. */
    if (gx_json_is(documents, GX_JSON_ARRAY) &&
        (!gx_case_documents(work, c->of, gx_value_from_json(work->arena, documents), error) ||
         !gx_work_settle(work, error)))
        return false;
    gx_zone_tell(work->zone, work->db, "tasks", c->of->number);
    gx_command command = {.kind = GX_COMMAND_COMPLETE_TASK, .key = task->key, .variables = variables_of(c)};
    return gx_instance_command(work, task->instance, &command, error);
}

bool gx_completion_begin(gx_completion *c, gx_error *error)
{
    const gx_state *state;
    const gx_bpmn_process *process;
    c->of = gx_work_case(c->work, c->task.case_id, error);
    if (!c->of || !gx_work_instance(c->work, c->task.instance, &state, &process, error))
        return false;
    uint32_t node = gx_bpmn_node_of(process, c->task.element);
    c->node = &process->nodes[node == GX_NO_INDEX ? 0 : node];
    return true;
}

bool gx_completion_duties(gx_completion *c, gx_error *error)
{
    const gx_person *principal = gx_task_principal(c->by, &c->task);
    return check_duties(c, c->by, error) && (!principal || check_duties(c, principal, error));
}

bool gx_completion_check(gx_completion *c, gx_error *error)
{
    if (!gx_outcome_check(c->node, c->outcome, error) || !gx_completion_duties(c, error))
        return false;
    bool is_refusal = gx_text_starts_with(c->outcome, GX_TEXT("refuse"));
    if (is_refusal && !gx_has_words(gx_json_get(c->data, "reasons")) &&
        !gx_has_words(gx_json_get(c->data, "reason")) && !gx_has_words(gx_json_get(c->data, "opinion")))
        return gx_fail_at(error, "task.reasons", ((gx_place){GX_TEXT("/data/reasons"), 0, 0}), GX_TEXT(""));
    return true;
}

bool gx_task_complete(gx_work *work, int64_t id, int64_t version, gx_text outcome, const gx_json *data,
                      gx_error *error)
{
    gx_completion c = {
        .work = work, .by = work->person, .outcome = outcome.bytes ? outcome : GX_TEXT(""), .data = data};
    if (!gx_task_open(work, id, &c.task, error) || !must_be_for(work, &c.task, error))
        return false;
    if (version > 0 && version != c.task.version)
        return gx_fail(error, "task.version");
    if (!gx_task_must_be_own(work, &c.task, error))
        return false;
    if (c.task.round)
        return gx_sign_answer(work, &c.task, c.outcome, data, error);
    if (c.task.waits_for)
        return gx_fail(error, "task.signing");
    return gx_completion_begin(&c, error) && gx_completion_check(&c, error) &&
           gx_completion_finish(&c, error);
}
