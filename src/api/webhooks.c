/* Addresses outside that are told what happens, and what could not be told to them. */
#include "api/api.h"
#include "service/audit.h"
#include "service/webhook.h"

enum { SIZE_MOST = 200 };

static const char *const changeable[] = {"name:text", "url:text", "events:array", "matters:array",
                                         "active:bool"};

static bool read_id(gx_request *request, int64_t *id, gx_error *error)
{
    return (gx_text_to_int(gx_request_parameter(request, "id"), id) && *id > 0) ||
           gx_fail(error, "webhook.absent");
}

static gx_webhook_wish read_wish(const gx_request *request)
{
    const gx_json *name = gx_json_get(request->json, "name"), *url = gx_json_get(request->json, "url");
    gx_webhook_wish wish = {.events = gx_json_get(request->json, "events"),
                            .matters = gx_json_get(request->json, "matters"),
                            .is_active = gx_json_get(request->json, "active")};
    if (name)
        wish.name = gx_json_text(name);
    if (url)
        wish.url = gx_json_text(url);
    return wish;
}

static bool audit(gx_request *request, gx_db *db, const char *action, int64_t id, gx_text detail,
                  gx_error *error)
{
    return gx_audit(db, request->arena, request->person, action,
                    gx_format(request->arena, "%lld", (long long)id), "done", detail, error);
}

bool gx_api_webhooks(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return gx_webhook_list(gx_api_zone(request), db, request->arena, request->language, &reply->out, error);
}

static void write_secret(gx_reply *reply, int64_t id, gx_text secret, gx_instant old_until)
{
    gx_json_out_begin(&reply->out, '{');
    gx_json_out_member_int(&reply->out, "id", id);
    gx_json_out_member_text(&reply->out, "secret", secret);
    gx_api_instant(&reply->out, "oldUntil", old_until);
    gx_json_out_end(&reply->out, '}');
}

bool gx_api_webhook_make(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"name:text!", "url:text!", "events:array", "matters:array",
                                          "active:bool"};
    int64_t id;
    gx_text secret;
    if (!gx_api_body(request, members, GX_COUNT_OF(members), error))
        return false;
    gx_webhook_wish wish = read_wish(request);
    if (!gx_webhook_make(gx_api_zone(request), db, request->arena, &wish, request->person, &id, &secret,
                         error) ||
        !audit(request, db, "webhook.create", id, wish.url, error))
        return false;
    reply->status = 201;
    write_secret(reply, id, secret, 0);
    return true;
}

bool gx_api_webhook_change(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    if (!read_id(request, &id, error) || !gx_api_body(request, changeable, GX_COUNT_OF(changeable), error))
        return false;
    gx_webhook_wish wish = read_wish(request);
    gx_json_out_null(&reply->out);
    return gx_webhook_change(gx_api_zone(request), db, request->arena, id, &wish, error) &&
           audit(request, db, "webhook.change", id, gx_json_to_text(request->arena, request->json), error);
}

bool gx_api_webhook_delete(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    gx_json_out_null(&reply->out);
    return read_id(request, &id, error) && gx_webhook_delete(db, id, error) &&
           audit(request, db, "webhook.delete", id, GX_TEXT(""), error);
}

bool gx_api_webhook_renew(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    gx_text secret;
    gx_instant old_until;
    if (!read_id(request, &id, error) ||
        !gx_webhook_renew(db, request->arena, id, &secret, &old_until, error) ||
        !audit(request, db, "webhook.secret", id, GX_TEXT(""), error))
        return false;
    write_secret(reply, id, secret, old_until);
    return true;
}

bool gx_api_webhook_test(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    gx_json_out_null(&reply->out);
    return read_id(request, &id, error) &&
           gx_webhook_test(gx_api_zone(request), db, request->arena, id, error) &&
           audit(request, db, "webhook.test", id, GX_TEXT(""), error);
}

bool gx_api_webhook_deliveries(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    int64_t id;
    bool is_dead = !gx_text_equal(gx_request_query(request, "state"), GX_TEXT("waiting"));
    return read_id(request, &id, error) &&
           gx_webhook_deliveries(db, request->arena, id, is_dead,
                                 gx_request_query_int(request, "after", 0, 0, INT64_MAX),
                                 gx_request_query_int(request, "size", 50, 1, SIZE_MOST), &reply->out, error);
}

static bool deal(gx_request *request, gx_db *db, bool again, gx_reply *reply, gx_error *error)
{
    static const char *const members[] = {"delivery:int"};
    int64_t id, done, delivery = 0;
    if (!read_id(request, &id, error) || (request->json && !gx_api_body(request, members, 1, error)))
        return false;
    delivery = gx_json_int_of(request->json, "delivery", 0);
    if (!(again ? gx_webhook_again : gx_webhook_drop)(db, id, delivery, &done, error) ||
        !audit(request, db, again ? "webhook.again" : "webhook.drop", id,
               gx_format(request->arena, "%lld", (long long)done), error))
        return false;
    gx_json_out_begin(&reply->out, '{');
    gx_json_out_member_int(&reply->out, "done", done);
    gx_json_out_end(&reply->out, '}');
    return true;
}

bool gx_api_webhook_again(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return deal(request, db, true, reply, error);
}

bool gx_api_webhook_drop(gx_request *request, gx_db *db, gx_reply *reply, gx_error *error)
{
    return deal(request, db, false, reply, error);
}
