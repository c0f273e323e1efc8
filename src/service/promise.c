/* Documents of a case and the promises about them: 容缺 (a paper that comes later) and 告知承诺 (a signed
 * word instead of a paper).
 *
 *   tolerated:   made -> reminder (due - 1 working day, 09:00) -> at due a final term of 3 working days ->
 * the case ends, the promise is broken commitment:  made -> reminder -> checked within 60 days: kept; or 30
 * days to mend -> broken: the permits are revoked */
#include "service/case_record.h"
#include "service/file.h"
#include "service/notice.h"
#include "service/permit.h"
#include "service/scheduler.h"

enum { FINAL_DAYS = 3, MEND_DAYS = 30 };
enum { STEP_MADE, STEP_REMINDED, STEP_FINAL, STEP_MEND };

bool gx_promise_open(gx_db *db, int64_t case_id, int64_t *open, gx_error *error)
{
    return gx_db_get_int(db, error, open, 0,
                         "SELECT count(*) FROM promise WHERE bucket = bucket_of(?1) AND case_id = ?1 AND "
                         "kind = 'tolerated' AND state = 'open'",
                         "i", case_id);
}

/* ---- Documents ---- */

static gx_text member(gx_value context, const char *name)
{
    return gx_value_as_text(gx_context_get(context, gx_text_of(name)));
}

static bool is_applicant(const gx_work *work)
{
    return work->person && work->person->department.size == 0 && work->person->enterprise_count > 0;
}

static bool check_document(gx_work *work, const gx_case *of, gx_value document, gx_error *error)
{
    static const char *const states[] = {"given", "shared", "missing", "tolerated", "promised"};
    gx_text id = member(document, "id"), state = member(document, "state"),
            file_id = member(document, "file");
    const gx_json *row = gx_packages_document(work->packages, id);
    bool is_known = false;
    for (size_t i = 0; i < GX_COUNT_OF(states); i++)
        is_known |= gx_text_equal(state, gx_text_of(states[i]));
    if (id.size == 0 || !is_known)
        return gx_fail(error, "case.document.state", id, state);
    if ((gx_text_equal(state, GX_TEXT("tolerated")) && !gx_json_bool_of(row, "tolerable", false)) ||
        (gx_text_equal(state, GX_TEXT("promised")) && !gx_json_bool_of(row, "commitment", false)))
        return gx_fail(error, "case.document.state", id, state);
    if (is_applicant(work) && gx_text_equal(state, GX_TEXT("given")) && file_id.size == 0 &&
        !gx_json_bool_of(row, "isForm", false))
        return gx_fail(error, "case.document.state", id, state);
    gx_file file;
    if (file_id.size && (!gx_file_find(work->db, work->arena, file_id, &file, error) ||
                         !gx_text_equal(file.case_number, of->number)))
        return gx_fail(error, "case.file", file_id);
    return true;
}

static gx_value merged(gx_work *work, gx_value old, gx_value changes)
{
    gx_context_builder builder = gx_context_begin(work->arena, 8);
    for (uint32_t i = 0; old.kind == GX_CONTEXT && i < old.context->count; i++)
        gx_context_set(&builder, old.context->entries[i].name, old.context->entries[i].value);
    for (uint32_t i = 0; changes.kind == GX_CONTEXT && i < changes.context->count; i++)
        gx_context_set(&builder, changes.context->entries[i].name, changes.context->entries[i].value);
    return gx_context_end(&builder);
}

static bool settle(gx_work *work, gx_case *of, gx_text document, gx_text state, gx_error *error)
{
    if (!gx_text_equal(state, GX_TEXT("given")) && !gx_text_equal(state, GX_TEXT("shared")))
        return true;
    if (!gx_db_run(
            work->db, error,
            "UPDATE promise SET state = 'kept', settled_at = ?3, next_at = NULL WHERE bucket = bucket_of(?1) "
            "AND case_id = ?1 AND document = ?2 AND kind = 'tolerated' AND state = 'open'",
            "iti", of->id, document, work->now))
        return false;
    if (gx_db_changes(work->db) == 0)
        return true;
    gx_journal_add(work, of, (gx_journal_event){.kind = "promise.kept", .element = document});
    gx_case_changed(of);
    int64_t open = 0, heard;
    if (!gx_promise_open(work->db, of->id, &open, error))
        return false;
    return open > 0 || gx_message_send(work, GX_TEXT("documents.complete"), of->number, gx_value_null(),
                                       false, &heard, error);
}

