/* The shelf of an instance, in rows: see bpmn/shelf.c for what lies on it. */
#include "service/work.h"

typedef struct shelf {
    gx_bpmn_shelf core;
    gx_db *db;
    int64_t instance;
    gx_error error;
} shelf;

static gx_text find(void *context, gx_arena *arena, uint32_t owner, uint32_t *key, bool or_later)
{
    shelf *s = context;
    gx_text content = {NULL, 0};
    gx_statement *row =
        or_later
            ? gx_db_prepare(s->db, "SELECT key, content FROM shelf WHERE bucket = bucket_of(?1 / 4096) AND "
                                   "instance = ?1 AND owner = ?2 AND key >= ?3 ORDER BY key LIMIT 1")
            : gx_db_prepare(s->db, "SELECT key, content FROM shelf WHERE bucket = bucket_of(?1 / 4096) AND "
                                   "instance = ?1 AND owner = ?2 AND key = ?3");
    gx_bind(row, "iii", s->instance, (int64_t)owner, (int64_t)*key);
    if (gx_db_step(row, &s->error) == GX_STEP_ROW) {
        *key = (uint32_t)gx_column_int(row, 0);
        content = gx_column_copy(arena, row, 1);
        gx_db_reset(row);
    }
    return content;
}

const gx_bpmn_shelf *gx_shelf_open(gx_arena *arena, gx_db *db, int64_t instance)
{
    shelf *s = GX_NEW(arena, shelf);
    *s = (shelf){.core = {.find = find}, .db = db, .instance = instance};
    s->core.context = s;
    return &s->core;
}

bool gx_shelf_check(const gx_bpmn_shelf *of, gx_error *error)
{
    const shelf *s = of->context;
    if (s->error.code)
        *error = s->error;
    return !s->error.code;
}

bool gx_shelf_keep(gx_work *work, int64_t instance, const gx_effect *effect, gx_error *error)
{
    return gx_db_run(work->db, error,
                     "INSERT INTO shelf (bucket, instance, owner, key, content) VALUES (bucket_of(?1 / "
                     "4096), ?1, ?2, ?3, ?4) ON CONFLICT (bucket, instance, owner, key) DO UPDATE SET "
                     "content = excluded.content",
                     "iiib", instance, (int64_t)effect->key, (int64_t)effect->part, effect->text1);
}

bool gx_shelf_drop(gx_work *work, int64_t instance, const gx_effect *effect, gx_error *error)
{
    if (effect->part == GX_NO_INDEX)
        return gx_db_run(
            work->db, error,
            "DELETE FROM shelf WHERE bucket = bucket_of(?1 / 4096) AND instance = ?1 AND owner = ?2", "ii",
            instance, (int64_t)effect->key);
    return gx_db_run(work->db, error,
                     "DELETE FROM shelf WHERE bucket = bucket_of(?1 / 4096) AND instance = ?1 AND owner = ?2 "
                     "AND key = ?3",
                     "iii", instance, (int64_t)effect->key, (int64_t)effect->part);
}
