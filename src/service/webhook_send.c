/* What is due, who takes it, and what became of it. */
#include "base/clock.h"
#include "service/audit.h"
#include "service/webhook.h"

#include <openssl/evp.h>
#include <openssl/hmac.h>
#include <string.h>

enum { PATIENCE = 10, DOOMED = 100, CLEANED = 500 };
static const int64_t SECOND = 1000, REST_MS = 30 * 1000, LONG_REST_MS = 5 * 60 * 1000,
                     ENDURANCE_MS = 5ll * 24 * 3600 * 1000, RETRY_MOST_MS = 3600 * 1000;

/* Between one try and the next. */
static const int64_t pauses_s[GX_WEBHOOK_TRIES - 1] = {
    5, 30, 2 * 60, 10 * 60, 30 * 60, 3600, 2 * 3600, 4 * 3600, 8 * 3600, 12 * 3600, 24 * 3600};

/* ---- Signing ---- */

/* Standard Webhooks 1.0: HMAC-SHA256 over "id.timestamp.body" with the bytes behind "whsec_". */
static gx_text sign(gx_arena *arena, gx_text secret, gx_text content)
{
    unsigned char key[128], digest[EVP_MAX_MD_SIZE], text[2 * EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    gx_text base64 = gx_text_slice(secret, strlen("whsec_"), secret.size);
    if (base64.size > sizeof key)
        return GX_TEXT("");
    int bytes = EVP_DecodeBlock(key, (const unsigned char *)base64.bytes, (int)base64.size);
    for (size_t i = base64.size; bytes > 0 && i > 0 && base64.bytes[i - 1] == '='; i--)
        bytes--; /* it counts what padding stands for */
    if (bytes <= 0 ||
        !HMAC(EVP_sha256(), key, bytes, (const unsigned char *)content.bytes, content.size, digest, &size))
        return GX_TEXT("");
    int written = EVP_EncodeBlock(text, digest, (int)size);
    return gx_format(arena, "v1,%.*s", written, (const char *)text);
}

gx_text gx_webhook_signature(gx_arena *arena, const gx_text *secrets, size_t count, gx_text event,
                             int64_t second, gx_text body)
{
    gx_buffer all = gx_buffer_in(arena);
    gx_text content = gx_format(arena, "%.*s.%lld.%.*s", GX_PRINT(event), (long long)second, GX_PRINT(body));
    for (size_t i = 0; i < count; i++)
        if (secrets[i].size) {
            gx_buffer_string(&all, all.size ? " " : "");
            gx_buffer_text(&all, sign(arena, secrets[i], content));
        }
    return gx_buffer_as_text(&all);
}

/* ---- What is due ---- */

typedef struct address {
    int64_t id;
    gx_text url, secrets[2];
} address;

static bool read_addresses(gx_db *db, gx_arena *arena, gx_instant now, address *all, size_t *count,
                           gx_instant *next, gx_error *error)
{
    gx_statement *rows = gx_db_prepare(
        db,
        "SELECT id, url, secret, old_secret, old_until, not_before FROM webhook WHERE state = 'active' ORDER "
        "BY id LIMIT 100");
    gx_step step;
    *count = 0;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW && *count < GX_WEBHOOK_MOST) {
        gx_instant rests_until = gx_column_int(rows, 5);
        if (rests_until > now) {
            *next = rests_until < *next ? rests_until : *next;
            continue;
        }
        address *one = &all[(*count)++];
        *one = (address){.id = gx_column_int(rows, 0),
                         .url = gx_column_copy(arena, rows, 1),
                         .secrets = {gx_column_copy(arena, rows, 2)}};
        if (gx_column_int(rows, 4) > now)
            one->secrets[1] = gx_column_copy(arena, rows, 3);
    }
    gx_db_reset(rows);
    return step != GX_STEP_FAILED;
}

