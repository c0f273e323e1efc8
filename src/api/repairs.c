/* What administrators do to running cases; messages from outside. */
#include "api/api.h"
#include "service/audit.h"
#include "service/hold.h"
#include "service/repair.h"

static const int64_t LIFETIME_MOST_S = 366ll * 24 * 3600;

static gx_text text_of(const gx_request *request, const char *name)
{
    gx_text text = gx_json_text_of(request->json, name);
    return text.bytes ? text : (gx_text){"", 0};
}

static gx_case *find_for(gx_request *request, gx_work *work, gx_error *error)
{
    gx_case found;
    const char *action = request->route->right;
    gx_text number = gx_request_parameter(request, "number");
    if (!gx_case_find(work->db, work->arena, number, &found, error) ||
        !gx_case_may(work->zone, work->db, work->arena, request->person, action, &found, error)) {
        gx_audit_refused(work->zone, request->person, action, number, GX_TEXT(""));
        return NULL;
    }
    return gx_work_case(work, found.id, error);
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

bool gx_api_incidents(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_incident_list(db, request->arena, request->language,
                            gx_request_query_int(request, "page", 1, 1, 1000),
                            gx_request_query_int(request, "size", 50, 1, 200), &reply->out, error);
}

bool gx_api_incident_retry(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"variables:object", "reason:text"};
    gx_work work = gx_work_begin(request->host, db, request->arena, request->person);
    int64_t id = 0;
    gx_case *of = find_for(request, &work, error);
    if (!of || (request->json && !gx_api_body(request, members, GX_COUNT_OF(members), error)))
        return false;
    if (!gx_text_to_int(gx_request_parameter(request, "id"), &id))
        return gx_fail(error, "case.incident.absent");
    return gx_repair_retry(&work, of, id, gx_json_get(request->json, "variables"), text_of(request, "reason"),
                           error) &&
           end(request, &work, "incident.retry", of->number, text_of(request, "reason"), reply, error);
}

bool gx_api_case_suspend(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"reason:text!"};
    gx_work work = gx_work_begin(request->host, db, request->arena, request->person);
    gx_case *of = find_for(request, &work, error);
    return of && gx_api_body(request, members, 1, error) &&
           gx_repair_suspend(&work, of, text_of(request, "reason"), error) &&
           end(request, &work, "case.suspend", of->number, text_of(request, "reason"), reply, error);
}

bool gx_api_case_continue(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"reason:text!"};
    gx_work work = gx_work_begin(request->host, db, request->arena, request->person);
    gx_case *of = find_for(request, &work, error);
    return of && gx_api_body(request, members, 1, error) &&
           gx_repair_continue(&work, of, text_of(request, "reason"), error) &&
           end(request, &work, "case.continue", of->number, text_of(request, "reason"), reply, error);
}

static bool hold(gx_request *request, gx_db *db, bool is_held, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"reason:text!"};
    gx_work work = gx_work_begin(request->host, db, request->arena, request->person);
    gx_text id = gx_request_parameter(request, "id");
    return gx_api_body(request, members, 1, error) &&
           gx_repair_hold_process(&work, id, is_held, text_of(request, "reason"), error) &&
           end(request, &work, is_held ? "process.suspend" : "process.continue", id,
               text_of(request, "reason"), reply, error);
}

bool gx_api_process_suspend(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return hold(request, db, true, reply, error);
}

bool gx_api_process_continue(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return hold(request, db, false, reply, error);
}

/* ---- All cases of a process ---- */

bool gx_api_process_hold(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"version:int", "refuseStarts:bool", "reason:text!"};
    gx_work work = gx_work_begin(request->host, db, request->arena, request->person);
    const gx_hold hold = {.process = gx_request_parameter(request, "id"),
                          .version = gx_json_int_of(request->json, "version", 0),
                          .refuses_starts = gx_json_bool_of(request->json, "refuseStarts", false),
                          .reason = text_of(request, "reason")};
    return gx_api_body(request, members, GX_COUNT_OF(members), error) && gx_hold_order(&work, &hold, error) &&
           end(request, &work, "process.hold", hold.process, hold.reason, reply, error);
}

bool gx_api_process_release(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"version:int", "reason:text!"};
    gx_work work = gx_work_begin(request->host, db, request->arena, request->person);
    gx_text id = gx_request_parameter(request, "id"), reason = text_of(request, "reason");
    return gx_api_body(request, members, GX_COUNT_OF(members), error) &&
           gx_hold_release(&work, id, gx_json_int_of(request->json, "version", 0), reason, error) &&
           end(request, &work, "process.release", id, reason, reply, error);
}

bool gx_api_holds(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_hold_list(db, request->arena, gx_request_query(request, "process"),
                        gx_request_query_int(request, "page", 1, 1, 1000),
                        gx_request_query_int(request, "size", 50, 1, 200), &reply->out, error);
}

