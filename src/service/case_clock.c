/* The clock of a case: its stops, its extension, its lamp, and whom it warns. */
#include "service/case_record.h"
#include "service/letter.h"
#include "service/notice.h"
#include "service/scheduler.h"

#include <stdlib.h>

enum { EXTENSION_DAYS = 10, STOPS_MOST = 200, MORNING_HOUR = 9 };

bool gx_case_terms(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_case *of, gx_clock_terms *terms,
                   gx_error *error)
{
    const gx_json *matter = gx_case_matter(zone, db, of);
    *terms = (gx_clock_terms){.accepted = of->accepted_at, .extension = (int32_t)of->extension};
    terms->has_promised = gx_limit_of_json(gx_json_get(matter, "promisedLimit"), &terms->promised);
    terms->has_legal = gx_limit_of_json(gx_json_get(matter, "legalLimit"), &terms->legal);
    gx_stop *stops = GX_NEW_ARRAY(arena, gx_stop, STOPS_MOST);
    terms->stops = stops;
    gx_statement *find = gx_db_prepare(db, "SELECT begun_at, ended_at FROM stop WHERE bucket = bucket_of(?1) "
                                           "AND case_id = ?1 ORDER BY id LIMIT 200");
    gx_bind_int(find, 1, of->id);
    gx_step step;
    while ((step = gx_db_step(find, error)) == GX_STEP_ROW)
        stops[terms->stop_count++] = (gx_stop){
            gx_column_int(find, 0), gx_column_is_null(find, 1) ? INT64_MAX : gx_column_int(find, 1)};
    return step == GX_STEP_DONE;
}

bool gx_case_clock(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_case *of, gx_instant now,
                   gx_clock_reading *reading, gx_error *error)
{
    gx_clock_terms terms;
    *reading = (gx_clock_reading){.legal_left = INT32_MAX, .next_change = INT64_MAX};
    if (of->accepted_at == 0)
        return true;
    if (!gx_case_terms(zone, db, arena, of, &terms, error))
        return false;
    /* what is decided stands still at its decision */
    gx_instant end = of->decided_at ? of->decided_at : of->closed_at;
    *reading =
        gx_clock_read(gx_packages_calendar(gx_zone_packages(zone)), &terms, end && end < now ? end : now);
    return true;
}

/* ---- Escalation: decision D06 ---- */

typedef struct escalation {
    int64_t level;
    bool handler, head, leader, officer;
} escalation;

static bool names(gx_value list, const char *name)
{
    for (uint32_t i = 0; list.kind == GX_LIST && i < list.size; i++)
        if (gx_text_equal(gx_value_as_text(list.items[i]), gx_text_of(name)))
            return true;
    return list.kind == GX_STRING && gx_text_equal(gx_value_as_text(list), gx_text_of(name));
}

/* D06 takes used (a ratio), legalDaysLeft, isOverdue and hasProject, and gives {level, notify}. */
static bool decide(gx_work *work, const gx_case *of, const gx_clock_reading *reading, escalation *e,
                   gx_error *error)
{
    *e = (escalation){0};
    if (!gx_packages_decision(work->packages, GX_TEXT("D06")))
        return true;
    gx_context_builder inputs = gx_context_begin(work->arena, 4);
    gx_context_set(&inputs, GX_TEXT("used"), gx_value_scaled(reading->permille, 3));
    gx_context_set(&inputs, GX_TEXT("isOverdue"), gx_value_boolean(reading->is_overdue));
    gx_context_set(&inputs, GX_TEXT("legalDaysLeft"),
                   reading->legal_left == INT32_MAX ? gx_value_null() : gx_value_int(reading->legal_left));
    gx_context_set(&inputs, GX_TEXT("hasProject"), gx_value_boolean(of->project_id.size > 0));
    gx_feel_budget budget = {.has_now = true, .now = work->now, .now_offset = 28800};
    gx_value answer;
    if (!gx_packages_decide(work->arena, work->packages, GX_TEXT("D06"), gx_context_end(&inputs), &budget,
                            NULL, &answer, error))
        return false;
    gx_value notify = gx_context_get(answer, GX_TEXT("notify"));
    gx_value_to_int(gx_context_get(answer, GX_TEXT("level")), &e->level);
    e->handler = names(notify, "handler");
    e->head = names(notify, "head");
    e->leader = names(notify, "leader");
    e->officer = names(notify, "officer");
    return true;
}

