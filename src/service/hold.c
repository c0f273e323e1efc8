#include "service/hold.h"
#include "service/repair.h"
#include "service/scheduler.h"
#include "service/work.h"

#include <string.h>

enum {
    CASES = 16,      /* held or let go by one command: each costs about ten statements */
    LOOKED = 1000,   /* instances looked at by one command */
    SETTLE_MS = 1000 /* commands that began before the order, on other servers too, have ended by then */
};

typedef struct order {
    int64_t id, version, reached, last, held, failed;
    gx_text process, phase, reason, failed_case, failed_code;
} order;

/* ---- Asking for it ---- */

static bool must_have_reason(gx_text reason, gx_error *error)
{
    return gx_text_trim(reason).size > 0 ||
           gx_fail_at(error, "case.reasons", ((gx_place){GX_TEXT("/reason"), 0, 0}));
}

/* Orders for one process follow one another, whichever server they come to. */
static bool lock_process(gx_work *work, gx_text process, gx_error *error)
{
    return gx_db_lock(work->db, gx_format(work->arena, "hold %.*s", GX_PRINT(process)), error);
}

bool gx_hold_order(gx_work *work, const gx_hold *hold, gx_error *error)
{
    int64_t is_known = 0, is_held = 0, id = 0;
    bool are_starts_held = false;
    if (!must_have_reason(hold->reason, error) || !lock_process(work, hold->process, error) ||
        !gx_db_get_int(
            work->db, error, &is_known, 0,
            "SELECT 1 FROM definition WHERE kind = 'process' AND id = ?1 AND (version = ?2 OR ?2 = 0) "
            "LIMIT 1",
            "ti", hold->process, hold->version) ||
        !gx_db_get_int(work->db, error, &is_held, 0,
                       "SELECT 1 FROM hold WHERE process = ?1 AND phase <> 'released' AND (version = ?2 OR "
                       "version = 0 OR ?2 = 0) LIMIT 1",
                       "ti", hold->process, hold->version) ||
        !gx_repair_process_is_held(work, hold->process, &are_starts_held, error))
        return false;
    if (!is_known)
        return gx_fail(error, "process.absent", hold->process);
    if (is_held)
        return gx_fail(error, "process.held", hold->process);
    bool refuses = hold->refuses_starts && !are_starts_held; /* what somebody else refuses stays refused */
    gx_scheduler_wake_at(work->db, work->now + SETTLE_MS);
    return (!refuses || gx_repair_hold_process(work, hold->process, true, hold->reason, error)) &&
           gx_db_insert(work->db, error, &id,
                        "INSERT INTO hold (process, version, phase, refuses_starts, reason, ordered_by, "
                        "ordered_at, at) VALUES (?1, ?2, 'holding', ?3, ?4, ?5, ?6, ?7) RETURNING id",
                        "tiittii", hold->process, hold->version, (int64_t)refuses, hold->reason,
                        work->person ? work->person->login : GX_TEXT(""), work->now, work->now + SETTLE_MS);
}

bool gx_hold_release(gx_work *work, gx_text process, int64_t version, gx_text reason, gx_error *error)
{
    int64_t id = 0, refuses = 0;
    if (!must_have_reason(reason, error) || !lock_process(work, process, error))
        return false;
    gx_statement *find =
        gx_db_prepare(work->db, "SELECT id, refuses_starts FROM hold WHERE process = ?1 AND version = ?2 AND "
                                "phase IN ('holding', 'held') FOR UPDATE"); /* waits for a slice at work */
    gx_bind(find, "ti", process, version);
    gx_step step = gx_db_step(find, error);
    if (step != GX_STEP_ROW)
        return step == GX_STEP_FAILED ? false : gx_fail(error, "process.not_held", process);
    id = gx_column_int(find, 0);
    refuses = gx_column_int(find, 1);
    gx_db_reset(find);
    gx_scheduler_wake(work->db);
    return (!refuses || gx_repair_let_start(work, process, error)) &&
           gx_db_run(work->db, error,
                     "UPDATE hold SET phase = 'releasing', refuses_starts = 0, reason = ?2, at = ?3, reached "
                     "= 0, failed = 0, failed_case = '', failed_code = '' WHERE id = ?1",
                     "iti", id, reason, work->now);
}

/* ---- One case ---- */

static bool held_by_orders(gx_work *work, const gx_case *of, int64_t *is_held, gx_error *error)
{
    return gx_db_get_int(work->db, error, is_held, 0,
                         "SELECT 1 FROM hold_case WHERE bucket = bucket_of(?1) AND case_id = ?1 LIMIT 1", "i",
                         of->id);
}

