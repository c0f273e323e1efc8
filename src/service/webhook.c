/* Addresses: making, changing, listing. */
#include "service/webhook.h"
#include "base/clock.h"
#include "service/follow.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

enum { NAME_MOST = 100, SECRET_BYTES = 32, SLICE = 500, COUNTED = 1000 };
static const int64_t OLD_SECRET_MS = 24 * 3600 * 1000;

const char *const gx_webhook_kinds[] = {"submitted",
                                        "state",
                                        "document",
                                        "letter",
                                        "decided",
                                        "permit",
                                        "permit.revoked",
                                        "stopped",
                                        "resumed",
                                        "extended",
                                        "due",
                                        "task.done",
                                        "lamp",
                                        "escalated",
                                        "urged",
                                        "promise.made",
                                        "promise.kept",
                                        "promise.broken",
                                        "incident",
                                        "suspended",
                                        "continued",
                                        "ended",
                                        NULL};

/* ---- Wishes ---- */

static bool is_kind(gx_text kind)
{
    for (const char *const *known = gx_webhook_kinds; *known; known++)
        if (gx_text_equal(kind, gx_text_of(*known)))
            return true;
    return false;
}

static bool is_matter(gx_zone *zone, gx_text matter)
{
    return gx_packages_find(gx_zone_packages(zone), GX_DEFINITION_MATTER, matter) != NULL;
}

static bool check_list(gx_zone *zone, const gx_json *list, bool are_events, gx_error *error)
{
    for (const gx_json *one = list ? list->first : NULL; one; one = one->next) {
        gx_text text = gx_json_text(one);
        if (are_events ? !is_kind(text) : !is_matter(zone, text))
            return are_events
                       ? gx_fail_at(error, "webhook.event", ((gx_place){GX_TEXT("/events"), 0, 0}), text)
                       : gx_fail_at(error, "webhook.matter", ((gx_place){GX_TEXT("/matters"), 0, 0}), text);
    }
    return true;
}

static bool check(gx_zone *zone, const gx_webhook_wish *wish, gx_error *error)
{
    char most[24];
    if (wish->name.bytes && (gx_text_trim(wish->name).size == 0 || wish->name.size > NAME_MOST))
        return gx_fail_at(error, "webhook.name", ((gx_place){GX_TEXT("/name"), 0, 0}),
                          gx_error_int(most, NAME_MOST));
    return (!wish->url.bytes || gx_http_check_url(gx_zone_addresses(zone), wish->url, error)) &&
           check_list(zone, wish->events, true, error) && check_list(zone, wish->matters, false, error);
}

static gx_text list_text(gx_arena *arena, const gx_json *list)
{
    return list ? gx_json_to_text(arena, list) : GX_TEXT("[]");
}

static gx_text new_secret(gx_arena *arena)
{
    uint8_t bytes[SECRET_BYTES];
    unsigned char text[SECRET_BYTES * 2];
    gx_random_bytes(bytes, sizeof bytes);
    int size = EVP_EncodeBlock(text, bytes, sizeof bytes);
    return gx_format(arena, "whsec_%.*s", size, (const char *)text);
}

/* Before the first one is switched on nobody follows the journal; what happened then is left out. */
static bool begin_following(gx_db *db, int64_t *newest, gx_error *error)
{
    int64_t is_followed;
    return gx_db_lock(db, GX_TEXT("webhook"), error) &&
           gx_db_get_int(db, error, &is_followed, 0, "SELECT 1 FROM webhook WHERE state = 'active' LIMIT 1",
                         "") &&
           (is_followed || gx_follow_skip(db, GX_FOLLOWER_WEBHOOKS, error)) &&
           gx_db_get_int(db, error, newest, 0, "SELECT id FROM journal ORDER BY id DESC LIMIT 1", "");
}