/* Those who have an open task of the case hear by name; a task nobody has taken is heard of by its role. */
static bool tell_handlers(gx_work *work, gx_case *of, const gx_notice *notice, gx_error *error)
{
    gx_statement *find = gx_db_prepare(
        work->db, "SELECT DISTINCT assignee, department, role FROM task WHERE bucket = bucket_of(?1) AND "
                  "case_id = ?1 AND done_at IS NULL AND role <> 'applicant' LIMIT 20");
    gx_bind_int(find, 1, of->id);
    gx_text who[20][3];
    size_t count = 0;
    gx_step step;
    while ((step = gx_db_step(find, error)) == GX_STEP_ROW && count < 20) {
        for (int i = 0; i < 3; i++)
            who[count][i] = gx_column_copy(work->arena, find, i);
        count++;
    }
    if (step == GX_STEP_ROW)
        gx_db_reset(find);
    for (size_t i = 0; i < count && step != GX_STEP_FAILED; i++)
        if (!(who[i][0].size
                  ? gx_notify_account(work, who[i][0], notice, error)
                  : gx_notify_role(work, who[i][1], gx_copy_string(work->arena, who[i][2]), notice, error)))
            return false;
    return step != GX_STEP_FAILED;
}

static bool tell_heads(gx_work *work, gx_case *of, const gx_notice *notice, gx_error *error)
{
    gx_statement *find =
        gx_db_prepare(work->db, "SELECT DISTINCT department FROM task WHERE bucket = bucket_of(?1) AND "
                                "case_id = ?1 AND done_at IS NULL AND department <> '' LIMIT 20");
    gx_bind_int(find, 1, of->id);
    gx_text departments[21];
    size_t count = 0;
    gx_step step;
    while ((step = gx_db_step(find, error)) == GX_STEP_ROW && count < 20)
        departments[count++] = gx_column_copy(work->arena, find, 0);
    if (step == GX_STEP_ROW)
        gx_db_reset(find);
    if (count == 0 && of->owner.size)
        departments[count++] = of->owner;
    for (size_t i = 0; i < count && step != GX_STEP_FAILED; i++)
        if (!gx_notify_role(work, departments[i], "head", notice, error))
            return false;
    return step != GX_STEP_FAILED;
}

static bool escalate(gx_work *work, gx_case *of, const gx_clock_reading *reading, gx_error *error)
{
    escalation e;
    if (!decide(work, of, reading, &e, error))
        return false;
    if (e.level <= of->level)
        return true;
    of->level = e.level;
    gx_case_changed(of);
    char left[24], level[24];
    gx_text parts[] = {gx_copy(work->arena, gx_error_int(left, reading->left))};
    gx_journal_add(work, of,
                   (gx_journal_event){.kind = "escalated",
                                      .outcome = gx_copy(work->arena, gx_error_int(level, e.level))});
    gx_notice notice = {.event = e.level == 1   ? "limit_near"
                                 : e.level == 2 ? "limit_over"
                                                : "limit_far_over",
                        .of = of,
                        .parts = {parts[0]},
                        .part_count = 1};
    gx_day today = gx_day_of(work->now);
    gx_instant morning = gx_day_begin(today) + (gx_instant)MORNING_HOUR * 3600 * 1000;
    gx_notice near = notice;
    near.visible_at = morning > work->now ? morning : 0;
    return (!e.handler || tell_handlers(work, of, &near, error)) &&
           (!e.head || tell_heads(work, of, &notice, error)) &&
           (!e.leader || gx_notify_role(work, GX_TEXT(""), "leader", &notice, error)) &&
           (!e.officer || gx_notify_role(work, GX_TEXT(""), "cso", &notice, error));
}

/* Old and new day stand in the timeline. A stop or an extension has told the applicant already; a calendar
 * that was changed has not. */
