/* Records of instances, the queue of a command, and what is written at its end. What effects ask for stands
 * in effects.c. */
#include "service/work.h"
#include "base/clock.h"
#include "bpmn/recorded.h"
#include "service/case_search.h"
#include "service/scheduler.h"

#include <string.h>

gx_work gx_work_begin(gx_zone *zone, gx_db *db, gx_arena *arena, const gx_person *person)
{
    return (gx_work){.zone = zone,
                     .packages = gx_zone_packages(zone),
                     .db = db,
                     .arena = arena,
                     .person = person,
                     .now = gx_clock_now(),
                     .command_id = {NULL, 0}};
}

/* ---- Definitions as of the case's start ---- */

const gx_definition *gx_work_definition(gx_work *work, const gx_case *of, const gx_definition *current,
                                        gx_error *error)
{
    if (of->is_new || current->version <= 1)
        return current;
    int64_t version = 0;
    if (!gx_db_get_int(work->db, error, &version, 0,
                       "SELECT max(version) FROM definition WHERE kind = ?1 AND id = ?2 AND loaded_at <= ?3",
                       "sti", gx_definition_kind_name(current->kind), current->id, of->submitted_at))
        return NULL;
    if (version == 0 ||
        version == current->version) /* it came after the case: then the first there is will do */
        return current;
    return gx_zone_definition(work->zone, work->db, current->kind, current->id, version, error);
}

/* ---- Records ---- */

static void add_live(gx_work *work, gx_live *live)
{
    live->path = gx_buffer_in(work->arena);
    live->steps = gx_buffer_in(work->arena);
    if (work->last)
        work->last->next = live;
    else
        work->first = live;
    work->last = live;
}

/* The columns of GX_LIVE_COLUMNS; resets the row. NULL when what it holds cannot be read. */
static gx_live *read_live(gx_work *work, gx_case *of, gx_statement *row, int first, gx_error *error)
{
    gx_live *live = GX_NEW(work->arena, gx_live);
    gx_text process = gx_column_copy(work->arena, row, first + 1),
            record = gx_column_copy(work->arena, row, first + 8);
    int64_t process_version = gx_column_int(row, first + 2);
    *live = (gx_live){.id = gx_column_int(row, first),
                      .of = of,
                      .record = record,
                      .is_recorded = !gx_column_is_null(row, first + 9),
                      .facts = gx_column_int(row, first + 9),
                      .parent = gx_column_int(row, first + 3),
                      .parent_key = (uint32_t)gx_column_int(row, first + 4),
                      .depth = (int32_t)gx_column_int(row, first + 5),
                      .version = gx_column_int(row, first + 6),
                      .has_ended = gx_column_int(row, first + 7) != 0};
    gx_db_reset(row);
    live->shelf = gx_shelf_open(work->arena, work->db, live->id);
    live->definition =
        gx_zone_definition(work->zone, work->db, GX_DEFINITION_PROCESS, process, process_version, error);
    if (!live->definition)
        return NULL;
    live->process = live->definition->process;
    live->state = live->before = gx_state_decode(work->arena, live->process, record, live->shelf, error);
    return live->state ? live : NULL;
}

bool gx_work_take(gx_work *work, gx_case *of, gx_statement *row, int first, gx_error *error)
{
    of->next = work->cases;
    work->cases = of;
    gx_live *live = read_live(work, of, row, first, error);
    if (live)
        add_live(work, live);
    return live != NULL;
}

/* The instance and its case in one question. */
static gx_live *find_both(gx_work *work, int64_t id, gx_error *error)
{
    gx_case *of = GX_NEW(work->arena, gx_case);
    gx_statement *find =
        gx_db_prepare(work->db, "SELECT " GX_CASE_COLUMNS ", " GX_LIVE_COLUMNS
                                " FROM instance i JOIN cases c ON c.bucket = i.bucket AND c.id = i.id / 4096 "
                                "WHERE i.bucket = bucket_of(?1 / 4096) AND i.id = ?1 FOR UPDATE");
    gx_bind_int(find, 1, id);
    gx_step step = gx_db_step(find, error);
    if (step == GX_STEP_DONE)
        gx_fail(error, "case.absent");
    if (step != GX_STEP_ROW)
        return NULL;
    *of = (gx_case){0};
    gx_case_read(work->arena, find, 0, of);
    return gx_work_take(work, of, find, GX_CASE_COLUMN_COUNT, error) ? work->last : NULL;
}

