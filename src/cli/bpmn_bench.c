/* gaoxing bpmn bench [--seconds N]: what the core alone costs, on one thread, without HTTP and without a
 * disk. */
#include "base/clock.h"
#include "base/limits.h"
#include "bpmn/state.h"
#include "cli/bpmn.h"

#include <stdio.h>

#define HEAD                                                                                                 \
    "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' "                                      \
    "xmlns:gx='urn:gaoxing:bpmn:1'><process id='p' isExecutable='true'><startEvent id='s'/>"
#define TAIL "<endEvent id='e'/></process></definitions>"
#define AUTO(id)                                                                                             \
    "<scriptTask id='" id "' scriptFormat='feel' gx:result='x'><script>x + 1</script></scriptTask>"
#define FLOW(id, from, to) "<sequenceFlow id='" id "' sourceRef='" from "' targetRef='" to "'/>"

static const char five[] = HEAD AUTO("a") AUTO("b") AUTO("c") AUTO("d") AUTO("f") FLOW("1", "s", "a")
    FLOW("2", "a", "b") FLOW("3", "b", "c") FLOW("4", "c", "d") FLOW("5", "d", "f") FLOW("6", "f", "e") TAIL;
static const char plain[] =
    HEAD "<task id='a'/><task id='b'/><task id='c'/><task id='d'/><task id='f'/>" FLOW("1", "s", "a")
        FLOW("2", "a", "b") FLOW("3", "b", "c") FLOW("4", "c", "d") FLOW("5", "d", "f") FLOW("6", "f", "e")
            TAIL;
static const char split[] = HEAD "<parallelGateway id='g'/><parallelGateway id='j'/>" AUTO("a") AUTO("b")
    AUTO("c") FLOW("1", "s", "g") FLOW("2", "g", "a") FLOW("3", "g", "b") FLOW("4", "g", "c")
        FLOW("5", "a", "j") FLOW("6", "b", "j") FLOW("7", "c", "j") FLOW("8", "j", "e") TAIL;
static const char user[] =
    HEAD "<userTask id='a'/><userTask id='b'/><userTask id='c'/><userTask id='d'/><userTask id='f'/>" FLOW(
        "1", "s", "a") FLOW("2", "a", "b") FLOW("3", "b", "c") FLOW("4", "c", "d") FLOW("5", "d", "f")
        FLOW("6", "f", "e") TAIL;
static const char multi[] =
    HEAD "<userTask "
         "id='a'><multiInstanceLoopCharacteristics><loopCardinality>n</loopCardinality></"
         "multiInstanceLoopCharacteristics></userTask>" FLOW("1", "s", "a") FLOW("2", "a", "e") TAIL;

typedef struct bench {
    const gx_bpmn_process *process;
    gx_value variables;
    gx_arena model, work;
    int64_t seconds;
} bench;

static const gx_state *step(bench *b, const gx_state *state, gx_command command, gx_effects *effects)
{
    gx_bpmn_world world = {.now = 1700000000000};
    const gx_state *next = NULL;
    gx_error error = {0};
    return gx_bpmn_step(&b->work, b->process, state, &command, &world, &next, effects, &error) ? next : NULL;
}

static bool read_model(bench *b, const char *xml)
{
    gx_findings findings = {0};
    b->model = gx_arena_of(GX_LIMIT_MODEL_BYTES);
    gx_bpmn *bpmn = gx_bpmn_read(&b->model, gx_text_of(xml), GX_TEXT("bench"), &findings);
    gx_findings_release(&findings);
    b->process = bpmn ? gx_bpmn_find(bpmn, GX_TEXT("p")) : NULL;
    return b->process != NULL;
}

/* One instance from its start to its end; all of it automatic. */
static bool run_through(void *context)
{
    bench *b = context;
    gx_effects effects;
    const gx_state *state =
        step(b, NULL, (gx_command){.kind = GX_COMMAND_START, .variables = b->variables}, &effects);
    return state && gx_state_has_ended(state);
}

/* One instance with five tasks that are completed one by one; the record is written and read at each. */
static bool run_tasks(void *context)
{
    bench *b = context;
    gx_effects effects;
    gx_error error = {0};
    const gx_state *state =
        step(b, NULL, (gx_command){.kind = GX_COMMAND_START, .variables = b->variables}, &effects);
    while (state && !gx_state_has_ended(state)) {
        uint32_t key = 0;
        for (size_t i = 0; i < effects.count; i++)
            key = effects.items[i].kind == GX_EFFECT_CREATE_TASK ? effects.items[i].key : key;
        gx_text record = gx_state_encode(&b->work, state);
        state = gx_state_decode(&b->work, b->process, record, NULL, &error);
        if (state)
            state =
                step(b, state,
                     (gx_command){.kind = GX_COMMAND_COMPLETE_TASK, .key = key, .variables = gx_value_null()},
                     &effects);
    }
    return state != NULL;
}

