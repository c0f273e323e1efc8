#include "api/api.h"
#include "base/clock.h"
#include "base/file.h"
#include "base/limits.h"
#include "service/audit.h"
#include "service/permit.h"

static bool may_see(gx_request *request, gx_db *db, const char *action, const gx_permit *permit,
                    gx_error *error)
{
    gx_case of;
    gx_error reason = {0};
    if (gx_case_load(db, request->arena, permit->case_id, &of, &reason) &&
        gx_case_may(request->host, db, request->arena, request->person, action, &of, &reason))
        return true;
    gx_audit_refused(request->host, request->person, action, permit->number, GX_TEXT(""));
    return gx_fail(error, "permit.absent");
}

/* Newest first: one's company's, or all. */
bool gx_api_permits(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t offset, limit, total;
    gx_api_page(request, &offset, &limit);
    gx_reach reach = gx_may_reach(gx_api_packages(request), request->person, "permit.read");
    gx_json *enterprises = gx_json_array(request->arena);
    for (size_t i = 0; i < request->person->enterprise_count; i++)
        gx_json_append(enterprises, gx_json_string(request->arena, request->person->enterprises[i]));
    gx_text own = gx_json_to_text(request->arena, enterprises), q = gx_request_query(request, "q");
    gx_text pattern = gx_format(request->arena, "%%%.*s%%", GX_PRINT(q));
    bool sees_all = reach >= GX_REACH_DEPARTMENT;
    gx_statement *rows;
    static const char all_count[] = "SELECT count(*) FROM permit WHERE ?1 IS NOT NULL AND (?2 = '%%' OR "
                                    "number LIKE ?2 OR holder LIKE ?2 OR project LIKE ?2)";
    static const char own_count[] =
        "SELECT count(*) FROM permit WHERE enterprise IN (SELECT value FROM json_each(?1)) AND (?2 = '%%' OR "
        "number LIKE ?2 OR holder LIKE ?2 OR project LIKE ?2)";
    if (!gx_db_get_int(db, error, &total, 0, sees_all ? all_count : own_count, "tt", own, pattern))
        return false;
    rows = gx_db_prepare(
        db, sees_all
                ? "SELECT p.number, c.number FROM permit p JOIN cases c ON c.bucket = bucket_of(p.case_id) "
                  "AND c.id = p.case_id WHERE ?1 IS NOT NULL AND (?2 = '%%' OR p.number LIKE ?2 OR p.holder "
                  "LIKE ?2 OR p.project LIKE ?2) ORDER BY p.issued_at DESC, p.number LIMIT ?3 OFFSET ?4"
                : "SELECT p.number, c.number FROM permit p JOIN cases c ON c.bucket = bucket_of(p.case_id) "
                  "AND c.id = p.case_id WHERE p.enterprise IN (SELECT value FROM json_each(?1)) AND (?2 = "
                  "'%%' OR p.number LIKE ?2 OR p.holder LIKE ?2 OR p.project LIKE ?2) ORDER BY p.issued_at "
                  "DESC, p.number LIMIT ?3 OFFSET ?4");
    gx_bind(rows, "ttii", own, pattern, limit, offset);
    gx_json_out_begin(&reply->out, '{');
    gx_json_out_name(&reply->out, "items");
    gx_json_out_begin(&reply->out, '[');
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_permit permit;
        gx_text number = gx_column_copy(request->arena, rows, 0),
                case_number = gx_column_copy(request->arena, rows, 1);
        if (!gx_permit_find(db, request->arena, number, &permit, error)) {
            gx_db_reset(rows);
            return false;
        }
        gx_permit_write(gx_api_packages(request), &permit, case_number, gx_clock_now(), &reply->out);
    }
    gx_api_end_list(request, reply, offset, limit, total);
    return step == GX_STEP_DONE;
}

bool gx_api_permit(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_permit permit;
    return gx_permit_find(db, request->arena, gx_request_parameter(request, "number"), &permit, error) &&
           may_see(request, db, "permit.read", &permit, error) &&
           gx_permit_verify(request->host, db, request->arena, permit.code, request->language, &reply->out,
                            error);
}

typedef struct reading {
    gx_request *request;
    gx_permit permit;
    gx_text file;
    gx_reply *reply;
} reading;

static bool read_permit(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    reading *r = context;
    (void)arena;
    return gx_permit_find(db, r->request->arena, gx_request_parameter(r->request, "number"), &r->permit,
                          error) &&
           may_see(r->request, db, "permit.read", &r->permit, error);
}

bool gx_api_permit_pdf(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    reading r = {.request = request};
    gx_text pdf;
    (void)db;
    if (!gx_store_read(gx_zone_store(request->host), read_permit, &r, error) ||
        !gx_permit_pdf(request->host, request->arena, &r.permit, &pdf, error))
        return false;
    reply->content_type = "application/pdf";
    gx_reply_header(reply, "Content-Disposition",
                    gx_format(request->arena, "inline; filename=\"%.*s.pdf\"", GX_PRINT(r.permit.number)));
    gx_buffer_text(&reply->body, pdf);
    return true;
}

bool gx_api_permit_revoke(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"reason:text!"};
    gx_permit permit;
    gx_work work = gx_work_begin(request->host, db, request->arena, request->person);
    gx_json_out_null(&reply->out);
    return gx_api_body(request, members, 1, error) &&
           gx_permit_find(db, request->arena, gx_request_parameter(request, "number"), &permit, error) &&
           may_see(request, db, "permit.revoke", &permit, error) &&
           gx_permit_revoke(&work, permit.number, gx_json_text_of(request->json, "reason"), error) &&
           gx_work_finish(&work, error);
}

bool gx_api_verify(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_permit_verify(request->host, db, request->arena, gx_request_parameter(request, "code"),
                            request->language, &reply->out, error);
}

static bool check_file(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    reading *r = context;
    (void)arena;
    return gx_permit_verify_file(r->request->host, db, r->request->arena, r->file, r->request->language,
                                 &r->reply->out, error);
}

bool gx_api_verify_file(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    reading r = {.request = request, .reply = reply};
    (void)db;
    return gx_file_read(request->arena, request->upload_path, 4 * GX_MIB, &r.file, error) &&
           gx_store_read(gx_zone_store(request->host), check_file, &r, error);
}