bool gx_case_documents(gx_work *work, gx_case *of, gx_value changes, gx_error *error)
{
    gx_value variables;
    if (changes.kind != GX_LIST || changes.size == 0)
        return true;
    if (!gx_work_variables(work, of->id, &variables, error))
        return false;
    gx_value before = gx_context_get(variables, GX_TEXT("documents"));
    gx_list_builder list =
        gx_list_begin(work->arena, before.kind == GX_LIST ? before.size + changes.size : changes.size);
    gx_map index = gx_map_in(work->arena);
    for (uint32_t i = 0; before.kind == GX_LIST && i < before.size; i++) {
        gx_list_add(&list, before.items[i]);
        gx_map_put(&index, member(before.items[i], "id"), (void *)(uintptr_t)list.count);
    }
    for (uint32_t i = 0; i < changes.size; i++) {
        gx_value change = changes.items[i];
        if (!check_document(work, of, change, error))
            return false;
        gx_text id = member(change, "id");
        uintptr_t at = (uintptr_t)gx_map_get(&index, id);
        if (at)
            list.items[at - 1] = merged(work, list.items[at - 1], change);
        else {
            gx_list_add(&list, merged(work, gx_value_null(), change));
            gx_map_put(&index, id, (void *)(uintptr_t)list.count);
        }
        if (!settle(work, of, id, member(change, "state"), error))
            return false;
    }
    gx_entry *entry = GX_NEW(work->arena, gx_entry);
    *entry = (gx_entry){GX_TEXT("documents"), gx_list_end(&list)};
    gx_instance_post(work, of->id * GX_INSTANCE_PARTS,
                     &(gx_command){.kind = GX_COMMAND_SET_VARIABLES,
                                   .variables = gx_value_context(work->arena, entry, 1)});
    return true;
}

bool gx_case_document(gx_work *work, gx_case *of, gx_value document, gx_error *error)
{
    gx_value *one = GX_NEW(work->arena, gx_value);
    *one = document;
    gx_journal_add(work, of,
                   (gx_journal_event){.kind = "document",
                                      .element = member(document, "id"),
                                      .outcome = member(document, "state")});
    return gx_case_documents(work, of, gx_value_list(one, 1), error);
}

/* ---- Promises that fall due ---- */

typedef struct promise {
    int64_t id, case_id, step;
    gx_text document, kind;
    gx_instant due;
} promise;

static bool move_on(gx_work *work, const promise *p, int64_t step, gx_instant due, gx_instant next,
                    gx_error *error)
{
    gx_scheduler_wake_at(work->db, next);
    return gx_db_run(
        work->db, error,
        "UPDATE promise SET step = ?2, due = ?3, next_at = ?4 WHERE bucket = bucket_of(?1) AND id = ?1",
        "iiii", p->id, step, due, next);
}

static bool close_promise(gx_work *work, const promise *p, const char *state, gx_error *error)
{
    return gx_db_run(work->db, error,
                     "UPDATE promise SET state = ?2, settled_at = ?3, next_at = NULL WHERE bucket = "
                     "bucket_of(?1) AND id = ?1",
                     "isi", p->id, state, work->now);
}

static bool revoke_permits(gx_work *work, const gx_case *of, gx_text reason, gx_error *error)
{
    gx_text numbers[16];
    size_t count = 0;
    gx_statement *find =
        gx_db_prepare(work->db, "SELECT number FROM permit WHERE case_id = ?1 AND state = 'valid' LIMIT 16");
    gx_bind_int(find, 1, of->id);
    gx_step step;
    while ((step = gx_db_step(find, error)) == GX_STEP_ROW)
        numbers[count++] = gx_column_copy(work->arena, find, 0);
    for (size_t i = 0; i < count && step == GX_STEP_DONE; i++)
        if (!gx_permit_revoke(work, numbers[i], reason, error))
            return false;
    return step == GX_STEP_DONE;
}

static bool break_promise(gx_work *work, gx_case *of, const promise *p, gx_text reason, gx_error *error)
{
    gx_journal_add(work, of,
                   (gx_journal_event){
                       .kind = "promise.broken", .element = p->document, .outcome = p->kind, .why = reason});
    gx_case_changed(of);
    if (!close_promise(work, p, "broken", error) ||
        !gx_notify_applicant(
            work,
            &(gx_notice){
                .event = "promise_broken", .of = of, .parts = {p->document}, .part_count = 1, .rings = true},
            error))
        return false;
    if (gx_text_equal(p->kind, GX_TEXT("commitment")))
        return revoke_permits(work, of, reason, error);
    gx_instance_cancel(work, of, reason);
    return gx_case_end(work, of, reason, error);
}

