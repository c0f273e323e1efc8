#include "service/replay.h"
#include "bpmn/recorded.h"
#include "bpmn/shelf_memory.h"
#include "base/limits.h"
#include "service/work.h"

/* One instance being made again. */
typedef struct remake {
    gx_zone *zone;
    gx_db *db;
    gx_text id; /* of the process */
    const gx_definition *definition;
    const gx_calendar *calendar;
    gx_text facts; /* as an entry's bytes */
    gx_text record, stored;
    gx_shelf_memory *shelf;
    /* of the row at work */
    gx_arena *arena;
    const gx_state *state;
    gx_value seen;
    bool lacks_facts;
    gx_replay *replay;
} remake;

static gx_value old_facts(void *context)
{
    remake *r = context;
    r->lacks_facts |= gx_value_is_null(r->seen);
    return r->seen;
}

static gx_bpmn_world world_of(remake *r, gx_instant now, gx_feel_budget *budget)
{
    *budget = gx_step_budget(now);
    return (gx_bpmn_world){.now = now,
                           .calendar = r->calendar,
                           .facts = {gx_fact_names, GX_COUNT_OF(gx_fact_names), old_facts, r},
                           .budget = budget,
                           .shelf = gx_shelf_memory_shelf(r->shelf)};
}

static bool take_version(remake *r, gx_definition_kind kind, int64_t version, gx_error *error)
{
    gx_text id = kind == GX_DEFINITION_PROCESS ? r->id : GX_TEXT("cn");
    const gx_definition *found =
        version ? gx_zone_definition(r->zone, r->db, kind, id, version, error) : NULL;
    if (version && !found)
        return false;
    if (kind == GX_DEFINITION_PROCESS)
        r->definition = found;
    else
        r->calendar = found ? found->calendar : NULL;
    return true;
}

static bool run_command(remake *r, gx_instant now, const gx_command *command, gx_error *error)
{
    gx_effects effects = {0};
    gx_feel_budget budget;
    const gx_bpmn_world world = world_of(r, now, &budget);
    r->replay->steps++;
    if (!gx_bpmn_step(r->arena, r->definition->process, r->state, command, &world, &r->state, &effects,
                      error))
        return false;
    gx_shelf_memory_apply(r->shelf, &effects);
    return !r->lacks_facts || gx_fail(error, "case.replay.facts");
}

static bool run_migration(remake *r, gx_instant now, const gx_recorded *entry, gx_error *error)
{
    gx_effects effects = {0};
    gx_feel_budget budget;
    gx_bpmn_obstacle obstacle;
    size_t count = 1;
    const gx_bpmn_process *from = r->definition->process;
    const gx_bpmn_world world = world_of(r, now, &budget);
    r->replay->steps++;
    return take_version(r, GX_DEFINITION_PROCESS, entry->version, error) &&
           (gx_bpmn_migrate(r->arena, from, r->definition->process, r->state, entry->renamings,
                            entry->renaming_count, &world, &r->state, &effects, &obstacle, &count) ||
            gx_fail(error, obstacle.code, obstacle.element));
}

static bool run_entry(remake *r, gx_instant now, gx_recorded *entry, gx_error *error)
{
    bool needs_process = entry->kind == GX_RECORDED_COMMAND || entry->kind == GX_RECORDED_MIGRATION ||
                         entry->kind == GX_RECORDED_STATE;
    if (needs_process && !r->definition)
        return gx_fail(error, "case.replay.row");
    switch (entry->kind) {
    case GX_RECORDED_COMMAND: return run_command(r, now, &entry->command, error);
    case GX_RECORDED_MIGRATION: return run_migration(r, now, entry, error);
    case GX_RECORDED_FACTS: r->seen = entry->facts; return true;
    case GX_RECORDED_PROCESS: return take_version(r, GX_DEFINITION_PROCESS, entry->version, error);
    case GX_RECORDED_CALENDAR: return take_version(r, GX_DEFINITION_CALENDAR, entry->version, error);
    case GX_RECORDED_STATE:
        r->state = gx_state_decode(r->arena, r->definition->process, entry->record,
                                   gx_shelf_memory_shelf(r->shelf), error);
        return r->state != NULL;
    case GX_RECORDED_END: break;
    }
    gx_text record = r->state ? gx_state_encode(r->arena, r->state) : (gx_text){NULL, 0};
    return record.size && gx_recorded_checksum(record) == entry->checksum;
}