static bool tell_moved(gx_work *work, gx_case *of, gx_instant due, gx_error *error)
{
    char before[GX_DAY_SIZE], after[GX_DAY_SIZE];
    gx_text from = gx_copy(work->arena, gx_day_write(gx_day_of(of->due_promised - 1), before)),
            to = gx_copy(work->arena, gx_day_write(gx_day_of(due - 1), after));
    gx_journal_add(work, of, (gx_journal_event){.kind = "due", .name = from, .outcome = to});
    return work->person || work->is_in_process ||
           gx_notify_applicant(
               work,
               &(gx_notice){
                   .event = "due_moved", .of = of, .parts = {from, to}, .part_count = 2, .rings = true},
               error);
}

bool gx_case_look(gx_work *work, gx_case *of, gx_error *error)
{
    gx_clock_reading reading;
    if (!gx_case_clock(work->zone, work->db, work->arena, of, work->now, &reading, error))
        return false;
    bool is_over = gx_case_is_closed(of);
    gx_text lamp = gx_text_of(gx_lamp_name(reading.lamp));
    gx_instant next = is_over ? INT64_MAX : reading.next_change;
    bool has_moved = of->due_promised != reading.due_promised || of->due_legal != reading.due_legal;
    if (has_moved && of->due_promised && of->due_promised != reading.due_promised &&
        !tell_moved(work, of, reading.due_promised, error))
        return false;
    if (has_moved || of->next_at != next || !gx_text_equal(of->lamp, lamp)) {
        if (!gx_text_equal(of->lamp, lamp))
            gx_journal_add(work, of, (gx_journal_event){.kind = "lamp", .outcome = lamp});
        of->lamp = lamp;
        of->due_promised = reading.due_promised;
        of->due_legal = reading.due_legal;
        of->next_at = next;
        gx_case_changed(of);
        gx_scheduler_wake_at(work->db, next);
    }
    gx_instant due = of->due_promised ? of->due_promised : of->due_legal ? of->due_legal : INT64_MAX;
    if (has_moved && !gx_db_run(work->db, error,
                                "UPDATE task SET due = ?2 WHERE bucket = bucket_of(?1) AND case_id = ?1 AND "
                                "done_at IS NULL AND has_own_due = 0",
                                "ii", of->id, due))
        return false;
    return is_over || reading.is_stopped || escalate(work, of, &reading, error);
}

/* ---- Stops ---- */

typedef struct stop_kind {
    gx_limit most;
    bool is_known;
} stop_kind;

static bool is_kind_of_matter(gx_work *work, const gx_case *of, gx_text kind)
{
    const gx_json *kinds = gx_json_get(gx_case_matter(work->zone, work->db, of), "stopClock");
    for (const gx_json *one = kinds ? kinds->first : NULL; one; one = one->next)
        if (gx_text_equal(gx_json_text(one), kind))
            return true;
    return false;
}

/* D13 takes kind and gives {n, unit}; a kind that only the matter names may last 30 days; without the
 * decision any kind of up to 90 days is known. */
static bool find_kind(gx_work *work, const gx_case *of, gx_text kind, stop_kind *found, gx_error *error)
{
    *found = (stop_kind){{90, GX_LIMIT_DAY}, true};
    if (!gx_packages_decision(work->packages, GX_TEXT("D13")))
        return true;
    gx_entry entry = {GX_TEXT("kind"), gx_value_text(kind)};
    gx_value answer;
    if (!gx_packages_decide(work->arena, work->packages, GX_TEXT("D13"),
                            gx_value_context(work->arena, &entry, 1), NULL, NULL, &answer, error))
        return false;
    gx_value limit = gx_context_get(answer, GX_TEXT("limit"));
    if (limit.kind != GX_CONTEXT)
        limit = answer;
    found->is_known = gx_limit_of_json(gx_value_to_json(work->arena, limit), &found->most);
    if (!found->is_known && is_kind_of_matter(work, of, kind))
        *found = (stop_kind){{30, GX_LIMIT_DAY}, true};
    return true;
}

