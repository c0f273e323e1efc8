#include "api/api.h"
#include "service/audit.h"
#include "service/letter.h"
#include "service/timeline.h"
#include "service/view.h"

static gx_work begin(gx_request *request, gx_db *db)
{
    return gx_work_begin(request->host, db, request->arena, request->person);
}

static gx_case *find_for(gx_request *request, gx_work *work, const char *action, gx_error *error)
{
    gx_case found;
    if (!gx_case_find(work->db, work->arena, gx_request_parameter(request, "number"), &found, error) ||
        !gx_case_may(work->zone, work->db, work->arena, request->person, action, &found, error)) {
        gx_audit_refused(work->zone, request->person, action, gx_request_parameter(request, "number"),
                         GX_TEXT(""));
        return NULL;
    }
    return gx_work_case(work, found.id, error);
}

/* If-Match, where it is sent, is the version the page showed. */
static bool is_fresh(gx_request *request, gx_db *db, const gx_case *of, gx_error *error)
{
    int64_t wanted = gx_request_version(request), version;
    if (wanted <= 0)
        return true;
    return gx_view_version(db, of, &version, error) && (version == wanted || gx_fail(error, "case.version"));
}

static bool end(gx_request *request, gx_work *work, const gx_case *of, const char *action, gx_reply *reply,
                gx_error *error)
{
    if (!gx_work_finish(work, error) ||
        !gx_audit(work->db, request->arena, request->person, action, of->number, "done", GX_TEXT(""), error))
        return false;
    gx_json_out_null(&reply->out);
    return true;
}

/* ---- Applying ---- */

void gx_api_write_receipt(gx_request *request, const gx_case *of, gx_reply *reply)
{
    const gx_calendar *calendar = gx_packages_calendar(gx_api_packages(request));
    reply->status = 201;
    gx_reply_header(reply, "Location", gx_format(request->arena, "/api/v1/cases/%.*s", GX_PRINT(of->number)));
    gx_json_out *out = &reply->out;
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "number", of->number);
    gx_json_out_member_text(out, "receiptNo", of->receipt.size ? of->receipt : of->number);
    gx_api_instant(out, "submittedAt", of->submitted_at);
    gx_api_instant(out, "dueAcceptance",
                   of->matter_version && calendar
                       ? gx_day_end(gx_calendar_limit_end(calendar, gx_day_of(of->submitted_at),
                                                          (gx_limit){5, GX_LIMIT_WORKDAY}, NULL))
                       : 0);
    gx_json_out_end(out, '}');
}

bool gx_api_case_create(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"matter:text!", "enterpriseId:text", "data:object!",
                                          "previous:text", "channel:text"};
    if (!gx_api_body(request, members, GX_COUNT_OF(members), error))
        return false;
    gx_work work = begin(request, db);
    bool is_window = gx_person_has_role(request->person, "window");
    gx_application application = {.matter = gx_json_text_of(request->json, "matter"),
                                  .enterprise = gx_json_text_of(request->json, "enterpriseId"),
                                  .previous = gx_json_text_of(request->json, "previous"),
                                  .data = gx_json_get(request->json, "data"),
                                  .channel = is_window ? GX_TEXT("window") : GX_TEXT("web")};
    gx_case *of;
    if (!gx_case_submit(&work, &application, &of, error) || !gx_work_finish(&work, error) ||
        !gx_audit(db, request->arena, request->person, "case.create", of->number, "done", of->matter, error))
        return false;
    gx_api_write_receipt(request, of, reply);
    return true;
}

/* ---- Reading ---- */

typedef struct conditions {
    gx_request *request;
    gx_search_condition items[GX_SEARCH_CONDITIONS];
    size_t count;
    gx_error error;
} conditions;

static void add_condition(void *context, gx_text name, gx_text value)
{
    conditions *c = context;
    char figure[24];
    if (c->error.code)
        return;
    if (c->count == GX_SEARCH_CONDITIONS)
        gx_fail(&c->error, "case.search.many", gx_error_int(figure, GX_SEARCH_CONDITIONS));
    else if (gx_search_read(gx_api_packages(c->request), name, value, &c->items[c->count], &c->error))
        c->count++;
}

bool gx_api_case_fields(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_search_field fields[GX_SEARCH_FIELDS];
    size_t count = gx_search_fields(gx_api_packages(request), fields);
    (void)db, (void)error;
    gx_json_out_begin(&reply->out, '{');
    gx_json_out_name(&reply->out, "items");
    gx_json_out_begin(&reply->out, '[');
    for (size_t i = 0; i < count; i++) {
        gx_json_out_begin(&reply->out, '{');
        gx_json_out_member_text(&reply->out, "id", fields[i].id);
        gx_json_out_member_text(&reply->out, "type", gx_text_of(gx_search_type_name(fields[i].type)));
        gx_json_out_member_text(&reply->out, "title", fields[i].title[request->language]);
        gx_json_out_end(&reply->out, '}');
    }
    gx_json_out_end(&reply->out, ']');
    gx_json_out_end(&reply->out, '}');
    return true;
}

