/* Idempotency keys: the answer to a changing request is kept in the same transaction as its effect, under
 * (actor, key). The same key with the same request gives the same answer byte for byte; with another request
 * it is a conflict. A refused request leaves nothing, so it may be sent again. */
#include "http/internal.h"
#include "base/clock.h"

#include <openssl/evp.h>
#include <stdio.h>
#include <string.h>

enum { KEPT_DAYS = 7, KEEPS_BETWEEN_SWEEPS = 256 };

bool gx_idempotency_take_key(exchange *e)
{
    gx_text key = gx_request_header(&e->request, "Idempotency-Key");
    if (!key.bytes)
        return true;
    for (size_t i = 0; i < key.size; i++)
        if (key.bytes[i] <= ' ' || key.bytes[i] == 0x7F)
            return gx_fail(&e->error, "http.idempotency.key");
    if (key.size == 0 || key.size > 100)
        return gx_fail(&e->error, "http.idempotency.key");
    e->idempotency_key = key;
    return true;
}

/* What makes a request the same: method, path, query and body (for an upload, what the body's digest is). */
static void digest_of(const exchange *e, char digest[DIGEST_HEX])
{
    static const char hex[] = "0123456789abcdef";
    const gx_text parts[] = {e->request.method, e->request.path, e->request.query,
                             e->request.upload_path ? e->request.upload_sha256 : e->request.body};
    unsigned char bytes[EVP_MAX_MD_SIZE];
    unsigned int size = 0;
    EVP_MD_CTX *context = EVP_MD_CTX_new();
    EVP_DigestInit_ex(context, EVP_sha256(), NULL);
    for (size_t i = 0; i < GX_COUNT_OF(parts); i++) {
        EVP_DigestUpdate(context, &parts[i].size,
                         sizeof parts[i].size); /* so that no two lists of parts run together */
        EVP_DigestUpdate(context, parts[i].bytes, parts[i].size);
    }
    EVP_DigestFinal_ex(context, bytes, &size);
    EVP_MD_CTX_free(context);
    for (unsigned int i = 0; i < 32; i++) {
        digest[2 * i] = hex[bytes[i] >> 4];
        digest[2 * i + 1] = hex[bytes[i] & 15];
    }
    digest[64] = 0;
}

/* Headers are kept as lines "Name: value". */
static gx_text write_headers(exchange *e)
{
    gx_buffer buffer = gx_buffer_in(&e->arena);
    for (size_t i = 0; i < e->reply.header_count; i++)
        gx_buffer_format(&buffer, "%s: %.*s\n", e->reply.headers[i].name,
                         GX_PRINT(e->reply.headers[i].value));
    return buffer.size ? gx_buffer_as_text(&buffer) : (gx_text){"", 0};
}

static void read_headers(exchange *e, gx_text lines)
{
    while (lines.bytes && lines.size) {
        gx_text value, name = gx_text_cut(gx_text_cut(lines, '\n', &lines), ':', &value);
        gx_reply_header(&e->reply, gx_copy_string(&e->arena, name), gx_text_trim(value));
    }
}

static bool find(exchange *e, gx_db *db, const char *digest, bool *is_replayed, gx_error *error)
{
    gx_statement *row = gx_db_prepare(
        db,
        "SELECT digest, status, content_type, headers, body FROM idempotency WHERE actor = ?1 AND key = ?2");
    gx_bind(row, "tt", e->request.actor.bytes ? e->request.actor : GX_TEXT(""), e->idempotency_key);
    gx_step step = gx_db_step(row, error);
    *is_replayed = step == GX_STEP_ROW;
    if (step != GX_STEP_ROW)
        return step == GX_STEP_DONE;
    bool is_same = gx_text_equal(gx_column_text(row, 0), gx_text_of(digest));
    if (is_same) {
        e->reply.status = (int)gx_column_int(row, 1);
        e->reply.content_type = gx_column_copy(&e->arena, row, 2).bytes;
        read_headers(e, gx_column_copy(&e->arena, row, 3));
        gx_buffer_text(&e->reply.body, gx_column_text(row, 4));
    }
    gx_db_reset(row);
    return is_same || gx_fail(error, "http.idempotency.other");
}

static bool keep(exchange *e, gx_db *db, const char *digest, gx_error *error)
{
    gx_instant now = gx_clock_now();
    if (e->server->keeps++ % KEEPS_BETWEEN_SWEEPS == 0 && /* only the writer's thread counts */
        !gx_db_run(db, error, "DELETE FROM idempotency WHERE at < ?1", "i",
                   now - (int64_t)KEPT_DAYS * 24 * 3600 * 1000))
        return false;
    gx_text body = {e->reply.body.bytes ? e->reply.body.bytes : "", e->reply.body.size};
    return gx_db_run(db, error,
                     "INSERT INTO idempotency (actor, key, digest, status, content_type, headers, body, at) "
                     "VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                     "ttsistti", e->request.actor.bytes ? e->request.actor : GX_TEXT(""), e->idempotency_key,
                     digest, (int64_t)e->reply.status, e->reply.content_type, write_headers(e), body, now);
}

bool gx_idempotency_run(exchange *e, gx_db *db, gx_handler handler, gx_error *error)
{
    char digest[DIGEST_HEX];
    bool is_replayed = false;
    if (!e->idempotency_key.bytes)
        return handler(&e->request, db, &e->reply, error);
    digest_of(e, digest);
    return find(e, db, digest, &is_replayed, error) &&
           (is_replayed || (handler(&e->request, db, &e->reply, error) && keep(e, db, digest, error)));
}
