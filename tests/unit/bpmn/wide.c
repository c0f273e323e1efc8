/* Wide activities with a shelf: the record stays short, and whatever happens it is the same as without one, and nothing is left on the shelf. Every
 * command is given to an instance that was read from its record. */
#include "bpmn/shelf_memory.h"
#include "bpmn/state.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <cmocka.h>

#define XML(body)                                                                                                                  \
    "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL' xmlns:gx='urn:gaoxing:bpmn:1'><message id='m1' name='one'/>" \
    "<error id='x1' errorCode='BAD'/><process id='p' isExecutable='true'><startEvent id='s'/>" body "<endEvent id='e'/></process></definitions>"
#define F(id, from, to)    "<sequenceFlow id='" id "' sourceRef='" from "' targetRef='" to "'/>"
#define ONE(activity)      XML(activity F("1", "s", "a") F("2", "a", "e"))
#define MULTI(extra, body) "<multiInstanceLoopCharacteristics" extra ">" body "</multiInstanceLoopCharacteristics>"
#define COUNT              "<loopCardinality>n</loopCardinality>"
#define EACH               MULTI(" gx:collection='= xs' gx:item='x' gx:results='ys'", "")

enum { QUEUE_MOST = 40000, RECORD_MOST = 1024 * 1024 };

typedef struct instance {
    gx_arena model;
    const gx_bpmn_process *process;
    gx_shelf_memory *memory; /* NULL: without a shelf */
    char *record;
    size_t record_size, most_record;
    bool has_ended, is_refused;
    gx_command *tasks, *timers; /* to be answered */
    size_t task_count, timer_first, timer_count;
    size_t cancelled, most_effects, incidents, messages;
    uint32_t message, incident;
    char *variables; /* at the end, as JSON */
} instance;

static void note(instance *i, const gx_effect *effect)
{
    gx_command command = {.key = effect->key, .variables = gx_value_null()};
    switch (effect->kind) {
    case GX_EFFECT_CREATE_TASK:
    case GX_EFFECT_CALL_PROCESS:
        assert_true(i->task_count < QUEUE_MOST);
        command.kind = effect->kind == GX_EFFECT_CREATE_TASK ? GX_COMMAND_COMPLETE_TASK : GX_COMMAND_CALL_DONE;
        i->tasks[i->task_count++] = command;
        return;
    case GX_EFFECT_ARM_TIMER:
        assert_true(i->timer_count < QUEUE_MOST);
        command.kind = GX_COMMAND_TIMER;
        i->timers[i->timer_count++] = command;
        return;
    case GX_EFFECT_SUBSCRIBE:
        i->messages++;
        i->message = effect->key;
        return;
    case GX_EFFECT_CANCEL_TASK:
    case GX_EFFECT_CANCEL_CALL: i->cancelled++; return;
    case GX_EFFECT_INCIDENT:
        i->incidents++;
        i->incident = effect->key;
        return;
    default: return;
    }
}

/* False: refused. */
static bool step(instance *i, gx_command command)
{
    gx_arena arena = gx_arena_of(GX_LIMIT_COMMAND_BYTES);
    const gx_bpmn_shelf *shelf = i->memory ? gx_shelf_memory_shelf(i->memory) : NULL;
    gx_bpmn_world world = {.now = 1795400000000, .shelf = shelf};
    gx_effects effects;
    gx_error error = {0};
    const gx_state *state = NULL;
    if (i->record_size) {
        state = gx_state_decode(&arena, i->process, (gx_text){i->record, i->record_size}, shelf, &error);
        assert_non_null(state);
    }
    bool is_done = gx_bpmn_step(&arena, i->process, state, &command, &world, &state, &effects, &error);
    if (is_done) {
        assert_true(gx_state_is_sound(i->process, state));
        for (size_t e = 0; e < effects.count; e++) {
            note(i, &effects.items[e]);
            if (effects.items[e].kind == GX_EFFECT_ENDED) {
                gx_text text = gx_json_to_text(&arena, gx_value_to_json(&arena, effects.items[e].value));
                i->variables = strndup(text.bytes, text.size);
            }
        }
        if (i->memory)
            gx_shelf_memory_apply(i->memory, &effects);
        gx_text record = gx_state_encode(&arena, state);
        assert_true(record.size < RECORD_MOST);
        memcpy(i->record, record.bytes, record.size);
        i->record_size = record.size;
        i->most_record = record.size > i->most_record ? record.size : i->most_record;
        i->has_ended = state->has_ended;
        i->most_effects = effects.count > i->most_effects ? effects.count : i->most_effects;
    }
    gx_arena_release(&arena);
    return is_done;
}