static const char due_timer[] =
    "SELECT " GX_CASE_COLUMNS ", " GX_LIVE_COLUMNS
    " FROM timer t JOIN instance i ON i.bucket = t.bucket AND i.id = t.instance JOIN cases c ON c.bucket = "
    "i.bucket AND c.id = i.id / 4096 WHERE t.bucket = bucket_of(?1 / 4096) AND t.instance = ?1 AND t.key = "
    "?2 AND t.due <= ?3 FOR UPDATE SKIP LOCKED";

gx_first_question gx_work_due_question(int64_t id, uint32_t key, gx_instant now)
{
    return (gx_first_question){
        .sql = due_timer, .numbers = {id, key, now}, .number_count = 3, .key_count = 2, .subject = 0};
}

bool gx_work_take_due(gx_work *work, int64_t id, uint32_t key, gx_case **taken, gx_error *error)
{
    gx_case *of = GX_NEW(work->arena, gx_case);
    gx_statement *find = gx_db_prepare(work->db, due_timer);
    gx_bind(find, "iii", id, (int64_t)key, work->now);
    gx_step step = gx_db_step(find, error);
    *taken = NULL;
    if (step != GX_STEP_ROW)
        return step == GX_STEP_DONE;
    *of = (gx_case){0};
    gx_case_read(work->arena, find, 0, of);
    *taken = of;
    return gx_work_take(work, of, find, GX_CASE_COLUMN_COUNT, error);
}

gx_live *gx_work_live(gx_work *work, int64_t id, gx_error *error)
{
    for (gx_live *live = work->first; live; live = live->next)
        if (live->id == id)
            return live;
    gx_case *of = work->cases;
    while (of && of->id != id / GX_INSTANCE_PARTS)
        of = of->next;
    if (!of)
        return find_both(work, id, error);
    gx_statement *find = gx_db_prepare(
        work->db, "SELECT " GX_LIVE_COLUMNS
                  " FROM instance i WHERE i.bucket = bucket_of(?1 / 4096) AND i.id = ?1 FOR UPDATE");
    gx_bind_int(find, 1, id);
    gx_step step = gx_db_step(find, error);
    if (step == GX_STEP_DONE)
        gx_fail(error, "case.absent");
    gx_live *live = step == GX_STEP_ROW ? read_live(work, of, find, 0, error) : NULL;
    if (live)
        add_live(work, live);
    return live;
}

static bool write_record(gx_work *work, gx_live *live, gx_error *error)
{
    gx_text record = gx_state_encode(work->arena, live->state);
    gx_recorded_put(&live->steps,
                    &(gx_recorded){.kind = GX_RECORDED_END, .checksum = gx_recorded_checksum(record)});
    if (!live->is_new)
        return gx_db_run(work->db, error,
                         "UPDATE instance SET version = version + 1, has_ended = ?2, state = ?3, "
                         "process_version = ?4, facts = ?5 WHERE bucket = bucket_of(?1 / 4096) AND id = ?1",
                         "iibii", live->id, (int64_t)live->has_ended, record, live->definition->version,
                         live->facts);
    gx_statement *insert = gx_db_prepare(
        work->db,
        "INSERT INTO instance (bucket, id, process, process_version, parent, parent_key, depth, version, "
        "has_ended, state, facts) VALUES (bucket_of(?1 / 4096), ?1, ?2, ?3, ?4, ?5, ?6, 1, ?7, ?8, ?9)");
    gx_bind(insert, "itiiiiibi", live->id, live->definition->id, live->definition->version, live->parent,
            (int64_t)live->parent_key, (int64_t)live->depth, (int64_t)live->has_ended, record, live->facts);
    if (live->parent == 0)
        gx_bind_null(insert, 4);
    return gx_db_finish(insert, error);
}

static bool write_journal(gx_work *work, const gx_case *of, int64_t instance, gx_text events, gx_text path,
                          gx_text steps, gx_error *error)
{
    const gx_person *person = work->person;
    return gx_db_run(
        work->db, error,
        "INSERT INTO journal (bucket, case_id, instance, at, actor, actor_name, department, command_id, "
        "events, path, steps) VALUES (bucket_of(?1), ?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10)",
        "iiittttttb", of->id, instance, work->now, person ? person->login : GX_TEXT(""),
        person ? person->name : GX_TEXT(""),
        person && person->department.bytes ? person->department : GX_TEXT(""), work->command_id, events, path,
        steps);
}

/* What has been done once under this id is not done again; the index keeps the promise even for two at once.
 */