bool gx_webhook_due(gx_db *db, gx_arena *arena, size_t most, size_t (*room)(void *context, int64_t webhook),
                    void *context, gx_delivery **due, size_t *count, gx_instant *next, gx_error *error)
{
    address all[GX_WEBHOOK_MOST];
    size_t addresses;
    gx_instant now = gx_clock_now();
    *count = 0;
    *due = GX_NEW_ARRAY(arena, gx_delivery, most ? most : 1);
    *next = INT64_MAX;
    if (!read_addresses(db, arena, now, all, &addresses, next, error))
        return false;
    for (size_t i = 0; i < addresses && *count < most; i++) {
        size_t free = room(context, all[i].id), left = most - *count;
        gx_statement *rows = gx_db_prepare(
            db, "SELECT id, at, event, body FROM webhook_delivery WHERE webhook = ?1 AND at IS NOT "
                "NULL ORDER BY at, id LIMIT ?2");
        gx_step step = GX_STEP_DONE;
        gx_bind(rows, "ii", all[i].id, (int64_t)(free < left ? free : left));
        while (free && (step = gx_db_step(rows, error)) == GX_STEP_ROW) {
            gx_instant at = gx_column_int(rows, 1);
            if (at > now) {
                *next = at < *next ? at : *next;
                break;
            }
            (*due)[(*count)++] = (gx_delivery){.id = gx_column_int(rows, 0),
                                               .webhook = all[i].id,
                                               .at = at,
                                               .url = all[i].url,
                                               .event = gx_column_copy(arena, rows, 2),
                                               .body = gx_column_copy(arena, rows, 3),
                                               .secrets = {all[i].secrets[0], all[i].secrets[1]}};
        }
        gx_db_reset(rows);
        if (step == GX_STEP_FAILED)
            return false;
    }
    return true;
}

bool gx_webhook_take(gx_db *db, gx_delivery *due, size_t count, gx_instant until, gx_error *error)
{
    for (size_t i = 0; i < count; i++) {
        due[i].is_ours = false;
        gx_statement *take =
            gx_db_prepare(db, "UPDATE webhook_delivery SET at = ?2, tries = tries + 1 WHERE id = "
                              "?1 AND at = ?3 RETURNING tries");
        gx_bind(take, "iii", due[i].id, until, due[i].at);
        gx_step step = gx_db_step(take, error);
        if (step == GX_STEP_FAILED)
            return false;
        due[i].is_ours = step == GX_STEP_ROW;
        due[i].tries = due[i].is_ours ? gx_column_int(take, 0) : 0;
        gx_db_reset(take);
    }
    return true;
}

/* ---- What became of it ---- */

/* The next of the line may go, unless one of it is on its way already (a dead one that was tried again). */
static bool wake_next(gx_db *db, int64_t webhook, int64_t line, gx_error *error)
{
    return gx_db_run(
        db, error,
        "UPDATE webhook_delivery SET at = ?3 WHERE id = (SELECT min(id) FROM webhook_delivery WHERE "
        "webhook = ?1 AND line = ?2 AND dead_at IS NULL) AND at IS NULL AND dead_at IS NULL",
        "iii", webhook, line, gx_clock_now());
}

static bool is_success(int status)
{
    return status >= 200 && status < 300;
}

static bool arrived(gx_db *db, const gx_delivered *d, int64_t line, gx_error *error)
{
    return gx_db_run(db, error, "DELETE FROM webhook_delivery WHERE id = ?1", "i", d->id) &&
           gx_db_run(
               db, error,
               "UPDATE webhook SET delivered = delivered + 1, failures = 0, failing_since = NULL, not_before "
               "= 0, last_at = ?2, last_error = '' WHERE id = ?1",
               "ii", d->webhook, gx_clock_now()) &&
           wake_next(db, d->webhook, line, error);
}

/* It spreads what failed together: up to a tenth more. */
static int64_t pause_after(const gx_delivered *d)
{
    uint16_t chance;
    int64_t ms = pauses_s[d->tries - 1] * SECOND, asked = d->retry_after_s * SECOND;
    gx_random_bytes(&chance, sizeof chance);
    ms += ms / 10 * (chance % 100) / 100;
    asked = asked < RETRY_MOST_MS ? asked : RETRY_MOST_MS;
    return asked > ms ? asked : ms;
}

static bool refused(gx_db *db, const gx_delivered *d, int64_t line, gx_text why, gx_error *error)
{
    gx_instant now = gx_clock_now();
    if (d->tries >= GX_WEBHOOK_TRIES)
        return gx_db_run(db, error,
                         "UPDATE webhook_delivery SET at = NULL, dead_at = ?2, error = ?3 WHERE id = ?1",
                         "iit", d->id, now, why) &&
               wake_next(db, d->webhook, line, error);
    return gx_db_run(db, error, "UPDATE webhook_delivery SET at = ?2, error = ?3 WHERE id = ?1", "iit", d->id,
                     now + pause_after(d), why);
}

