/* Wide multi-instance activities of user tasks: between two commands an instance is its record and what lies
 * on its shelf, both in memory. */
#include "base/clock.h"
#include "base/limits.h"
#include "bpmn/shelf_memory.h"
#include "cli/bpmn.h"

#include <stdio.h>
#include <stdlib.h>
#include <string.h>

#define MODEL(multi)                                                                                         \
    "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' xmlns:gx='urn:gaoxing:bpmn:1'>"        \
    "<process id='p' isExecutable='true'><startEvent id='s'/><userTask id='a' gx:result='y'>" multi          \
    "</userTask><endEvent id='e'/><sequenceFlow id='1' sourceRef='s' targetRef='a'/><sequenceFlow id='2' "   \
    "sourceRef='a' targetRef='e'/></process></definitions>"

static const char counted[] = MODEL("<multiInstanceLoopCharacteristics><loopCardinality>n</loopCardinality>"
                                    "</multiInstanceLoopCharacteristics>"),
                  listed[] = MODEL("<multiInstanceLoopCharacteristics gx:collection='= xs' gx:item='x' "
                                   "gx:results='ys'/>");

typedef struct wide {
    gx_arena model, arena;
    gx_arena_mark begin;
    const gx_bpmn_process *process;
    gx_shelf_memory *memory;
    char *record;
    size_t record_size, record_capacity, most_record;
    uint32_t *tasks;
    size_t task_count;
    bool has_timer, has_ended;
    uint32_t timer;
} wide;

static bool step(wide *w, gx_command command)
{
    const gx_bpmn_shelf *shelf = gx_shelf_memory_shelf(w->memory);
    gx_bpmn_world world = {.now = 1795400000000, .shelf = shelf};
    gx_effects effects;
    gx_error error = {0};
    const gx_state *state = NULL;
    gx_arena_rewind(&w->arena, w->begin);
    if (w->record_size)
        state = gx_state_decode(&w->arena, w->process, (gx_text){w->record, w->record_size}, shelf, &error);
    if (!gx_bpmn_step(&w->arena, w->process, state, &command, &world, &state, &effects, &error))
        return false;
    w->has_timer = false;
    for (size_t i = 0; i < effects.count; i++) {
        if (effects.items[i].kind == GX_EFFECT_CREATE_TASK)
            w->tasks[w->task_count++] = effects.items[i].key;
        w->has_timer |= effects.items[i].kind == GX_EFFECT_ARM_TIMER;
        w->timer = effects.items[i].kind == GX_EFFECT_ARM_TIMER ? effects.items[i].key : w->timer;
    }
    gx_shelf_memory_apply(w->memory, &effects);
    gx_text record = gx_state_encode(&w->arena, state);
    if (record.size > w->record_capacity) {
        w->record_capacity = record.size * 2;
        free(w->record);
        w->record = malloc(w->record_capacity);
    }
    memcpy(w->record, record.bytes, record.size);
    w->record_size = record.size;
    w->most_record = record.size > w->most_record ? record.size : w->most_record;
    w->has_ended = gx_state_has_ended(state);
    return true;
}

static gx_value start_variables(gx_arena *arena, uint32_t width, bool is_listed)
{
    gx_context_builder builder = gx_context_begin(arena, 1);
    if (!is_listed) {
        gx_context_set(&builder, GX_TEXT("n"), gx_value_int(width));
        return gx_context_end(&builder);
    }
    gx_list_builder list = gx_list_begin(arena, width);
    for (uint32_t i = 0; i < width; i++)
        gx_list_add(&list, gx_value_int(i));
    gx_context_set(&builder, GX_TEXT("xs"), gx_list_end(&list));
    return gx_context_end(&builder);
}

/* Seconds from the start to the end; negative: it did not come to its end. */
static double run(const char *xml, uint32_t width, size_t *record)
{
    wide w = {.model = gx_arena_of(GX_LIMIT_MODEL_BYTES),
              .arena = gx_arena_of(GX_LIMIT_COMMAND_BYTES),
              .memory = gx_shelf_memory_create(),
              .tasks = calloc(width, sizeof(uint32_t))};
    gx_findings findings = {0};
    gx_bpmn *bpmn = gx_bpmn_read(&w.model, gx_text_of(xml), GX_TEXT("bench"), &findings);
    w.process = bpmn ? gx_bpmn_find(bpmn, GX_TEXT("p")) : NULL;
    gx_value variables = start_variables(&w.model, width, xml == listed);
    gx_alloc(&w.arena, 16); /* the first chunk stays */
    w.begin = gx_arena_here(&w.arena);
    int64_t begun = gx_clock_monotonic_ns();
    bool goes_on = w.process && step(&w, (gx_command){.kind = GX_COMMAND_START, .variables = variables});
    while (goes_on && w.has_timer)
        goes_on = step(&w, (gx_command){.kind = GX_COMMAND_TIMER, .key = w.timer});
    w.most_record = 0;
    for (size_t i = 0; goes_on && i < w.task_count; i++)
        goes_on = step(&w, (gx_command){.kind = GX_COMMAND_COMPLETE_TASK,
                                        .key = w.tasks[i],
                                        .variables = gx_value_int((int64_t)i)});
    double seconds = (double)(gx_clock_monotonic_ns() - begun) / 1e9;
    bool is_whole = goes_on && w.has_ended && w.task_count == width;
    *record = w.most_record;
    free(w.record);
    free(w.tasks);
    gx_shelf_memory_destroy(w.memory);
    gx_arena_release(&w.arena);
    gx_arena_release(&w.model);
    gx_findings_release(&findings);
    return is_whole ? seconds : -1;
}

void gx_bpmn_bench_wide(void)
{
    static const struct {
        const char *name, *xml;
    } rows[] = {{"user tasks of a number:", counted}, {"user tasks of a list, results kept:", listed}};
    for (size_t i = 0; i < GX_COUNT_OF(rows); i++) {
        size_t record;
        double small = 0;
        run(rows[i].xml, 1000, &record); /* the first pays for what is made ready once */
        for (int round = 0; round < 5; round++)
            small += run(rows[i].xml, 1000, &record) / 5;
        double large = run(rows[i].xml, 100000, &record);
        printf("%-37s 1,000 wide %.1f ms, 100,000 wide %.0f ms, %.0f times (goal <= 120), record at most "
               "%zu bytes\n",
               rows[i].name, small * 1e3, large * 1e3, large / small, record);
    }
}