static bool is_new_command(gx_work *work, gx_error *error)
{
    int64_t is_known = 0;
    if (!work->command_id.bytes)
        return true;
    if (!gx_db_get_int(work->db, error, &is_known, 0, "SELECT 1 FROM journal WHERE command_id = ?1", "t",
                       work->command_id))
        return false;
    return !is_known || gx_fail(error, "case.command.done");
}

/* The rows by which the case is found by its variables. */
static bool index_variables(gx_work *work, const gx_live *live, gx_error *error)
{
    if (live->id % GX_INSTANCE_PARTS || !gx_search_is_used(work->packages))
        return true;
    gx_value before = live->before ? gx_state_variables(work->arena, live->before) : gx_value_null(),
             after = live->has_ended ? live->ended_with : gx_state_variables(work->arena, live->state);
    return gx_search_update(work, live->of->id, before, after, error);
}

bool gx_work_finish(gx_work *work, gx_error *error)
{
    if (!gx_work_drain(work, error) || !is_new_command(work, error))
        return false;
    for (gx_live *live = work->first; live; live = live->next) {
        if (!live->is_changed)
            continue;
        gx_text events = gx_case_take_events(work, live->of), path = gx_buffer_as_text(&live->path);
        if (!write_record(work, live, error) || !index_variables(work, live, error) ||
            !write_journal(work, live->of, live->id, events, path.bytes ? path : GX_TEXT(""),
                           gx_buffer_as_text(&live->steps), error))
            return false;
        work->command_id = (gx_text){NULL, 0}; /* the first row carries it */
    }
    for (gx_case *of = work->cases; of; of = of->next) {
        gx_db_touch(work->db, of->id);
        if (of->events && !write_journal(work, of, of->id * GX_INSTANCE_PARTS, gx_case_take_events(work, of),
                                         GX_TEXT(""), (gx_text){NULL, 0}, error))
            return false;
        if (!gx_case_flush(work, of, error))
            return false;
        gx_zone_tell(work->zone, work->db, "case", of->number);
    }
    return true;
}

/* ---- Stepping ---- */

const gx_text gx_fact_names[1] = {{"case", 4}};

gx_feel_budget gx_step_budget(gx_instant now)
{
    return (gx_feel_budget){.has_now = true, .now = now, .now_offset = 28800};
}

static gx_value see_facts(void *context)
{
    gx_sight *sight = context;
    sight->has_seen_facts = true;
    return gx_case_facts(sight->work, sight->of);
}

gx_bpmn_world gx_work_world(gx_work *work, gx_live *live, gx_sight *sight)
{
    *sight = (gx_sight){.work = work, .of = live->of, .budget = gx_step_budget(work->now)};
    return (gx_bpmn_world){.now = work->now,
                           .calendar = gx_packages_calendar(work->packages),
                           .facts = {gx_fact_names, GX_COUNT_OF(gx_fact_names), see_facts, sight},
                           .budget = &sight->budget,
                           .shelf = live->shelf};
}

/* What holds for all steps of this command, before the first of them. */
static void begin_steps(gx_work *work, gx_live *live)
{
    if (live->steps.size)
        return;
    if (!live->is_recorded)
        gx_recorded_put(&live->steps,
                        &(gx_recorded){.kind = GX_RECORDED_PROCESS, .version = live->definition->version});
    if (!live->is_recorded && !live->is_new)
        gx_recorded_put(&live->steps, &(gx_recorded){.kind = GX_RECORDED_STATE, .record = live->record});
    live->is_recorded = true;
    const gx_definition *calendar = gx_packages_calendar_definition(work->packages);
    gx_recorded_put(&live->steps, &(gx_recorded){.kind = GX_RECORDED_CALENDAR,
                                                 .version = calendar ? calendar->version : 0});
}

/* Facts are large and mostly those of the step before. */
static void record_facts(gx_work *work, gx_live *live)
{
    gx_recorded entry = {.kind = GX_RECORDED_FACTS, .facts = gx_case_facts(work, live->of)};
    gx_buffer bytes = gx_buffer_in(work->arena);
    gx_recorded_put(&bytes, &entry);
    int64_t hash = (int64_t)gx_text_hash(gx_buffer_as_text(&bytes)) | 1; /* 0 is none */
    if (hash == live->facts)
        return;
    live->facts = hash;
    gx_recorded_put(&live->steps, &entry);
}