static instance begin(const char *xml, const char *variables, bool has_shelf)
{
    instance i = {.model = gx_arena_of(GX_LIMIT_MODEL_BYTES),
                  .memory = has_shelf ? gx_shelf_memory_create() : NULL,
                  .record = malloc(RECORD_MOST),
                  .tasks = calloc(QUEUE_MOST, sizeof(gx_command)),
                  .timers = calloc(QUEUE_MOST, sizeof(gx_command))};
    gx_findings findings = {0};
    gx_bpmn *bpmn = gx_bpmn_read(&i.model, gx_text_of(xml), GX_TEXT("p"), &findings);
    assert_non_null(bpmn);
    gx_findings_release(&findings);
    i.process = gx_bpmn_find(bpmn, GX_TEXT("p"));
    gx_json *json = gx_json_parse(&i.model, gx_text_of(variables), GX_TEXT("p"), NULL);
    assert_true(step(&i, (gx_command){.kind = GX_COMMAND_START, .variables = gx_value_from_json(&i.model, json)}));
    return i;
}

/* Timers that are due at once, until there are no more. */
static void run_timers(instance *i)
{
    while (i->timer_first < i->timer_count)
        step(i, i->timers[i->timer_first++]);
}

static bool complete(instance *i, size_t task, const char *variables)
{
    gx_command command = i->tasks[task];
    gx_arena arena = gx_arena_of(GX_MIB);
    gx_json *json = variables ? gx_json_parse(&arena, gx_text_of(variables), GX_TEXT("p"), NULL) : NULL;
    command.variables = json ? gx_value_from_json(&arena, json) : gx_value_null();
    bool is_done = step(i, command);
    gx_arena_release(&arena);
    return is_done;
}

static size_t on_shelf(const instance *i)
{
    size_t bytes;
    return gx_shelf_memory_count(i->memory, &bytes);
}

static void end(instance *i)
{
    free(i->record);
    free(i->tasks);
    free(i->timers);
    free(i->variables);
    gx_shelf_memory_destroy(i->memory);
    gx_arena_release(&i->model);
}

/* {"xs":[1,2,...,count]} */
static char *numbers(int count)
{
    char *text = malloc((size_t)count * 8 + 32), *at = text + sprintf(text, "{\"xs\":[");
    for (int n = 1; n <= count; n++)
        at += sprintf(at, "%s%d", n > 1 ? "," : "", n);
    strcpy(at, "]}");
    return text;
}

static void all_people_have_their_task_at_once_and_the_record_stays_short(void **state)
{
    (void)state;
    instance i = begin(ONE("<userTask id='a'>" MULTI("", COUNT) "</userTask>"), "{\"n\":10000}", true);
    run_timers(&i);
    assert_int_equal(i.task_count, 10000);
    assert_int_equal(on_shelf(&i), 10000);
    assert_in_range(i.most_record, 10, 512);
    assert_in_range(i.most_effects, 1, 6 * GX_LIMIT_SLICE_INSTANCES);
    i.most_effects = 0;
    for (size_t n = 10000; n-- > 1;)
        assert_true(complete(&i, n, NULL));
    assert_false(i.has_ended);
    assert_in_range(i.most_effects, 1, 10);
    assert_int_equal(on_shelf(&i), 1);
    assert_true(complete(&i, 0, NULL));
    assert_true(i.has_ended);
    assert_int_equal(on_shelf(&i), 0);
    end(&i);
}

/* Completed the last of five hundred first; the same end as without a shelf. */
static char *end_of(const char *xml, const char *variables, size_t count, bool has_shelf)
{
    instance i = begin(xml, variables, has_shelf);
    for (size_t n = 0; n < count; n++) {
        char data[32];
        run_timers(&i);
        size_t task = n / 500 * 500 + 499 - n % 500;
        assert_true(task < i.task_count);
        snprintf(data, sizeof data, "{\"y\":%zu}", task + 1);
        assert_true(complete(&i, task, data));
    }
    run_timers(&i);
    assert_true(i.has_ended);
    assert_int_equal(i.cancelled + i.incidents, 0);
    if (has_shelf) {
        assert_int_equal(on_shelf(&i), 0);
        assert_in_range(i.most_record, 10, 512);
    }
    char *variables_at_end = strdup(i.variables);
    end(&i);
    return variables_at_end;
}

