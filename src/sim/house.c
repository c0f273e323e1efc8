#include "sim/house.h"
#include "base/limits.h"
#include "db/sqlite.h"
#include "service/audit.h"
#include "service/repair.h"
#include "service/replay.h"
#include "service/task.h"
#include "skill/skill.h"
#include "sim/vfs.h"

#include <ftw.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

static const gx_instant BEGIN = 1763254800000; /* 2025-11-16T09:00+08:00 */

/* ---- Opening ---- */

static gx_sim_random ids;
static const gx_sim_house *the_house; /* skills know no context */

static void random_ids(void *bytes, size_t size)
{
    for (size_t i = 0; i < size; i++)
        ((unsigned char *)bytes)[i] = (unsigned char)gx_sim_draw(&ids);
}

static bool weather(gx_skill_call *call, gx_value *outputs, gx_error *error)
{
    (void)call;
    *outputs = gx_value_null();
    return !the_house->is_bad_weather || gx_fail(error, "skill.absent", GX_TEXT("sun"));
}

static const gx_skill skills[] = {{"sim.job", weather, true, "", ""}};

bool gx_sim_house_reopen(gx_sim_house *house, gx_error *error)
{
    house->zone = gx_zone_open(
        &(gx_zone_options){.data_folder = house->folder, .vfs = GX_SIM_VFS, .is_stepped = true}, error);
    return house->zone != NULL;
}

static bool load_models(gx_sim_house *house, gx_sim_random *models, gx_error *error)
{
    gx_arena arena = gx_arena_of(GX_LIMIT_MODEL_BYTES);
    gx_findings findings = {0};
    gx_packages *packages = gx_packages_create();
    bool has[GX_SIM_SHAPES]; /* each round leaves something out, so that what is left meets more often */
    for (int i = 0; i < GX_SIM_SHAPES; i++)
        has[i] = gx_sim_chance(models, 700);
    for (int i = 0; i < GX_SIM_MODELS; i++) {
        gx_buffer text = gx_buffer_in(&arena);
        gx_text id = gx_format(&arena, "p%d", i);
        gx_sim_graph_grow(&house->graphs[i], i, has, models);
        gx_sim_graph_write(&house->graphs[i], &text);
        if (house->trace)
            fprintf(house->trace, "%.*s\n", GX_PRINT(gx_buffer_as_text(&text)));
        gx_packages_add(packages, GX_DEFINITION_PROCESS, GX_TEXT("sim"),
                        gx_format(&arena, "processes/p%d.bpmn", i), id, 0, gx_buffer_as_text(&text),
                        &findings);
    }
    gx_packages_add(
        packages, GX_DEFINITION_ROLES, GX_TEXT("sim"), GX_TEXT("roles.json"), GX_TEXT("sim"), 0,
        GX_TEXT("{\"roles\":{\"reviewer\":{\"title\":{\"zh\":\"审\",\"en\":\"R\"},\"may\":{\"task.complete\":"
                "\"all\",\"task.read\":\"all\",\"case.read\":\"all\"}}}}"),
        &findings);
    int64_t loaded = 0;
    bool is_loaded = findings.errors == 0 && gx_zone_load(house->zone, packages, &loaded, error);
    if (findings.errors)
        *error = findings.items[0].error;
    gx_findings_release(&findings);
    gx_packages_release(packages);
    gx_arena_release(&arena);
    return is_loaded;
}

bool gx_sim_house_open(gx_sim_house *house, uint64_t disk_seed, gx_sim_random *models, gx_error *error)
{
    strcpy(house->folder, "/tmp/gx-sim-XXXXXX"); /* keys and folders; the database is in memory */
    if (!mkdtemp(house->folder))
        return gx_fail(error, "base.file", gx_text_of(house->folder));
    house->case_count = house->done_count = 0;
    house->last_done = (gx_sim_act){0};
    house->is_bad_weather = false;
    house->now = BEGIN;
    the_house = house;
    ids = (gx_sim_random){.seed = disk_seed ^ 0x5EED};
    gx_random_set_source(random_ids);
    gx_clock_set_virtual(house->now);
    gx_skills_use(skills, GX_COUNT_OF(skills));
    gx_sim_disk_open(disk_seed);
    bool is_open = gx_sim_house_reopen(house, error) && load_models(house, models, error);
    gx_sim_disk_lie(house->lies);
    return is_open;
}

