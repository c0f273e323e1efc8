#include "service/task.h"
#include "service/audit.h"
#include "service/case_record.h"
#include "service/notice.h"

#include <stdlib.h>

#define COLUMNS                                                                                              \
    "id, case_id, instance, key, element, name, role, department, assignee, enterprise, form, priority, "    \
    "created_at, due, has_own_due, version, done_at, outcome, done_by"
#define FACTS                                                                                                \
    "t.id, t.case_id, t.instance, t.key, t.element, t.name, t.role, t.department, t.assignee, "              \
    "t.enterprise, t.form, t.priority, t.created_at, t.due, t.has_own_due, "                                 \
    "t.version, t.done_at, t.outcome, t.done_by, c.number, c.matter, c.matter_version, c.project, "          \
    "c.applicant, c.lamp, c.state"

static void read_task(gx_arena *arena, gx_statement *row, gx_task *task)
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
}

static bool load(gx_db *db, gx_arena *arena, int64_t id, gx_task *task, gx_error *error)
{
    gx_statement *find = gx_db_prepare(db, "SELECT " COLUMNS " FROM task WHERE id = ?1");
    gx_bind_int(find, 1, id);
    gx_step step = gx_db_step(find, error);
    if (step == GX_STEP_FAILED)
        return false;
    if (step == GX_STEP_DONE)
        return gx_fail(error, "task.absent");
    read_task(arena, find, task);
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

bool gx_task_is_for(const gx_packages *packages, const gx_person *person, const gx_task *task)
{
    if (!person || gx_may_reach(packages, person, "task.complete") == GX_REACH_NONE)
        return false;
    if (task->assignee.size && gx_text_equal(task->assignee, person->login))
        return true;
    if (gx_text_equal(task->role, GX_TEXT("applicant")))
        return gx_person_has_enterprise(person, task->enterprise);
    bool is_in_department = task->department.size == 0 || gx_text_equal(task->department, person->department);
    bool has_its_role =
        task->role.size == 0 || has_role(person, task->role) ||
        (gx_person_has_role(person, "head") && gx_text_equal(task->role, GX_TEXT("reviewer")));
    return is_in_department && has_its_role;
}

bool gx_task_find(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person, int64_t id,
                  gx_task *task, gx_error *error)
{
    const gx_packages *packages = gx_zone_packages(zone);
    if (!load(db, arena, id, task, error))
        return false;
    if (gx_task_is_for(packages, person, task))
        return true;
    const gx_subject subject = {.enterprise = task->enterprise,
                                .departments = &task->department,
                                .department_count = task->department.size > 0,
                                .assignee = task->assignee};
    return gx_may(packages, person, "task.read", &subject) || gx_fail(error, "task.absent");
}

static bool find_open(gx_work *work, int64_t id, gx_task *task, gx_error *error)
{
    return gx_task_find(work->zone, work->db, work->arena, work->person, id, task, error) &&
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

/* ---- Claiming ---- */

static bool give_to(gx_work *work, const gx_task *task, gx_text login, const char *event, gx_error *error)
{
    gx_case *of = gx_work_case(work, task->case_id, error);
    if (!of)
        return false;
    gx_journal_add(
        work, of,
        (gx_journal_event){.kind = event, .element = task->element, .name = task->name, .outcome = login});
    gx_zone_tell(work->zone, work->db, "tasks", of->number);
    return gx_db_run(work->db, error, "UPDATE task SET assignee = ?2, version = version + 1 WHERE id = ?1",
                     "it", task->id, login);
}

bool gx_task_claim(gx_work *work, int64_t id, gx_error *error)
{
    gx_task task;
    if (!find_open(work, id, &task, error) || !must_be_for(work, &task, error))
        return false;
    if (gx_text_equal(task.assignee, work->person->login))
        return true;
    if (task.assignee.size)
        return gx_fail(error, "task.taken", task.assignee);
    return give_to(work, &task, work->person->login, "task.claimed", error);
}

bool gx_task_release(gx_work *work, int64_t id, gx_error *error)
{
    gx_task task;
    if (!find_open(work, id, &task, error))
        return false;
    bool is_head =
        gx_person_has_role(work->person, "head") && gx_text_equal(task.department, work->person->department);
    if (!gx_text_equal(task.assignee, work->person->login) && !is_head)
        return gx_fail(error, "task.not_yours");
    return give_to(work, &task, GX_TEXT(""), "task.released", error);
}

bool gx_task_assign(gx_work *work, int64_t id, gx_text login, gx_error *error)
{
    gx_task task;
    gx_text department;
    if (!find_open(work, id, &task, error))
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

typedef struct completion {
    gx_work *work;
    gx_task task;
    gx_case *of;
    const gx_bpmn_node *node;
    gx_text outcome;
    const gx_json *data;
} completion;

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

static bool check_outcome(completion *c, gx_error *error)
{
    gx_text rest = c->node->outcomes;
    if (rest.size == 0)
        return true;
    while (rest.size) {
        gx_text one = gx_text_trim(gx_text_cut(rest, ',', &rest));
        if (gx_text_equal(one, c->outcome))
            return true;
    }
    return gx_fail(error, "task.outcome", c->outcome, c->node->outcomes);
}

static bool has_text(const gx_json *value)
{
    if (gx_json_is(value, GX_JSON_STRING))
        return gx_text_trim(value->text).size > 0;
    return gx_json_is(value, GX_JSON_ARRAY) && value->first && has_text(value->first);
}

static bool check_duties(completion *c, gx_error *error)
{
    gx_work *work = c->work;
    const gx_task *task = &c->task;
    int64_t signed_before = 0;
    bool is_applicant = gx_text_equal(task->role, GX_TEXT("applicant"));
    bool is_decision = task->department.size > 0;
    if (is_decision && !is_applicant && gx_text_equal(c->of->submitted_by, work->person->login) &&
        !gx_text_equal(c->of->channel, GX_TEXT("window")))
        return gx_fail(error, "task.own_application");
    if (is_decision && !is_applicant && gx_person_has_enterprise(work->person, c->of->enterprise))
        return gx_fail(error, "task.own_application");
    if (c->node->loop == GX_LOOP_NONE)
        return true;
    if (!gx_db_get_int(work->db, error, &signed_before, 0,
                       "SELECT 1 FROM task WHERE case_id = ?1 AND instance = ?2 AND element = ?3 AND done_by "
                       "= ?4 AND id <> ?5 LIMIT 1",
                       "iitti", task->case_id, task->instance, task->element, work->person->login, task->id))
        return false;
    return !signed_before || gx_fail(error, "task.second_signature");
}

static bool keep_opinion(completion *c, gx_error *error)
{
    gx_work *work = c->work;
    gx_text opinion = gx_json_text_of(c->data, "opinion");
    if (c->task.department.size == 0 || gx_text_equal(c->task.role, GX_TEXT("window")) ||
        gx_text_equal(c->task.role, GX_TEXT("applicant")) || c->outcome.size == 0)
        return true;
    const gx_json *reasons = gx_json_get(c->data, "reasons");
    return gx_db_run(work->db, error,
                     "INSERT INTO opinion (case_id, element, name, department, who, who_name, outcome, text, "
                     "reasons, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
                     "itttttttti", c->of->id, c->task.element, c->task.name, c->task.department,
                     work->person->login, work->person->name, c->outcome, opinion,
                     gx_json_is(reasons, GX_JSON_ARRAY) ? gx_json_to_text(work->arena, reasons)
                                                        : GX_TEXT("[]"),
                     work->now);
}

static gx_value variables_of(completion *c)
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
        gx_context_set(&builder, GX_TEXT("who"), gx_value_text(work->person->login));
        gx_context_set(&builder, GX_TEXT("whoName"), gx_value_text(work->person->name));
        gx_context_set(&builder, GX_TEXT("department"), gx_value_text(c->task.department));
        gx_context_set(&builder, GX_TEXT("at"),
                       gx_value_string(work->arena, gx_instant_write(work->now, at)));
    }
    return gx_context_end(&builder);
}

static gx_text why_of(const completion *c)
{
    static const char *const names[] = {"reason", "opinion", "answer"};
    for (size_t i = 0; i < GX_COUNT_OF(names); i++) {
        gx_text text = gx_json_text_of(c->data, names[i]);
        if (text.size)
            return text;
    }
    return (gx_text){"", 0};
}

static bool finish(completion *c, gx_error *error)
{
    gx_work *work = c->work;
    const gx_task *task = &c->task;
    const gx_json *documents = gx_json_get(c->data, "documents");
    gx_journal_add(work, c->of,
                   (gx_journal_event){.kind = "task.done",
                                      .element = task->element,
                                      .name = task->name,
                                      .outcome = c->outcome,
                                      .why = why_of(c)});
    if (!gx_db_run(
            work->db, error,
            "UPDATE task SET done_at = ?2, outcome = ?3, done_by = ?4, version = version + 1 WHERE id = ?1",
            "iitt", task->id, work->now, c->outcome.bytes ? c->outcome : GX_TEXT(""), work->person->login) ||
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

bool gx_task_complete(gx_work *work, int64_t id, int64_t version, gx_text outcome, const gx_json *data,
                      gx_error *error)
{
    completion c = {.work = work, .outcome = outcome.bytes ? outcome : GX_TEXT(""), .data = data};
    const gx_state *state;
    const gx_bpmn_process *process;
    if (!find_open(work, id, &c.task, error) || !must_be_for(work, &c.task, error))
        return false;
    if (version > 0 && version != c.task.version)
        return gx_fail(error, "task.version");
    if (c.task.assignee.size && !gx_text_equal(c.task.assignee, work->person->login))
        return gx_fail(error, "task.taken", c.task.assignee);
    c.of = gx_work_case(work, c.task.case_id, error);
    if (!c.of || !gx_work_instance(work, c.task.instance, &state, &process, error))
        return false;
    uint32_t node = gx_bpmn_node_of(process, c.task.element);
    c.node = &process->nodes[node == GX_NO_INDEX ? 0 : node];
    if (!check_outcome(&c, error) || !check_duties(&c, error))
        return false;
    bool is_refusal = gx_text_starts_with(c.outcome, GX_TEXT("refuse"));
    if (is_refusal && !has_text(gx_json_get(data, "reasons")) && !has_text(gx_json_get(data, "reason")) &&
        !has_text(gx_json_get(data, "opinion")))
        return gx_fail_at(error, "task.reasons", ((gx_place){GX_TEXT("/data/reasons"), 0, 0}), GX_TEXT(""));
    return finish(&c, error);
}

/* ---- Lists ---- */

static gx_text lamp_of(const gx_calendar *calendar, const gx_task *task, gx_text case_lamp, gx_instant now)
{
    if (!task->has_own_due)
        return case_lamp;
    if (now > task->due)
        return GX_TEXT("red");
    if (!calendar)
        return GX_TEXT("green");
    int32_t whole = gx_calendar_count(calendar, gx_day_of(task->created_at), gx_day_of(task->due - 1)),
            used = gx_calendar_count(calendar, gx_day_of(task->created_at), gx_day_of(now));
    return whole > 0 && used * 10 >= whole * 7 ? GX_TEXT("yellow") : GX_TEXT("green");
}

typedef struct row_facts {
    gx_text number, matter, project, applicant, lamp, state;
    int64_t matter_version;
} row_facts;

static void write_row(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_task *task, const row_facts *facts,
                      gx_json_out *out)
{
    const gx_packages *packages = gx_zone_packages(zone);
    const gx_calendar *calendar = gx_packages_calendar(packages);
    const gx_case of = {.matter = facts->matter, .matter_version = facts->matter_version};
    const gx_json *matter = gx_case_matter(zone, db, &of);
    gx_instant now = gx_clock_now();
    char text[GX_INSTANT_SIZE];
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "id", gx_format(arena, "%lld", (long long)task->id));
    gx_json_out_member_text(out, "case", facts->number);
    gx_json_out_name(out, "matter");
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "id", facts->matter);
    gx_json_out_member_text(out, "name", matter ? gx_json_text_of(matter, "name") : facts->matter);
    gx_json_out_member_text(out, "nameEn", matter ? gx_json_text_of(matter, "nameEn") : facts->matter);
    gx_json_out_end(out, '}');
    gx_json_out_member_text(out, "name", task->name);
    static const char *const names[] = {
        "step.", "task."}; /* a process's elements by their names in the other language */
    for (size_t i = 0; i < GX_COUNT_OF(names); i++) {
        gx_text key = gx_format(arena, "%s%.*s", names[i], GX_PRINT(task->element)),
                english = gx_packages_message(packages, GX_LANGUAGE_EN, key);
        if (gx_text_equal(english, key))
            continue;
        gx_json_out_member_text(out, "nameEn", english);
        break;
    }
    gx_json_out_member_text(out, "step", task->element);
    gx_json_out_member_text(out, "project", facts->project);
    gx_json_out_member_text(out, "applicant", facts->applicant);
    gx_json_out_member_text(out, "department", task->department);
    gx_json_out_member_text(out, "role", task->role);
    gx_json_out_name(out, "assignee");
    if (task->assignee.size)
        gx_json_out_text(out, task->assignee);
    else
        gx_json_out_null(out);
    gx_json_out_member_text(out, "created", gx_instant_write(task->created_at, text));
    gx_json_out_name(out, "due");
    if (task->due == INT64_MAX)
        gx_json_out_null(out);
    else
        gx_json_out_text(out, gx_instant_write(task->due, text));
    gx_json_out_name(out, "daysLeft");
    if (task->due == INT64_MAX || !calendar)
        gx_json_out_null(out);
    else if (now > task->due)
        gx_json_out_int(out, -gx_calendar_count(calendar, gx_day_of(task->due - 1), gx_day_of(now)));
    else
        gx_json_out_int(out, gx_calendar_count(calendar, gx_day_of(now), gx_day_of(task->due - 1)));
    gx_json_out_member_text(out, "lamp", lamp_of(calendar, task, facts->lamp, now));
    gx_json_out_member_text(out, "caseState", facts->state);
    gx_json_out_member_int(out, "version", task->version);
    gx_json_out_end(out, '}');
}

void gx_task_write(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_task *task, const gx_case *of,
                   gx_json_out *out)
{
    write_row(zone, db, arena, task,
              &(row_facts){of->number, of->matter, of->project, of->applicant, of->lamp, of->state,
                           of->matter_version},
              out);
}

/* A task can be somebody's in several ways: by name, by company, by a role in the department or in the whole
 * zone. Each way is an ordered walk over an index, of at most offset + size rows; the walks are merged here,
 * and only the page's rows are read. So the cost does not grow with the number of open tasks, and SQLite
 * sorts nothing. */
enum { WAYS_MOST = 1 + GX_PERSON_ENTERPRISES + 2 * (GX_PERSON_ROLES + 1), COUNT_MOST = 1000 };

typedef struct way {
    const char *rows, *count;
    gx_text who, role;
} way;

#define WAY(condition)                                                                                       \
    "SELECT due, id FROM task WHERE done_at IS NULL AND " condition " ORDER BY due, id LIMIT ?4",            \
        "SELECT count(*) FROM (SELECT 1 FROM task WHERE done_at IS NULL AND " condition " LIMIT ?4)"

static size_t find_ways(const gx_person *person, gx_task_scope scope, way ways[WAYS_MOST])
{
    size_t count = 0;
    ways[count++] =
        (way){WAY("assignee = ?1 AND assignee <> '' AND ?2 = ?2 AND ?3 = ?3"), person->login, GX_TEXT("")};
    for (size_t i = 0; i < person->enterprise_count; i++)
        ways[count++] = (way){WAY("enterprise = ?1 AND enterprise <> '' AND assignee <> ?3 AND ?2 = ?2"),
                              person->enterprises[i], GX_TEXT("")};
    bool is_also_reviewer =
        gx_person_has_role(person, "head") &&
        !gx_person_has_role(person, "reviewer"); /* heads may do what their reviewers do */
    for (size_t i = 0; i < person->role_count + is_also_reviewer && scope == GX_TASKS_DEPARTMENT; i++) {
        gx_text role = i < person->role_count ? person->roles[i] : GX_TEXT("reviewer");
        if (person->department.size)
            ways[count++] =
                (way){WAY("department = ?1 AND role = ?2 AND assignee <> ?3"), person->department, role};
        ways[count++] = (way){WAY("department = ?1 AND role = ?2 AND assignee <> ?3 AND enterprise = ''"),
                              GX_TEXT(""), role};
    }
    return count;
}

typedef struct found_task {
    int64_t due, id;
} found_task;

static int compare_found(const void *a, const void *b)
{
    const found_task *x = a, *y = b;
    return x->due != y->due ? (x->due > y->due) - (x->due < y->due) : (x->id > y->id) - (x->id < y->id);
}

/* The page's tasks in order; *total counts all, each way up to COUNT_MOST. */
static bool find_page(gx_db *db, gx_arena *arena, const gx_person *person, gx_task_scope scope, int64_t page,
                      int64_t size, found_task **found, size_t *count, int64_t *total, gx_error *error)
{
    way ways[WAYS_MOST];
    size_t way_count = find_ways(person, scope, ways);
    int64_t most = page * size;
    found_task *all = GX_NEW_ARRAY(arena, found_task, way_count * (size_t)most);
    size_t all_count = 0;
    *total = 0;
    for (size_t i = 0; i < way_count; i++) {
        int64_t counted = 0;
        gx_statement *rows = gx_db_prepare(db, ways[i].rows);
        gx_bind(rows, "ttti", ways[i].who, ways[i].role, person->login, most);
        gx_step step;
        size_t before = all_count;
        while ((step = gx_db_step(rows, error)) == GX_STEP_ROW)
            all[all_count++] = (found_task){gx_column_int(rows, 0), gx_column_int(rows, 1)};
        if (step == GX_STEP_FAILED)
            return false;
        bool is_whole = all_count - before < (size_t)most;
        if (is_whole)
            counted = (int64_t)(all_count - before);
        else if (!gx_db_get_int(db, error, &counted, 0, ways[i].count, "ttti", ways[i].who, ways[i].role,
                                person->login, most > COUNT_MOST ? most : (int64_t)COUNT_MOST))
            return false;
        *total += counted;
    }
    qsort(all, all_count, sizeof *all, compare_found);
    size_t first = (size_t)((page - 1) * size);
    *found = all + (first < all_count ? first : all_count);
    *count = first < all_count ? all_count - first : 0;
    if (*count > (size_t)size)
        *count = (size_t)size;
    return true;
}

bool gx_task_list(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person, gx_task_scope scope,
                  int64_t page, int64_t size, gx_json_out *out, gx_error *error)
{
    found_task *found;
    size_t count;
    int64_t total;
    if (!find_page(db, arena, person, scope, page, size, &found, &count, &total, error))
        return false;
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, "items");
    gx_json_out_begin(out, '[');
    for (size_t i = 0; i < count; i++) {
        gx_task task;
        gx_statement *rows = gx_db_prepare(
            db, "SELECT " FACTS " FROM task t JOIN cases c ON c.id = t.case_id WHERE t.id = ?1");
        gx_bind_int(rows, 1, found[i].id);
        gx_step step = gx_db_step(rows, error);
        if (step != GX_STEP_ROW)
            return false;
        read_task(arena, rows, &task);
        row_facts facts = {.number = gx_column_copy(arena, rows, 19),
                           .matter = gx_column_copy(arena, rows, 20),
                           .matter_version = gx_column_int(rows, 21),
                           .project = gx_column_copy(arena, rows, 22),
                           .applicant = gx_column_copy(arena, rows, 23),
                           .lamp = gx_column_copy(arena, rows, 24),
                           .state = gx_column_copy(arena, rows, 25)};
        gx_db_reset(rows);
        write_row(zone, db, arena, &task, &facts, out);
    }
    gx_json_out_end(out, ']');
    gx_json_out_member_int(out, "total", total);
    gx_json_out_name(out, "next");
    if (page * size < total)
        gx_json_out_text(out, gx_format(arena, "%lld", (long long)page + 1));
    else
        gx_json_out_null(out);
    gx_json_out_end(out, '}');
    return true;
}