static void collections_and_results_lie_on_the_shelf_and_come_back_in_order(void **state)
{
    (void)state;
    static const char xml[] = ONE("<userTask id='a' gx:result='y'>" EACH "</userTask>"),
                      outputs[] = ONE("<userTask id='a'>" MULTI(" gx:collection='= xs' gx:item='x' gx:results='ys'", "")
                                      "<extensionElements><gx:output name='z' value='= x + y + count(xs)'/></extensionElements></userTask>");
    char *xs = numbers(2000);
    const char *const models[] = {xml, outputs};
    for (size_t m = 0; m < GX_COUNT_OF(models); m++) {
        char *with = end_of(models[m], xs, 2000, true), *without = end_of(models[m], xs, 2000, false);
        assert_non_null(strstr(with, "\"ys\":["));
        assert_string_equal(with, without);
        free(with);
        free(without);
    }
    free(xs);
}

static void one_after_the_other_works_with_collections_on_the_shelf(void **state)
{
    (void)state;
    static const char xml[] = ONE("<scriptTask id='a' scriptFormat='feel' gx:result='y'>"
                                  MULTI(" isSequential='true' gx:collection='= xs' gx:item='x' gx:results='ys'", "") "<script>x * 2</script></scriptTask>");
    char *xs = numbers(6000);
    instance with = begin(xml, xs, true), without = begin(xml, xs, false);
    run_timers(&with);
    run_timers(&without);
    assert_true(with.has_ended && without.has_ended);
    assert_string_equal(with.variables, without.variables);
    assert_int_equal(on_shelf(&with), 0);
    assert_in_range(with.most_record, 10, 512);
    end(&with);
    end(&without);
    free(xs);
}

static void a_completion_condition_ends_it_and_the_others_go_in_slices(void **state)
{
    (void)state;
    instance i = begin(XML("<userTask id='a'>" MULTI("", COUNT "<completionCondition>nrOfCompletedInstances >= 3</completionCondition>") "</userTask><userTask id='b'/>"
                           F("1", "s", "a") F("2", "a", "b") F("3", "b", "e")),
                       "{\"n\":1000}", true);
    run_timers(&i);
    for (size_t n = 0; n < 3; n++)
        assert_true(complete(&i, n, NULL));
    assert_int_equal(i.task_count, 1001); /* b has begun */
    assert_int_equal(i.cancelled, 0);
    assert_false(complete(&i, 500, NULL)); /* its activity is over, though it has not been dismissed yet */
    i.most_effects = 0;
    run_timers(&i);
    assert_int_equal(i.cancelled, 997);
    assert_in_range(i.most_effects, 1, 3 * GX_LIMIT_SLICE_INSTANCES);
    assert_int_equal(on_shelf(&i), 0);
    assert_true(complete(&i, 1000, NULL));
    assert_true(i.has_ended);
    end(&i);
}

static void what_is_left_of_an_ended_process_is_dismissed_after_its_end(void **state)
{
    (void)state;
    char *xs = numbers(1000);
    instance i = begin(ONE("<userTask id='a' gx:result='y'>" EACH "</userTask>"), xs, true);
    run_timers(&i);
    assert_true(complete(&i, 7, "{\"y\":1}"));
    assert_true(step(&i, (gx_command){.kind = GX_COMMAND_CANCEL}));
    assert_true(i.has_ended);
    assert_false(complete(&i, 8, NULL));
    run_timers(&i);
    assert_int_equal(i.cancelled, 999);
    assert_int_equal(on_shelf(&i), 0);
    assert_false(step(&i, (gx_command){.kind = GX_COMMAND_TIMER, .key = i.timers[0].key}));
    end(&i);
    free(xs);
}

static void a_boundary_event_takes_it_away_while_it_is_still_beginning(void **state)
{
    (void)state;
    instance i = begin(ONE("<userTask id='a'>" MULTI("", COUNT) "</userTask><boundaryEvent id='b' attachedToRef='a'><messageEventDefinition messageRef='m1'/></boundaryEvent>"
                           "<userTask id='t'/>" F("3", "b", "t") F("4", "t", "e")),
                       "{\"n\":5000}", true);
    size_t begun = i.task_count;
    assert_in_range(begun, 1, GX_LIMIT_SLICE_INSTANCES + 32);
    assert_true(step(&i, (gx_command){.kind = GX_COMMAND_MESSAGE, .key = i.message, .variables = gx_value_null()}));
    run_timers(&i);
    assert_int_equal(i.cancelled, begun);
    assert_int_equal(i.task_count, begun + 1);
    assert_int_equal(on_shelf(&i), 0);
    assert_true(complete(&i, begun, NULL));
    assert_true(i.has_ended);
    end(&i);
}