static int remove_one(const char *path, const struct stat *status, int kind, struct FTW *place)
{
    (void)status, (void)kind, (void)place;
    return remove(path);
}

void gx_sim_house_close(gx_sim_house *house)
{
    gx_zone_close(house->zone);
    house->zone = NULL;
    gx_sim_disk_close();
    nftw(house->folder, remove_one, 8, FTW_DEPTH | FTW_PHYS); /* what stays is a stray folder in /tmp */
}

/* ---- Acting ---- */

static const gx_person reviewer = {.account = 1,
                                   .login = {"reviewer", 8},
                                   .name = {"reviewer", 8},
                                   .department = {"D", 1},
                                   .roles = {{"reviewer", 8}},
                                   .role_count = 1};

bool gx_sim_house_do(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    gx_sim_act *act = context; /* the first member of what was submitted */
    gx_work work = gx_work_begin(act->house->zone, db, arena, NULL);
    work.command_id = gx_text_of(act->id);
    return act->run(&work, act, error) && gx_work_finish(&work, error) &&
           gx_audit(db, arena, NULL, "sim", gx_text_of(act->id), "done",
                    gx_format(arena, "%lld", (long long)act->case_id), error);
}

static int64_t case_of(const gx_sim_act *act)
{
    return act->house->cases[act->of].id;
}

static gx_text element(gx_work *work, const gx_sim_act *act)
{
    return gx_format(work->arena, "n%d", act->node);
}

bool gx_sim_do_start(gx_work *work, gx_sim_act *act, gx_error *error)
{
    gx_case *made;
    gx_application application = {.matter = gx_format(work->arena, "p%d", act->model),
                                  .enterprise = GX_TEXT(""),
                                  .data = gx_json_object(work->arena)};
    if (!gx_case_submit(work, &application, &made, error))
        return false;
    act->case_id = made->id;
    return true;
}

static bool complete(gx_work *work, gx_sim_act *act, bool is_stale, gx_error *error)
{
    int64_t id = 0, version = 0;
    gx_json *data =
        gx_json_parse(work->arena, gx_format(work->arena, "{\"x\":%d}", act->x), GX_TEXT("data"), error);
    gx_person *person = gx_copy_bytes(work->arena, &reviewer, sizeof reviewer);
    person->login = gx_text_of(act->id); /* each task of several is for another person */
    work->person = person;
    if (!data ||
        !gx_db_get_int(
            work->db, error, &id, 0,
            "SELECT id FROM task WHERE case_id = ?1 AND element = ?2 AND done_at IS NULL ORDER BY id "
            "LIMIT 1",
            "it", case_of(act), element(work, act)) ||
        !gx_db_get_int(work->db, error, &version, 0, "SELECT version FROM task WHERE id = ?1", "i", id))
        return false;
    return gx_task_complete(work, id, version + is_stale, GX_TEXT(""), data, error);
}

bool gx_sim_do_complete(gx_work *work, gx_sim_act *act, gx_error *error)
{
    return complete(work, act, false, error);
}

bool gx_sim_do_stale(gx_work *work, gx_sim_act *act, gx_error *error)
{
    return complete(work, act, true, error);
}

bool gx_sim_do_message(gx_work *work, gx_sim_act *act, gx_error *error)
{
    int64_t heard;
    const gx_case *of = gx_work_case(work, case_of(act), error);
    if (!of)
        return false;
    gx_message message = {.name = gx_format(work->arena, "m%d", act->node),
                          .correlation = of->number,
                          .id = gx_text_of(act->id),
                          .variables = gx_value_null(),
                          .lifetime_ms = act->until ? act->until - work->now : 0};
    return gx_message_publish(work, &message, &heard, error);
}

bool gx_sim_do_signal(gx_work *work, gx_sim_act *act, gx_error *error)
{
    (void)act;
    return gx_signal_send(work, GX_TEXT("go"), gx_value_null(), 0, error);
}

bool gx_sim_do_retry(gx_work *work, gx_sim_act *act, gx_error *error)
{
    int64_t incident = 0;
    gx_case *of = gx_work_case(work, case_of(act), error);
    return of &&
           gx_db_get_int(work->db, error, &incident, 0,
                         "SELECT id FROM incident WHERE case_id = ?1 AND element = ?2 AND solved_at IS NULL "
                         "ORDER BY id LIMIT 1",
                         "it", of->id, element(work, act)) &&
           gx_repair_retry(work, of, incident, NULL, GX_TEXT("sim"), error);
}

