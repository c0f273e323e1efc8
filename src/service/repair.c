#include "service/repair.h"
#include "base/limits.h"
#include "service/hold.h"
#include "service/scheduler.h"
#include "service/work.h"

#include <string.h>

enum { OBSTACLES_MOST = 50 };

static bool must_have_reason(gx_text reason, gx_error *error)
{
    return gx_text_trim(reason).size > 0 ||
           gx_fail_at(error, "case.reasons", ((gx_place){GX_TEXT("/reason"), 0, 0}));
}

static int64_t first_part(const gx_case *of)
{
    return of->id * GX_INSTANCE_PARTS;
}

/* ---- Holding ---- */

bool gx_repair_suspend(gx_work *work, gx_case *of, gx_text reason, gx_error *error)
{
    int64_t first = first_part(of), last = first + GX_INSTANCE_PARTS - 1;
    if (!must_have_reason(reason, error))
        return false;
    if (of->suspended_at)
        return gx_fail(error, "case.suspended");
    if (gx_case_is_closed(of))
        return gx_fail(error, "bpmn.command.ended");
    of->suspended_at = work->now;
    gx_journal_add(work, of, (gx_journal_event){.kind = "suspended", .why = reason});
    return gx_db_run(work->db, error,
                     "UPDATE cases SET suspended_at = ?2 WHERE bucket = bucket_of(?1) AND id = ?1", "ii",
                     of->id, work->now) &&
           gx_db_run(
               work->db, error,
               "INSERT INTO held_timer (bucket, instance, key, element, due) SELECT bucket, instance, key, "
               "element, due FROM timer WHERE bucket = bucket_of(?1 / 4096) AND instance BETWEEN ?1 AND ?2",
               "ii", first, last) &&
           gx_db_run(work->db, error,
                     "DELETE FROM timer WHERE bucket = bucket_of(?1 / 4096) AND instance BETWEEN ?1 AND ?2",
                     "ii", first, last) &&
           gx_db_run(work->db, error,
                     "INSERT INTO held_subscription (bucket, instance, key, name, correlation, is_signal) "
                     "SELECT bucket, instance, key, name, correlation, is_signal FROM subscription WHERE "
                     "bucket = bucket_of(?1 / 4096) AND instance BETWEEN ?1 AND ?2",
                     "ii", first, last) &&
           gx_db_run(
               work->db, error,
               "DELETE FROM subscription WHERE bucket = bucket_of(?1 / 4096) AND instance BETWEEN ?1 AND ?2",
               "ii", first, last) &&
           gx_db_run(work->db, error,
                     "UPDATE job SET run_at = NULL WHERE bucket = bucket_of(?1 / 4096) AND instance BETWEEN "
                     "?1 AND ?2",
                     "ii", first, last);
}

/* Each subscription asks anew for messages that have come meanwhile. */
static bool subscribe_again(gx_work *work, gx_case *of, gx_error *error)
{
    typedef struct held {
        int64_t instance, key, is_signal;
        gx_text name, correlation;
        struct held *next;
    } held;
    held *first = NULL, **end = &first;
    gx_statement *rows = gx_db_prepare(
        work->db, "SELECT instance, key, name, correlation, is_signal FROM held_subscription WHERE bucket = "
                  "bucket_of(?1 / 4096) AND instance BETWEEN ?1 AND ?2 ORDER BY instance, key");
    gx_bind(rows, "ii", first_part(of), first_part(of) + GX_INSTANCE_PARTS - 1);
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        held *one = *end = GX_NEW(work->arena, held);
        *one = (held){gx_column_int(rows, 0),
                      gx_column_int(rows, 1),
                      gx_column_int(rows, 4),
                      gx_column_copy(work->arena, rows, 2),
                      gx_column_copy(work->arena, rows, 3),
                      NULL};
        end = &one->next;
    }
    if (step == GX_STEP_FAILED)
        return false;
    for (const held *one = first; one; one = one->next) {
        gx_live *live = gx_work_live(work, one->instance, error);
        if (!live || !gx_message_subscribe(work, live, (uint32_t)one->key, one->name, one->correlation,
                                           one->is_signal != 0, error))
            return false;
    }
    return true;
}

