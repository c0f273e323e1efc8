/* Signatures asked for in a task: 会签 and 加签. A round belongs to a task that stays open while it lasts;
 * each signer gets a task with the same token key, so whatever ends the step (a timer on its border, a
 * cancelled case) ends the signers' tasks in the same statement. Rounds whose task is gone are never looked
 * at again. */
#include "service/office.h"
#include "base/limits.h"
#include "service/deputy.h"
#include "service/notice.h"
#include "service/task_internal.h"

typedef struct round_row {
    int64_t id, task, percent, total, agreed, refused;
    gx_text mode, rule, agree, refuse, data, opened_by;
} round_row;

/* ---- Opening ---- */

typedef struct opening {
    gx_completion c;
    const gx_sign_request *request;
    gx_text mode, rule, agree, refuse;
    int64_t percent, round;
    gx_person *signers;
    size_t signer_count;
} opening;

static bool is_one_of(gx_text text, const char *const *known, size_t count)
{
    for (size_t i = 0; i < count; i++)
        if (gx_text_equal(text, gx_text_of(known[i])))
            return true;
    return false;
}

static bool check_rule(opening *o, gx_error *error)
{
    static const char *const modes[] = {"before", "after", "countersign"}, *const rules[] = {"all", "share",
                                                                                             "one"};
    const gx_sign_request *r = o->request;
    gx_text rest, outcomes = o->c.node->outcomes;
    o->mode = r->mode;
    o->rule = r->rule.size ? r->rule : GX_TEXT("all");
    o->percent = gx_text_equal(o->rule, GX_TEXT("share")) ? r->percent : 100;
    bool is_countersign = gx_text_equal(o->mode, GX_TEXT("countersign"));
    if (!is_one_of(o->mode, modes, GX_COUNT_OF(modes)))
        return gx_fail(error, "sign.mode", o->mode);
    if (!is_one_of(o->rule, rules, GX_COUNT_OF(rules)) || o->percent < 1 || o->percent > 100 ||
        (!is_countersign && r->rule.size))
        return gx_fail(error, "sign.rule", o->rule);
    if (gx_text_equal(o->mode, GX_TEXT("after"))) {
        o->c.outcome = o->agree = r->outcome.bytes ? r->outcome : GX_TEXT("");
        return gx_completion_check(&o->c, error);
    }
    if (!is_countersign)
        return true;
    gx_text first = gx_text_trim(gx_text_cut(outcomes, ',', &rest)),
            second = gx_text_trim(gx_text_cut(rest, ',', &rest));
    o->agree = r->agree.size ? r->agree : first;
    o->refuse = r->refuse.size ? r->refuse : second.size ? second : first;
    return gx_outcome_check(o->c.node, o->agree, error) && gx_outcome_check(o->c.node, o->refuse, error);
}

/* Staff of any department, each once, and never who asks or who has applied. */
static bool find_signers(opening *o, gx_error *error)
{
    gx_work *work = o->c.work;
    const gx_json *list = o->request->signers;
    char figure[24];
    size_t count = gx_json_is(list, GX_JSON_ARRAY) ? list->count : 0;
    if (count == 0 || count > GX_LIMIT_SIGNERS)
        return gx_fail(error, "sign.signers", gx_error_int(figure, GX_LIMIT_SIGNERS));
    o->signers = GX_NEW_ARRAY(work->arena, gx_person, count);
    for (const gx_json *one = list->first; one; one = one->next) {
        gx_person *signer = &o->signers[o->signer_count];
        bool is_found;
        if (!gx_person_find(work->db, work->arena, gx_json_text(one), signer, &is_found, error))
            return false;
        bool fits = is_found && signer->department.size &&
                    !gx_text_equal(signer->login, work->person->login) &&
                    gx_may_reach(work->packages, signer, "task.complete") != GX_REACH_NONE &&
                    !gx_person_has_enterprise(signer, o->c.of->enterprise) &&
                    !(gx_text_equal(o->c.of->submitted_by, signer->login) &&
                      !gx_text_equal(o->c.of->channel, GX_TEXT("window")));
        for (size_t i = 0; i < o->signer_count && fits; i++)
            fits = !gx_text_equal(o->signers[i].login, signer->login);
        if (!fits)
            return gx_fail(error, "sign.signer", gx_json_text(one));
        o->signer_count++;
    }
    return true;
}