bool gx_api_case_variables(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"variables:object!", "reason:text!"};
    gx_work work = gx_work_begin(request->host, db, request->arena, request->person);
    gx_case *of = find_for(request, &work, error);
    return of && gx_api_body(request, members, GX_COUNT_OF(members), error) &&
           gx_repair_variables(&work, of, gx_json_get(request->json, "variables"), text_of(request, "reason"),
                               error) &&
           end(request, &work, "case.variables", of->number, text_of(request, "reason"), reply, error);
}

/* ---- Moving and migrating: the act, and its check ---- */

static bool take_move(gx_request *request, gx_move *move, gx_error *error)
{
    static const char *const members[] = {"from:text!", "to:text!", "reason:text", "force:bool"};
    if (!gx_api_body(request, members, GX_COUNT_OF(members), error))
        return false;
    *move = (gx_move){.from = text_of(request, "from"),
                      .to = text_of(request, "to"),
                      .reason = text_of(request, "reason"),
                      .is_forced = gx_json_bool_of(request->json, "force", false)};
    return true;
}

bool gx_api_case_move(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_work work = gx_work_begin(request->host, db, request->arena, request->person);
    gx_move move;
    gx_case *of = find_for(request, &work, error);
    return of && take_move(request, &move, error) && gx_repair_move(&work, of, &move, error) &&
           end(request, &work, "case.move", of->number,
               gx_format(request->arena, "%.*s -> %.*s", GX_PRINT(move.from), GX_PRINT(move.to)), reply,
               error);
}

bool gx_api_case_move_check(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_work work = gx_work_begin(request->host, db, request->arena, request->person);
    gx_move move;
    gx_case *of = find_for(request, &work, error);
    return of && take_move(request, &move, error) &&
           gx_repair_move_check(request->host, db, request->arena, of, &move, request->language, &reply->out,
                                error);
}

static bool take_migrate(gx_request *request, gx_migrate *migrate, gx_error *error)
{
    static const char *const members[] = {"version:int", "mapping:object", "reason:text"};
    if (!gx_api_body(request, members, GX_COUNT_OF(members), error))
        return false;
    *migrate = (gx_migrate){.version = gx_json_int_of(request->json, "version", 0),
                            .mapping = gx_json_get(request->json, "mapping"),
                            .reason = text_of(request, "reason")};
    return true;
}

bool gx_api_case_migrate(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_work work = gx_work_begin(request->host, db, request->arena, request->person);
    gx_migrate migrate;
    gx_case *of = find_for(request, &work, error);
    return of && take_migrate(request, &migrate, error) && gx_repair_migrate(&work, of, &migrate, error) &&
           end(request, &work, "case.migrate", of->number, migrate.reason, reply, error);
}

bool gx_api_case_migrate_check(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_work work = gx_work_begin(request->host, db, request->arena, request->person);
    gx_migrate migrate;
    gx_case *of = find_for(request, &work, error);
    return of && take_migrate(request, &migrate, error) &&
           gx_repair_migrate_check(request->host, db, request->arena, of, &migrate, request->language,
                                   &reply->out, error);
}

/* ---- Messages ---- */

bool gx_api_message_publish(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"name:text!", "correlation:text!", "messageId:text",
                                          "lifetimeSeconds:int", "data:object"};
    char figure[24];
    int64_t heard;
    if (!gx_api_body(request, members, GX_COUNT_OF(members), error))
        return false;
    int64_t lifetime = gx_json_int_of(request->json, "lifetimeSeconds", 0);
    if (lifetime < 0 || lifetime > LIFETIME_MOST_S)
        return gx_fail_at(error, "case.message.lifetime", ((gx_place){GX_TEXT("/lifetimeSeconds"), 0, 0}),
                          gx_error_int(figure, LIFETIME_MOST_S));
    gx_work work = gx_work_begin(request->host, db, request->arena, request->person);
    const gx_json *data = gx_json_get(request->json, "data");
    /* under one name, so that no message can write over the case's own variables */
    gx_entry entry = {GX_TEXT("message"), data ? gx_value_from_json(request->arena, data) : gx_value_null()};
    const gx_message message = {.name = text_of(request, "name"),
                                .correlation = text_of(request, "correlation"),
                                .id = text_of(request, "messageId"),
                                .variables = gx_value_context(request->arena, &entry, 1),
                                .lifetime_ms = lifetime * 1000};
    if (!gx_message_publish(&work, &message, &heard, error) || !gx_work_finish(&work, error) ||
        !gx_audit(db, request->arena, request->person, "message.publish", message.correlation, "done",
                  message.name, error))
        return false;
    reply->status = 202;
    gx_json_out_begin(&reply->out, '{');
    gx_json_out_member_text(&reply->out, "result",
                            heard      ? GX_TEXT("heard")
                            : lifetime ? GX_TEXT("kept")
                                       : GX_TEXT("unheard"));
    gx_json_out_end(&reply->out, '}');
    return true;
}