bool gx_repair_continue(gx_work *work, gx_case *of, gx_text reason, gx_error *error)
{
    int64_t first = first_part(of), last = first + GX_INSTANCE_PARTS - 1;
    if (!must_have_reason(reason, error))
        return false;
    if (!of->suspended_at)
        return gx_fail(error, "case.not_suspended");
    of->suspended_at = 0;
    gx_journal_add(work, of, (gx_journal_event){.kind = "continued", .why = reason});
    gx_scheduler_wake(work->db);
    return gx_db_run(work->db, error,
                     "UPDATE cases SET suspended_at = NULL WHERE bucket = bucket_of(?1) AND id = ?1", "i",
                     of->id) &&
           gx_db_run(work->db, error,
                     "INSERT INTO timer (bucket, instance, key, element, due) SELECT bucket, instance, key, "
                     "element, due FROM held_timer WHERE bucket = bucket_of(?1 / 4096) AND instance BETWEEN "
                     "?1 AND ?2 ON CONFLICT DO NOTHING",
                     "ii", first, last) &&
           gx_db_run(
               work->db, error,
               "DELETE FROM held_timer WHERE bucket = bucket_of(?1 / 4096) AND instance BETWEEN ?1 AND ?2",
               "ii", first, last) &&
           subscribe_again(work, of, error) && gx_hold_forget(work, of->id, error) &&
           gx_db_run(work->db, error,
                     "DELETE FROM held_subscription WHERE bucket = bucket_of(?1 / 4096) AND instance BETWEEN "
                     "?1 AND ?2",
                     "ii", first, last) &&
           gx_db_run(work->db, error,
                     "UPDATE job SET run_at = ?3 WHERE bucket = bucket_of(?1 / 4096) AND instance BETWEEN ?1 "
                     "AND ?2 AND run_at IS NULL",
                     "iii", first, last, work->now);
}

/* Whether starts are refused, for the commands behind this one in its transaction. */
static void remember_held(gx_work *work, gx_text process, bool is_held)
{
    gx_text name = gx_format(work->arena, "held/%.*s", GX_PRINT(process));
    gx_db_remember(work->db, name, &is_held, sizeof is_held);
}

bool gx_repair_process_is_held(gx_work *work, gx_text process, bool *is_held, gx_error *error)
{
    int64_t found = 0;
    if (gx_db_recall(work->db, gx_format(work->arena, "held/%.*s", GX_PRINT(process)), is_held,
                     sizeof *is_held))
        return true;
    if (!gx_db_get_int(work->db, error, &found, 0, "SELECT 1 FROM held_process WHERE process = ?1", "t",
                       process))
        return false;
    *is_held = found != 0;
    remember_held(work, process, *is_held);
    return true;
}

bool gx_repair_let_start(gx_work *work, gx_text process, gx_error *error)
{
    remember_held(work, process, false);
    return gx_db_run(work->db, error, "DELETE FROM held_process WHERE process = ?1", "t", process);
}

bool gx_repair_hold_process(gx_work *work, gx_text process, bool is_held, gx_text reason, gx_error *error)
{
    if (!gx_packages_find(work->packages, GX_DEFINITION_PROCESS, process))
        return gx_fail(error, "case.process.absent", process);
    if (!must_have_reason(reason, error))
        return false;
    if (!is_held)
        return gx_repair_let_start(work, process, error);
    remember_held(work, process, true);
    return gx_db_run(
        work->db, error,
        "INSERT INTO held_process (process, reason, by, at) VALUES (?1, ?2, ?3, ?4) ON CONFLICT (process) DO "
        "UPDATE SET reason = excluded.reason, by = excluded.by, at = excluded.at",
        "ttti", process, reason, work->person ? work->person->login : GX_TEXT(""), work->now);
}

/* ---- Variables and incidents ---- */