static void an_instance_that_failed_is_mended_on_the_shelf(void **state)
{
    (void)state;
    instance i = begin(ONE("<callActivity id='a' calledElement='q'>" MULTI("", COUNT) "</callActivity>"), "{\"n\":100}", true);
    run_timers(&i);
    assert_int_equal(i.task_count, 100);
    assert_true(step(&i, (gx_command){.kind = GX_COMMAND_CALL_FAILED, .key = i.tasks[42].key}));
    assert_int_equal(i.incidents, 1);
    assert_int_equal(i.incident, i.tasks[42].key);
    assert_int_equal(on_shelf(&i), 100);
    assert_false(complete(&i, 42, NULL));
    assert_true(step(&i, (gx_command){.kind = GX_COMMAND_RETRY, .key = i.incident}));
    assert_int_equal(i.task_count, 101);
    assert_int_equal(on_shelf(&i), 100);
    for (size_t n = 0; n < 101; n++)
        assert_true(n == 42 || complete(&i, n, NULL));
    assert_true(i.has_ended);
    assert_int_equal(on_shelf(&i), 0);
    end(&i);
}

static void a_large_variable_lies_on_the_shelf_until_it_is_small(void **state)
{
    (void)state;
    char *xs = numbers(3000);
    instance i = begin(XML("<userTask id='a'/><exclusiveGateway id='g' default='3'/><userTask id='b'/>" F("1", "s", "a") F("2", "a", "g")
                           "<sequenceFlow id='f' sourceRef='g' targetRef='b'><conditionExpression>xs[3000] = 3000</conditionExpression></sequenceFlow>"
                           F("3", "g", "e") F("4", "b", "e")),
                       xs, true);
    assert_in_range(i.record_size, 10, 100);
    assert_int_equal(on_shelf(&i), 1);
    assert_true(complete(&i, 0, NULL));
    assert_int_equal(i.task_count, 2);
    assert_int_equal(on_shelf(&i), 1);
    assert_true(complete(&i, 1, "{\"xs\":[1]}"));
    assert_string_equal(i.variables, "{\"xs\":[1]}");
    assert_int_equal(on_shelf(&i), 0);
    end(&i);
    free(xs);
}

static void what_is_missing_on_the_shelf_refuses_the_command(void **state)
{
    (void)state;
    char *xs = numbers(500);
    instance i = begin(ONE("<userTask id='a' gx:result='y'>" EACH "</userTask>"), xs, true);
    gx_shelf_memory_destroy(i.memory);
    i.memory = gx_shelf_memory_create();
    assert_false(step(&i, i.timers[0])); /* the next of the collection */
    assert_false(complete(&i, 0, NULL));
    end(&i);
    free(xs);
}

static void a_record_that_needs_a_shelf_is_not_read_without_one(void **state)
{
    (void)state;
    instance i = begin(ONE("<userTask id='a'>" MULTI("", COUNT) "</userTask>"), "{\"n\":100}", true);
    gx_error error = {0};
    assert_null(gx_state_decode(&i.model, i.process, (gx_text){i.record, i.record_size}, NULL, &error));
    assert_string_equal(error.code, "bpmn.state");
    end(&i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(all_people_have_their_task_at_once_and_the_record_stays_short),
        cmocka_unit_test(collections_and_results_lie_on_the_shelf_and_come_back_in_order),
        cmocka_unit_test(one_after_the_other_works_with_collections_on_the_shelf),
        cmocka_unit_test(a_completion_condition_ends_it_and_the_others_go_in_slices),
        cmocka_unit_test(what_is_left_of_an_ended_process_is_dismissed_after_its_end),
        cmocka_unit_test(a_boundary_event_takes_it_away_while_it_is_still_beginning),
        cmocka_unit_test(an_instance_that_failed_is_mended_on_the_shelf),
        cmocka_unit_test(a_large_variable_lies_on_the_shelf_until_it_is_small),
        cmocka_unit_test(what_is_missing_on_the_shelf_refuses_the_command),
        cmocka_unit_test(a_record_that_needs_a_shelf_is_not_read_without_one),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("wide", tests, NULL, NULL);
}
