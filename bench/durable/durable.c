#include "durable.h"
#include "base/clock.h"
#include "base/limits.h"
#include "service/schema.h"
#include "service/task.h"
#include "skill/skill.h"

#include <libpq-fe.h>
#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { ROUNDS = 5, AT_ONCE = 64 };

const char *const bare_sql[WRITES_OF_STEP] = {
    [BARE_TASK_DONE] =
        "UPDATE task SET done_at = ?3, outcome = ?4, done_by = ?5, done_for = ?6, waits_for = 0, "
        "version = version + 1 WHERE bucket = ?1 AND id = ?2",
    [BARE_TASK_NEW] =
        "INSERT INTO task (bucket, id, case_id, instance, key, element, name, role, department, "
        "assignee, enterprise, form, priority, created_at, due, has_own_due) VALUES (?1, ?2, ?3, "
        "?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11, ?12, ?13, ?14, ?15, ?16)",
    [BARE_RECORD] = "UPDATE instance SET version = version + 1, has_ended = 0, state = ?3, process_version = "
                    "?4, facts = ?5 "
                    "WHERE bucket = ?1 AND id = ?2",
    [BARE_JOURNAL] = "INSERT INTO journal (bucket, case_id, instance, at, actor, actor_name, department, "
                     "command_id, events, path, steps) VALUES (?1, ?2, ?3, ?4, ?5, ?6, ?7, ?8, ?9, ?10, ?11)",
};

/* Five user tasks, one after the other: the first four are steps. */
static const char process[] =
    "<definitions xmlns=\"http://www.omg.org/spec/BPMN/20100524/MODEL\" xmlns:gx=\"urn:gaoxing:bpmn:1\" "
    "id=\"d\" "
    "targetNamespace=\"urn:bench\"><process id=\"durable\" isExecutable=\"true\"><startEvent id=\"s\"/>"
    "<userTask id=\"t1\" gx:role=\"window\" gx:department=\"D\"/><userTask id=\"t2\" gx:role=\"window\" "
    "gx:department=\"D\"/><userTask id=\"t3\" gx:role=\"window\" gx:department=\"D\"/><userTask id=\"t4\" "
    "gx:role=\"window\" gx:department=\"D\"/><userTask id=\"t5\" gx:role=\"window\" gx:department=\"D\"/>"
    "<endEvent id=\"e\"/><sequenceFlow id=\"f1\" sourceRef=\"s\" targetRef=\"t1\"/><sequenceFlow id=\"f2\" "
    "sourceRef=\"t1\" targetRef=\"t2\"/><sequenceFlow id=\"f3\" sourceRef=\"t2\" "
    "targetRef=\"t3\"/><sequenceFlow "
    "id=\"f4\" sourceRef=\"t3\" targetRef=\"t4\"/><sequenceFlow id=\"f5\" sourceRef=\"t4\" targetRef=\"t5\"/>"
    "<sequenceFlow id=\"f6\" sourceRef=\"t5\" targetRef=\"e\"/></process></definitions>";

static const gx_person starter = {.account = 1,
                                  .login = {"machine", 7},
                                  .name = {"machine", 7},
                                  .roles = {{"operator", 8}},
                                  .role_count = 1};
static const gx_person clerk = {.account = 2,
                                .login = {"bench", 5},
                                .name = {"bench", 5},
                                .department = {"D", 1},
                                .roles = {{"window", 6}},
                                .role_count = 1};

/* ---- Ours ---- */

typedef struct flow {
    gx_zone *zone;
    pthread_mutex_t mutex;
    pthread_cond_t has_room;
    size_t at_work, failed;
    gx_error error;
} flow;

typedef struct task_of {
    flow *flow;
    int64_t task; /* 0: start a case */
} task_of;

static bool act(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    const task_of *t = context;
    gx_work work = gx_work_begin(t->flow->zone, db, arena, t->task ? &clerk : &starter);
    gx_case *made;
    gx_application application = {.matter = GX_TEXT("durable"), .data = gx_json_object(arena)};
    return (t->task ? gx_task_complete(&work, t->task, 0, GX_TEXT(""), NULL, error)
                    : gx_case_submit(&work, &application, &made, error)) &&
           gx_work_finish(&work, error);
}