static bool set_variables(gx_work *work, gx_case *of, int64_t instance, const gx_json *variables,
                          gx_text reason, gx_error *error)
{
    gx_buffer names = gx_buffer_in(work->arena);
    for (const gx_json *one = variables->first; one; one = one->next)
        gx_buffer_format(&names, "%s%.*s", names.size ? ", " : "", GX_PRINT(one->name));
    gx_journal_add(work, of,
                   (gx_journal_event){.kind = "variables", .name = gx_buffer_as_text(&names), .why = reason});
    const gx_command command = {.kind = GX_COMMAND_SET_VARIABLES,
                                .variables = gx_value_from_json(work->arena, variables)};
    return gx_instance_command(work, instance, &command, error);
}

bool gx_repair_variables(gx_work *work, gx_case *of, const gx_json *variables, gx_text reason,
                         gx_error *error)
{
    return must_have_reason(reason, error) &&
           set_variables(work, of, first_part(of), variables, reason, error);
}

bool gx_repair_instance_variables(gx_work *work, gx_case *of, int64_t instance, const gx_json *variables,
                                  gx_text reason, gx_error *error)
{
    return must_have_reason(reason, error) && set_variables(work, of, instance, variables, reason, error);
}

bool gx_repair_end(gx_work *work, gx_case *of, gx_text reason, gx_error *error)
{
    if (!must_have_reason(reason, error))
        return false;
    if (gx_case_is_closed(of))
        return gx_fail(error, "bpmn.command.ended");
    if (of->matter_version > 0) {
        if (!gx_case_end(work, of, reason, error))
            return false;
    } else {
        of->closed_at = work->now;
        gx_case_set_state(work, of, "ended", reason);
    }
    gx_instance_cancel(work, of, reason);
    return gx_work_settle(work, error);
}

bool gx_repair_retry(gx_work *work, gx_case *of, int64_t incident, const gx_json *variables, gx_text reason,
                     gx_error *error)
{
    gx_statement *find =
        gx_db_prepare(work->db, "SELECT instance, key, element FROM incident WHERE bucket = bucket_of(?1) "
                                "AND id = ?1 AND case_id = ?2 AND solved_at IS NULL");
    gx_bind(find, "ii", incident, of->id);
    gx_step step = gx_db_step(find, error);
    if (step != GX_STEP_ROW)
        return step == GX_STEP_FAILED ? false : gx_fail(error, "case.incident.absent");
    int64_t instance = gx_column_int(find, 0);
    gx_command command = {.kind = GX_COMMAND_RETRY, .key = (uint32_t)gx_column_int(find, 1)};
    gx_text element = gx_column_copy(work->arena, find, 2);
    gx_db_reset(find);
    if (variables && !set_variables(work, of, instance, variables, reason, error))
        return false;
    gx_journal_add(work, of, (gx_journal_event){.kind = "retried", .element = element, .why = reason});
    return gx_db_run(work->db, error,
                     "UPDATE incident SET solved_at = ?2 WHERE bucket = bucket_of(?1) AND id = ?1", "ii",
                     incident, work->now) &&
           gx_db_run(
               work->db, error, /* what programs outside had no retries left for is made anew */
               "DELETE FROM external_task WHERE bucket = bucket_of(?1 / 4096) AND instance = ?1 AND key = ?2",
               "ii", instance, (int64_t)command.key) &&
           gx_instance_command(work, instance, &command, error);
}