/* Takes up where the row before ended, from bytes, as the next command of a running case does. */
static bool take_up(remake *r, gx_error *error)
{
    gx_recorded entry = {.facts = gx_value_null()};
    gx_recorded_reader reader = {.arena = r->arena, .row = r->facts};
    r->seen = r->facts.size && gx_recorded_next(&reader, &entry) ? entry.facts : gx_value_null();
    r->state = NULL;
    if (r->record.size)
        r->state = gx_state_decode(r->arena, r->definition->process, r->record,
                                   gx_shelf_memory_shelf(r->shelf), error);
    return r->state || r->record.size == 0;
}

static bool run_row(remake *r, gx_instant now, gx_text row, gx_error *error)
{
    gx_recorded_reader reader = {.arena = r->arena, .row = row};
    gx_recorded entry;
    if (!take_up(r, error))
        return false;
    while (gx_recorded_next(&reader, &entry))
        if (!run_entry(r, now, &entry, error))
            return false;
    return !reader.is_bad || gx_fail(error, "case.replay.row");
}

/* What the next row takes up. */
static void keep(remake *r)
{
    gx_buffer facts = gx_buffer_in(r->arena);
    if (!gx_value_is_null(r->seen))
        gx_recorded_put(&facts, &(gx_recorded){.kind = GX_RECORDED_FACTS, .facts = r->seen});
    r->facts = gx_buffer_as_text(&facts);
    r->record = r->state ? gx_state_encode(r->arena, r->state) : (gx_text){NULL, 0};
}

typedef struct row {
    remake *of;
    gx_instant at;
    gx_text bytes;
} row;

static bool run_guarded(void *context)
{
    row *one = context;
    if (!run_row(one->of, one->at, one->bytes, &one->of->replay->reason))
        return false;
    keep(one->of);
    return true;
}

/* Two arenas in turn: each row reads in the other one what the row before it left. */
static bool run_rows(remake *r, gx_statement *rows, gx_error *error)
{
    gx_arena arenas[2] = {gx_arena_of(GX_LIMIT_COMMAND_BYTES), gx_arena_of(GX_LIMIT_COMMAND_BYTES)};
    gx_replay *replay = r->replay;
    gx_step step = GX_STEP_DONE;
    while (!replay->differs_at && (step = gx_db_step(rows, error)) == GX_STEP_ROW) {
        row one = {r, gx_column_int(rows, 1), gx_column_text(rows, 2)};
        r->arena = &arenas[replay->rows++ % 2];
        gx_arena_release(r->arena);
        if (!gx_arena_guard(r->arena, run_guarded, &one, &replay->reason))
            replay->differs_at = gx_column_int(rows, 0);
    }
    if (step == GX_STEP_ROW)
        gx_db_reset(rows);
    replay->is_from_before = replay->rows == 0;
    replay->is_equal = !replay->differs_at && gx_text_equal(r->record, r->stored);
    gx_arena_release(&arenas[0]);
    gx_arena_release(&arenas[1]);
    return step != GX_STEP_FAILED;
}

bool gx_replay_instance(gx_zone *zone, gx_db *db, gx_arena *arena, int64_t instance, gx_replay *replay,
                        gx_error *error)
{
    gx_statement *stored = gx_db_prepare(
        db, "SELECT process, state FROM instance WHERE bucket = bucket_of(?1 / 4096) AND id = ?1");
    *replay = (gx_replay){.instance = instance};
    gx_bind_int(stored, 1, instance);
    gx_step step = gx_db_step(stored, error);
    if (step != GX_STEP_ROW)
        return step == GX_STEP_FAILED ? false : gx_fail(error, "case.absent");
    remake r = {.zone = zone,
                .db = db,
                .id = gx_column_copy(arena, stored, 0),
                .stored = gx_column_copy(arena, stored, 1),
                .replay = replay};
    gx_db_reset(stored);
    gx_statement *rows = gx_db_prepare(
        db, "SELECT id, at, steps FROM journal WHERE bucket = bucket_of(?1) AND case_id = ?1 AND "
            "instance = ?2 AND steps IS NOT NULL ORDER BY id");
    gx_bind(rows, "ii", instance / GX_INSTANCE_PARTS, instance);
    r.shelf = gx_shelf_memory_create();
    bool is_done = run_rows(&r, rows, error);
    gx_shelf_memory_destroy(r.shelf);
    return is_done;
}