static void note_done(void *context, bool is_done, const gx_error *error)
{
    flow *f = ((task_of *)context)->flow;
    pthread_mutex_lock(&f->mutex);
    f->at_work--;
    if (!is_done && f->failed++ == 0)
        f->error = *error;
    pthread_cond_signal(&f->has_room);
    pthread_mutex_unlock(&f->mutex);
}

static void wait_until_below(flow *f, size_t most)
{
    pthread_mutex_lock(&f->mutex);
    while (f->at_work >= most)
        pthread_cond_wait(&f->has_room, &f->mutex);
    f->at_work++;
    pthread_mutex_unlock(&f->mutex);
}

/* All of them, AT_ONCE under way at any time; the seconds it took. */
static double drive(flow *f, task_of *tasks, size_t count)
{
    int64_t begun = gx_clock_monotonic_ns();
    for (size_t i = 0; i < count; i++) {
        wait_until_below(f, AT_ONCE);
        gx_first_question question = gx_task_question(tasks[i].task);
        gx_store_submit_asking(gx_zone_store(f->zone), tasks[i].task ? &question : NULL, act, note_done,
                               &tasks[i]);
    }
    wait_until_below(f, 1);
    f->at_work = 0;
    return (double)(gx_clock_monotonic_ns() - begun) / 1e9;
}

/* ---- What ours has written ---- */

typedef struct reading {
    gx_arena arena;
    task_of *tasks;
    bare_step *steps;
    size_t count;    /* cases */
    int64_t journal; /* the last row before the steps */
} reading;

static bool read_tasks(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    reading *r = context;
    gx_statement *rows = gx_db_prepare(db, "SELECT id FROM task WHERE done_at IS NULL ORDER BY case_id");
    gx_step step;
    (void)arena;
    size_t at = 0;
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW && at < r->count)
        r->tasks[at++].task = gx_column_int(rows, 0);
    gx_db_reset(rows);
    return step != GX_STEP_FAILED && at == r->count &&
           gx_db_get_int(db, error, &r->journal, 0, "SELECT max(id) FROM journal", "");
}

static void take_row(reading *r, gx_statement *row, bare_step *to, bare_write write, const char *kinds)
{
    to->counts[write] = (int)strlen(kinds);
    for (int i = 0; kinds[i]; i++) {
        bool is_null = gx_column_is_null(row, i);
        to->values[write][i] = (bare_value){.kind = kinds[i], .is_null = is_null};
        if (!is_null && kinds[i] == 'i')
            to->values[write][i].number = gx_column_int(row, i);
        else if (!is_null)
            to->values[write][i].bytes = gx_column_copy(&r->arena, row, i);
    }
}

/* One write of every case's step just done, in the order of cases. */
static bool take_rows(reading *r, gx_db *db, bare_step *steps, bare_write write, const char *sql,
                      const char *kinds, gx_error *error)
{
    gx_statement *rows = gx_db_prepare(db, sql);
    gx_step step;
    size_t at = 0;
    if (strchr(sql, '?'))
        gx_bind_int(rows, 1, r->journal);
    while ((step = gx_db_step(rows, error)) == GX_STEP_ROW && at < r->count)
        take_row(r, rows, &steps[at++], write, kinds);
    gx_db_reset(rows);
    return step != GX_STEP_FAILED && at == r->count;
}

static bool read_wave(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    reading *r = context;
    (void)arena;
    return take_rows(
               r, db, r->steps, BARE_TASK_DONE,
               "SELECT bucket, id, done_at, outcome, done_by, done_for FROM task t WHERE id = (SELECT "
               "max(d.id) FROM task d WHERE d.bucket = t.bucket AND d.case_id = t.case_id AND d.done_at IS "
               "NOT NULL) ORDER BY case_id",
               "iiittt", error) &&
           take_rows(
               r, db, r->steps, BARE_TASK_NEW,
               "SELECT bucket, id, case_id, instance, key, element, name, role, department, assignee, "
               "enterprise, form, priority, created_at, due, has_own_due FROM task WHERE done_at IS NULL "
               "ORDER BY case_id",
               "iiiiitttttttiiii", error) &&
           take_rows(r, db, r->steps, BARE_RECORD,
                     "SELECT bucket, id, state, process_version, facts FROM instance ORDER BY id", "iibii",
                     error) &&
           take_rows(
               r, db, r->steps, BARE_JOURNAL,
               "SELECT bucket, case_id, instance, at, actor, actor_name, department, command_id, events, "
               "path, steps FROM journal WHERE id > ?1 ORDER BY case_id",
               "iiiittttttb", error);
}