static bool hold_case(gx_work *work, const order *o, gx_case *of, bool *counts, gx_error *error)
{
    int64_t is_others = 0;
    if (gx_case_is_closed(of))
        return true;
    if (of->suspended_at && !held_by_orders(work, of, &is_others, error))
        return false;
    if (of->suspended_at && !is_others) /* by hand: whoever did it lets it go */
        return true;
    *counts = true;
    return (of->suspended_at || gx_repair_suspend(work, of, o->reason, error)) &&
           gx_db_run(work->db, error,
                     "INSERT INTO hold_case (bucket, case_id, hold) VALUES (bucket_of(?1), ?1, ?2) ON "
                     "CONFLICT DO NOTHING",
                     "ii", of->id, o->id);
}

static bool release_case(gx_work *work, const order *o, gx_case *of, bool *counts, gx_error *error)
{
    int64_t is_others = 0;
    if (!gx_db_run(work->db, error,
                   "DELETE FROM hold_case WHERE bucket = bucket_of(?1) AND case_id = ?1 AND hold = ?2", "ii",
                   of->id, o->id) ||
        !held_by_orders(work, of, &is_others, error))
        return false;
    *counts = true;
    return is_others || !of->suspended_at || gx_repair_continue(work, of, o->reason, error);
}

/* In a part of the transaction and with a memory of its own, so that a case that fails takes no other one
 * with it. */
static bool do_case(gx_work *work, order *o, int64_t case_id, gx_error *error)
{
    gx_error reason = {0};
    bool is_holding = gx_text_equal(o->phase, GX_TEXT("holding")), counts = false;
    gx_work own = gx_work_begin(work->zone, work->db, work->arena, NULL);
    gx_case *of = NULL;
    gx_db_part part;
    gx_db_part_begin(work->db, &part);
    bool is_done = (of = gx_work_case(&own, case_id, &reason)) &&
                   (is_holding ? hold_case : release_case)(&own, o, of, &counts, &reason) &&
                   gx_work_finish(&own, &reason);
    if (!is_done && reason.code && strncmp(reason.code, "db.", 3) == 0) { /* says nothing about the case */
        *error = reason;
        return false;
    }
    if (!is_done && !gx_db_part_undo(work->db, error))
        return false;
    if (is_done && counts)
        o->held += is_holding ? 1 : -1;
    if (!is_done) {
        o->failed++;
        o->failed_case = of ? of->number : GX_TEXT("");
        o->failed_code = gx_text_of(reason.code ? reason.code : "");
    }
    return gx_db_part_end(work->db, error);
}

bool gx_hold_forget(gx_work *work, int64_t case_id, gx_error *error)
{
    return gx_db_run(work->db, error, "DELETE FROM hold_case WHERE bucket = bucket_of(?1) AND case_id = ?1",
                     "i", case_id);
}

/* ---- A slice ---- */

/* Cases whose instances come next; o->reached moves to the last instance that was looked at. */
static bool find_running(gx_work *work, order *o, int64_t *cases, size_t *count, bool *is_through,
                         gx_error *error)
{
    size_t looked = 0;
    gx_statement *rows = gx_db_prepare(
        work->db, "SELECT id, process, process_version, has_ended FROM instance WHERE id > ?1 AND id <= ?2 "
                  "ORDER BY id LIMIT 1000");
    gx_bind(rows, "ii", o->reached, o->last);
    gx_step step = GX_STEP_DONE;
    while (*count < CASES && (step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        looked++;
        o->reached = gx_column_int(rows, 0);
        int64_t case_id = o->reached / GX_INSTANCE_PARTS;
        if (gx_column_int(rows, 3) || !gx_text_equal(gx_column_text(rows, 1), o->process) ||
            (o->version && gx_column_int(rows, 2) != o->version) || (*count && cases[*count - 1] == case_id))
            continue;
        cases[(*count)++] = case_id;
    }
    *is_through = step == GX_STEP_DONE && *count < CASES && looked < LOOKED;
    if (step == GX_STEP_ROW)
        gx_db_reset(rows);
    return step != GX_STEP_FAILED;
}

static bool find_held(gx_work *work, order *o, int64_t *cases, size_t *count, bool *is_through,
                      gx_error *error)
{
    gx_statement *rows =
        gx_db_prepare(work->db, "SELECT case_id FROM hold_case WHERE hold = ?1 AND case_id > "
                                "?2 ORDER BY case_id LIMIT 16");
    gx_step step;
    gx_bind(rows, "ii", o->id, o->reached);
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW)
        o->reached = cases[(*count)++] = gx_column_int(rows, 0);
    *is_through = *count < CASES;
    return step != GX_STEP_FAILED;
}