static bool write_round(opening *o, gx_error *error)
{
    gx_work *work = o->c.work;
    const gx_json *data = o->request->data;
    if (!gx_db_insert(
            work->db, error, &o->round,
            "INSERT INTO sign_round (bucket, id, case_id, task, mode, rule, percent, agree, refuse, "
            "data, reason, opened_by, opened_at, total) VALUES (bucket_of(?1), new_id('sign_round', "
            "bucket_of(?1)), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12) RETURNING id",
            "iittitttttii", o->c.of->id, o->c.task.id, o->mode, o->rule, o->percent,
            o->agree.bytes ? o->agree : GX_TEXT(""), o->refuse.bytes ? o->refuse : GX_TEXT(""),
            data ? gx_json_to_text(work->arena, data) : GX_TEXT("{}"), o->request->reason,
            work->person->login, work->now, (int64_t)o->signer_count))
        return false;
    return gx_db_run(work->db, error,
                     "UPDATE task SET waits_for = ?2, assignee = ?3, version = version + 1 WHERE bucket = "
                     "bucket_of(?1) AND id = ?1",
                     "iit", o->c.task.id, o->round,
                     o->c.task.assignee.size ? o->c.task.assignee : work->person->login);
}

static bool ask_signer(opening *o, const gx_person *signer, gx_error *error)
{
    gx_work *work = o->c.work;
    const gx_task *task = &o->c.task;
    gx_notice notice = {
        .event = "sign_asked", .of = o->c.of, .parts = {task->name, work->person->name}, .part_count = 2};
    int64_t signer_task = 0;
    if (!gx_db_insert(
            work->db, error, &signer_task,
            "INSERT INTO task (bucket, id, case_id, instance, key, element, name, role, department, "
            "assignee, enterprise, form, priority, created_at, due, has_own_due, round) VALUES "
            "(bucket_of(?1), new_id('task', bucket_of(?1)), ?1, ?2, ?3, ?4, ?5, 'signer', ?6, ?7, '', "
            "?8, ?9, ?10, ?11, ?12, ?13) RETURNING id",
            "iiitttttiiiii", task->case_id, task->instance, (int64_t)task->key, task->element, task->name,
            signer->department, signer->login, task->form, task->priority, work->now, task->due,
            (int64_t)task->has_own_due, o->round))
        return false;
    return gx_db_run(work->db, error,
                     "INSERT INTO signature (bucket, round, task, login, name) VALUES (bucket_of(?1), ?1, "
                     "?2, ?3, ?4)",
                     "iitt", o->round, signer_task, signer->login, signer->name) &&
           gx_db_run(work->db, error,
                     "INSERT INTO case_department (bucket, department, case_id) VALUES (bucket_of(?2), ?1, "
                     "?2) ON CONFLICT DO NOTHING",
                     "ti", signer->department, task->case_id) &&
           gx_notify_account(work, signer->login, &notice, error);
}

bool gx_office_sign(gx_work *work, int64_t id, const gx_sign_request *request, gx_error *error)
{
    opening o = {.c = {.work = work, .by = work->person, .data = request->data}, .request = request};
    gx_buffer names = gx_buffer_in(work->arena);
    if (!gx_task_open(work, id, &o.c.task, error) || !gx_task_must_be_own(work, &o.c.task, error))
        return false;
    if (o.c.task.waits_for || o.c.task.round || gx_text_equal(o.c.task.role, GX_TEXT("applicant")))
        return gx_fail(error, "task.signing");
    if (!gx_completion_begin(&o.c, error) || !check_rule(&o, error) || !find_signers(&o, error) ||
        !write_round(&o, error))
        return false;
    for (size_t i = 0; i < o.signer_count; i++) {
        gx_buffer_format(&names, "%s%.*s", i ? ", " : "", GX_PRINT(o.signers[i].name));
        if (!ask_signer(&o, &o.signers[i], error))
            return false;
    }
    gx_task_note(work, work->person, o.c.of, &o.c.task,
                 gx_text_equal(o.mode, GX_TEXT("countersign")) ? "sign.asked"
                 : gx_text_equal(o.mode, GX_TEXT("before"))    ? "sign.before"
                                                               : "sign.after",
                 gx_buffer_as_text(&names), request->reason);
    gx_zone_tell(work->zone, work->db, "tasks", o.c.of->number);
    return true;
}

