#include "cli/bench_runtime.h"
#include "base/clock.h"
#include "base/limits.h"
#include "service/task.h"

#include <pthread.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { IN_FLIGHT = 64, PAUSE_US = 3000, SAMPLES_MOST = 1000000 };

#define FLOWS                                                                                                \
    "<sequenceFlow id='f1' sourceRef='s' targetRef='a'/><sequenceFlow id='f2' sourceRef='a' targetRef='e'/>"
#define MODEL(head, id, body)                                                                                \
    "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' xmlns:gx='urn:gaoxing:bpmn:1' "        \
    "targetNamespace='urn:bench'>" head "<process id='" id "' isExecutable='true'><startEvent id='s'/>" body \
    "<endEvent id='e'/></process></definitions>"
#define TASK(id, inside) "<userTask id='" id "' gx:role='reviewer' gx:department='D'>" inside "</userTask>"

static const struct {
    const char *id, *xml;
} models[] = {
    {"one", MODEL("", "one", TASK("a", "") FLOWS)},
    {"wide", MODEL("", "wide",
                   TASK("a", "<multiInstanceLoopCharacteristics><loopCardinality>n</loopCardinality>"
                             "</multiInstanceLoopCharacteristics>") FLOWS)},
    {"timed", MODEL("", "timed",
                    "<intermediateCatchEvent id='a'><timerEventDefinition><timeDate>= at</timeDate>"
                    "</timerEventDefinition></intermediateCatchEvent>" FLOWS)},
    {"hearing", MODEL("<signal id='sig' name='go'/>", "hearing",
                      "<intermediateCatchEvent id='a'><signalEventDefinition signalRef='sig'/>"
                      "</intermediateCatchEvent>" FLOWS)},
};

static const char roles[] = "{\"roles\":{\"reviewer\":{\"title\":{\"zh\":\"审\",\"en\":\"R\"},\"may\":{"
                            "\"task.complete\":\"all\",\"task.read\":\"all\",\"case.read\":\"all\"}}}}";

static bool load(gx_bench_house *house, gx_error *error)
{
    gx_findings findings = {0};
    gx_packages *packages = gx_packages_create();
    int64_t loaded = 0;
    for (size_t i = 0; i < GX_COUNT_OF(models); i++)
        gx_packages_add(packages, GX_DEFINITION_PROCESS, GX_TEXT("bench"),
                        gx_format(&house->arena, "processes/%s.bpmn", models[i].id), gx_text_of(models[i].id),
                        0, gx_text_of(models[i].xml), &findings);
    gx_packages_add(packages, GX_DEFINITION_ROLES, GX_TEXT("bench"), GX_TEXT("roles.json"), GX_TEXT("bench"),
                    0, gx_text_of(roles), &findings);
    bool is_loaded = findings.errors == 0 && gx_zone_load(house->zone, packages, &loaded, error);
    if (findings.errors)
        *error = findings.items[0].error;
    gx_findings_release(&findings);
    gx_packages_release(packages);
    return is_loaded;
}

bool gx_bench_open(gx_bench_house *house, const char *database, gx_error *error)
{
    *house = (gx_bench_house){.folder = "/tmp/gaoxing-bench-XXXXXX"};
    if (!mkdtemp(house->folder))
        return gx_fail(error, "base.file", gx_text_of(house->folder));
    house->arena = gx_arena_of(GX_LIMIT_TOOL_BYTES);
    house->zone = gx_zone_open(&(gx_zone_options){.data_folder = house->folder, .database = database}, error);
    if (!house->zone || !load(house, error))
        return false;
    house->scheduler = gx_scheduler_start(house->zone);
    return true;
}

void gx_bench_close(gx_bench_house *house)
{
    gx_scheduler_stop(house->scheduler);
    gx_zone_close(house->zone);
    if (system(gx_format(&house->arena, "rm -rf %s", house->folder).bytes) != 0)
        fprintf(stderr, "%s stays\n", house->folder);
    gx_arena_release(&house->arena);
}

/* ---- Many commands in flight ---- */

typedef struct flight {
    pthread_mutex_t mutex;
    pthread_cond_t is_free;
    struct slot *free_slots;
    int64_t busy, failed;
} flight;

typedef struct slot {
    gx_bench_act act;
    flight *flight;
    struct slot *next;
} slot;

static bool run_act(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    slot *s = context;
    gx_work work = gx_work_begin(s->act.house->zone, db, arena, NULL);
    return s->act.run(&work, &s->act, error) && gx_work_finish(&work, error);
}

static void is_done(void *context, bool is_good, const gx_error *error)
{
    slot *s = context;
    char sentence[400];
    if (!is_good && s->flight->failed == 0)
        fprintf(stderr, "bench: %s\n", gx_error_write(error, GX_LANGUAGE_EN, sentence, sizeof sentence));
    pthread_mutex_lock(&s->flight->mutex);
    s->flight->failed += !is_good;
    s->flight->busy--;
    s->next = s->flight->free_slots;
    s->flight->free_slots = s;
    pthread_cond_signal(&s->flight->is_free);
    pthread_mutex_unlock(&s->flight->mutex);
}

double gx_bench_run(gx_bench_house *house, int64_t count, void *context,
                    bool (*run)(gx_work *work, gx_bench_act *act, gx_error *error))
{
    return gx_bench_run_tasks(house, count, NULL, context, run);
}