/* ---- One round: ours, then the bare program on a copy ---- */

typedef struct figures {
    double ours, bare; /* steps a second */
    size_t group;
} figures;

typedef struct place {
    const char *address; /* of PostgreSQL, a schema of its own; NULL: SQLite, in the folder */
    const char *copy;    /* the same for the bare program; a path */
    const char *folder;
} place;

static bool run_sql(const char *address, const char *sql)
{
    PGconn *connection = PQconnectdb(address);
    PGresult *result = PQexec(connection, sql);
    ExecStatusType status = PQresultStatus(result);
    bool is_done = status == PGRES_COMMAND_OK || status == PGRES_TUPLES_OK;
    if (!is_done)
        fprintf(stderr, "%s: %s", sql, PQerrorMessage(connection));
    PQclear(result);
    PQfinish(connection);
    return is_done;
}

static bool copy_store(gx_zone *zone, const place *p, gx_error *error)
{
    if (!p->address)
        return gx_store_backup(gx_zone_store(zone), p->copy, error);
    gx_store *made = gx_store_open(&(gx_store_options){.path = p->copy, .schema = gx_zone_schema}, error);
    gx_store_close(made);
    return made &&
           run_sql(p->copy,
                   "INSERT INTO cases SELECT * FROM bench_ours.cases; INSERT INTO instance SELECT * FROM "
                   "bench_ours.instance; INSERT INTO task SELECT * FROM bench_ours.task; INSERT INTO "
                   "journal SELECT * FROM bench_ours.journal; INSERT INTO case_department SELECT * FROM "
                   "bench_ours.case_department; SELECT setval('journal_id_seq', (SELECT max(id) FROM "
                   "journal)); ANALYZE");
}

static bool load_process(gx_zone *zone, gx_error *error)
{
    gx_findings findings = {0};
    int64_t loaded;
    gx_packages *packages = gx_packages_read("packages", false, &findings, error);
    bool is_loaded =
        packages &&
        gx_packages_add(packages, GX_DEFINITION_PROCESS, GX_TEXT("bench"), GX_TEXT("processes/durable.bpmn"),
                        GX_TEXT("durable"), 0, gx_text_of(process), &findings) &&
        gx_zone_load(zone, packages, &loaded, error);
    gx_findings_release(&findings);
    gx_packages_release(packages);
    return is_loaded;
}

static bool measure(const place *p, size_t cases, figures *f, gx_error *error)
{
    gx_zone *zone = gx_zone_open(&(gx_zone_options){.data_folder = p->folder, .database = p->address}, error);
    flow own = {.zone = zone, .mutex = PTHREAD_MUTEX_INITIALIZER, .has_room = PTHREAD_COND_INITIALIZER};
    reading r = {.arena = gx_arena_of((size_t)2 << 30), .count = cases};
    r.tasks = calloc(cases, sizeof *r.tasks);
    bare_step *all = calloc(cases * STEPS, sizeof *all);
    double seconds = 0, bare = -1;
    for (size_t i = 0; i < cases; i++)
        r.tasks[i].flow = &own;
    bool is_good = zone && load_process(zone, error);
    if (is_good)
        drive(&own, r.tasks, cases);
    is_good = is_good && own.failed == 0 && copy_store(zone, p, error);
    gx_store_figures before = is_good ? gx_store_measure(gx_zone_store(zone)) : (gx_store_figures){0};
    for (int wave = 0; wave < STEPS && is_good; wave++) {
        is_good = gx_store_read(gx_zone_store(zone), read_tasks, &r, error);
        if (is_good)
            seconds += drive(&own, r.tasks, cases);
        r.steps = all + (size_t)wave * cases;
        is_good = is_good && own.failed == 0 && gx_store_read(gx_zone_store(zone), read_wave, &r, error);
    }
    if (own.failed)
        *error = own.error;
    if (is_good) {
        gx_store_figures after = gx_store_measure(gx_zone_store(zone));
        f->group = (after.commands - before.commands + after.groups - before.groups - 1) /
                   (after.groups - before.groups);
    }
    gx_zone_close(zone);
    if (is_good)
        bare = p->address ? bare_postgres(p->copy, all, cases * STEPS, f->group)
                          : bare_sqlite(p->copy, all, cases * STEPS, f->group);
    f->ours = (double)(cases * STEPS) / seconds;
    f->bare = (double)(cases * STEPS) / bare;
    gx_arena_release(&r.arena);
    free(r.tasks);
    free(all);
    return is_good && bare > 0;
}