/* ---- Answering ---- */

static bool load_round(gx_work *work, int64_t id, round_row *r, gx_error *error)
{
    gx_statement *row = gx_db_prepare(
        work->db,
        "SELECT id, task, percent, total, agreed, refused, mode, rule, agree, refuse, data, opened_by FROM "
        "sign_round WHERE bucket = bucket_of(?1) AND id = ?1 AND ended_at IS NULL FOR UPDATE");
    gx_bind_int(row, 1, id);
    gx_step step = gx_db_step(row, error);
    if (step != GX_STEP_ROW)
        return step == GX_STEP_FAILED ? false : gx_fail(error, "task.done");
    *r = (round_row){.id = gx_column_int(row, 0),
                     .task = gx_column_int(row, 1),
                     .percent = gx_column_int(row, 2),
                     .total = gx_column_int(row, 3),
                     .agreed = gx_column_int(row, 4),
                     .refused = gx_column_int(row, 5)};
    gx_text *const texts[] = {&r->mode, &r->rule, &r->agree, &r->refuse, &r->data, &r->opened_by};
    for (int i = 0; i < (int)GX_COUNT_OF(texts); i++)
        *texts[i] = gx_column_copy(work->arena, row, 6 + i);
    gx_db_reset(row);
    return true;
}

static bool close_round(gx_work *work, const round_row *r, const char *result, gx_error *error)
{
    return gx_db_run(
               work->db, error,
               "UPDATE sign_round SET ended_at = ?2, result = ?3 WHERE bucket = bucket_of(?1) AND id = ?1",
               "iis", r->id, work->now, result) &&
           gx_db_run(work->db, error,
                     "UPDATE task SET done_at = ?2, outcome = 'cancelled' WHERE bucket = bucket_of(?1) AND "
                     "round = ?1 AND round <> 0 AND done_at IS NULL",
                     "ii", r->id, work->now) &&
           gx_db_run(work->db, error,
                     "UPDATE task SET waits_for = 0, version = version + 1 WHERE bucket = bucket_of(?1) AND "
                     "id = ?1",
                     "i", r->task);
}