bool gx_webhook_make(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_webhook_wish *wish,
                     const gx_person *person, int64_t *id, gx_text *secret, gx_error *error)
{
    int64_t count, newest;
    char most[24];
    gx_webhook_wish whole = *wish;
    whole.name = wish->name.bytes ? wish->name : (gx_text){"", 0};
    whole.url = wish->url.bytes ? wish->url : (gx_text){"", 0};
    if (!check(zone, &whole, error) || !begin_following(db, &newest, error) ||
        !gx_db_get_int(db, error, &count, 0, "SELECT count(*) FROM webhook", ""))
        return false;
    if (count >= GX_WEBHOOK_MOST)
        return gx_fail(error, "webhook.many", gx_error_int(most, GX_WEBHOOK_MOST));
    *secret = new_secret(arena);
    return gx_db_insert(db, error, id,
                        "INSERT INTO webhook (name, url, events, matters, secret, state, since, made_by, "
                        "made_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9) RETURNING id",
                        "ttttttiti", gx_text_trim(whole.name), whole.url, list_text(arena, wish->events),
                        list_text(arena, wish->matters), *secret,
                        !wish->is_active || gx_json_is_true(wish->is_active) ? GX_TEXT("active")
                                                                             : GX_TEXT("paused"),
                        newest, person ? person->login : GX_TEXT(""), gx_clock_now());
}

static bool find(gx_db *db, int64_t id, gx_error *error)
{
    int64_t is_there;
    return gx_db_get_int(db, error, &is_there, 0,
                         "SELECT id FROM webhook WHERE id = ?1 AND state <> 'deleting' FOR UPDATE", "i",
                         id) &&
           (is_there || gx_fail(error, "webhook.absent"));
}

static bool change_text(gx_db *db, int64_t id, const char *sql, gx_text text, gx_error *error)
{
    return !text.bytes || gx_db_run(db, error, sql, "it", id, text);
}

static bool switch_it(gx_db *db, int64_t id, bool is_on, gx_error *error)
{
    int64_t newest;
    if (!is_on)
        return gx_db_run(db, error, "UPDATE webhook SET state = 'paused' WHERE id = ?1 AND state = 'active'",
                         "i", id);
    return begin_following(db, &newest, error) &&
           gx_db_run(db, error,
                     "UPDATE webhook SET state = 'active', since = ?2, failures = 0, failing_since = NULL, "
                     "not_before = 0, last_error = '' WHERE id = ?1 AND state = 'paused'",
                     "ii", id, newest);
}

bool gx_webhook_change(gx_zone *zone, gx_db *db, gx_arena *arena, int64_t id, const gx_webhook_wish *wish,
                       gx_error *error)
{
    static const gx_text same = {NULL, 0};
    gx_text name = wish->name.bytes ? gx_text_trim(wish->name) : same;
    return check(zone, wish, error) && find(db, id, error) &&
           change_text(db, id, "UPDATE webhook SET name = ?2 WHERE id = ?1", name, error) &&
           change_text(db, id, "UPDATE webhook SET url = ?2, not_before = 0 WHERE id = ?1", wish->url,
                       error) &&
           change_text(db, id, "UPDATE webhook SET events = ?2 WHERE id = ?1",
                       wish->events ? list_text(arena, wish->events) : same, error) &&
           change_text(db, id, "UPDATE webhook SET matters = ?2 WHERE id = ?1",
                       wish->matters ? list_text(arena, wish->matters) : same, error) &&
           (!wish->is_active || switch_it(db, id, gx_json_is_true(wish->is_active), error));
}

bool gx_webhook_renew(gx_db *db, gx_arena *arena, int64_t id, gx_text *secret, gx_instant *old_until,
                      gx_error *error)
{
    *secret = new_secret(arena);
    *old_until = gx_clock_now() + OLD_SECRET_MS;
    return find(db, id, error) &&
           gx_db_run(db, error,
                     "UPDATE webhook SET old_secret = secret, old_until = ?2, secret = ?3 WHERE id = ?1",
                     "iit", id, *old_until, *secret);
}

bool gx_webhook_delete(gx_db *db, int64_t id, gx_error *error)
{
    return find(db, id, error) &&
           gx_db_run(db, error, "UPDATE webhook SET state = 'deleting', url = '', secret = '' WHERE id = ?1",
                     "i", id);
}