bool gx_case_stop(gx_work *work, gx_case *of, gx_text kind, gx_text reason, int64_t planned_days,
                  gx_error *error)
{
    stop_kind known;
    int64_t open = 0, before = 0;
    char figure[24];
    const gx_calendar *calendar = gx_packages_calendar(work->packages);
    if (gx_case_is_closed(of))
        return gx_fail(error, "case.state", of->state, GX_TEXT("stop"));
    if (!calendar)
        return gx_fail(error, "case.calendar");
    if (!find_kind(work, of, kind, &known, error) ||
        !gx_db_get_int(
            work->db, error, &before, 0,
            "SELECT count(*) FROM stop WHERE bucket = bucket_of(?1) AND case_id = ?1 AND kind = ?2", "it",
            of->id, kind) ||
        !gx_db_get_int(work->db, error, &open, 0,
                       "SELECT count(*) FROM stop WHERE bucket = bucket_of(?1) AND case_id = ?1 AND kind = "
                       "?2 AND ended_at IS NULL",
                       "it", of->id, kind))
        return false;
    if (!known.is_known || kind.size == 0)
        return gx_fail(error, "case.stop.kind", kind);
    if (gx_text_trim(reason).size == 0)
        return gx_fail(error, "case.reasons");
    if (open)
        return gx_fail(error, "case.stop.open", kind);
    if (before && work->person && !work->is_in_process && !gx_person_has_role(work->person, "head"))
        return gx_fail(error, "case.stop.again", kind);
    if (planned_days > known.most.count)
        return gx_fail(error, "case.stop.days", kind, gx_error_int(figure, known.most.count));
    gx_limit planned = {planned_days > 0 ? (int32_t)planned_days : known.most.count, known.most.unit};
    gx_instant end = gx_day_end(gx_calendar_limit_end(calendar, gx_day_of(work->now), planned, NULL));
    if (!gx_db_run(
            work->db, error,
            "INSERT INTO stop (bucket, id, case_id, kind, reason, begun_at, planned_end, begun_by, next_at) "
            "VALUES (bucket_of(?1), new_id('stop', bucket_of(?1)), ?1, ?2, ?3, ?4, ?5, ?6, ?7)",
            "ittiiti", of->id, kind, reason, work->now, end, work->person ? work->person->login : GX_TEXT(""),
            end))
        return false;
    gx_scheduler_wake_at(work->db, end);
    gx_journal_add(work, of, (gx_journal_event){.kind = "stopped", .name = kind, .why = reason});
    bool is_correction = gx_text_equal(of->state, GX_TEXT("correction"));
    if (gx_text_equal(of->state, GX_TEXT("review"))) {
        of->state_before = of->state;
        of->state = GX_TEXT("stopped");
    }
    gx_case_changed(of);
    if (of->accepted_at && !gx_case_look(work, of, error))
        return false;
    if (is_correction)
        return true; /* the correction has a letter of its own */
    gx_context_builder stop = gx_context_begin(work->arena, 3);
    gx_context_set(&stop, GX_TEXT("kind"), gx_value_text(kind));
    gx_context_set(&stop, GX_TEXT("reason"), gx_value_text(reason));
    gx_context_set(&stop, GX_TEXT("plannedEnd"), gx_value_of_day(end));
    gx_entry entry = {GX_TEXT("stop"), gx_context_end(&stop)};
    int64_t letter;
    return gx_letter_make(work, of, "stop", gx_value_context(work->arena, &entry, 1), &letter, error) &&
           gx_notify_applicant(work,
                               &(gx_notice){.event = "stopped",
                                            .of = of,
                                            .parts = {kind, reason},
                                            .part_count = 2,
                                            .letter = letter,
                                            .rings = true},
                               error);
}