bool gx_api_cases(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    conditions wanted = {.request = request};
    gx_text sort = gx_request_query(request, "sort"), after = gx_request_query(request, "after");
    gx_request_query_each(request, "where.", add_condition, &wanted);
    if (wanted.error.code) {
        *error = wanted.error;
        return false;
    }
    gx_case_query query = {.scope = gx_request_query(request, "scope"),
                           .state = gx_request_query(request, "state"),
                           .lamp = gx_request_query(request, "lamp"),
                           .search = gx_request_query(request, "q"),
                           .conditions = wanted.items,
                           .condition_count = wanted.count,
                           .after = after.bytes ? after : GX_TEXT(""),
                           .size = gx_request_query_int(request, "size", 20, 1, GX_LIMIT_PAGE_ROWS)};
    if (gx_request_query(request, "page").bytes) /* a place that is counted moves when a case comes */
        return gx_fail(error, "case.search.page");
    return gx_search_read_sort(gx_api_packages(request), sort.bytes ? sort : GX_TEXT(""), &query.sort,
                               error) &&
           gx_view_cases(request->host, db, request->arena, request->person, &query, &reply->out, error);
}

static bool find_to_read(gx_request *request, gx_db *db, gx_case *of, gx_error *error)
{
    if (gx_case_find(db, request->arena, gx_request_parameter(request, "number"), of, error) &&
        gx_case_may(request->host, db, request->arena, request->person, "case.read", of, error))
        return true;
    gx_audit_refused(request->host, request->person, "case.read", gx_request_parameter(request, "number"),
                     GX_TEXT(""));
    return false;
}

static bool is_applicant(const gx_person *person)
{
    return person->department.size == 0 && person->enterprise_count > 0;
}

bool gx_api_case(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_case of;
    int64_t version;
    if (!find_to_read(request, db, &of, error) ||
        !gx_view_case(request->host, db, request->arena, request->person, &of, request->language, &version,
                      &reply->out, error))
        return false;
    gx_reply_version(request, reply, version);
    return true;
}

bool gx_api_case_timeline(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_case of;
    return find_to_read(request, db, &of, error) &&
           gx_timeline_write(request->host, db, request->arena, &of, request->language,
                             is_applicant(request->person), &reply->out, error);
}

bool gx_api_case_diagram(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_case of;
    return find_to_read(request, db, &of, error) &&
           gx_timeline_diagram(request->host, db, request->arena, &of, &reply->out, error);
}

typedef struct letter_read {
    gx_request *request;
    int64_t id;
    gx_letter letter;
} letter_read;

static bool read_letter(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    letter_read *r = context;
    gx_case of;
    int64_t case_id;
    (void)arena;
    return gx_letter_find(db, r->request->arena, r->id, &r->letter, &case_id, error) &&
           gx_case_load(db, r->request->arena, case_id, &of, error) &&
           gx_case_may(r->request->host, db, r->request->arena, r->request->person, "case.read", &of, error);
}

bool gx_api_letter_pdf(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    letter_read r = {.request = request};
    gx_text pdf;
    (void)db;
    if (!gx_text_to_int(gx_request_parameter(request, "id"), &r.id))
        return gx_fail(error, "letter.absent");
    if (!gx_store_read(gx_zone_store(request->host), read_letter, &r, error) ||
        !gx_letter_pdf(request->host, request->arena, &r.letter, &pdf, error))
        return false;
    reply->content_type = "application/pdf";
    gx_reply_header(reply, "Content-Disposition",
                    gx_format(request->arena, "inline; filename=\"%.*s.pdf\"", GX_PRINT(r.letter.number)));
    gx_buffer_text(&reply->body, pdf);
    return true;
}

/* ---- Acts ---- */

static bool take_reason(gx_request *request, gx_text *reason, gx_error *error)
{
    static const char *const members[] = {"reason:text!"};
    if (!gx_api_body(request, members, 1, error))
        return false;
    *reason = gx_json_text_of(request->json, "reason");
    return true;
}

/* A process that listens for the withdrawal does it itself; any other is ended. */
bool gx_api_case_withdraw(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_work work = begin(request, db);
    gx_text reason;
    int64_t heard;
    gx_case *of = find_for(request, &work, "case.withdraw", error);
    if (!of || !take_reason(request, &reason, error) || !is_fresh(request, db, of, error))
        return false;
    if (gx_case_is_closed(of))
        return gx_fail(error, "case.withdraw.late");
    gx_entry entry = {GX_TEXT("reason"), gx_value_text(reason)};
    if (!gx_message_send(&work, GX_TEXT("withdraw"), of->number, gx_value_context(request->arena, &entry, 1),
                         false, &heard, error) ||
        !gx_work_settle(&work, error))
        return false;
    if (!gx_text_equal(of->state, GX_TEXT("withdrawn"))) {
        gx_instance_cancel(&work, of, reason);
        if (!gx_case_withdraw(&work, of, reason, error))
            return false;
    }
    return end(request, &work, of, "case.withdraw", reply, error);
}