bool gx_webhook_test(gx_zone *zone, gx_db *db, gx_arena *arena, int64_t id, gx_error *error)
{
    char name[GX_ID_SIZE];
    gx_instant now = gx_clock_now();
    gx_random_id(name);
    gx_text none = {"", 0}, body = gx_webhook_body(arena, gx_text_of(gx_zone_public_url(zone)),
                                                   gx_text_of(name), "test", now, none, none, none, NULL);
    return find(db, id, error) &&
           gx_db_run(db, error,
                     "INSERT INTO webhook_delivery (webhook, line, event, kind, subject, body, made_at, at) "
                     "VALUES (?1, 0, ?2, 'test', '', ?3, ?4, ?4)",
                     "itti", id, gx_text_of(name), body, now);
}

/* ---- Dead letters ---- */

/* Runs `sql` with the ids ?1 of dead ones, which it gets one at a time. */
static bool each_dead(gx_db *db, int64_t id, int64_t delivery, const char *sql, int64_t *done,
                      gx_error *error)
{
    int64_t found[SLICE];
    size_t count = 0;
    *done = 0;
    if (!find(db, id, error) || !gx_db_lock(db, GX_TEXT("webhook"), error))
        return false;
    gx_statement *rows = gx_db_prepare(
        db,
        "SELECT id FROM webhook_delivery WHERE webhook = ?1 AND dead_at IS NOT NULL AND (?2 = 0 OR id = ?2) "
        "ORDER BY id LIMIT 500");
    gx_bind(rows, "ii", id, delivery);
    gx_step step = GX_STEP_DONE;
    while (count < SLICE && (step = gx_db_step(rows, error)) == GX_STEP_ROW)
        found[count++] = gx_column_int(rows, 0);
    gx_db_reset(rows);
    if (step == GX_STEP_FAILED)
        return false;
    if (delivery && !count)
        return gx_fail(error, "webhook.delivery.absent");
    gx_instant now = gx_clock_now();
    for (size_t i = 0; i < count; i++)
        if (!gx_db_run(db, error, sql, "ii", found[i], now))
            return false;
    *done = (int64_t)count;
    return true;
}

bool gx_webhook_again(gx_db *db, int64_t id, int64_t delivery, int64_t *done, gx_error *error)
{
    return each_dead(
        db, id, delivery,
        "UPDATE webhook_delivery SET dead_at = NULL, tries = 0, at = ?2, error = '' WHERE id = ?1", done,
        error);
}

bool gx_webhook_drop(gx_db *db, int64_t id, int64_t delivery, int64_t *done, gx_error *error)
{
    return each_dead(db, id, delivery, "DELETE FROM webhook_delivery WHERE id = ?1 AND ?2 > 0", done, error);
}

/* ---- Reading ---- */

static void write_instant(gx_json_out *out, const char *name, int64_t at)
{
    char text[GX_INSTANT_SIZE];
    gx_json_out_name(out, name);
    if (at)
        gx_json_out_text(out, gx_instant_write(at, text));
    else
        gx_json_out_null(out);
}

static bool write_counts(gx_db *db, int64_t id, gx_json_out *out, gx_error *error)
{
    int64_t waiting, dead;
    if (!gx_db_get_int(
            db, error, &waiting, 0,
            "SELECT count(*) FROM (SELECT 1 FROM webhook_delivery WHERE webhook = ?1 AND dead_at IS "
            "NULL LIMIT ?2) AS found",
            "ii", id, (int64_t)COUNTED) ||
        !gx_db_get_int(
            db, error, &dead, 0,
            "SELECT count(*) FROM (SELECT 1 FROM webhook_delivery WHERE webhook = ?1 AND dead_at IS "
            "NOT NULL LIMIT ?2) AS found",
            "ii", id, (int64_t)COUNTED))
        return false;
    gx_json_out_member_int(out, "waiting", waiting);
    gx_json_out_member_int(out, "dead", dead);
    return true;
}

static void write_kinds(gx_zone *zone, gx_arena *arena, gx_language language, gx_json_out *out)
{
    gx_json_out_name(out, "kinds");
    gx_json_out_begin(out, '[');
    for (const char *const *kind = gx_webhook_kinds; *kind; kind++) {
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "kind", gx_text_of(*kind));
        gx_json_out_member_text(out, "name",
                                gx_packages_message(gx_zone_packages(zone), language,
                                                    gx_format(arena, "webhook-event.%s", *kind)));
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
}