bool gx_work_step(gx_work *work, gx_live *live, const gx_command *command, gx_error *error)
{
    gx_effects effects;
    gx_sight sight;
    gx_bpmn_world world = gx_work_world(work, live, &sight);
    bool is_done =
        gx_bpmn_step(work->arena, live->process, live->state, command, &world, &live->state, &effects, error);
    if (!gx_shelf_check(live->shelf, error) || !is_done)
        return false;
    live->is_changed = true;
    begin_steps(work, live);
    if (sight.has_seen_facts)
        record_facts(work, live);
    gx_recorded_put(&live->steps, &(gx_recorded){.kind = GX_RECORDED_COMMAND, .command = *command});
    return gx_effects_apply(work, live, &effects, error);
}

void gx_work_migrated(gx_work *work, gx_live *live, int64_t version, gx_bpmn_renaming *renamings,
                      size_t count)
{
    begin_steps(work, live);
    record_facts(work, live);
    gx_recorded_put(&live->steps, &(gx_recorded){.kind = GX_RECORDED_MIGRATION,
                                                 .version = version,
                                                 .renamings = renamings,
                                                 .renaming_count = count});
}

gx_pending *gx_work_queue(gx_work *work, gx_pending_kind kind, int64_t instance, uint32_t key)
{
    gx_pending *pending = GX_NEW(work->arena, gx_pending);
    *pending = (gx_pending){.kind = kind, .instance = instance, .key = key};
    if (work->queue_end)
        work->queue_end->next = pending;
    else
        work->queue = pending;
    work->queue_end = pending;
    return pending;
}

bool gx_work_drain(gx_work *work, gx_error *error)
{
    while (work->queue) {
        gx_pending *pending = work->queue;
        work->queue = pending->next;
        if (!work->queue)
            work->queue_end = NULL;
        if (!pending->is_dropped && !gx_pending_run(work, pending, error))
            return false;
    }
    return true;
}

bool gx_work_settle(gx_work *work, gx_error *error)
{
    return gx_work_drain(work, error);
}

bool gx_work_instance(gx_work *work, int64_t instance, const gx_state **state,
                      const gx_bpmn_process **process, gx_error *error)
{
    gx_live *live = gx_work_live(work, instance, error);
    if (!live)
        return false;
    *state = live->state;
    *process = live->process;
    return true;
}

bool gx_instance_command(gx_work *work, int64_t instance, const gx_command *command, gx_error *error)
{
    gx_live *live = gx_work_live(work, instance, error);
    bool is_repair = command->kind == GX_COMMAND_MOVE || command->kind == GX_COMMAND_SET_VARIABLES ||
                     command->kind == GX_COMMAND_CANCEL;
    if (live && live->of->suspended_at && !is_repair)
        return gx_fail(error, "case.suspended");
    return live && gx_work_step(work, live, command, error) && gx_work_drain(work, error);
}

void gx_instance_post(gx_work *work, int64_t instance, const gx_command *command)
{
    gx_work_queue(work, GX_PENDING_COMMAND, instance, command->key)->command = *command;
}

void gx_instance_cancel(gx_work *work, const gx_case *of, gx_text why)
{
    gx_instance_post(work, of->id * GX_INSTANCE_PARTS,
                     &(gx_command){.kind = GX_COMMAND_CANCEL, .detail = why});
}

/* ---- Starting ---- */

bool gx_work_start(gx_work *work, gx_live *live, gx_text start, gx_value variables, gx_error *error)
{
    live->is_new = true;
    live->process = live->definition->process;
    live->shelf = gx_shelf_open(work->arena, work->db, live->id);
    add_live(work, live);
    return gx_work_step(
        work, live, &(gx_command){.kind = GX_COMMAND_START, .name = start, .variables = variables}, error);
}

bool gx_instance_start(gx_work *work, gx_case *of, gx_text process, gx_value variables, gx_error *error)
{
    return gx_instance_start_at(work, of, process, 0, (gx_text){"", 0}, variables, error);
}

bool gx_instance_start_at(gx_work *work, gx_case *of, gx_text process, int64_t version, gx_text start,
                          gx_value variables, gx_error *error)
{
    gx_live *live = GX_NEW(work->arena, gx_live);
    *live = (gx_live){.id = of->id * GX_INSTANCE_PARTS,
                      .of = of,
                      .definition = gx_packages_find(work->packages, GX_DEFINITION_PROCESS, process)};
    if (!live->definition)
        return gx_fail(error, "case.process.absent", process);
    if (version && version != live->definition->version &&
        !(live->definition =
              gx_zone_definition(work->zone, work->db, GX_DEFINITION_PROCESS, process, version, error)))
        return false;
    return gx_work_start(work, live, start, variables, error) && gx_work_drain(work, error);
}