/* What the signers wrote, for the completion that follows: "opinion" and, for a refusal, "reasons". */
static const gx_json *data_of(gx_work *work, const round_row *r, bool is_refused, gx_error *error)
{
    gx_json *data = gx_json_parse(work->arena, r->data, GX_TEXT("sign_round"), error);
    gx_json *reasons = gx_json_array(work->arena);
    gx_buffer opinion = gx_buffer_in(work->arena);
    gx_statement *rows =
        gx_db_prepare(work->db, "SELECT name, outcome, opinion FROM signature WHERE bucket = bucket_of(?1) "
                                "AND round = ?1 AND at IS NOT NULL ORDER BY task");
    gx_bind_int(rows, 1, r->id);
    gx_step step;
    while (data && (step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_text name = gx_column_copy(work->arena, rows, 0), said = gx_column_copy(work->arena, rows, 2);
        if (said.size)
            gx_buffer_format(&opinion, "%s%.*s: %.*s", opinion.size ? "; " : "", GX_PRINT(name),
                             GX_PRINT(said));
        if (said.size && gx_text_equal(gx_column_text(rows, 1), GX_TEXT("refuse")))
            gx_json_append(reasons, gx_json_string(work->arena, said));
    }
    if (!data || step == GX_STEP_FAILED)
        return NULL;
    if (!gx_json_get(data, "opinion") && opinion.size)
        gx_json_set_text(work->arena, data, "opinion", gx_buffer_as_text(&opinion));
    if (is_refused && !gx_json_get(data, "reasons") && reasons->count)
        gx_json_set(work->arena, data, "reasons", reasons);
    return data;
}

/* The step is done as it was asked for, in the name of who asked. */
static bool complete_step(gx_work *work, const round_row *r, gx_text outcome, bool is_refused,
                          gx_error *error)
{
    gx_completion c = {.work = work, .outcome = outcome};
    gx_person asker;
    bool is_found;
    if (!gx_task_load(work->db, work->arena, r->task, &c.task, error) ||
        !gx_person_find(work->db, work->arena, r->opened_by, &asker, &is_found, error) ||
        (is_found && !gx_deputy_load(work->db, work->arena, &asker, work->now, error)))
        return false;
    if (!is_found) /* the account is gone: the task is its department's again */
        return gx_db_run(work->db, error,
                         "UPDATE task SET assignee = '' WHERE bucket = bucket_of(?1) AND id = ?1", "i",
                         r->task);
    c.by = &asker;
    c.data = data_of(work, r, is_refused, error);
    return c.data && gx_completion_begin(&c, error) && gx_completion_check(&c, error) &&
           gx_completion_finish(&c, error);
}

static bool give_back(gx_work *work, const round_row *r, gx_case *of, const gx_task *task, const char *event,
                      gx_error *error)
{
    gx_notice notice = {.event = event, .of = of, .parts = {task->name}, .part_count = 1};
    gx_zone_tell(work->zone, work->db, "tasks", of->number);
    return gx_notify_account(work, r->opened_by, &notice, error);
}

static int64_t needed(const round_row *r)
{
    if (gx_text_equal(r->rule, GX_TEXT("one")))
        return 1;
    return (r->total * r->percent + 99) / 100; /* of "all": 100 % */
}

static bool settle(gx_work *work, const round_row *r, gx_case *of, const gx_task *task, gx_error *error)
{
    bool is_before = gx_text_equal(r->mode, GX_TEXT("before"));
    bool is_agreed = r->agreed >= needed(r), is_refused = r->refused > r->total - needed(r);
    if (is_before ? r->agreed + r->refused < r->total : !is_agreed && !is_refused)
        return true;
    if (!close_round(work, r, is_agreed ? "agreed" : "refused", error))
        return false;
    if (is_before)
        return give_back(work, r, of, task, "sign_done", error);
    if (gx_text_equal(r->mode, GX_TEXT("after")) && !is_agreed)
        return give_back(work, r, of, task, "sign_refused", error);
    return complete_step(work, r, is_agreed ? r->agree : r->refuse, !is_agreed, error);
}

bool gx_sign_answer(gx_work *work, const gx_task *task, gx_text outcome, const gx_json *data, gx_error *error)
{
    round_row r;
    bool is_agreed = gx_text_equal(outcome, GX_TEXT("agree"));
    gx_case *of = gx_work_case(work, task->case_id, error);
    if (!of || !load_round(work, task->round, &r, error))
        return false;
    if (!is_agreed && !gx_text_equal(outcome, GX_TEXT("refuse")))
        return gx_fail(error, "task.outcome", outcome, GX_TEXT("agree,refuse"));
    if (!is_agreed && !gx_has_words(gx_json_get(data, "opinion")))
        return gx_fail_at(error, "task.reasons", ((gx_place){GX_TEXT("/data/opinion"), 0, 0}), GX_TEXT(""));
    const gx_person *principal = gx_task_principal(work->person, task);
    gx_text opinion = gx_json_text_of(data, "opinion");
    gx_task_note(work, work->person, of, task, is_agreed ? "sign.agreed" : "sign.refused", (gx_text){"", 0},
                 opinion);
    r.agreed += is_agreed;
    r.refused += !is_agreed;
    return gx_db_run(work->db, error,
                     "UPDATE task SET done_at = ?2, outcome = ?3, done_by = ?4, done_for = ?5, version = "
                     "version + 1 WHERE bucket = bucket_of(?1) AND id = ?1",
                     "iittt", task->id, work->now, outcome, work->person->login,
                     principal ? principal->login : GX_TEXT("")) &&
           gx_db_run(work->db, error,
                     "UPDATE signature SET outcome = ?3, opinion = ?4, at = ?5 WHERE bucket = bucket_of(?1) "
                     "AND round = ?1 AND task = ?2",
                     "iitti", r.id, task->id, outcome, opinion, work->now) &&
           gx_db_run(
               work->db, error,
               "UPDATE sign_round SET agreed = ?2, refused = ?3 WHERE bucket = bucket_of(?1) AND id = ?1",
               "iii", r.id, r.agreed, r.refused) &&
           gx_opinion_keep(work, task, work->person, outcome, data, error) &&
           settle(work, &r, of, task, error);
}

bool gx_office_sign_cancel(gx_work *work, int64_t id, gx_error *error)
{
    gx_task task;
    round_row r;
    if (!gx_task_open(work, id, &task, error) || !gx_task_must_be_own(work, &task, error))
        return false;
    gx_case *of = gx_work_case(work, task.case_id, error);
    if (!of || !load_round(work, task.waits_for, &r, error))
        return false;
    gx_task_note(work, work->person, of, &task, "sign.cancelled", (gx_text){"", 0}, (gx_text){"", 0});
    gx_zone_tell(work->zone, work->db, "tasks", of->number);
    return close_round(work, &r, "cancelled", error);
}

/* ---- Reading ---- */

static void write_instant(gx_json_out *out, const char *name, gx_instant instant)
{
    char text[GX_INSTANT_SIZE];
    gx_json_out_name(out, name);
    if (instant == 0)
        gx_json_out_null(out);
    else
        gx_json_out_text(out, gx_instant_write(instant, text));
}

static bool write_signatures(gx_db *db, int64_t round, gx_json_out *out, gx_error *error)
{
    gx_statement *rows = gx_db_prepare(db, "SELECT login, name, outcome, opinion, at FROM signature WHERE "
                                           "bucket = bucket_of(?1) AND round = ?1 ORDER BY task");
    gx_bind_int(rows, 1, round);
    gx_json_out_name(out, "signatures");
    gx_json_out_begin(out, '[');
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "login", gx_column_text(rows, 0));
        gx_json_out_member_text(out, "name", gx_column_text(rows, 1));
        gx_json_out_member_text(out, "outcome", gx_column_text(rows, 2));
        gx_json_out_member_text(out, "opinion", gx_column_text(rows, 3));
        write_instant(out, "at", gx_column_int(rows, 4));
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
    return step == GX_STEP_DONE;
}