bool gx_sim_do_cancel(gx_work *work, gx_sim_act *act, gx_error *error)
{
    const gx_case *of = gx_work_case(work, case_of(act), error);
    if (!of)
        return false;
    gx_instance_cancel(work, of, GX_TEXT("sim"));
    return true;
}

/* ---- What is remembered ---- */

void gx_sim_note(gx_sim_house *house, const char *text)
{
    uint64_t digest = house->result->history ? house->result->history : 0xCBF29CE484222325u;
    for (size_t i = 0; text && text[i]; i++)
        digest = (digest ^ (unsigned char)text[i]) * 0x100000001B3u;
    house->result->history = (digest ^ house->index) * 0x100000001B3u;
}

bool gx_sim_wrong(gx_sim_house *house, const char *format, ...)
{
    va_list arguments;
    va_start(arguments, format);
    vsnprintf(house->result->reason, sizeof house->result->reason, format, arguments);
    va_end(arguments);
    if (house->trace)
        fprintf(house->trace, "WRONG: %s\n", house->result->reason);
    return false;
}

void gx_sim_house_remember(gx_sim_house *house, const gx_sim_act *act)
{
    if (house->done_count < GX_SIM_REMEMBERED)
        memcpy(house->done[house->done_count++], act->id, sizeof act->id);
    if (act->run == gx_sim_do_start)
        house->last_done = *act;
}

typedef struct finding {
    gx_sim_house *house;
    gx_sim_act *act;
    int64_t count;
} finding;

static bool find_act(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    finding *f = context;
    (void)arena;
    return gx_db_get_int(db, error, &f->count, 0,
                         "SELECT count(*) FROM audit WHERE action = 'sim' AND object = ?1", "s",
                         f->act->id) &&
           gx_db_get_int(db, error, &f->act->case_id, 0,
                         "SELECT CAST(detail AS INTEGER) FROM audit WHERE action = 'sim' AND object = ?1",
                         "s", f->act->id);
}

bool gx_sim_house_find(gx_sim_house *house, gx_sim_act *act, bool *is_there)
{
    gx_error error = {0};
    finding f = {house, act, 0};
    bool is_read = gx_store_read(gx_zone_store(house->zone), find_act, &f, &error);
    *is_there = f.count > 0;
    return is_read || gx_sim_wrong(house, "the store cannot be read: %s", error.code);
}

/* ---- The comparison ---- */

enum { IDS = GX_SIM_MODELS * GX_SIM_BASE };
typedef struct tally {
    int64_t counts[IDS], sums[IDS];
} tally;

static void add(tally *t, int64_t node, int64_t sum)
{
    if (node >= 0 && node < IDS) {
        t->counts[node]++;
        t->sums[node] += sum;
    }
}

typedef struct rows {
    const char *what, *sql; /* ?1 the case: element and a figure */
} rows;

static const rows projections[] = {
    {"tasks", "SELECT element, 0 FROM task WHERE case_id = ?1 AND done_at IS NULL"},
    {"timers", "SELECT element, due FROM timer WHERE instance / 4096 = ?1"},
    {"jobs", "SELECT element, run_at FROM job WHERE instance / 4096 = ?1"},
    {"incidents", "SELECT element, 0 FROM incident WHERE case_id = ?1 AND solved_at IS NULL"},
    {"messages awaited", "SELECT name, 0 FROM subscription WHERE instance / 4096 = ?1 AND is_signal = 0"},
    {"messages kept",
     "SELECT name, expires_at FROM message WHERE correlation = (SELECT number FROM cases WHERE "
     "id = ?1)"},
};

static void expect(const gx_sim_case *c, size_t projection, tally *t)
{
    for (int i = 0; projection == 5 && i < c->kept_count; i++)
        add(t, c->kept[i].node, c->kept[i].until);
    for (int i = 0; projection == 1 && i < c->scope_count; i++)
        if (c->scopes[i].watch)
            add(t, c->scopes[i].graph->model * GX_SIM_BASE + c->scopes[i].watch_start, c->scopes[i].watch);
    for (int i = 0; i < c->token_count; i++) {
        const gx_sim_token *token = &c->tokens[i];
        const gx_sim_node *node = gx_sim_case_node(c, token);
        const gx_sim_graph *graph = gx_sim_case_scope(c, token->scope)->graph;
        int base = graph->model * GX_SIM_BASE, id = base + token->node;
        bool is_first = node->kind == GX_SIM_FIRST, is_job = node->kind == GX_SIM_JOB;
        int timer = is_first ? gx_sim_event_behind(graph, token->node, GX_SIM_TIMER) : token->node,
            message = is_first                       ? gx_sim_event_behind(graph, token->node, GX_SIM_MESSAGE)
                      : node->kind == GX_SIM_MESSAGE ? token->node
                                                     : -1;
        if (projection == 0 && node->kind == GX_SIM_TASK && (!node->instances || token->is_instance))
            add(t, id, 0);
        if (projection == 1 && token->due && !is_job)
            add(t, base + timer, token->due);
        if (projection == 1 && token->bounds)
            add(t, base + node->boundary, token->bounds);
        if (projection == 2 && is_job && !token->is_incident)
            add(t, id, token->due);
        if (projection == 3 && token->is_incident)
            add(t, id, 0);
        if (projection == 4 && message >= 0)
            add(t, base + message, 0);
    }
}