bool gx_incident_list(gx_db *db, gx_arena *arena, gx_language language, int64_t page, int64_t size,
                      gx_json_out *out, gx_error *error)
{
    int64_t total = 0;
    char text[GX_INSTANT_SIZE], sentence[400];
    if (!gx_db_get_int(
            db, error, &total, 0,
            "SELECT count(*) FROM (SELECT 1 FROM incident WHERE solved_at IS NULL LIMIT 10000) AS open", ""))
        return false;
    gx_statement *rows =
        gx_db_prepare(db, "SELECT i.id, c.number, i.element, i.code, i.detail, i.at, c.suspended_at, "
                          "n.process, n.process_version FROM incident i JOIN cases c ON c.bucket = i.bucket "
                          "AND c.id = i.case_id JOIN instance n ON n.bucket = i.bucket AND n.id = i.instance "
                          "WHERE i.solved_at IS NULL ORDER BY i.id DESC LIMIT ?1 OFFSET ?2");
    gx_bind(rows, "ii", size, (page - 1) * size);
    gx_json_out_begin(out, '{');
    gx_json_out_name(out, "items");
    gx_json_out_begin(out, '[');
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        gx_error said = {0};
        gx_text code = gx_column_text(rows, 3), detail = gx_column_text(rows, 4);
        gx_fail(&said, gx_copy_string(arena, code), detail);
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "id", gx_format(arena, "%lld", (long long)gx_column_int(rows, 0)));
        gx_json_out_member_text(out, "case", gx_column_text(rows, 1));
        gx_json_out_member_text(out, "process", gx_column_text(rows, 7));
        gx_json_out_member_int(out, "processVersion", gx_column_int(rows, 8));
        gx_json_out_member_text(out, "element", gx_column_text(rows, 2));
        gx_json_out_member_text(out, "code", code);
        gx_json_out_member_text(out, "sentence",
                                gx_text_of(gx_error_sentence(&said, language, sentence, sizeof sentence)));
        gx_json_out_member_text(out, "detail", detail);
        gx_json_out_member_text(out, "at", gx_instant_write(gx_column_int(rows, 5), text));
        gx_json_out_member_bool(out, "isCaseSuspended", !gx_column_is_null(rows, 6));
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

/* ---- What a check tells ---- */

static void write_obstacles(gx_arena *arena, gx_language language, const gx_bpmn_obstacle *obstacles,
                            size_t count, gx_json_out *out)
{
    char sentence[400];
    gx_json_out_name(out, "against");
    gx_json_out_begin(out, '[');
    for (size_t i = 0; i < count; i++) {
        gx_error said = {0};
        gx_fail(&said, obstacles[i].code, obstacles[i].element);
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "element", obstacles[i].element);
        gx_json_out_member_text(out, "code", gx_text_of(obstacles[i].code));
        gx_json_out_member_text(
            out, "sentence",
            gx_copy(arena, gx_text_of(gx_error_sentence(&said, language, sentence, sizeof sentence))));
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
}

static void write_effects(const gx_bpmn_process *process, const gx_effects *effects, gx_json_out *out)
{
    static const char *const words[] = {[GX_EFFECT_CREATE_TASK] = "task",
                                        [GX_EFFECT_CANCEL_TASK] = "cancelTask",
                                        [GX_EFFECT_ARM_TIMER] = "timer",
                                        [GX_EFFECT_SUBSCRIBE] = "message",
                                        [GX_EFFECT_SUBSCRIBE_SIGNAL] = "signal",
                                        [GX_EFFECT_START_JOB] = "job",
                                        [GX_EFFECT_CANCEL_JOB] = "cancelJob",
                                        [GX_EFFECT_CALL_DECISION] = "decision",
                                        [GX_EFFECT_CALL_PROCESS] = "call",
                                        [GX_EFFECT_CANCEL_CALL] = "cancelCall",
                                        [GX_EFFECT_THROW_MESSAGE] = "sendMessage",
                                        [GX_EFFECT_INCIDENT] = "incident",
                                        [GX_EFFECT_ENDED] = "end"};
    gx_json_out_name(out, "would");
    gx_json_out_begin(out, '[');
    for (size_t i = 0; i < effects->count; i++) {
        const gx_effect *effect = &effects->items[i];
        const char *word = (size_t)effect->kind < GX_COUNT_OF(words) ? words[effect->kind] : NULL;
        if (!word)
            continue;
        gx_json_out_begin(out, '{');
        gx_json_out_member_text(out, "what", gx_text_of(word));
        gx_json_out_member_text(out, "element", process->nodes[effect->node].id);
        gx_json_out_member_text(out, "name", process->nodes[effect->node].name);
        gx_json_out_end(out, '}');
    }
    gx_json_out_end(out, ']');
}

static void write_check(gx_arena *arena, gx_language language, const gx_bpmn_process *process,
                        const gx_bpmn_obstacle *obstacles, size_t count, const gx_effects *effects,
                        gx_json_out *out)
{
    gx_json_out_begin(out, '{');
    gx_json_out_member_bool(out, "ok", count == 0);
    write_obstacles(arena, language, obstacles, count, out);
    write_effects(process, effects, out);
    gx_json_out_end(out, '}');
}

/* ---- Moving ---- */

