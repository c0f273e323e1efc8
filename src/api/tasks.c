#include "api/api.h"
#include "service/audit.h"
#include "service/view.h"

static bool id_of(gx_request *request, int64_t *id, gx_error *error)
{
    return gx_text_to_int(gx_request_parameter(request, "id"), id) || gx_fail(error, "task.absent");
}

bool gx_api_tasks(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_task_scope scope = gx_text_equal(gx_request_query(request, "scope"), GX_TEXT("mine"))
                              ? GX_TASKS_MINE
                              : GX_TASKS_DEPARTMENT;
    return gx_task_list(request->host, db, request->arena, request->person, scope,
                        gx_request_query_int(request, "page", 1, 1, 1000),
                        gx_request_query_int(request, "size", 50, 1, 200), &reply->out, error);
}

bool gx_api_task(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    gx_task task;
    if (!id_of(request, &id, error))
        return false;
    if (!gx_task_find(request->host, db, request->arena, request->person, id, &task, error)) {
        gx_audit_refused(request->host, request->person, "task.read", gx_request_parameter(request, "id"),
                         GX_TEXT(""));
        return false;
    }
    gx_reply_version(request, reply, task.version);
    return gx_view_task(request->host, db, request->arena, request->person, &task, request->language,
                        &reply->out, error);
}

static bool end(gx_request *request, gx_work *work, const char *action, gx_reply *reply, gx_error *error)
{
    if (!gx_work_finish(work, error) ||
        !gx_audit(work->db, request->arena, request->person, action, gx_request_parameter(request, "id"),
                  "done", GX_TEXT(""), error))
        return false;
    gx_json_out_null(&reply->out);
    return true;
}

bool gx_api_task_claim(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    gx_work work = gx_work_begin(request->host, db, request->arena, request->person);
    return id_of(request, &id, error) && gx_task_claim(&work, id, error) &&
           end(request, &work, "task.claim", reply, error);
}

bool gx_api_task_release(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    gx_work work = gx_work_begin(request->host, db, request->arena, request->person);
    return id_of(request, &id, error) && gx_task_release(&work, id, error) &&
           end(request, &work, "task.release", reply, error);
}

bool gx_api_task_assign(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"assignee:text!"};
    int64_t id;
    gx_work work = gx_work_begin(request->host, db, request->arena, request->person);
    return gx_api_body(request, members, 1, error) && id_of(request, &id, error) &&
           gx_task_assign(&work, id, gx_json_text_of(request->json, "assignee"), error) &&
           end(request, &work, "task.assign", reply, error);
}

bool gx_api_foresee(gx_request *request, gx_first_question *question)
{
    int64_t id;
    if (request->route->handler != gx_api_task_complete ||
        !gx_text_to_int(gx_request_parameter(request, "id"), &id))
        return false;
    *question = gx_task_question(id);
    return true;
}

bool gx_api_task_complete(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"outcome:text", "data:object", "version:int"};
    int64_t id;
    gx_work work = gx_work_begin(request->host, db, request->arena, request->person);
    if (!id_of(request, &id, error) ||
        (request->json && !gx_api_body(request, members, GX_COUNT_OF(members), error)))
        return false;
    return gx_task_complete(&work, id, gx_json_int_of(request->json, "version", 0),
                            gx_json_text_of(request->json, "outcome"), gx_json_get(request->json, "data"),
                            error) &&
           end(request, &work, "task.complete", reply, error);
}