static bool compare(gx_sim_house *house, int64_t id, const char *what, const tally *have, const tally *want)
{
    for (int i = 0; i < IDS; i++)
        if (have->counts[i] != want->counts[i] || have->sums[i] != want->sums[i])
            return gx_sim_wrong(house, "case %lld: %s at n%d: %lld (%lld), not %lld (%lld)", (long long)id,
                                what, i, (long long)have->counts[i], (long long)have->sums[i],
                                (long long)want->counts[i], (long long)want->sums[i]);
    return true;
}

static bool check_projection(gx_sim_house *house, gx_db *db, int which, size_t projection, gx_error *error)
{
    tally have = {0}, want = {0};
    int64_t id = house->cases[which].id;
    gx_statement *row = gx_db_prepare(db, projections[projection].sql);
    gx_bind_int(row, 1, id);
    gx_step step;
    while ((step = gx_db_step(row, error)) == GX_STEP_ROW)
        add(&have, strtol(gx_column_text(row, 0).bytes + 1, NULL, 10), gx_column_int(row, 1));
    expect(&house->cases[which].model, projection, &want);
    return step == GX_STEP_DONE && compare(house, id, projections[projection].what, &have, &want);
}

/* One instance's record: written again it gives the same bytes; its tokens are added to `have`. */
static bool check_record(gx_sim_house *house, gx_db *db, gx_arena *arena, int64_t instance, tally *have,
                         const gx_state **state, gx_error *error)
{
    const gx_bpmn_process *process;
    gx_text bytes;
    uint32_t *nodes;
    if (!gx_instance_read(house->zone, db, arena, instance, state, &process, NULL, error) ||
        !gx_db_get_text(db, arena, error, &bytes, "SELECT state FROM instance WHERE id = ?1", "i", instance))
        return false;
    if (!gx_text_equal(bytes, gx_state_encode(arena, *state)))
        return gx_sim_wrong(house, "instance %lld: the record is written differently when read",
                            (long long)instance);
    size_t count = gx_state_tokens(arena, *state, &nodes);
    for (size_t i = 0; i < count; i++)
        add(have, strtol(process->nodes[nodes[i]].id.bytes + 1, NULL, 10), 0);
    for (size_t i = 0; i < bytes.size; i++)
        house->result->history = (house->result->history ^ (unsigned char)bytes.bytes[i]) * 0x100000001B3u;
    return true;
}

static bool check_x(gx_sim_house *house, gx_arena *arena, int which, const gx_state *state)
{
    const gx_sim_case *c = &house->cases[which].model;
    int64_t id = house->cases[which].id;
    char figure[16];
    if (gx_state_has_ended(state) != (c->token_count == 0))
        return gx_sim_wrong(house, "case %lld: ended: %d", (long long)id, gx_state_has_ended(state));
    gx_value x = gx_context_get(gx_state_variables(arena, state), GX_TEXT("x"));
    snprintf(figure, sizeof figure, "%d", c->x);
    gx_text text = gx_json_to_text(arena, gx_value_to_json(arena, x));
    return c->token_count == 0 || gx_text_equal(text, c->x < 0 ? GX_TEXT("null") : gx_text_of(figure)) ||
           gx_sim_wrong(house, "case %lld: x is %.*s, not %d", (long long)id, GX_PRINT(text), c->x);
}

