/* Entry n's hash is SM3 over the canonical bytes of its fields and the hash of entry n - 1. */
#include "service/audit.h"
#include "base/clock.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static void chain(gx_arena *arena, gx_text previous, int64_t seq, int64_t at, gx_text actor, gx_text action,
                  gx_text object, gx_text result, gx_text detail, char hex[GX_DIGEST_HEX_SIZE])
{
    gx_buffer bytes = gx_buffer_in(arena);
    gx_json_out out = gx_json_out_to(&bytes);
    gx_json_out_begin(&out, '[');
    gx_json_out_text(&out, previous);
    gx_json_out_int(&out, seq);
    gx_json_out_int(&out, at);
    const gx_text fields[] = {actor, action, object, result, detail};
    for (size_t i = 0; i < GX_COUNT_OF(fields); i++)
        gx_json_out_text(&out, fields[i]);
    gx_json_out_end(&out, ']');
    uint8_t digest[GX_DIGEST_SIZE];
    gx_sm3(gx_buffer_as_text(&bytes), digest);
    gx_hex(digest, sizeof digest, hex);
}

typedef struct chain_end {
    int64_t seq;
    char hash[GX_DIGEST_HEX_SIZE]; /* empty before the first entry */
} chain_end;

/* The chain's last entry. It is locked until the transaction ends, so the next command of it need not ask. */
static bool find_end(gx_db *db, chain_end *end, gx_error *error)
{
    *end = (chain_end){0};
    if (gx_db_recall(db, GX_TEXT("audit"), end, sizeof *end))
        return true;
    if (!gx_db_lock(db, GX_TEXT("audit"), error))
        return false;
    gx_statement *last = gx_db_prepare(db, "SELECT seq, hash FROM audit ORDER BY seq DESC LIMIT 1");
    gx_step step = gx_db_step(last, error);
    if (step != GX_STEP_ROW)
        return step == GX_STEP_DONE;
    gx_text hash = gx_column_text(last, 1);
    end->seq = gx_column_int(last, 0);
    snprintf(end->hash, sizeof end->hash, "%.*s", GX_PRINT(hash));
    gx_db_reset(last);
    return true;
}

bool gx_audit(gx_db *db, gx_arena *arena, const gx_person *person, const char *action, gx_text object,
              const char *result, gx_text detail, gx_error *error)
{
    chain_end end;
    if (!find_end(db, &end, error))
        return false;
    int64_t seq = ++end.seq, at = gx_clock_now();
    char hash[GX_DIGEST_HEX_SIZE];
    gx_text actor = person ? person->login : GX_TEXT("system");
    chain(arena, gx_text_of(end.hash), seq, at, actor, gx_text_of(action),
          object.bytes ? object : (gx_text){"", 0}, gx_text_of(result),
          detail.bytes ? detail : (gx_text){"", 0}, hash);
    memcpy(end.hash, hash, sizeof end.hash);
    gx_db_remember(db, GX_TEXT("audit"), &end, sizeof end);
    return gx_db_run(db, error,
                     "INSERT INTO audit (seq, at, actor, action, object, result, detail, hash) VALUES (?1, "
                     "?2, ?3, ?4, ?5, ?6, ?7, ?8)",
                     "iitststs", seq, at, actor, action, object.bytes ? object : (gx_text){"", 0}, result,
                     detail.bytes ? detail : (gx_text){"", 0}, hash);
}

typedef struct refusal {
    char login[64], action[64], object[96], detail[200];
    bool has_person;
} refusal;

static void copy_text(char *to, size_t size, gx_text from)
{
    snprintf(to, size, "%.*s", GX_PRINT(from));
}

static bool write_refusal(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    const refusal *r = context;
    gx_person person = {.login = gx_text_of(r->login)};
    return gx_audit(db, arena, r->has_person ? &person : NULL, r->action, gx_text_of(r->object), "refused",
                    gx_text_of(r->detail), error);
}

static void forget_refusal(void *context, bool is_done, const gx_error *error)
{
    (void)is_done, (void)error;
    free(context);
}

void gx_audit_refused(gx_zone *zone, const gx_person *person, const char *action, gx_text object,
                      gx_text detail)
{
    refusal *r = calloc(1, sizeof *r);
    if (!r)
        return;
    r->has_person = person != NULL;
    copy_text(r->login, sizeof r->login, person ? person->login : (gx_text){"", 0});
    copy_text(r->action, sizeof r->action, gx_text_of(action));
    copy_text(r->object, sizeof r->object, object);
    copy_text(r->detail, sizeof r->detail, detail);
    gx_store_submit(gx_zone_store(zone), write_refusal, forget_refusal, r);
}

typedef struct verification {
    int64_t entries, broken;
} verification;

static bool walk(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    verification *v = context;
    gx_statement *rows = gx_db_prepare(
        db, "SELECT seq, at, actor, action, object, result, detail, hash FROM audit ORDER BY seq");
    char hash[GX_DIGEST_HEX_SIZE] = "";
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_arena_mark mark = gx_arena_here(arena);
        int64_t seq = gx_column_int(rows, 0);
        char next[GX_DIGEST_HEX_SIZE];
        chain(arena, gx_text_of(hash), seq, gx_column_int(rows, 1), gx_column_text(rows, 2),
              gx_column_text(rows, 3), gx_column_text(rows, 4), gx_column_text(rows, 5),
              gx_column_text(rows, 6), next);
        bool fits = seq == v->entries + 1 && gx_text_equal(gx_column_text(rows, 7), gx_text_of(next));
        gx_arena_rewind(arena, mark);
        v->entries++;
        if (!fits && !v->broken)
            v->broken = v->entries;
        memcpy(hash, next, sizeof hash);
    }
    return step == GX_STEP_DONE;
}

bool gx_audit_verify(gx_zone *zone, int64_t *entries, int64_t *broken, gx_error *error)
{
    verification v = {0};
    if (!gx_store_read(gx_zone_store(zone), walk, &v, error))
        return false;
    *entries = v.entries;
    *broken = v.broken;
    return true;
}