/* The process hears of it as the message "stopped", with what was stopped and why. */
static bool tell_stopped(gx_request *request, gx_work *work, const gx_case *of, gx_error *error)
{
    int64_t heard;
    gx_context_builder stop = gx_context_begin(request->arena, 2);
    gx_context_set(&stop, GX_TEXT("kind"), gx_value_text(gx_json_text_of(request->json, "kind")));
    gx_context_set(&stop, GX_TEXT("reason"), gx_value_text(gx_json_text_of(request->json, "reason")));
    gx_entry entry = {GX_TEXT("stop"), gx_context_end(&stop)};
    return gx_message_send(work, GX_TEXT("stopped"), of->number, gx_value_context(request->arena, &entry, 1),
                           false, &heard, error);
}

bool gx_api_case_stop(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"kind:text!", "reason:text!", "plannedDays:int"};
    gx_work work = begin(request, db);
    gx_case *of = find_for(request, &work, "case.stop", error);
    return of && gx_api_body(request, members, GX_COUNT_OF(members), error) &&
           is_fresh(request, db, of, error) &&
           gx_case_stop(&work, of, gx_json_text_of(request->json, "kind"),
                        gx_json_text_of(request->json, "reason"),
                        gx_json_int_of(request->json, "plannedDays", 0), error) &&
           tell_stopped(request, &work, of, error) && end(request, &work, of, "case.stop", reply, error);
}

bool gx_api_case_resume(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"kind:text"};
    gx_work work = begin(request, db);
    int64_t heard;
    gx_case *of = find_for(request, &work, "case.resume", error);
    return of && (!request->json || gx_api_body(request, members, GX_COUNT_OF(members), error)) &&
           is_fresh(request, db, of, error) &&
           gx_case_resume(&work, of, gx_json_text_of(request->json, "kind"), error) &&
           gx_message_send(&work, GX_TEXT("resumed"), of->number, gx_value_null(), false, &heard, error) &&
           end(request, &work, of, "case.resume", reply, error);
}

bool gx_api_case_extend(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_work work = begin(request, db);
    gx_text reason;
    gx_case *of = find_for(request, &work, "case.extend", error);
    return of && take_reason(request, &reason, error) && is_fresh(request, db, of, error) &&
           gx_case_extend(&work, of, reason, error) && end(request, &work, of, "case.extend", reply, error);
}

bool gx_api_case_overdue(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_work work = begin(request, db);
    gx_text reason;
    gx_case *of = find_for(request, &work, "case.overdue", error);
    return of && take_reason(request, &reason, error) && gx_case_overdue_reason(&work, of, reason, error) &&
           end(request, &work, of, "case.overdue", reply, error);
}

bool gx_api_case_message(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"data:object"};
    gx_work work = begin(request, db);
    int64_t heard;
    gx_text name = gx_request_parameter(request, "name");
    gx_case *of = find_for(request, &work, "case.message", error);
    if (!of || (request->json && !gx_api_body(request, members, 1, error)))
        return false;
    if (gx_text_equal(name, GX_TEXT("withdraw"))) /* has a route, and a right, of its own */
        return gx_fail(error, "case.message.unheard", name);
    const gx_json *data = gx_json_get(request->json, "data");
    /* under one name, so that no message can write over the case's own variables */
    gx_entry entry = {GX_TEXT("message"), data ? gx_value_from_json(request->arena, data) : gx_value_null()};
    if (!gx_message_send(&work, name, of->number, gx_value_context(request->arena, &entry, 1), false, &heard,
                         error))
        return false;
    return heard ? end(request, &work, of, "case.message", reply, error)
                 : gx_fail(error, "case.message.unheard", name);
}

bool gx_api_case_promise(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"result:text!", "reason:text"};
    gx_work work = begin(request, db);
    gx_case *of = find_for(request, &work, "case.document", error);
    if (!of || !gx_api_body(request, members, GX_COUNT_OF(members), error))
        return false;
    if (request->person->department.size == 0) /* an officer checks, never the one who promised */
        return gx_fail(error, "task.not_yours");
    return gx_promise_check(&work, of, gx_request_parameter(request, "document"),
                            gx_json_text_of(request->json, "result"),
                            gx_json_text_of(request->json, "reason"), error) &&
           end(request, &work, of, "promise.check", reply, error);
}
