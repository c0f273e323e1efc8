#include "api/api.h"
#include "service/audit.h"
#include "service/register.h"
#include "base/clock.h"

static void write_session(gx_request *request, gx_db *db, gx_reply *reply, const gx_person *person,
                          gx_text token, gx_instant expires)
{
    gx_json_out *out = &reply->out;
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, "person");
    gx_json_out_begin(out, '{');
    gx_json_out_member_text(out, "id", person->login);
    gx_json_out_member_text(out, "name", person->name);
    gx_json_out_name(out, "roles");
    gx_json_out_begin(out, '[');
    for (size_t i = 0; i < person->role_count; i++)
        gx_json_out_text(out, person->roles[i]);
    gx_json_out_end(out, ']');
    gx_json_out_name(out, "department");
    if (person->department.size)
        gx_json_out_text(out, person->department);
    else
        gx_json_out_null(out);
    const gx_json *department =
        person->department.size && db
            ? gx_register_find(db, request->arena, GX_TEXT("department"), person->department)
            : NULL;
    if (department)
        gx_json_out_member_text(
            out, "departmentName",
            gx_json_text_of(department, request->language == GX_LANGUAGE_EN ? "nameEn" : "name"));
    gx_json_out_name(out, "enterprises");
    gx_json_out_begin(out, '[');
    for (size_t i = 0; i < person->enterprise_count; i++) {
        const gx_json *enterprise =
            db ? gx_register_find(db, request->arena, GX_TEXT("enterprise"), person->enterprises[i]) : NULL;
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "id", person->enterprises[i]);
        gx_json_out_member_text(out, "name",
                                enterprise ? gx_json_text_of(enterprise, "name") : person->enterprises[i]);
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
    gx_json_out_end(out, '}');
    gx_json_out_member_text(out, "token", token);
    gx_api_instant(out, "expires", expires);
    gx_json_out_end(out, '}');
}

typedef struct writing {
    gx_request *request;
    gx_reply *reply;
    const gx_session *session;
} writing;

static bool write_new_session(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    writing *w = context;
    (void)arena, (void)error;
    write_session(w->request, db, w->reply, &w->session->person, gx_text_of(w->session->csrf),
                  w->session->expires);
    return true;
}

bool gx_api_session_create(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"name:text!", "password:text!"};
    gx_session session;
    (void)db;
    if (!gx_api_body(request, members, GX_COUNT_OF(members), error))
        return false;
    gx_text before = gx_request_cookie(request, "__Host-gx"); /* a token never survives signing in */
    if (before.size && !gx_sign_out(gx_api_zone(request), before, error))
        return false;
    if (!gx_sign_in(gx_api_zone(request), request->arena, gx_json_text_of(request->json, "name"),
                    gx_json_text_of(request->json, "password"), request->address, &session, error))
        return false;
    gx_reply_header(
        reply, "Set-Cookie",
        gx_format(request->arena, "__Host-gx=%s; Path=/; Secure; HttpOnly; SameSite=Lax", session.token));
    reply->status = 201;
    return gx_store_read(gx_zone_store(gx_api_zone(request)), write_new_session,
                         &(writing){request, reply, &session}, error);
}

bool gx_api_session_get(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    (void)error;
    write_session(request, db, reply, request->person, request->session_token,
                  gx_clock_now() + 30 * 60 * 1000);
    return true;
}

bool gx_api_session_delete(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    (void)db;
    gx_reply_header(reply, "Set-Cookie",
                    GX_TEXT("__Host-gx=; Path=/; Secure; HttpOnly; SameSite=Lax; Max-Age=0"));
    reply->status = 204;
    return gx_sign_out(gx_api_zone(request), gx_request_cookie(request, "__Host-gx"), error);
}

bool gx_api_session_password(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"old:text!", "new:text!"};
    (void)db;
    reply->status = 204;
    return gx_api_body(request, members, GX_COUNT_OF(members), error) &&
           gx_password_change(gx_api_zone(request), request->arena, request->person,
                              gx_json_text_of(request->json, "old"), gx_json_text_of(request->json, "new"),
                              error);
}

/* ---- Accounts and the audit chain, for administrators and auditors ---- */

