/* The work of bench/bpmn on the pure core, in memory.
 *   bench-bpmn FOLDER [SECONDS]       each row of the work, a JSON object a row: nanoseconds of one
 *   bench-bpmn FOLDER loop ROW COUNT  a row COUNT times, to be counted by callgrind or perf
 * FOLDER has the models that the peers are given as well. */
#include "base/clock.h"
#include "base/limits.h"
#include "bpmn/shelf_memory.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { ROUNDS = 7, FILE_MOST = 1 << 20 };

#define MODEL(body)                                                                                          \
    "<definitions xmlns='" GX_BPMN_MODEL_NS "' xmlns:gx='" GX_BPMN_NS "'><process id='work' "                \
    "isExecutable='true'><startEvent id='begin'/>" body "<endEvent id='finish'/></process></definitions>"
#define FLOW(id, from, to) "<sequenceFlow id='" id "' sourceRef='" from "' targetRef='" to "'/>"
#define WIDE(task)                                                                                           \
    MODEL(                                                                                                   \
        "<" task                                                                                             \
        " id='each' gx:skill='work'><multiInstanceLoopCharacteristics><loopCardinality>n</loopCardinality>"  \
        "</multiInstanceLoopCharacteristics></" task ">" FLOW("1", "begin", "each")                          \
            FLOW("2", "each", "finish"))

/* A row runs instances of one model from start to end, and plays the host: what the core asks for is done at
 * once. */
typedef struct row {
    const char *name, *file, *model;
    const char *variables;
    const gx_bpmn_process *process;
    gx_value start;
} row;

static row rows[] = {
    {.name = "five automatic steps", .file = "five.bpmn", .variables = "{}"},
    {.name = "parallel split and join of three", .file = "split.bpmn", .variables = "{}"},
    {.name = "1,000 instances of a task", .model = WIDE("task"), .variables = "{\"n\":1000}"},
    {.name = "100,000 instances of a task", .model = WIDE("task"), .variables = "{\"n\":100000}"},
    {.name = "1,000 jobs", .model = WIDE("serviceTask"), .variables = "{\"n\":1000}"},
    {.name = "100,000 jobs", .model = WIDE("serviceTask"), .variables = "{\"n\":100000}"},
    {.name = "1,000 user tasks", .model = WIDE("userTask"), .variables = "{\"n\":1000}"},
    {.name = "100,000 user tasks", .model = WIDE("userTask"), .variables = "{\"n\":100000}"},
};

static void stop(const char *what, const gx_error *error)
{
    char sentence[400] = "";
    if (error)
        gx_error_write(error, GX_LANGUAGE_EN, sentence, sizeof sentence);
    fprintf(stderr, "%s: %s\n", what, sentence);
    exit(1);
}

static gx_text read_file(const char *folder, const char *name)
{
    char path[1024];
    snprintf(path, sizeof path, "%s/%s", folder, name);
    FILE *file = fopen(path, "rb");
    char *bytes = malloc(FILE_MOST);
    if (!file || !bytes)
        stop(path, NULL);
    size_t size = fread(bytes, 1, FILE_MOST, file);
    fclose(file);
    return (gx_text){bytes, size};
}

static void read_row(gx_arena *arena, row *r, const char *folder)
{
    gx_findings findings = {0};
    gx_error error = {0};
    gx_text source = r->file ? read_file(folder, r->file) : gx_text_of(r->model);
    const gx_bpmn *bpmn = gx_bpmn_read(arena, source, gx_text_of(r->name), &findings);
    if (!bpmn)
        stop(r->name, findings.count ? &findings.items[0].error : NULL);
    gx_findings_release(&findings);
    r->process = gx_bpmn_find(bpmn, GX_TEXT(""));
    gx_json *json = gx_json_parse(arena, gx_text_of(r->variables), gx_text_of(r->name), &error);
    if (!json || !r->process)
        stop(r->name, &error);
    r->start = gx_value_from_json(arena, json);
}

/* ---- Running an instance to its end ---- */

typedef struct playing {
    const row *row;
    gx_arena arena; /* of one command */
    gx_arena_mark begin;
    gx_text record; /* between two commands an instance is its record, as in a store */
    size_t record_capacity;
    gx_shelf_memory *memory;
    gx_command *queue; /* what is to be done, first come first served */
    size_t first, count, capacity;
} playing;

static void *grow(void *block, size_t count, size_t size, size_t *capacity)
{
    if (count <= *capacity)
        return block;
    *capacity = count * 2;
    void *grown = realloc(block, *capacity * size);
    if (!grown)
        stop("memory", NULL);
    return grown;
}

