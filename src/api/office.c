/* How an office shares its work: signatures, handing on and back, deputies, urging. */
#include "api/api.h"
#include "base/clock.h"
#include "service/audit.h"
#include "service/deputy.h"
#include "service/office.h"

static gx_work begin(gx_request *request, gx_db *db)
{
    return gx_work_begin(request->host, db, request->arena, request->person);
}

static bool id_of(gx_request *request, const char *absent, int64_t *id, gx_error *error)
{
    return gx_text_to_int(gx_request_parameter(request, "id"), id) || gx_fail(error, absent);
}

static bool end(gx_request *request, gx_work *work, const char *action, gx_text object, gx_text detail,
                gx_reply *reply, gx_error *error)
{
    if (!gx_work_finish(work, error) ||
        !gx_audit(work->db, request->arena, request->person, action, object, "done", detail, error))
        return false;
    gx_json_out_null(&reply->out);
    return true;
}

static bool end_task(gx_request *request, gx_work *work, const char *action, gx_text detail, gx_reply *reply,
                     gx_error *error)
{
    return end(request, work, action, gx_request_parameter(request, "id"), detail, reply, error);
}

static gx_text text_of(const gx_request *request, const char *name)
{
    gx_text text = gx_json_text_of(request->json, name);
    return text.bytes ? text : (gx_text){"", 0};
}

/* ---- Tasks ---- */

bool gx_api_task_sign(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"mode:text!",   "signers:array!", "rule:text",
                                          "percent:int",  "agree:text",     "refuse:text",
                                          "outcome:text", "data:object",    "reason:text"};
    int64_t id;
    gx_work work = begin(request, db);
    if (!gx_api_body(request, members, GX_COUNT_OF(members), error) ||
        !id_of(request, "task.absent", &id, error))
        return false;
    const gx_sign_request sign = {.mode = text_of(request, "mode"),
                                  .signers = gx_json_get(request->json, "signers"),
                                  .rule = text_of(request, "rule"),
                                  .percent = gx_json_int_of(request->json, "percent", 100),
                                  .agree = text_of(request, "agree"),
                                  .refuse = text_of(request, "refuse"),
                                  .outcome = text_of(request, "outcome"),
                                  .data = gx_json_get(request->json, "data"),
                                  .reason = text_of(request, "reason")};
    return gx_office_sign(&work, id, &sign, error) &&
           end_task(request, &work, "task.sign", sign.mode, reply, error);
}

bool gx_api_task_sign_cancel(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    gx_work work = begin(request, db);
    return id_of(request, "task.absent", &id, error) && gx_office_sign_cancel(&work, id, error) &&
           end_task(request, &work, "task.sign.cancel", GX_TEXT(""), reply, error);
}

bool gx_api_task_transfer(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"to:text!", "reason:text!"};
    int64_t id;
    gx_work work = begin(request, db);
    return gx_api_body(request, members, GX_COUNT_OF(members), error) &&
           id_of(request, "task.absent", &id, error) &&
           gx_office_transfer(&work, id, text_of(request, "to"), text_of(request, "reason"), error) &&
           end_task(request, &work, "task.transfer", text_of(request, "to"), reply, error);
}

bool gx_api_task_send_back(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"element:text!", "reason:text!"};
    int64_t id;
    gx_work work = begin(request, db);
    return gx_api_body(request, members, GX_COUNT_OF(members), error) &&
           id_of(request, "task.absent", &id, error) &&
           gx_office_send_back(&work, id, text_of(request, "element"), text_of(request, "reason"), error) &&
           end_task(request, &work, "task.return", text_of(request, "element"), reply, error);
}

bool gx_api_task_take_back(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"reason:text"};
    int64_t id;
    gx_work work = begin(request, db);
    if (request->json && !gx_api_body(request, members, GX_COUNT_OF(members), error))
        return false;
    return id_of(request, "task.absent", &id, error) &&
           gx_office_take_back(&work, id, text_of(request, "reason"), error) &&
           end_task(request, &work, "task.take_back", GX_TEXT(""), reply, error);
}

static bool find_task(gx_request *request, gx_db *db, gx_task *task, gx_error *error)
{
    int64_t id;
    return id_of(request, "task.absent", &id, error) &&
           gx_task_find(request->host, db, request->arena, request->person, id, task, error);
}

bool gx_api_task_colleagues(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_task task;
    gx_text purpose = gx_request_query(request, "for"), department = gx_request_query(request, "department");
    return find_task(request, db, &task, error) &&
           gx_office_colleagues(request->host, db, request->arena, request->person, &task,
                                gx_text_equal(purpose, GX_TEXT("sign")), department, &reply->out, error);
}

bool gx_api_task_earlier(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_task task;
    return find_task(request, db, &task, error) &&
           gx_office_earlier(request->host, db, request->arena, &task, &reply->out, error);
}

/* ---- Cases ---- */

bool gx_api_case_urge(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"note:text"};
    gx_work work = begin(request, db);
    gx_text number = gx_request_parameter(request, "number");
    gx_case found;
    if (request->json && !gx_api_body(request, members, GX_COUNT_OF(members), error))
        return false;
    if (!gx_case_find(db, request->arena, number, &found, error) ||
        !gx_case_may(request->host, db, request->arena, request->person, "case.urge", &found, error)) {
        gx_audit_refused(request->host, request->person, "case.urge", number, GX_TEXT(""));
        return false;
    }
    gx_case *of = gx_work_case(&work, found.id, error);
    return of && gx_office_urge(&work, of, text_of(request, "note"), error) &&
           end(request, &work, "case.urge", number, GX_TEXT(""), reply, error);
}

/* ---- Deputies ---- */

bool gx_api_deputies(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_deputy_list(db, request->arena, request->person, gx_clock_now(), &reply->out, error);
}

bool gx_api_deputy_create(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"deputy:text!", "from:text!", "to:text!", "reason:text",
                                          "login:text"};
    gx_work work = begin(request, db);
    int64_t id;
    if (!gx_api_body(request, members, GX_COUNT_OF(members), error))
        return false;
    const gx_absence absence = {.login = text_of(request, "login"),
                                .deputy = text_of(request, "deputy"),
                                .from = text_of(request, "from"),
                                .to = text_of(request, "to"),
                                .reason = text_of(request, "reason")};
    if (!gx_deputy_set(&work, &absence, &id, error) || !gx_work_finish(&work, error) ||
        !gx_audit(db, request->arena, request->person, "deputy.set",
                  absence.login.size ? absence.login : request->person->login, "done", absence.deputy, error))
        return false;
    reply->status = 201;
    gx_json_out_begin(&reply->out, '{');
    gx_json_out_member_text(&reply->out, "id", gx_format(request->arena, "%lld", (long long)id));
    gx_json_out_end(&reply->out, '}');
    return true;
}

bool gx_api_deputy_end(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    gx_work work = begin(request, db);
    return id_of(request, "deputy.absent", &id, error) && gx_deputy_end(&work, id, error) &&
           end_task(request, &work, "deputy.end", GX_TEXT(""), reply, error);
}