/* Runs it for the given time, in batches of one arena each; runs a second. */
static double rate(bench *b, const char *xml, bool (*run)(void *))
{
    if (!read_model(b, xml))
        return 0;
    gx_error error = {0};
    uint64_t runs = 0;
    b->work = gx_arena_of(256 * GX_MIB);
    gx_arena_mark empty = gx_arena_here(&b->work);
    int64_t begin = gx_clock_monotonic_ns(), now = begin, end = begin + b->seconds * 1000000000;
    while (now < end) {
        for (int i = 0; i < 64; i++, runs++) {
            if (!gx_arena_guard(&b->work, run, b, &error))
                return 0;
            gx_arena_rewind(&b->work, empty);
        }
        now = gx_clock_monotonic_ns();
    }
    gx_arena_release(&b->work);
    gx_arena_release(&b->model);
    return (double)runs * 1e9 / (double)(now - begin);
}

/* A parallel multi-instance of that width: the step that starts it. */
static bool run_multi(void *context)
{
    bench *b = context;
    gx_effects effects;
    const gx_state *state =
        step(b, NULL, (gx_command){.kind = GX_COMMAND_START, .variables = b->variables}, &effects);
    return state && effects.count > 0;
}

static double time_multi(bench *b, int64_t width)
{
    gx_error error = {0};
    if (!read_model(b, multi))
        return 0;
    gx_context_builder builder = gx_context_begin(&b->model, 1);
    gx_context_set(&builder, GX_TEXT("n"), gx_value_int(width));
    b->variables = gx_context_end(&builder);
    b->work = gx_arena_of(4096 * (size_t)GX_MIB);
    int64_t begin = gx_clock_monotonic_ns();
    bool is_done = gx_arena_guard(&b->work, run_multi, b, &error);
    double milliseconds = (double)(gx_clock_monotonic_ns() - begin) / 1e6;
    gx_arena_release(&b->work);
    gx_arena_release(&b->model);
    return is_done ? milliseconds : -1;
}

static bool measure_record(void *context)
{
    bench *b = context;
    gx_effects effects;
    const gx_state *state =
        step(b, NULL, (gx_command){.kind = GX_COMMAND_START, .variables = b->variables}, &effects);
    printf("record at the first user task of five: %zu bytes (goal <= 512)\n",
           gx_state_encode(&b->work, state).size);
    return true;
}

int gx_tool_bpmn_bench(gx_tool_call *call)
{
    bench b = {.seconds = 1};
    gx_error error = {0};
    if (!gx_text_to_int(gx_text_of(gx_tool_option(call, "seconds", "1")), &b.seconds) ||
        !gx_tool_expect(call, 0, 0, "bpmn bench [--seconds N]"))
        return GX_TOOL_FAILED;
    gx_context_builder builder = gx_context_begin(call->arena, 1);
    gx_context_set(&builder, GX_TEXT("x"), gx_value_int(1));
    gx_value variables = b.variables = gx_context_end(&builder);
    double instances = rate(&b, plain, run_through);
    printf("five tasks that do nothing:        %9.0f instances/s, %10.0f steps/s\n", instances,
           instances * 5);
    instances = rate(&b, five, run_through);
    printf("five script tasks (x + 1):         %9.0f instances/s, %10.0f steps/s (goal >= 1,000,000)\n",
           instances, instances * 5);
    instances = rate(&b, split, run_through);
    printf("parallel split and join of three:  %9.0f instances/s\n", instances);
    instances = rate(&b, user, run_tasks);
    printf("five user tasks, record each time: %9.0f instances/s, %10.0f steps/s\n", instances,
           instances * 5);
    if (read_model(&b, user)) {
        b.work = gx_arena_of(64 * GX_MIB);
        gx_arena_guard(&b.work, measure_record, &b, &error);
        gx_arena_release(&b.work);
        gx_arena_release(&b.model);
    }
    double small = time_multi(&b, 40), large = time_multi(&b, 4000);
    b.variables = variables;
    printf("start of a multi-instance activity: 40 wide %.3f ms, 4,000 wide %.3f ms, %.0f times\n", small,
           large, large / small);
    gx_bpmn_bench_wide();
    return GX_TOOL_DONE;
}