static bool switch_off(gx_db *db, gx_arena *arena, int64_t webhook, gx_text why, gx_error *error)
{
    return gx_db_run(db, error, "UPDATE webhook SET state = 'paused' WHERE id = ?1 AND state = 'active'", "i",
                     webhook) &&
           gx_audit(db, arena, NULL, "webhook.pause", gx_format(arena, "%lld", (long long)webhook), "done",
                    why, error);
}

/* An address at which ten messages in a row fail rests, so that thousands do not each find that out. One
 * message that is tried again and again says nothing about the others. */
static bool blame(gx_db *db, gx_arena *arena, const gx_delivered *d, gx_text why, gx_error *error)
{
    gx_instant now = gx_clock_now();
    int64_t failures, is_hopeless;
    if (!gx_db_get_int(db, error, &failures, 0,
                       "UPDATE webhook SET failures = failures + ?4, failing_since = COALESCE(failing_since, "
                       "?2), last_at = ?2, last_error = ?3 WHERE id = ?1 RETURNING failures",
                       "iiti", d->webhook, now, why, (int64_t)(d->tries == 1)))
        return false;
    if (failures >= PATIENCE &&
        !gx_db_run(db, error, "UPDATE webhook SET not_before = ?2 WHERE id = ?1", "ii", d->webhook,
                   now + (failures >= DOOMED ? LONG_REST_MS : REST_MS)))
        return false;
    if (!gx_db_get_int(db, error, &is_hopeless, 0,
                       "SELECT 1 FROM webhook WHERE id = ?1 AND state = 'active' AND failing_since < ?2",
                       "ii", d->webhook, now - ENDURANCE_MS))
        return false;
    return !(is_hopeless || d->status == 410) || switch_off(db, arena, d->webhook, why, error);
}

bool gx_webhook_settle(gx_db *db, gx_arena *arena, const gx_delivered *what, size_t count, gx_error *error)
{
    if (!gx_db_lock(db, GX_TEXT("webhook"), error)) /* against what is just being put behind it */
        return false;
    for (size_t i = 0; i < count; i++) {
        const gx_delivered *d = &what[i];
        gx_text why = d->status ? gx_format(arena, "HTTP %d", d->status) : d->problem;
        int64_t line = -1;
        if (!gx_db_get_int(db, error, &line, -1,
                           is_success(d->status)
                               ? "SELECT line FROM webhook_delivery WHERE id = ?1 AND ?2 > 0"
                               : "SELECT line FROM webhook_delivery WHERE id = ?1 AND at = ?2",
                           "ii", d->id, d->at))
            return false;
        if (line < 0) /* taken over meanwhile, or given up */
            continue;
        if (is_success(d->status) ? !arrived(db, d, line, error)
                                  : !refused(db, d, line, why, error) || !blame(db, arena, d, why, error))
            return false;
    }
    return true;
}

bool gx_webhook_clean(gx_db *db, bool *is_more, gx_error *error)
{
    int64_t id, ids[CLEANED];
    size_t count = 0;
    *is_more = false;
    if (!gx_db_get_int(db, error, &id, 0, "SELECT id FROM webhook WHERE state = 'deleting' LIMIT 1", "") ||
        !id)
        return id == 0;
    static const char *const kinds[] = {
        "SELECT id FROM webhook_delivery WHERE webhook = ?1 AND dead_at IS NULL LIMIT ?2",
        "SELECT id FROM webhook_delivery WHERE webhook = ?1 AND dead_at IS NOT NULL LIMIT ?2"};
    for (size_t i = 0; i < GX_COUNT_OF(kinds); i++) {
        gx_statement *rows = gx_db_prepare(db, kinds[i]);
        gx_step step = GX_STEP_DONE;
        gx_bind(rows, "ii", id, (int64_t)(CLEANED - count));
        while (count < CLEANED && (step = gx_db_step(rows, error)) == GX_STEP_ROW)
            ids[count++] = gx_column_int(rows, 0);
        gx_db_reset(rows);
        if (step == GX_STEP_FAILED)
            return false;
    }
    *is_more = true;
    for (size_t i = 0; i < count; i++)
        if (!gx_db_run(db, error, "DELETE FROM webhook_delivery WHERE id = ?1", "i", ids[i]))
            return false;
    return count > 0 || gx_db_run(db, error, "DELETE FROM webhook WHERE id = ?1", "i", id);
}
