#include "service/notice.h"

#include <string.h>

static gx_text parts_of(gx_work *work, const gx_notice *notice)
{
    gx_json *parts = gx_json_array(work->arena);
    const gx_case *of = notice->of;
    gx_json_append(parts, gx_json_string(work->arena, of ? of->number : GX_TEXT("")));
    gx_json_append(parts, gx_json_string(work->arena, of ? (of->project.size ? of->project : of->applicant)
                                                         : GX_TEXT("")));
    for (size_t i = 0; i < notice->part_count; i++)
        gx_json_append(parts,
                       gx_json_string(work->arena, notice->parts[i].bytes ? notice->parts[i] : GX_TEXT("")));
    return gx_json_to_text(work->arena, parts);
}

static bool keep(gx_work *work, gx_text receiver, const gx_notice *notice, gx_error *error)
{
    gx_text parts = parts_of(work, notice);
    gx_instant visible = notice->visible_at ? notice->visible_at : work->now;
    gx_statement *insert =
        gx_db_prepare(work->db, "INSERT INTO notice (receiver, event, parts, case_number, letter, at, "
                                "visible_at) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7)");
    gx_bind(insert, "tsttiii", receiver, notice->event, parts, notice->of ? notice->of->number : GX_TEXT(""),
            notice->letter, work->now, visible);
    if (notice->letter == 0)
        gx_bind_null(insert, 5);
    if (!gx_db_finish(insert, error))
        return false;
    gx_zone_tell(work->zone, work->db, "notice", receiver);
    return !notice->rings || gx_db_run(work->db, error,
                                       "INSERT INTO outbox (channel, receiver, event, parts, not_before) "
                                       "VALUES ('sms', ?1, ?2, ?3, ?4)",
                                       "tsti", receiver, notice->event, parts, gx_limit_not_quiet(visible));
}

bool gx_notify_enterprise(gx_work *work, gx_text enterprise, const gx_notice *notice, gx_error *error)
{
    return keep(work, gx_format(work->arena, "enterprise:%.*s", GX_PRINT(enterprise)), notice, error);
}

bool gx_notify_account(gx_work *work, gx_text login, const gx_notice *notice, gx_error *error)
{
    return login.size == 0 ||
           keep(work, gx_format(work->arena, "account:%.*s", GX_PRINT(login)), notice, error);
}

bool gx_notify_role(gx_work *work, gx_text department, const char *role, const gx_notice *notice,
                    gx_error *error)
{
    return keep(work, gx_format(work->arena, "role:%.*s/%s", GX_PRINT(department), role), notice, error);
}

bool gx_notify_applicant(gx_work *work, const gx_notice *notice, gx_error *error)
{
    const gx_case *of = notice->of;
    return of->enterprise.size ? gx_notify_enterprise(work, of->enterprise, notice, error)
                               : gx_notify_account(work, of->submitted_by, notice, error);
}

/* ---- The inbox ---- */

/* Whom a person is: themselves, their companies, their roles in their department and in the whole zone. */
static gx_json *receivers_of(gx_arena *arena, const gx_person *person)
{
    gx_json *list = gx_json_array(arena);
    gx_json_append(list, gx_json_string(arena, gx_format(arena, "account:%.*s", GX_PRINT(person->login))));
    for (size_t i = 0; i < person->enterprise_count; i++)
        gx_json_append(list, gx_json_string(arena, gx_format(arena, "enterprise:%.*s",
                                                             GX_PRINT(person->enterprises[i]))));
    for (size_t i = 0; i < person->role_count; i++) {
        gx_json_append(list,
                       gx_json_string(arena, gx_format(arena, "role:/%.*s", GX_PRINT(person->roles[i]))));
        if (person->department.size)
            gx_json_append(
                list, gx_json_string(arena, gx_format(arena, "role:%.*s/%.*s", GX_PRINT(person->department),
                                                      GX_PRINT(person->roles[i]))));
    }
    return list;
}

