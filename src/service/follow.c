#include "service/follow.h"

static bool read_cursor(gx_db *db, gx_follower who, gx_cursor *c, gx_error *error)
{
    gx_statement *row =
        gx_db_prepare(db, "SELECT reached, settled, waits_for FROM journal_cursor WHERE id = ?1");
    gx_bind_int(row, 1, who);
    *c = (gx_cursor){0};
    gx_step step = gx_db_step(row, error);
    if (step == GX_STEP_ROW)
        *c = (gx_cursor){gx_column_int(row, 0), gx_column_int(row, 1), gx_column_int(row, 2)};
    gx_db_reset(row);
    return step != GX_STEP_FAILED;
}

static bool read_newest(gx_db *db, int64_t *newest, int64_t *next, gx_error *error)
{
    return gx_db_get_int(db, error, newest, 0, "SELECT id FROM journal ORDER BY id DESC LIMIT 1", "") &&
           gx_db_get_int(db, error, next, 0, "SELECT transaction_next()", "");
}

bool gx_follow_read(gx_db *db, gx_follower who, int64_t most, gx_follow *f, gx_error *error)
{
    int64_t newest, oldest, next;
    *f = (gx_follow){.who = who};
    if (!read_cursor(db, who, &f->before, error) || !read_newest(db, &newest, &next, error) ||
        !gx_db_get_int(db, error, &oldest, 0, "SELECT transaction_oldest()", ""))
        return false;
    f->after = f->before;
    bool is_of_another = f->before.waits_for > next; /* brought here from another server's database */
    if ((f->before.reached >= f->before.settled && newest > f->before.settled) || is_of_another) {
        f->after.settled = newest;
        f->after.waits_for = next;
        f->has_news = true;
    }
    f->has_steps = f->after.reached < f->after.settled && oldest >= f->after.waits_for;
    if (!f->has_steps)
        return true;
    f->has_news = true;
    if (!gx_db_get_int(db, error, &f->after.reached, 0,
                       "SELECT max(id) FROM (SELECT id FROM journal WHERE id > ?1 AND id <= ?2 ORDER BY id "
                       "LIMIT ?3) AS slice",
                       "iii", f->before.reached, f->after.settled, most))
        return false;
    if (!f->after.reached) /* what was there has been deleted */
        f->after.reached = f->after.settled;
    return true;
}

bool gx_follow_take(gx_db *db, const gx_follow *f, bool *is_ours, gx_error *error)
{
    int64_t taken;
    bool is_done =
        gx_db_get_int(db, error, &taken, 0,
                      "UPDATE journal_cursor SET reached = ?1, settled = ?2, waits_for = ?3 WHERE id = ?6 "
                      "AND reached = ?4 AND settled = ?5 RETURNING id",
                      "iiiiii", f->after.reached, f->after.settled, f->after.waits_for, f->before.reached,
                      f->before.settled, (int64_t)f->who);
    *is_ours = taken != 0;
    return is_done;
}

bool gx_follow_skip(gx_db *db, gx_follower who, gx_error *error)
{
    int64_t newest, next;
    return read_newest(db, &newest, &next, error) &&
           gx_db_run(db, error,
                     "UPDATE journal_cursor SET reached = ?2, settled = ?2, waits_for = ?3 WHERE id = ?1",
                     "iii", (int64_t)who, newest, next);
}

bool gx_follow_is_behind(const gx_follow *f)
{
    return f->after.reached > f->before.reached && f->after.reached < f->after.settled;
}
