#include "service/draft.h"
#include "base/clock.h"

#define COLUMNS "id, account, enterprise, matter, data, version, saved_at"

static void read_row(gx_arena *arena, gx_statement *row, gx_draft *draft)
{
    *draft = (gx_draft){gx_column_copy(arena, row, 0), gx_column_copy(arena, row, 1),
                        gx_column_copy(arena, row, 2), gx_column_copy(arena, row, 3),
                        gx_column_copy(arena, row, 4), gx_column_int(row, 5),
                        gx_column_int(row, 6)};
}

bool gx_draft_find(gx_db *db, gx_arena *arena, const gx_person *person, gx_text id, gx_draft *draft,
                   gx_error *error)
{
    gx_statement *find = gx_db_prepare(db, "SELECT " COLUMNS " FROM draft WHERE id = ?1");
    gx_bind_text(find, 1, id);
    gx_step step = gx_db_step(find, error);
    if (step == GX_STEP_FAILED)
        return false;
    if (step == GX_STEP_ROW) {
        read_row(arena, find, draft);
        gx_db_reset(find);
        if (gx_text_equal(draft->account, person->login) ||
            gx_person_has_enterprise(person, draft->enterprise))
            return true;
    }
    return gx_fail(error, "draft.absent");
}

bool gx_draft_make(gx_db *db, gx_arena *arena, const gx_person *person, gx_draft *draft, gx_error *error)
{
    char id[GX_ID_SIZE];
    draft->id = gx_copy(arena, gx_random_id(id));
    draft->account = person->login;
    draft->version = 1;
    draft->saved_at = gx_clock_now();
    return gx_db_run(db, error,
                     "INSERT INTO draft (id, account, enterprise, matter, data, version, saved_at) VALUES "
                     "(?1, ?2, ?3, ?4, ?5, 1, ?6)",
                     "ttttti", draft->id, draft->account, draft->enterprise, draft->matter, draft->data,
                     draft->saved_at);
}

bool gx_draft_save(gx_db *db, gx_draft *draft, int64_t version, gx_error *error)
{
    draft->saved_at = gx_clock_now();
    if (!gx_db_run(db, error,
                   "UPDATE draft SET enterprise = ?2, matter = ?3, data = ?4, version = version + 1, "
                   "saved_at = ?5 WHERE id = ?1 AND (?6 = 0 OR version = ?6)",
                   "ttttii", draft->id, draft->enterprise, draft->matter, draft->data, draft->saved_at,
                   version))
        return false;
    if (gx_db_changes(db) == 0)
        return gx_fail(error, "draft.version");
    draft->version++;
    return true;
}

bool gx_draft_drop(gx_db *db, gx_text id, gx_error *error)
{
    return gx_db_run(db, error, "DELETE FROM draft WHERE id = ?1", "t", id);
}

/* By account or by enterprise, each from its index, once. */
bool gx_draft_list(gx_db *db, gx_arena *arena, const gx_person *person, int64_t page, int64_t size,
                   gx_draft_visit visit, void *context, int64_t *total, gx_error *error)
{
    gx_json *enterprises = gx_json_array(arena);
    for (size_t i = 0; i < person->enterprise_count; i++)
        gx_json_append(enterprises, gx_json_string(arena, person->enterprises[i]));
    gx_text list = gx_json_to_text(arena, enterprises);
    if (!gx_db_get_int(
            db, error, total, 0,
            "SELECT count(*) FROM (SELECT id FROM draft WHERE account = ?1 UNION SELECT id FROM "
            "draft WHERE enterprise <> '' AND enterprise IN (SELECT value FROM json_each(?2))) AS mine",
            "tt", person->login, list))
        return false;
    gx_statement *rows = gx_db_prepare(
        db, "SELECT " COLUMNS " FROM draft WHERE id IN (SELECT id FROM draft WHERE account = ?1 UNION SELECT "
            "id FROM draft WHERE enterprise <> '' AND "
            "enterprise IN (SELECT value FROM json_each(?2))) ORDER BY saved_at DESC, id LIMIT ?3 OFFSET ?4");
    gx_bind(rows, "ttii", person->login, list, size, (page - 1) * size);
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_draft draft;
        read_row(arena, rows, &draft);
        if (!visit(context, &draft, error)) {
            gx_db_reset(rows);
            return false;
        }
    }
    return step == GX_STEP_DONE;
}