static void write_text(gx_arena *arena, const gx_packages *packages, gx_language language, gx_text event,
                       const char *what, gx_text parts, gx_json_out *out)
{
    gx_error ignored = {0};
    gx_text texts[8];
    size_t count = 0;
    gx_json *list = gx_json_parse(arena, parts, GX_TEXT("notice"), &ignored);
    for (const gx_json *part = list ? list->first : NULL; part && count < GX_COUNT_OF(texts);
         part = part->next)
        texts[count++] = gx_json_text(part);
    gx_text key = gx_format(arena, "notice.%.*s.%s", GX_PRINT(event), what);
    gx_json_out_member_text(out, what,
                            gx_packages_format(arena, packages, language, key.bytes, texts, count));
}

static void write_instant(gx_json_out *out, const char *name, gx_instant instant)
{
    char text[GX_INSTANT_SIZE];
    gx_json_out_name(out, name);
    if (instant == 0)
        gx_json_out_null(out);
    else
        gx_json_out_text(out, gx_instant_write(instant, text));
}

bool gx_notice_list(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person, gx_language language,
                    int64_t page, int64_t size, gx_json_out *out, gx_error *error)
{
    const gx_packages *packages = gx_zone_packages(zone);
    gx_text receivers = gx_json_to_text(arena, receivers_of(arena, person));
    gx_instant now = gx_clock_now();
    int64_t total = 0;
    if (!gx_db_get_int(db, error, &total, 0,
                       "SELECT count(*) FROM notice WHERE receiver IN (SELECT value FROM json_each(?1)) AND "
                       "visible_at <= ?2",
                       "ti", receivers, now))
        return false;
    gx_statement *rows =
        gx_db_prepare(db, "SELECT n.id, n.event, n.parts, n.case_number, n.letter, n.visible_at, r.at FROM "
                          "notice n LEFT JOIN notice_read r ON r.notice = n.id AND "
                          "r.account = ?2 WHERE n.receiver IN (SELECT value FROM json_each(?1)) AND "
                          "n.visible_at <= ?3 ORDER BY n.id DESC LIMIT ?4 OFFSET ?5");
    gx_bind(rows, "ttiii", receivers, person->login, now, size, (page - 1) * size);
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, "items");
    gx_json_out_begin(out, '[');
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_text event = gx_column_copy(arena, rows, 1), parts = gx_column_copy(arena, rows, 2);
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "id", gx_format(arena, "%lld", (long long)gx_column_int(rows, 0)));
        gx_json_out_member_text(out, "kind", event);
        write_text(arena, packages, language, event, "title", parts, out);
        write_text(arena, packages, language, event, "text", parts, out);
        gx_json_out_name(out, "case");
        if (gx_column_text(rows, 3).size)
            gx_json_out_text(out, gx_column_text(rows, 3));
        else
            gx_json_out_null(out);
        gx_json_out_name(out, "letter");
        if (gx_column_is_null(rows, 4))
            gx_json_out_null(out);
        else
            gx_json_out_int(out, gx_column_int(rows, 4));
        write_instant(out, "at", gx_column_int(rows, 5));
        write_instant(out, "readAt", gx_column_int(rows, 6));
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
    gx_json_out_member_int(out, "total", total);
    gx_json_out_name(out, "next");
    if (page * size < total)
        gx_json_out_text(out, gx_format(arena, "%lld", (long long)page + 1));
    else
        gx_json_out_null(out);
    gx_json_out_end(out, '}');
    return step == GX_STEP_DONE;
}

bool gx_notice_mark_read(gx_db *db, const gx_person *person, int64_t id, gx_instant now, gx_error *error)
{
    gx_arena arena = gx_arena_of(64 * 1024);
    gx_text receivers = gx_json_to_text(&arena, receivers_of(&arena, person));
    int64_t is_mine = 0;
    bool is_done =
        gx_db_get_int(db, error, &is_mine, 0,
                      "SELECT 1 FROM notice WHERE id = ?1 AND receiver IN (SELECT value FROM json_each(?2))",
                      "it", id, receivers);
    gx_arena_release(&arena);
    if (!is_done)
        return false;
    if (!is_mine)
        return gx_fail(error, "notice.absent");
    return gx_db_run(
        db, error, "INSERT INTO notice_read (notice, account, at) VALUES (?1, ?2, ?3) ON CONFLICT DO NOTHING",
        "iti", id, person->login, now);
}
