/* Messages between instances. A message goes to the first who waits for it under (name, case
 * number); nobody there, it is kept for a while for those who come to wait later. */
#include "service/query.h"
#include "service/work.h"

static const int64_t KEEP_MS = (int64_t)30 * 24 * 3600 * 1000;

/* Who sends and who begins to wait may do so at the same moment in two servers: neither may overlook the
 * other. */
static bool lock_meeting(gx_work *work, gx_text name, gx_text correlation, gx_error *error)
{
    gx_text place[] = {GX_TEXT("message"), name, correlation};
    return gx_db_lock(work->db, gx_join(work->arena, place, 3, GX_TEXT("\n")), error);
}

bool gx_message_subscribe(gx_work *work, gx_live *live, uint32_t key, gx_text name, gx_text correlation,
                          bool is_signal, gx_error *error)
{
    gx_text known = correlation.bytes ? correlation : live->of->number;
    if (!is_signal) {
        if (!lock_meeting(work, name, known, error))
            return false;
        gx_statement *find =
            gx_db_prepare(work->db, "SELECT id, variables FROM message WHERE name = ?1 AND correlation = ?2 "
                                    "AND expires_at > ?3 ORDER BY id LIMIT 1");
        gx_bind(find, "tti", name, known, work->now);
        gx_step step = gx_db_step(find, error);
        if (step == GX_STEP_FAILED)
            return false;
        if (step == GX_STEP_ROW) {
            int64_t id = gx_column_int(find, 0);
            gx_text text = gx_column_copy(work->arena, find, 1);
            gx_db_reset(find);
            gx_json *variables = gx_json_parse(work->arena, text, GX_TEXT("message"), error);
            if (!variables || !gx_db_run(work->db, error, "DELETE FROM message WHERE id = ?1", "i", id))
                return false;
            gx_instance_post(work, live->id,
                             &(gx_command){.kind = GX_COMMAND_MESSAGE,
                                           .key = key,
                                           .name = name,
                                           .variables = gx_value_from_json(work->arena, variables)});
        }
    }
    return gx_db_run(work->db, error,
                     "INSERT INTO subscription (bucket, instance, key, name, correlation, is_signal) VALUES "
                     "(bucket_of(?1 / 4096), ?1, ?2, ?3, ?4, ?5) ON CONFLICT DO NOTHING",
                     "iitti", live->id, (int64_t)key, name, known, (int64_t)is_signal);
}

bool gx_message_send(gx_work *work, gx_text name, gx_text correlation, gx_value variables, bool must_wait,
                     int64_t *heard, gx_error *error)
{
    const gx_message message = {.name = name,
                                .correlation = correlation,
                                .variables = variables,
                                .lifetime_ms = must_wait ? KEEP_MS : 0};
    return gx_message_publish(work, &message, heard, error);
}

/* An id is remembered for as long as its message could have waited, and a month at the least. */
static bool remember(gx_work *work, const gx_message *message, gx_error *error)
{
    int64_t keep = message->lifetime_ms > KEEP_MS ? message->lifetime_ms : KEEP_MS, is_known = 0;
    gx_text once[] = {GX_TEXT("message id"), message->name, message->id};
    if (!gx_db_lock(work->db, gx_join(work->arena, once, 3, GX_TEXT("\n")), error) ||
        !gx_db_get_int(work->db, error, &is_known, 0,
                       "SELECT 1 FROM message_seen WHERE name = ?1 AND message_id = ?2 AND expires_at > ?3",
                       "tti", message->name, message->id, work->now))
        return false;
    if (is_known)
        return gx_fail(error, "case.message.twice", message->name, message->id);
    return gx_db_run(
        work->db, error,
        "INSERT INTO message_seen (name, message_id, expires_at) VALUES (?1, ?2, ?3) ON CONFLICT (name, "
        "message_id) DO UPDATE SET expires_at = excluded.expires_at",
        "tti", message->name, message->id, work->now + keep);
}