static bool move_command(const gx_live *live, const gx_move *move, gx_command *command, gx_error *error)
{
    uint32_t node = gx_bpmn_node_of(live->process, move->from);
    uint32_t key = node == GX_NO_INDEX ? 0 : gx_state_token_at(live->state, node);
    if (!key)
        return gx_fail(error, "case.move.from", move->from);
    *command = (gx_command){.kind = GX_COMMAND_MOVE, .key = key, .name = move->to};
    return true;
}

bool gx_repair_move(gx_work *work, gx_case *of, const gx_move *move, gx_error *error)
{
    gx_command command;
    gx_live *live = gx_work_live(work, first_part(of), error);
    if (!live || !must_have_reason(move->reason, error) || !move_command(live, move, &command, error))
        return false;
    gx_journal_add(
        work, of,
        (gx_journal_event){.kind = "moved", .element = move->from, .outcome = move->to, .why = move->reason});
    if (!gx_instance_command(work, live->id, &command, error))
        return false;
    uint32_t stuck =
        move->is_forced ? GX_NO_INDEX : gx_bpmn_stuck_join(work->arena, live->process, live->state);
    return stuck == GX_NO_INDEX || gx_fail(error, "bpmn.move.join", live->process->nodes[stuck].id);
}

bool gx_repair_move_check(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_case *of, const gx_move *move,
                          gx_language language, gx_json_out *out, gx_error *error)
{
    gx_work work = gx_work_begin(zone, db, arena, NULL);
    gx_live *live = gx_work_live(&work, first_part(of), error);
    gx_sight sight;
    gx_effects effects = {0};
    gx_command command;
    gx_bpmn_obstacle obstacle;
    gx_error reason = {0};
    const gx_state *next;
    size_t count = 0;
    if (!live)
        return false;
    const gx_bpmn_world world = gx_work_world(&work, live, &sight);
    if (!move_command(live, move, &command, &reason) ||
        !gx_bpmn_step(arena, live->process, live->state, &command, &world, &next, &effects, &reason)) {
        bool is_from = strcmp(reason.code, "case.move.from") == 0;
        obstacle = (gx_bpmn_obstacle){is_from ? move->from : move->to, reason.code};
        count = 1;
    } else {
        uint32_t stuck = gx_bpmn_stuck_join(arena, live->process, next);
        if (stuck != GX_NO_INDEX)
            obstacle = (gx_bpmn_obstacle){live->process->nodes[stuck].id, "bpmn.move.join"};
        count = stuck != GX_NO_INDEX;
    }
    write_check(arena, language, live->process, &obstacle, count, &effects, out);
    return true;
}

/* ---- Migrating ---- */

typedef struct plan {
    gx_live *live;
    const gx_definition *definition;
    gx_bpmn_renaming *renamings;
    size_t renaming_count;
    const gx_state *next;
    gx_effects effects;
    gx_bpmn_obstacle obstacles[OBSTACLES_MOST];
    size_t obstacle_count;
} plan;

static bool make_plan(gx_work *work, const gx_case *of, const gx_migrate *migrate, plan *p, gx_error *error)
{
    gx_sight sight;
    char figure[24];
    *p = (plan){.live = gx_work_live(work, first_part(of), error), .obstacle_count = OBSTACLES_MOST};
    if (!p->live)
        return false;
    if (p->live->has_ended)
        return gx_fail(error, "bpmn.command.ended");
    gx_text id = p->live->definition->id;
    const gx_definition *current = gx_packages_find(work->packages, GX_DEFINITION_PROCESS, id);
    int64_t version = migrate->version ? migrate->version : current ? current->version : 0;
    p->definition = gx_zone_definition(work->zone, work->db, GX_DEFINITION_PROCESS, id, version, error);
    if (!p->definition)
        return false;
    if (version == p->live->definition->version)
        return gx_fail(error, "case.migrate.same", gx_error_int(figure, version));
    p->renamings =
        GX_NEW_ARRAY(work->arena, gx_bpmn_renaming, (migrate->mapping ? migrate->mapping->count : 0) + 1);
    for (const gx_json *one = migrate->mapping ? migrate->mapping->first : NULL; one; one = one->next)
        p->renamings[p->renaming_count++] = (gx_bpmn_renaming){one->name, gx_json_text(one)};
    const gx_bpmn_world world = gx_work_world(work, p->live, &sight);
    gx_bpmn_migrate(work->arena, p->live->process, p->definition->process, p->live->state, p->renamings,
                    p->renaming_count, &world, &p->next, &p->effects, p->obstacles, &p->obstacle_count);
    return true;
}

