#include "service/deputy.h"
#include "service/audit.h"

bool gx_deputy_load(gx_db *db, gx_arena *arena, gx_person *person, gx_instant now, gx_error *error)
{
    gx_text logins[GX_PERSON_PRINCIPALS];
    size_t count = 0;
    gx_statement *rows =
        gx_db_prepare(db, "SELECT DISTINCT login FROM deputy WHERE deputy = ?1 AND ends_at > ?2 AND "
                          "begins_at <= ?2 ORDER BY login LIMIT 8");
    _Static_assert(GX_PERSON_PRINCIPALS == 8, "the statement reads as many as there is room for");
    gx_bind(rows, "ti", person->login, now);
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW)
        logins[count++] = gx_column_copy(arena, rows, 0);
    if (step == GX_STEP_FAILED)
        return false;
    person->principal_count = 0;
    person->principals = count ? GX_NEW_ARRAY(arena, gx_person, count) : NULL;
    for (size_t i = 0; i < count; i++) {
        gx_person *principal = &person->principals[person->principal_count];
        bool is_found;
        if (!gx_person_find(db, arena, logins[i], principal, &is_found, error))
            return false;
        person->principal_count += is_found && gx_text_equal(principal->department, person->department);
    }
    return true;
}

static bool is_head_of(const gx_person *person, const gx_person *other)
{
    return gx_person_has_role(person, "head") && person->department.size &&
           gx_text_equal(person->department, other->department);
}

static bool find_both(gx_work *work, const gx_absence *absence, gx_person *away, gx_person *deputy,
                      gx_error *error)
{
    bool is_found = true;
    gx_text login = absence->login.size ? absence->login : work->person->login;
    if (!gx_person_find(work->db, work->arena, login, away, &is_found, error))
        return false;
    if (!is_found)
        return gx_fail(error, "deputy.person", login);
    if (!gx_text_equal(away->login, work->person->login) && !is_head_of(work->person, away))
        return gx_fail(error, "task.not_yours");
    if (!gx_person_find(work->db, work->arena, absence->deputy, deputy, &is_found, error))
        return false;
    bool fits = is_found && deputy->department.size && gx_text_equal(deputy->department, away->department) &&
                !gx_text_equal(deputy->login, away->login);
    return fits || gx_fail(error, "deputy.person", absence->deputy);
}

bool gx_deputy_set(gx_work *work, const gx_absence *absence, int64_t *id, gx_error *error)
{
    gx_person away, deputy;
    gx_day from, to;
    int64_t is_known = 0;
    if (!find_both(work, absence, &away, &deputy, error))
        return false;
    if (!gx_day_parse(absence->from, &from) || !gx_day_parse(absence->to, &to) || to < from ||
        to < gx_day_of(work->now))
        return gx_fail(error, "deputy.days", absence->from, absence->to);
    if (!gx_db_get_int(work->db, error, &is_known, 0,
                       "SELECT 1 FROM deputy WHERE login = ?1 AND ends_at > ?2 AND begins_at < ?3 LIMIT 1",
                       "tii", away.login, gx_day_begin(from), gx_day_end(to)))
        return false;
    if (is_known)
        return gx_fail(error, "deputy.twice", away.name);
    if (!gx_db_run(work->db, error,
                   "INSERT INTO deputy (login, deputy, begins_at, ends_at, reason, made_by, made_at) VALUES "
                   "(?1, ?2, "
                   "?3, ?4, ?5, ?6, ?7)",
                   "ttiitti", away.login, deputy.login, gx_day_begin(from), gx_day_end(to), absence->reason,
                   work->person->login, work->now))
        return false;
    *id = gx_db_last_id(work->db);
    gx_zone_tell(work->zone, work->db, "tasks", deputy.login);
    return true;
}

bool gx_deputy_end(gx_work *work, int64_t id, gx_error *error)
{
    gx_person away;
    bool is_found = false;
    gx_statement *row =
        gx_db_prepare(work->db, "SELECT login, deputy FROM deputy WHERE id = ?1 AND ends_at > ?2");
    gx_bind(row, "ii", id, work->now);
    gx_step step = gx_db_step(row, error);
    if (step != GX_STEP_ROW)
        return step == GX_STEP_FAILED ? false : gx_fail(error, "deputy.absent");
    gx_text login = gx_column_copy(work->arena, row, 0), deputy = gx_column_copy(work->arena, row, 1);
    gx_db_reset(row);
    if (!gx_person_find(work->db, work->arena, login, &away, &is_found, error))
        return false;
    bool may = gx_text_equal(login, work->person->login) || gx_text_equal(deputy, work->person->login) ||
               (is_found && is_head_of(work->person, &away));
    if (!may)
        return gx_fail(error, "deputy.absent");
    gx_zone_tell(work->zone, work->db, "tasks", deputy);
    return gx_db_run(work->db, error, "UPDATE deputy SET ends_at = ?2 WHERE id = ?1", "ii", id, work->now);
}

static void write_day(gx_json_out *out, const char *name, gx_instant instant)
{
    char text[GX_DAY_SIZE];
    gx_json_out_member_text(out, name, gx_day_write(gx_day_of(instant), text));
}

bool gx_deputy_list(gx_db *db, gx_arena *arena, const gx_person *person, gx_instant now, gx_json_out *out,
                    gx_error *error)
{
    int64_t total = 0;
    bool is_head = gx_person_has_role(person, "head");
    gx_statement *rows = gx_db_prepare(
        db, "SELECT d.id, d.login, a.name, d.deputy, b.name, d.begins_at, d.ends_at, d.reason FROM account a "
            "JOIN "
            "deputy d ON d.login = a.login JOIN account b ON b.login = d.deputy WHERE a.department = ?1 AND "
            "a.department <> '' AND d.ends_at > ?2 AND (?3 = 1 OR d.login = ?4 OR d.deputy = ?4) ORDER BY "
            "d.ends_at, "
            "d.id LIMIT 200");
    gx_bind(rows, "tiit", person->department, now, (int64_t)is_head, person->login);
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, "items");
    gx_json_out_begin(out, '[');
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_instant begins = gx_column_int(rows, 5), ends = gx_column_int(rows, 6);
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "id", gx_format(arena, "%lld", (long long)gx_column_int(rows, 0)));
        gx_json_out_member_text(out, "login", gx_column_text(rows, 1));
        gx_json_out_member_text(out, "name", gx_column_text(rows, 2));
        gx_json_out_member_text(out, "deputy", gx_column_text(rows, 3));
        gx_json_out_member_text(out, "deputyName", gx_column_text(rows, 4));
        write_day(out, "from", begins);
        write_day(out, "to", ends - 1);
        gx_json_out_member_text(out, "reason", gx_column_text(rows, 7));
        gx_json_out_member_bool(out, "isNow", begins <= now);
        gx_json_out_end(out, '}');
        total++;
    }
    gx_json_out_end(out, ']');
    gx_json_out_member_int(out, "total", total);
    gx_json_out_name(out, "next");
    gx_json_out_null(out);
    gx_json_out_end(out, '}');
    return step == GX_STEP_DONE;
}