bool gx_message_publish(gx_work *work, const gx_message *message, int64_t *heard, gx_error *error)
{
    gx_text name = message->name, correlation = message->correlation;
    gx_value variables = message->variables;
    if (!lock_meeting(work, name, correlation, error) ||
        (message->id.size && !remember(work, message, error)))
        return false;
    gx_statement *find =
        gx_db_prepare(work->db, "SELECT instance, key FROM subscription WHERE name = ?1 AND is_signal = 0 "
                                "AND correlation = ?2 ORDER BY instance, key LIMIT 1");
    gx_bind(find, "tt", name, correlation);
    gx_step step = gx_db_step(find, error);
    if (step == GX_STEP_FAILED)
        return false;
    *heard = step == GX_STEP_ROW;
    if (step == GX_STEP_ROW) {
        gx_command command = {.kind = GX_COMMAND_MESSAGE,
                              .key = (uint32_t)gx_column_int(find, 1),
                              .name = name,
                              .variables = variables};
        int64_t instance = gx_column_int(find, 0);
        gx_db_reset(find);
        gx_instance_post(work, instance, &command);
        return true;
    }
    if (message->lifetime_ms <= 0)
        return true;
    gx_text text = gx_value_is_null(variables)
                       ? GX_TEXT("{}")
                       : gx_json_to_text(work->arena, gx_value_to_json(work->arena, variables));
    return gx_db_run(work->db, error,
                     "INSERT INTO message (name, correlation, variables, expires_at) VALUES (?1, ?2, ?3, ?4)",
                     "ttti", name, correlation, text, work->now + message->lifetime_ms);
}

/* ---- From outside, to whom it fits ---- */

static bool has_keys(gx_work *work, int64_t case_id, const gx_json *keys, bool *has_all, gx_error *error)
{
    gx_value variables;
    if (!gx_work_variables(work, case_id, &variables, error))
        return false;
    *has_all = true;
    for (const gx_json *key = keys->first; key && *has_all; key = key->next)
        *has_all = gx_value_equal(gx_context_get(variables, key->name), gx_value_from_json(work->arena, key)) == GX_EQUAL;
    return true;
}

bool gx_message_receivers(gx_work *work, const gx_correlation *correlation, size_t most, gx_receiver *found,
                          size_t *count, gx_error *error)
{
    gx_query query = gx_query_in(work->arena);
    gx_query_add(&query, "SELECT s.instance, s.key, c.number FROM subscription s JOIN cases c ON c.bucket = s.bucket AND "
                         "c.id = s.instance / 4096 WHERE s.is_signal = 0 AND s.name = ");
    gx_query_text(&query, correlation->name);
    if (correlation->instance) {
        gx_query_add(&query, " AND s.instance = ");
        gx_query_int(&query, correlation->instance);
    }
    if (correlation->business_key.size) {
        gx_query_add(&query, " AND (s.correlation = ");
        gx_query_text(&query, correlation->business_key);
        gx_query_add(&query, " OR EXISTS (SELECT 1 FROM case_key k WHERE k.bucket = c.bucket AND k.case_id = c.id AND "
                             "k.business_key = ");
        gx_query_text(&query, correlation->business_key);
        gx_query_add(&query, "))");
    }
    gx_query_add(&query, " ORDER BY s.instance, s.key");
    gx_statement *rows = gx_query_prepare(&query, work->db, error);
    gx_step step = GX_STEP_FAILED;
    *count = 0;
    while (rows && *count < most && (step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_receiver one = {gx_column_int(rows, 0), (uint32_t)gx_column_int(rows, 1), gx_column_copy(work->arena, rows, 2)};
        bool fits = true;
        if (correlation->keys && !has_keys(work, one.instance / GX_INSTANCE_PARTS, correlation->keys, &fits, error)) {
            gx_db_reset(rows);
            return false;
        }
        if (fits)
            found[(*count)++] = one;
    }
    if (rows && step == GX_STEP_ROW)
        gx_db_reset(rows);
    return step != GX_STEP_FAILED;
}

bool gx_message_hear(gx_work *work, const gx_receiver *receiver, gx_text name, gx_value variables, gx_error *error)
{
    const gx_command command = {
        .kind = GX_COMMAND_MESSAGE, .key = receiver->key, .name = name, .variables = variables};
    return gx_instance_command(work, receiver->instance, &command, error);
}