static bool next_part(gx_work *work, const gx_case *of, int64_t *id, gx_error *error)
{
    int64_t first = of->id * GX_INSTANCE_PARTS, last = first;
    char figure[24];
    if (!gx_db_get_int(
            work->db, error, &last, first,
            "SELECT max(id) FROM instance WHERE bucket = bucket_of(?1 / 4096) AND id BETWEEN ?1 AND ?2", "ii",
            first, first + GX_INSTANCE_PARTS - 1))
        return false;
    for (gx_live *live = work->first; live; live = live->next)
        if (live->of == of && live->id > last)
            last = live->id;
    *id = last + 1;
    return *id < first + GX_INSTANCE_PARTS ||
           gx_fail(error, "case.parts", gx_error_int(figure, GX_INSTANCE_PARTS));
}

gx_live *gx_work_child(gx_work *work, gx_live *parent, uint32_t key, gx_text process, gx_error *error)
{
    char figure[24];
    const gx_definition *current = gx_packages_find(work->packages, GX_DEFINITION_PROCESS, process);
    if (!current || parent->depth + 1 >= (int32_t)GX_LIMIT_CALL_DEPTH) {
        if (current)
            gx_fail(error, "case.depth", gx_error_int(figure, GX_LIMIT_CALL_DEPTH));
        else
            gx_fail(error, "case.process.absent", process);
        return NULL;
    }
    gx_live *live = GX_NEW(work->arena, gx_live);
    *live = (gx_live){.of = parent->of, .parent = parent->id, .parent_key = key, .depth = parent->depth + 1};
    live->definition = gx_work_definition(work, parent->of, current, error);
    return live->definition && next_part(work, parent->of, &live->id, error) ? live : NULL;
}

/* ---- Reading ---- */

bool gx_instance_read(gx_zone *zone, gx_db *db, gx_arena *arena, int64_t instance, const gx_state **state,
                      const gx_bpmn_process **process, const gx_definition **definition, gx_error *error)
{
    gx_statement *find = gx_db_prepare(db, "SELECT process, process_version, state FROM instance WHERE "
                                           "bucket = bucket_of(?1 / 4096) AND id = ?1");
    gx_bind_int(find, 1, instance);
    gx_step step = gx_db_step(find, error);
    if (step != GX_STEP_ROW)
        return step == GX_STEP_FAILED ? false : gx_fail(error, "case.absent");
    gx_text id = gx_column_copy(arena, find, 0), record = gx_column_copy(arena, find, 2);
    int64_t version = gx_column_int(find, 1);
    gx_db_reset(find);
    const gx_definition *found = gx_zone_definition(zone, db, GX_DEFINITION_PROCESS, id, version, error);
    if (!found)
        return false;
    *process = found->process;
    if (definition)
        *definition = found;
    *state = gx_state_decode(arena, found->process, record, gx_shelf_open(arena, db, instance), error);
    return *state != NULL;
}

static bool read_kept(gx_db *db, gx_arena *arena, int64_t case_id, gx_value *variables, gx_error *error)
{
    gx_text data;
    if (!gx_db_get_text(db, arena, error, &data,
                        "SELECT data FROM case_data WHERE bucket = bucket_of(?1) AND case_id = ?1", "i",
                        case_id))
        return false;
    gx_json *json = data.bytes ? gx_json_parse(arena, data, GX_TEXT("case_data"), error) : NULL;
    if (data.bytes && !json)
        return false;
    *variables = json ? gx_value_from_json(arena, json) : gx_value_context(arena, NULL, 0);
    return true;
}

bool gx_instance_variables(gx_zone *zone, gx_db *db, gx_arena *arena, int64_t case_id, gx_value *variables,
                           gx_error *error)
{
    const gx_state *state;
    const gx_bpmn_process *process;
    if (!gx_instance_read(zone, db, arena, case_id * GX_INSTANCE_PARTS, &state, &process, NULL, error))
        return false;
    if (gx_state_has_ended(state))
        return read_kept(db, arena, case_id, variables, error);
    *variables = gx_state_variables(arena, state);
    return true;
}

bool gx_work_variables(gx_work *work, int64_t case_id, gx_value *variables, gx_error *error)
{
    gx_live *live = gx_work_live(work, case_id * GX_INSTANCE_PARTS, error);
    if (!live)
        return false;
    if (live->has_ended)
        return read_kept(work->db, work->arena, case_id, variables, error);
    *variables = gx_state_variables(work->arena, live->state);
    return true;
}