static int compare(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static bool compare_on(const char *name, const place *p, size_t cases, double goal)
{
    double ours[ROUNDS], bare[ROUNDS], ratios[ROUNDS];
    figures f = {0};
    for (int i = 0; i < ROUNDS; i++) {
        gx_error error = {0};
        char sentence[500], command[300];
        if (p->address &&
            !run_sql(p->copy,
                     "SET client_min_messages = warning; DROP SCHEMA IF EXISTS bench_ours CASCADE; DROP "
                     "SCHEMA IF EXISTS bench_bare CASCADE; CREATE SCHEMA bench_ours; CREATE SCHEMA "
                     "bench_bare"))
            return false;
        bool is_measured = measure(p, cases, &f, &error);
        snprintf(command, sizeof command, "rm -rf %s/*", p->folder);
        if (system(command) != 0 || !is_measured) {
            fprintf(stderr, "%s\n", gx_error_write(&error, GX_LANGUAGE_EN, sentence, sizeof sentence));
            return false;
        }
        ours[i] = f.ours;
        bare[i] = f.bare;
        ratios[i] = f.ours / f.bare;
    }
    qsort(ours, ROUNDS, sizeof *ours, compare);
    qsort(bare, ROUNDS, sizeof *bare, compare);
    qsort(ratios, ROUNDS, sizeof *ratios, compare);
    printf("%-10s  ours %7.0f steps/s   bare %7.0f steps/s   ratio %.2f (%.2f to %.2f; goal >= %.1f)   "
           "groups of "
           "%zu\n",
           name, ours[ROUNDS / 2], bare[ROUNDS / 2], ratios[ROUNDS / 2], ratios[0], ratios[ROUNDS - 1], goal,
           f.group);
    fflush(stdout);
    return true;
}

int main(int count, char **arguments)
{
    char folder[] = "/tmp/gaoxing-durable-XXXXXX", copy[64], ours[400], bare[400];
    const char *address = getenv("GX_TEST_POSTGRES");
    int64_t cases = 5000;
    if (count > 2 || (count == 2 && !gx_text_to_int(gx_text_of(arguments[1]), &cases)) || cases < 1 ||
        !mkdtemp(folder)) {
        fprintf(stderr, "usage: bench-durable [CASES], with the address of a PostgreSQL database in "
                        "GX_TEST_POSTGRES if it is to be measured\n");
        return 2;
    }
    gx_skills_use(gx_skills, gx_skill_count);
    snprintf(copy, sizeof copy, "%s/bare.db", folder);
    bool is_done = compare_on("SQLite", &(place){.copy = copy, .folder = folder}, (size_t)cases, 0.6);
    if (address && is_done) {
        snprintf(ours, sizeof ours, "%s options='-c search_path=bench_ours'", address);
        snprintf(bare, sizeof bare, "%s options='-c search_path=bench_bare'", address);
        is_done = compare_on("PostgreSQL", &(place){.address = ours, .copy = bare, .folder = folder},
                             (size_t)cases, 0.5);
        run_sql(bare,
                "SET client_min_messages = warning; DROP SCHEMA bench_ours CASCADE; DROP SCHEMA bench_bare "
                "CASCADE");
    }
    rmdir(folder);
    return is_done ? 0 : 1;
}