double gx_bench_run_tasks(gx_bench_house *house, int64_t count, const int64_t *tasks, void *context,
                          bool (*run)(gx_work *work, gx_bench_act *act, gx_error *error))
{
    flight f = {.mutex = PTHREAD_MUTEX_INITIALIZER, .is_free = PTHREAD_COND_INITIALIZER};
    slot slots[IN_FLIGHT];
    for (int i = 0; i < IN_FLIGHT; i++) {
        slots[i] = (slot){.flight = &f, .next = f.free_slots};
        f.free_slots = &slots[i];
    }
    int64_t begun = gx_clock_monotonic_ns();
    pthread_mutex_lock(&f.mutex);
    for (int64_t i = 0; i < count; i++) {
        while (!f.free_slots)
            pthread_cond_wait(&f.is_free, &f.mutex);
        slot *s = f.free_slots;
        f.free_slots = s->next;
        f.busy++;
        s->act = (gx_bench_act){.house = house, .number = i, .context = context, .run = run};
        pthread_mutex_unlock(&f.mutex);
        gx_first_question task = gx_task_question(tasks ? tasks[i] : 0);
        gx_store_submit_asking(gx_zone_store(house->zone), tasks ? &task : NULL, run_act, is_done, s);
        pthread_mutex_lock(&f.mutex);
    }
    while (f.busy > 0)
        pthread_cond_wait(&f.is_free, &f.mutex);
    pthread_mutex_unlock(&f.mutex);
    if (f.failed)
        fprintf(stderr, "bench: %lld of %lld failed\n", (long long)f.failed, (long long)count);
    return (double)(gx_clock_monotonic_ns() - begun) / 1e9;
}

bool gx_bench_start(gx_work *work, const char *process, const char *data, int64_t *case_id, gx_error *error)
{
    gx_case *made;
    gx_application application = {.matter = gx_text_of(process), .enterprise = GX_TEXT("")};
    application.data = gx_json_parse(work->arena, gx_text_of(data), GX_TEXT("bench"), error);
    if (!application.data || !gx_case_submit(work, &application, &made, error))
        return false;
    if (case_id)
        *case_id = made->id;
    return true;
}

/* ---- Asking ---- */

typedef struct question {
    const char *sql;
    int64_t answer;
} question;

static bool answer(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    question *q = context;
    gx_statement *row = gx_db_prepare_built(db, arena, gx_text_of(q->sql), error);
    if (!row || gx_db_step(row, error) != GX_STEP_ROW)
        return false;
    q->answer = gx_column_int(row, 0);
    gx_db_reset(row);
    return true;
}

int64_t gx_bench_ask(gx_bench_house *house, const char *sql)
{
    question q = {.sql = sql};
    gx_error error = {0};
    return gx_store_read(gx_zone_store(house->zone), answer, &q, &error) ? q.answer : -1;
}

void gx_bench_wait(gx_bench_house *house, const char *sql, int64_t wanted)
{
    while (gx_bench_ask(house, sql) != wanted)
        usleep(20000);
}

/* ---- The bystander ---- */

struct gx_bench_bystander {
    gx_bench_house *house;
    pthread_t thread;
    _Atomic bool is_stopping;
    int64_t *samples; /* ns */
    size_t count;
};

static bool start_one(gx_db *db, gx_arena *arena, void *context, gx_error *error)
{
    const gx_bench_bystander *bystander = context;
    gx_work work = gx_work_begin(bystander->house->zone, db, arena, NULL);
    return gx_bench_start(&work, "one", "{}", NULL, error) && gx_work_finish(&work, error);
}

static void *stand_by(void *context)
{
    gx_bench_bystander *bystander = context;
    gx_error error = {0};
    while (!bystander->is_stopping && bystander->count < SAMPLES_MOST) {
        int64_t begun = gx_clock_monotonic_ns();
        if (!gx_store_write(gx_zone_store(bystander->house->zone), start_one, bystander, &error))
            break;
        bystander->samples[bystander->count++] = gx_clock_monotonic_ns() - begun;
        usleep(PAUSE_US);
    }
    return NULL;
}

gx_bench_bystander *gx_bench_stand_by(gx_bench_house *house)
{
    gx_bench_bystander *bystander = calloc(1, sizeof *bystander);
    bystander->house = house;
    bystander->samples = calloc(SAMPLES_MOST, sizeof *bystander->samples);
    pthread_create(&bystander->thread, NULL, stand_by, bystander);
    return bystander;
}

static int by_size(const void *a, const void *b)
{
    int64_t x = *(const int64_t *)a, y = *(const int64_t *)b;
    return (x > y) - (x < y);
}

void gx_bench_report(gx_bench_bystander *bystander, const char *while_what)
{
    bystander->is_stopping = true;
    pthread_join(bystander->thread, NULL);
    size_t count = bystander->count;
    qsort(bystander->samples, count, sizeof *bystander->samples, by_size);
    if (count)
        printf("    commands of others while %s: p50 %.1f ms, p99 %.1f ms, longest %.1f ms (%zu)\n",
               while_what, (double)bystander->samples[count / 2] / 1e6,
               (double)bystander->samples[count * 99 / 100] / 1e6,
               (double)bystander->samples[count - 1] / 1e6, count);
    fflush(stdout);
    free(bystander->samples);
    free(bystander);
}