static bool read_order(gx_work *work, int64_t id, order *o, bool *is_there, gx_error *error)
{
    gx_statement *find =
        gx_db_prepare(work->db, "SELECT process, version, phase, reason, reached, last, held, failed, "
                                "failed_case, failed_code FROM hold WHERE id = ?1 AND at <= ?2 FOR UPDATE");
    gx_bind(find, "ii", id, work->now);
    gx_step step = gx_db_step(find, error);
    *is_there = step == GX_STEP_ROW;
    if (!*is_there) /* another server has been quicker, or it was ended */
        return step == GX_STEP_DONE;
    *o = (order){.id = id,
                 .process = gx_column_copy(work->arena, find, 0),
                 .version = gx_column_int(find, 1),
                 .phase = gx_column_copy(work->arena, find, 2),
                 .reason = gx_column_copy(work->arena, find, 3),
                 .reached = gx_column_int(find, 4),
                 .last = gx_column_int(find, 5),
                 .held = gx_column_int(find, 6),
                 .failed = gx_column_int(find, 7),
                 .failed_case = gx_column_copy(work->arena, find, 8),
                 .failed_code = gx_column_copy(work->arena, find, 9)};
    gx_db_reset(find);
    return true;
}

bool gx_hold_next(gx_work *work, int64_t id, gx_error *error)
{
    int64_t cases[CASES];
    size_t count = 0;
    bool is_there, is_through = true;
    order o;
    if (!read_order(work, id, &o, &is_there, error))
        return false;
    if (!is_there)
        return true;
    bool is_holding = gx_text_equal(o.phase, GX_TEXT("holding"));
    if (is_holding && o.last == 0 && /* cases that begin later are not asked for, so the walk has an end */
        !gx_db_get_int(work->db, error, &o.last, 1, "SELECT max(id) FROM instance", ""))
        return false;
    if (!(is_holding ? find_running : find_held)(work, &o, cases, &count, &is_through, error))
        return false;
    for (size_t i = 0; i < count; i++)
        if (!do_case(work, &o, cases[i], error))
            return false;
    gx_text phase = !is_through ? o.phase : is_holding ? GX_TEXT("held") : GX_TEXT("released");
    gx_scheduler_wake(work->db);
    return gx_db_run(work->db, error,
                     "UPDATE hold SET phase = ?2, reached = ?3, last = ?4, held = ?5, failed = ?6, "
                     "failed_case = ?7, failed_code = ?8, at = CASE WHEN ?9 = 1 THEN NULL ELSE at END, "
                     "ended_at = CASE WHEN ?2 = 'released' THEN ?10 ELSE NULL END WHERE id = ?1",
                     "itiiiittii", id, phase, o.reached, o.last, o.held, o.failed, o.failed_case,
                     o.failed_code, (int64_t)is_through, work->now);
}

/* ---- Looking ---- */

static void write_instant(gx_json_out *out, const char *name, gx_statement *row, int column)
{
    char text[GX_INSTANT_SIZE];
    gx_json_out_name(out, name);
    if (gx_column_is_null(row, column))
        gx_json_out_null(out);
    else
        gx_json_out_text(out, gx_instant_write(gx_column_int(row, column), text));
}

#define HOLD_COLUMNS                                                                                         \
    "SELECT id, process, version, phase, refuses_starts, reason, ordered_by, held, failed, failed_case, "    \
    "failed_code, ordered_at, ended_at FROM hold"

bool gx_hold_list(gx_db *db, gx_arena *arena, gx_text process, int64_t page, int64_t size, gx_json_out *out,
                  gx_error *error)
{
    int64_t total = 0;
    bool is_counted = process.size
                          ? gx_db_get_int(db, error, &total, 0,
                                          "SELECT count(*) FROM hold WHERE process = ?1", "t", process)
                          : gx_db_get_int(db, error, &total, 0, "SELECT count(*) FROM hold", "");
    if (!is_counted)
        return false;
    gx_statement *rows = gx_db_prepare(
        db, process.size ? HOLD_COLUMNS " WHERE process = ?3 ORDER BY id DESC LIMIT ?1 OFFSET ?2"
                         : HOLD_COLUMNS " ORDER BY id DESC LIMIT ?1 OFFSET ?2");
    gx_bind(rows, "ii", size, (page - 1) * size);
    if (process.size)
        gx_bind_text(rows, 3, process);
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, "items");
    gx_json_out_begin(out, '[');
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_json_out_begin(out, '{');
        gx_json_out_member_int(out, "id", gx_column_int(rows, 0));
        gx_json_out_member_text(out, "process", gx_column_text(rows, 1));
        gx_json_out_member_int(out, "version", gx_column_int(rows, 2));
        gx_json_out_member_text(out, "phase", gx_column_text(rows, 3));
        gx_json_out_member_bool(out, "refusesStarts", gx_column_int(rows, 4) != 0);
        gx_json_out_member_text(out, "reason", gx_column_text(rows, 5));
        gx_json_out_member_text(out, "by", gx_column_text(rows, 6));
        gx_json_out_member_int(out, "held", gx_column_int(rows, 7));
        gx_json_out_member_int(out, "failed", gx_column_int(rows, 8));
        gx_json_out_member_text(out, "failedCase", gx_column_text(rows, 9));
        gx_json_out_member_text(out, "failedCode", gx_column_text(rows, 10));
        write_instant(out, "at", rows, 11);
        write_instant(out, "endedAt", rows, 12);
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