/* The records of the case's process and of those it has called. */
static bool check_records(gx_sim_house *house, gx_db *db, gx_arena *arena, int which, gx_error *error)
{
    const gx_sim_case *c = &house->cases[which].model;
    int64_t id = house->cases[which].id, first = id * GX_INSTANCE_PARTS;
    tally have = {0}, want = {0};
    for (int64_t at = first - 1, next;; at = next) {
        const gx_state *state;
        if (!gx_db_get_int(db, error, &next, 0, "SELECT min(id) FROM instance WHERE id > ?1 AND id < ?2",
                           "ii", at, first + GX_INSTANCE_PARTS))
            return false;
        if (!next)
            break;
        if (!check_record(house, db, arena, next, &have, &state, error) ||
            (next == first && !check_x(house, arena, which, state)))
            return false;
    }
    for (int i = 0; i < c->token_count; i++)
        add(&want, gx_sim_case_node_id(c, &c->tokens[i]), 0);
    return compare(house, id, "tokens", &have, &want);
}

/* The journal, run again, must end in the record. */
static bool check_journal(gx_sim_house *house, gx_db *db, gx_arena *arena, int which, gx_error *error)
{
    int64_t first = house->cases[which].id * GX_INSTANCE_PARTS;
    for (int64_t at = first - 1, next;; at = next) {
        gx_replay replay;
        if (!gx_db_get_int(db, error, &next, 0, "SELECT min(id) FROM instance WHERE id > ?1 AND id < ?2",
                           "ii", at, first + GX_INSTANCE_PARTS))
            return false;
        if (!next)
            return true;
        if (!gx_replay_instance(house->zone, db, arena, next, &replay, error))
            return false;
        house->result->replayed += (uint64_t)replay.steps;
        if (!replay.is_equal)
            return gx_sim_wrong(house, "instance %lld: its journal gives another record, from row %lld (%s)",
                                (long long)next, (long long)replay.differs_at,
                                replay.reason.code ? replay.reason.code : "");
    }
}

static bool check_cases(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    gx_sim_house *house = context;
    for (int i = 0; i < house->case_count; i++) {
        if (house->cases[i].model.is_unsure)
            continue;
        gx_arena_mark mark = gx_arena_here(arena);
        if (!check_records(house, db, arena, i, error) ||
            (house->checks_all && !check_journal(house, db, arena, i, error)))
            return false;
        for (size_t p = 0; p < GX_COUNT_OF(projections); p++)
            if (!check_projection(house, db, i, p, error))
                return false;
        gx_arena_rewind(arena, mark);
    }
    int64_t cases;
    if (!gx_db_get_int(db, error, &cases, 0, "SELECT count(*) FROM cases", ""))
        return false;
    return cases == house->case_count ||
           gx_sim_wrong(house, "%lld cases, not %d", (long long)cases, house->case_count);
}

/* Each answered command is there exactly once, and the file is whole. */
static bool check_store(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    gx_sim_house *house = context;
    for (int i = 0; i < house->done_count; i++) {
        int64_t count;
        if (!gx_db_get_int(db, error, &count, 0,
                           "SELECT count(*) FROM audit WHERE action = 'sim' AND object = ?1", "s",
                           house->done[i]))
            return false;
        if (count != 1)
            return gx_sim_wrong(house, "command %s is there %lld times", house->done[i], (long long)count);
    }
    int64_t all;
    gx_text said;
    if (!gx_db_get_int(db, error, &all, 0, "SELECT count(*) FROM audit WHERE action = 'sim'", "") ||
        !gx_db_get_text(db, arena, error, &said, "PRAGMA integrity_check", ""))
        return false;
    if (all != house->done_count)
        return gx_sim_wrong(house, "%lld commands in the store, not %d", (long long)all, house->done_count);
    return gx_text_equal(said, GX_TEXT("ok")) || gx_sim_wrong(house, "integrity: %.*s", GX_PRINT(said));
}

bool gx_sim_house_check(gx_sim_house *house, bool is_full)
{
    gx_error error = {0};
    gx_store *store = gx_zone_store(house->zone);
    int64_t entries, broken = 0;
    house->result->checks++;
    house->checks_all = is_full;
    house->result->reason[0] = 0;
    bool is_right = gx_store_read(store, check_cases, house, &error) &&
                    (!is_full || (gx_store_read(store, check_store, house, &error) &&
                                  gx_audit_verify(house->zone, &entries, &broken, &error)));
    if (is_right && broken)
        return gx_sim_wrong(house, "the audit chain breaks at %lld", (long long)broken);
    return is_right || house->result->reason[0] || gx_sim_wrong(house, "a check fails: %s", error.code)
               ? is_right
               : false;
}