/* Rows for lists and workers name elements: they follow. */
static bool rename_rows(gx_work *work, const plan *p, gx_error *error)
{
    gx_live *live = p->live;
    typedef struct open {
        int64_t id, key;
        struct open *next;
    } open;
    open *first = NULL, **end = &first;
    gx_statement *rows =
        gx_db_prepare(work->db, "SELECT id, key FROM task WHERE bucket = bucket_of(?1) AND case_id = ?1 AND "
                                "instance = ?2 AND done_at IS NULL ORDER BY id");
    gx_bind(rows, "ii", live->of->id, live->id);
    gx_step step;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        *end = GX_NEW(work->arena, open);
        **end = (open){gx_column_int(rows, 0), gx_column_int(rows, 1), NULL};
        end = &(*end)->next;
    }
    if (step == GX_STEP_FAILED)
        return false;
    for (const open *task = first; task; task = task->next) {
        uint32_t node = gx_state_node_of(work->arena, p->next, (uint32_t)task->key);
        if (node == GX_NO_INDEX)
            continue;
        const gx_bpmn_node *now = &p->definition->process->nodes[node];
        if (!gx_db_run(work->db, error,
                       "UPDATE task SET element = ?2, name = ?3, version = version + 1 WHERE bucket = "
                       "bucket_of(?1) AND id = ?1",
                       "itt", task->id, now->id, now->name.size ? now->name : now->id))
            return false;
    }
    for (size_t i = 0; i < p->renaming_count; i++)
        if (!gx_db_run(work->db, error,
                       "UPDATE job SET element = ?3 WHERE bucket = bucket_of(?1 / 4096) AND instance = ?1 "
                       "AND element = ?2",
                       "itt", live->id, p->renamings[i].from, p->renamings[i].to) ||
            !gx_db_run(work->db, error,
                       "UPDATE incident SET element = ?4 WHERE bucket = bucket_of(?3) AND case_id = ?3 AND "
                       "instance = ?1 AND element = ?2 AND solved_at IS NULL",
                       "itit", live->id, p->renamings[i].from, live->of->id, p->renamings[i].to))
            return false;
    return true;
}

bool gx_repair_migrate(gx_work *work, gx_case *of, const gx_migrate *migrate, gx_error *error)
{
    plan p;
    if (!must_have_reason(migrate->reason, error) || !make_plan(work, of, migrate, &p, error))
        return false;
    if (p.obstacle_count)
        return gx_fail(error, p.obstacles[0].code, p.obstacles[0].element);
    gx_live *live = p.live;
    gx_text versions = gx_format(work->arena, "%lld → %lld", (long long)live->definition->version,
                                 (long long)p.definition->version);
    gx_journal_add(
        work, of,
        (gx_journal_event){
            .kind = "migrated", .name = live->definition->id, .outcome = versions, .why = migrate->reason});
    gx_buffer_text(&live->path, gx_bpmn_translation(work->arena, live->process, p.definition->process,
                                                    p.renamings, p.renaming_count));
    gx_work_migrated(work, live, p.definition->version, p.renamings, p.renaming_count);
    live->definition = p.definition;
    live->process = p.definition->process;
    live->state = p.next;
    live->is_changed = true;
    return rename_rows(work, &p, error) && gx_effects_apply(work, live, &p.effects, error);
}

bool gx_repair_migrate_check(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_case *of,
                             const gx_migrate *migrate, gx_language language, gx_json_out *out,
                             gx_error *error)
{
    gx_work work = gx_work_begin(zone, db, arena, NULL);
    plan p;
    if (!make_plan(&work, of, migrate, &p, error))
        return false;
    write_check(arena, language, p.definition->process, p.obstacles, p.obstacle_count, &p.effects, out);
    return true;
}