bool gx_api_accounts(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t offset, limit, total;
    gx_api_page(request, &offset, &limit);
    if (!gx_db_get_int(db, error, &total, 0, "SELECT count(*) FROM account", ""))
        return false;
    gx_statement *rows = gx_db_prepare(
        db, "SELECT a.login, a.name, a.roles, a.department, a.is_disabled, (SELECT max(seen_at) FROM session "
            "s WHERE s.account = a.id), a.failed, a.failed_at FROM account a ORDER BY a.login LIMIT ?1 "
            "OFFSET ?2");
    gx_bind(rows, "ii", limit, offset);
    gx_json_out *out = &reply->out;
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, "items");
    gx_json_out_begin(out, '[');
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "id", gx_column_text(rows, 0));
        gx_json_out_member_text(out, "name", gx_column_text(rows, 0));
        gx_json_out_member_text(out, "personName", gx_column_text(rows, 1));
        gx_json_out_name(out, "roles");
        gx_json_out_raw(out, gx_column_copy(request->arena, rows, 2));
        gx_json_out_member_text(out, "department", gx_column_text(rows, 3));
        gx_json_out_member_bool(out, "isLocked", gx_column_int(rows, 4) != 0);
        gx_api_instant(out, "lastSeen", gx_column_int(rows, 5));
        gx_json_out_member_int(out, "failures",
                               gx_column_int(rows, 6)); /* wrong passwords since the last sign-in */
        gx_api_instant(out, "failedAt", gx_column_int(rows, 7));
        gx_json_out_end(out, '}');
    }
    gx_api_end_list(request, reply, offset, limit, total);
    return step == GX_STEP_DONE;
}

bool gx_api_audit(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t offset, limit, total;
    gx_api_page(request, &offset, &limit);
    gx_text result = gx_request_query(request, "result"), actor = gx_request_query(request, "actor");
    if (!gx_db_get_int(
            db, error, &total, 0,
            "SELECT count(*) FROM audit WHERE (?1 IS NULL OR result = ?1) AND (?2 IS NULL OR actor = ?2)",
            "tt", result, actor))
        return false;
    gx_statement *rows = gx_db_prepare(
        db, "SELECT seq, at, actor, action, object, result, detail, hash FROM audit WHERE (?1 IS NULL OR "
            "result = ?1) AND (?2 IS NULL OR actor = ?2) ORDER BY seq DESC LIMIT ?3 OFFSET ?4");
    gx_bind(rows, "ttii", result, actor, limit, offset);
    gx_json_out *out = &reply->out;
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, "items");
    gx_json_out_begin(out, '[');
    gx_step step;
    static const char *const names[] = {"actor", "action", "object", "result", "detail", "hash"};
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_json_out_begin(out, '{');
        gx_json_out_member_int(out, "seq", gx_column_int(rows, 0));
        gx_api_instant(out, "at", gx_column_int(rows, 1));
        for (int i = 0; i < (int)GX_COUNT_OF(names); i++)
            gx_json_out_member_text(out, names[i], gx_column_text(rows, i + 2));
        gx_json_out_end(out, '}');
    }
    gx_api_end_list(request, reply, offset, limit, total);
    return step == GX_STEP_DONE;
}

/* ---- Keys of programs ---- */

bool gx_api_key_create(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"account:text!", "note:text"};
    gx_text id, key, note = gx_json_text_of(request->json, "note");
    if (!gx_api_body(request, members, GX_COUNT_OF(members), error) ||
        !gx_key_create(db, request->arena, request->person, gx_json_text_of(request->json, "account"),
                       note.bytes ? note : GX_TEXT(""), gx_clock_now(), &id, &key, error))
        return false;
    reply->status = 201;
    gx_json_out_begin(&reply->out, '{');
    gx_json_out_member_text(&reply->out, "id", id);
    gx_json_out_member_text(&reply->out, "key", key);
    gx_json_out_end(&reply->out, '}');
    return true;
}

bool gx_api_key_revoke(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    gx_text id = gx_request_parameter(request, "id");
    if (!gx_key_revoke(db, id, error) ||
        !gx_audit(db, request->arena, request->person, "key.revoke", id, "done", GX_TEXT(""), error))
        return false;
    gx_json_out_null(&reply->out);
    return true;
}