static void answer(playing *p, const gx_effect *effect)
{
    gx_command_kind kind;
    if (effect->kind == GX_EFFECT_INCIDENT)
        stop(p->row->name, NULL);
    if (effect->kind == GX_EFFECT_CREATE_TASK)
        kind = GX_COMMAND_COMPLETE_TASK;
    else if (effect->kind == GX_EFFECT_START_JOB)
        kind = GX_COMMAND_JOB_DONE;
    else if (effect->kind == GX_EFFECT_ARM_TIMER)
        kind = GX_COMMAND_TIMER;
    else
        return;
    p->queue = grow(p->queue, p->count + 1, sizeof *p->queue, &p->capacity);
    p->queue[p->count++] = (gx_command){.kind = kind, .key = effect->key};
}

/* False: the instance has ended. */
static bool step(playing *p, const gx_command *command)
{
    const gx_bpmn_shelf *shelf = gx_shelf_memory_shelf(p->memory);
    gx_bpmn_world world = {.now = 1795400000000, .shelf = shelf};
    gx_effects effects;
    gx_error error = {0};
    const gx_state *state = NULL;
    bool is_start = command->kind == GX_COMMAND_START;
    gx_arena_rewind(&p->arena, p->begin);
    if (!is_start && !(state = gx_state_decode(&p->arena, p->row->process, p->record, shelf, &error)))
        stop(p->row->name, &error);
    if (!gx_bpmn_step(&p->arena, p->row->process, state, command, &world, &state, &effects, &error))
        stop(p->row->name, &error);
    for (size_t i = 0; i < effects.count; i++)
        answer(p, &effects.items[i]);
    gx_shelf_memory_apply(p->memory, &effects);
    if (gx_state_has_ended(state))
        return false;
    gx_text record = gx_state_encode(&p->arena, state);
    char *bytes = grow((char *)p->record.bytes, record.size, 1, &p->record_capacity);
    memcpy(bytes, record.bytes, record.size);
    p->record = (gx_text){bytes, record.size};
    return true;
}

static void run_once(playing *p)
{
    p->first = p->count = 0;
    bool is_running = step(p, &(gx_command){.kind = GX_COMMAND_START, .variables = p->row->start});
    while (is_running && p->first < p->count)
        is_running = step(p, &p->queue[p->first++]);
    if (is_running)
        stop(p->row->name, NULL);
}

static int by_size(const void *a, const void *b)
{
    double x = *(const double *)a, y = *(const double *)b;
    return (x > y) - (x < y);
}

static void measure(playing *p, double seconds)
{
    enum { LONG_NS = 1000000000 };
    double times[ROUNDS];
    int rounds = 0;
    for (int round = -1; round < ROUNDS; round++) { /* one to warm up */
        int64_t begun = gx_clock_monotonic_ns(), taken, count = 0;
        do {
            run_once(p);
            count++;
        } while ((taken = gx_clock_monotonic_ns() - begun) < (int64_t)(seconds * 1e9));
        if (round >= 0 || taken > LONG_NS)
            times[rounds++] = (double)taken / (double)count;
        if (taken > LONG_NS) /* one run is enough of what takes seconds */
            break;
    }
    qsort(times, (size_t)rounds, sizeof *times, by_size);
    printf("{\"row\":\"%s\",\"ns\":%.0f}\n", p->row->name, times[rounds / 2]);
    fflush(stdout);
}

int main(int argc, char **argv)
{
    bool is_loop = argc == 5 && strcmp(argv[2], "loop") == 0;
    gx_arena models = gx_arena_of(GX_LIMIT_MODEL_BYTES);
    if (argc < 2) {
        fputs("bench-bpmn FOLDER [SECONDS] | FOLDER loop ROW COUNT\n", stderr);
        return 2;
    }
    for (size_t i = 0; i < GX_COUNT_OF(rows); i++) {
        if (is_loop && (size_t)atoi(argv[3]) != i)
            continue;
        read_row(&models, &rows[i], argv[1]);
        playing p = {.row = &rows[i]};
        p.arena = gx_arena_of(GX_LIMIT_COMMAND_BYTES);
        gx_alloc(&p.arena, 16); /* the first chunk stays */
        p.begin = gx_arena_here(&p.arena);
        p.memory = gx_shelf_memory_create();
        if (is_loop)
            for (int count = atoi(argv[4]); count > 0; count--)
                run_once(&p);
        else
            measure(&p, argc > 2 ? atof(argv[2]) : 0.3);
        gx_arena_release(&p.arena);
        free(p.queue);
        free((char *)p.record.bytes);
        gx_shelf_memory_destroy(p.memory);
    }
    gx_arena_release(&models);
    return 0;
}