static bool remind(gx_work *work, gx_case *of, const promise *p, const char *event, gx_instant due,
                   gx_error *error)
{
    char day[GX_DAY_SIZE];
    gx_text until = gx_copy(work->arena, gx_day_write(gx_day_of(due - 1), day));
    gx_journal_add(work, of, (gx_journal_event){.kind = event, .element = p->document, .outcome = until});
    return gx_notify_applicant(
        work,
        &(gx_notice){.event = event, .of = of, .parts = {p->document, until}, .part_count = 2, .rings = true},
        error);
}

bool gx_promise_due(gx_work *work, int64_t id, gx_error *error)
{
    gx_statement *find =
        gx_db_prepare(work->db, "SELECT case_id, document, kind, due, step FROM promise WHERE bucket = "
                                "bucket_of(?1) AND id = ?1 AND state = 'open' AND next_at <= ?2 FOR UPDATE");
    gx_bind(find, "ii", id, work->now);
    gx_step step = gx_db_step(find, error);
    if (step != GX_STEP_ROW)
        return step == GX_STEP_DONE;
    promise p = {.id = id,
                 .case_id = gx_column_int(find, 0),
                 .document = gx_column_copy(work->arena, find, 1),
                 .kind = gx_column_copy(work->arena, find, 2),
                 .due = gx_column_int(find, 3),
                 .step = gx_column_int(find, 4)};
    gx_db_reset(find);
    gx_case *of = gx_work_case(work, p.case_id, error);
    const gx_calendar *calendar = gx_packages_calendar(work->packages);
    if (!of)
        return false;
    if (!calendar)
        return gx_fail(error, "case.calendar");
    bool is_commitment = gx_text_equal(p.kind, GX_TEXT("commitment"));
    if (!is_commitment && gx_case_is_closed(of))
        return close_promise(work, &p, "void", error);
    switch (p.step) {
    case STEP_MADE:
        return remind(work, of, &p, "promise_soon", p.due, error) &&
               move_on(work, &p, STEP_REMINDED, p.due, p.due, error);
    case STEP_REMINDED: {
        if (is_commitment) /* the check itself is late: the department is told each working day */
            return gx_notify_role(
                       work, of->owner, "head",
                       &(gx_notice){
                           .event = "commitment_unchecked", .of = of, .parts = {p.document}, .part_count = 1},
                       error) &&
                   move_on(work, &p, STEP_REMINDED, p.due, gx_limit_shift(calendar, work->now, 1, 9), error);
        gx_day last = gx_calendar_limit_end(calendar, gx_day_of(p.due - 1),
                                            (gx_limit){FINAL_DAYS, GX_LIMIT_WORKDAY}, NULL);
        return remind(work, of, &p, "promise_final", gx_day_end(last), error) &&
               move_on(work, &p, STEP_FINAL, gx_day_end(last), gx_day_end(last), error);
    }
    default: return break_promise(work, of, &p, p.document, error);
    }
}

bool gx_promise_check(gx_work *work, gx_case *of, gx_text document, gx_text result, gx_text reason,
                      gx_error *error)
{
    gx_statement *find =
        gx_db_prepare(work->db, "SELECT id, due FROM promise WHERE bucket = bucket_of(?1) AND case_id = ?1 "
                                "AND document = ?2 AND kind = 'commitment' AND state = 'open'");
    gx_bind(find, "it", of->id, document);
    gx_step step = gx_db_step(find, error);
    if (step == GX_STEP_FAILED)
        return false;
    if (step == GX_STEP_DONE)
        return gx_fail(error, "case.promise.absent", document);
    promise p = {.id = gx_column_int(find, 0),
                 .due = gx_column_int(find, 1),
                 .case_id = of->id,
                 .document = document,
                 .kind = GX_TEXT("commitment")};
    gx_db_reset(find);
    if (gx_text_equal(result, GX_TEXT("kept"))) {
        gx_journal_add(work, of,
                       (gx_journal_event){.kind = "promise.kept", .element = document, .why = reason});
        return close_promise(work, &p, "kept", error);
    }
    if (gx_text_trim(reason).size == 0)
        return gx_fail(error, "case.reasons");
    if (!gx_text_equal(result, GX_TEXT("mend")))
        return break_promise(work, of, &p, reason, error);
    gx_instant until =
        gx_day_end(gx_calendar_limit_end(gx_packages_calendar(work->packages), gx_day_of(work->now),
                                         (gx_limit){MEND_DAYS, GX_LIMIT_DAY}, NULL));
    return remind(work, of, &p, "promise_mend", until, error) &&
           move_on(work, &p, STEP_MEND, until, until, error);
}
