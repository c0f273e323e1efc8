/* Idempotency keys: the answer to a changing request is kept in the same transaction as its effect, under (actor, key). The same key with the same
 * request gives the same answer byte for byte; with another request it is a conflict. Old rows go after a week. */
#include "http/internal.h"
#include "base/clock.h"

bool gx_idempotency_find(exchange *e, gx_db *db, bool *replayed, gx_error *error)
{
    gx_statement *find = gx_db_prepare(db, "SELECT digest, status, content_type, body FROM idempotency WHERE actor = ?1 AND key = ?2");
    gx_bind(find, "tt", e->request.session_token, e->idempotency_key);
    gx_step step = gx_db_step(find, error);
    *replayed = step == GX_STEP_ROW;
    if (step != GX_STEP_ROW)
        return step == GX_STEP_DONE;
    bool is_same = gx_text_equal(gx_column_text(find, 0), gx_text_of(e->digest));
    if (is_same) {
        e->reply.status = (int)gx_column_int(find, 1);
        e->reply.content_type = gx_column_copy(&e->arena, find, 2).bytes;
        gx_buffer_text(&e->reply.body, gx_column_text(find, 3));
    }
    gx_db_reset(find);
    return is_same || gx_fail(error, "http.idempotency.other");
}

bool gx_idempotency_keep(exchange *e, gx_db *db, gx_error *error)
{
    return gx_db_run(db, error, "INSERT INTO idempotency (actor, key, digest, status, content_type, body, at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)", "ttsisti",
                     e->request.session_token, e->idempotency_key, e->digest, (int64_t)e->reply.status, e->reply.content_type,
                     (gx_text){e->reply.body.bytes ? e->reply.body.bytes : "", e->reply.body.size}, gx_clock_now());
}