bool gx_office_write_round(gx_db *db, gx_arena *arena, const gx_task *task, gx_json_out *out, gx_error *error)
{
    gx_statement *row =
        gx_db_prepare(db, "SELECT id, mode, rule, percent, reason, opened_by, opened_at, total, agreed, "
                          "refused, ended_at, result FROM sign_round WHERE bucket = bucket_of(?1) AND "
                          "((task = ?1 AND ?2 = 0) OR id = ?2) ORDER BY id DESC LIMIT 1");
    gx_bind(row, "ii", task->id, task->round);
    gx_step step = gx_db_step(row, error);
    gx_json_out_name(out, "signing");
    if (step != GX_STEP_ROW) {
        gx_json_out_null(out);
        return step == GX_STEP_DONE;
    }
    static const char *const texts[] = {"mode", "rule", NULL, "reason", "openedBy"}, *const figures[] = {
                                                                                         "total", "agreed",
                                                                                         "refused"};
    int64_t round = gx_column_int(row, 0);
    gx_json_out_begin(out, '{');
    for (int i = 0; i < (int)GX_COUNT_OF(texts); i++)
        if (texts[i])
            gx_json_out_member_text(out, texts[i], gx_column_text(row, 1 + i));
        else
            gx_json_out_member_int(out, "percent", gx_column_int(row, 1 + i));
    write_instant(out, "openedAt", gx_column_int(row, 6));
    for (int i = 0; i < (int)GX_COUNT_OF(figures); i++)
        gx_json_out_member_int(out, figures[i], gx_column_int(row, 7 + i));
    write_instant(out, "endedAt", gx_column_int(row, 10));
    gx_json_out_member_text(out, "result", gx_column_copy(arena, row, 11));
    gx_db_reset(row);
    bool is_written = write_signatures(db, round, out, error);
    gx_json_out_end(out, '}');
    return is_written;
}