bool gx_webhook_list(gx_zone *zone, gx_db *db, gx_arena *arena, gx_language language, gx_json_out *out,
                     gx_error *error)
{
    int64_t total = 0;
    gx_statement *rows = gx_db_prepare(
        db,
        "SELECT id, name, url, events, matters, state, made_by, made_at, delivered, failures, failing_since, "
        "not_before, last_at, last_error FROM webhook WHERE state <> 'deleting' ORDER BY id");
    gx_step step;
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, "items");
    gx_json_out_begin(out, '[');
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        total++;
        gx_json_out_begin(out, '{');
        gx_json_out_member_int(out, "id", gx_column_int(rows, 0));
        gx_json_out_member_text(out, "name", gx_column_text(rows, 1));
        gx_json_out_member_text(out, "url", gx_column_text(rows, 2));
        gx_json_out_name(out, "events");
        gx_json_out_raw(out, gx_column_text(rows, 3));
        gx_json_out_name(out, "matters");
        gx_json_out_raw(out, gx_column_text(rows, 4));
        gx_json_out_member_text(out, "state", gx_column_text(rows, 5));
        gx_json_out_member_text(out, "by", gx_column_text(rows, 6));
        write_instant(out, "at", gx_column_int(rows, 7));
        gx_json_out_member_int(out, "delivered", gx_column_int(rows, 8));
        gx_json_out_member_int(out, "failures", gx_column_int(rows, 9));
        write_instant(out, "failingSince", gx_column_int(rows, 10));
        write_instant(out, "restsUntil",
                      gx_column_int(rows, 11) > gx_clock_now() ? gx_column_int(rows, 11) : 0);
        write_instant(out, "lastAt", gx_column_int(rows, 12));
        gx_json_out_member_text(out, "lastError", gx_column_text(rows, 13));
        if (!write_counts(db, gx_column_int(rows, 0), out, error))
            return false;
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
    gx_json_out_member_int(out, "total", total);
    gx_json_out_name(out, "next");
    gx_json_out_null(out);
    write_kinds(zone, arena, language, out);
    gx_json_out_end(out, '}');
    return step == GX_STEP_DONE;
}

bool gx_webhook_deliveries(gx_db *db, gx_arena *arena, int64_t id, bool is_dead, int64_t after, int64_t size,
                           gx_json_out *out, gx_error *error)
{
    int64_t last = 0, count = 0;
#define DELIVERY_COLUMNS                                                                                     \
    "SELECT id, event, kind, subject, made_at, tries, at, dead_at, error, body FROM webhook_delivery WHERE " \
    "webhook = ?1 AND id > ?2 AND dead_at IS "
    gx_statement *rows = gx_db_prepare(db, is_dead ? DELIVERY_COLUMNS "NOT NULL ORDER BY id LIMIT ?3"
                                                   : DELIVERY_COLUMNS "NULL ORDER BY id LIMIT ?3");
    gx_step step;
    gx_bind(rows, "iii", id, after, size);
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, "items");
    gx_json_out_begin(out, '[');
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        last = gx_column_int(rows, 0);
        count++;
        gx_json_out_begin(out, '{');
        gx_json_out_member_int(out, "id", last);
        gx_json_out_member_text(out, "event", gx_column_text(rows, 1));
        gx_json_out_member_text(out, "kind", gx_column_text(rows, 2));
        gx_json_out_member_text(out, "case", gx_column_text(rows, 3));
        write_instant(out, "at", gx_column_int(rows, 4));
        gx_json_out_member_int(out, "tries", gx_column_int(rows, 5));
        write_instant(out, "nextAt", gx_column_int(rows, 6));
        write_instant(out, "deadAt", gx_column_int(rows, 7));
        gx_json_out_member_text(out, "error", gx_column_text(rows, 8));
        gx_json_out_name(out, "body");
        gx_json_out_raw(out, gx_column_text(rows, 9));
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
    gx_json_out_name(out, "next");
    if (count == size)
        gx_json_out_text(out, gx_format(arena, "%lld", (long long)last));
    else
        gx_json_out_null(out);
    gx_json_out_end(out, '}');
    return step == GX_STEP_DONE;
}