bool gx_case_resume(gx_work *work, gx_case *of, gx_text kind, gx_error *error)
{
    int64_t open = 0;
    if (!gx_db_run(work->db, error,
                   "UPDATE stop SET ended_at = ?2, next_at = NULL WHERE bucket = bucket_of(?1) AND case_id = "
                   "?1 AND ended_at IS NULL AND (?3 = '' OR kind = ?3)",
                   "iit", of->id, work->now, kind.bytes ? kind : GX_TEXT("")))
        return false;
    if (gx_db_changes(work->db) == 0)
        return gx_fail(error, "case.stop.none");
    gx_journal_add(work, of, (gx_journal_event){.kind = "resumed", .name = kind});
    if (!gx_db_get_int(
            work->db, error, &open, 0,
            "SELECT count(*) FROM stop WHERE bucket = bucket_of(?1) AND case_id = ?1 AND ended_at IS NULL",
            "i", of->id))
        return false;
    if (open == 0 && gx_text_equal(of->state, GX_TEXT("stopped"))) {
        of->state = of->state_before.size ? of->state_before : GX_TEXT("review");
        of->state_before = GX_TEXT("");
    }
    gx_case_changed(of);
    if (!of->accepted_at)
        return true;
    return gx_case_look(work, of, error) &&
           gx_notify_applicant(
               work, &(gx_notice){.event = "resumed", .of = of, .parts = {kind}, .part_count = 1}, error);
}

/* A stop is past its planned end: the handlers hear of it, every working day until it ends. */
bool gx_stop_due(gx_work *work, int64_t id, gx_error *error)
{
    gx_statement *find =
        gx_db_prepare(work->db, "SELECT case_id, kind FROM stop WHERE bucket = bucket_of(?1) AND id = ?1 AND "
                                "ended_at IS NULL AND next_at <= ?2 FOR UPDATE");
    gx_bind(find, "ii", id, work->now);
    gx_step step = gx_db_step(find, error);
    if (step != GX_STEP_ROW)
        return step == GX_STEP_DONE;
    int64_t case_id = gx_column_int(find, 0);
    gx_text kind = gx_column_copy(work->arena, find, 1);
    gx_db_reset(find);
    gx_case *of = gx_work_case(work, case_id, error);
    const gx_calendar *calendar = gx_packages_calendar(work->packages);
    if (!of ||
        !gx_db_run(work->db, error, "UPDATE stop SET next_at = ?2 WHERE bucket = bucket_of(?1) AND id = ?1",
                   "ii", id, calendar ? gx_limit_shift(calendar, work->now, 1, MORNING_HOUR) : INT64_MAX))
        return false;
    gx_notice notice = {.event = "stop_over", .of = of, .parts = {kind}, .part_count = 1};
    return tell_handlers(work, of, &notice, error) && gx_notify_applicant(work, &notice, error);
}

/* ---- Extension and overdue reasons ---- */

bool gx_case_extend(gx_work *work, gx_case *of, gx_text reason, gx_error *error)
{
    if (gx_case_is_closed(of) || of->accepted_at == 0 || (of->due_promised == 0 && of->due_legal == 0))
        return gx_fail(error, "case.extend.none");
    if (of->extension > 0)
        return gx_fail(error, "case.extend.once");
    if (gx_text_trim(reason).size == 0)
        return gx_fail(error, "case.reasons");
    of->extension = EXTENSION_DAYS;
    gx_case_changed(of);
    gx_journal_add(work, of, (gx_journal_event){.kind = "extended", .outcome = GX_TEXT("10"), .why = reason});
    gx_entry entry = {GX_TEXT("reasons"), gx_value_text(reason)};
    int64_t letter;
    return gx_case_look(work, of, error) &&
           gx_letter_make(work, of, "extension", gx_value_context(work->arena, &entry, 1), &letter, error) &&
           gx_notify_applicant(work,
                               &(gx_notice){.event = "extended",
                                            .of = of,
                                            .parts = {reason},
                                            .part_count = 1,
                                            .letter = letter,
                                            .rings = true},
                               error);
}

bool gx_case_overdue_reason(gx_work *work, gx_case *of, gx_text reason, gx_error *error)
{
    if (!gx_text_equal(of->lamp, GX_TEXT("red")))
        return gx_fail(error, "case.overdue.not");
    if (gx_text_trim(reason).size == 0)
        return gx_fail(error, "case.reasons");
    of->overdue_reason = reason;
    gx_case_changed(of);
    gx_journal_add(work, of, (gx_journal_event){.kind = "overdue.reason", .why = reason});
    return true;
}
