/* Wide activities and long loops: however much there is to do, a command does a slice of it. Every command is given to an instance that
 * was read from its record, and the memory of each is its own, as it is in the service. */
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
    "<process id='p' isExecutable='true'><startEvent id='s'/>" body "<endEvent id='e'/></process></definitions>"
#define F(id, from, to) "<sequenceFlow id='" id "' sourceRef='" from "' targetRef='" to "'/>"
#define MULTI(extra)    "<multiInstanceLoopCharacteristics" extra "><loopCardinality>n</loopCardinality></multiInstanceLoopCharacteristics>"
#define ONE(activity)   XML(activity F("1", "s", "a") F("2", "a", "e"))

enum { RECORD_MOST = 4 * 1024 * 1024, EFFECTS_MOST = 30000, QUEUE_MOST = 200000 };

typedef struct instance {
    gx_arena model;
    const gx_bpmn_process *process;
    char *record;
    size_t record_size;
    bool has_ended;
    gx_command *queue; /* what the last commands have asked for */
    size_t first, count;
    size_t commands, tasks, cancelled, most_effects, most_at_work, disarmed, incidents;
    uint32_t incident; /* the key of the last */
    char *variables;   /* at the end, as JSON */
} instance;

static void answer(instance *i, const gx_effect *effect)
{
    gx_command command = {.key = effect->key, .variables = gx_value_null()};
    switch (effect->kind) {
    case GX_EFFECT_CREATE_TASK:
        command.kind = GX_COMMAND_COMPLETE_TASK;
        i->tasks++;
        break;
    case GX_EFFECT_START_JOB:
        command.kind = GX_COMMAND_JOB_DONE;
        i->tasks++;
        break;
    case GX_EFFECT_ARM_TIMER: command.kind = GX_COMMAND_TIMER; break;
    case GX_EFFECT_SUBSCRIBE: command.kind = GX_COMMAND_MESSAGE; break;
    case GX_EFFECT_CANCEL_TASK: i->cancelled++; return;
    case GX_EFFECT_DISARM_TIMER: i->disarmed++; return;
    case GX_EFFECT_INCIDENT:
        i->incidents++;
        i->incident = effect->key;
        return;
    default: return;
    }
    assert_true(i->count < QUEUE_MOST);
    i->queue[i->count++] = command;
}

static void keep_variables(instance *i, gx_arena *arena, gx_value variables)
{
    gx_text text = gx_json_to_text(arena, gx_value_to_json(arena, variables));
    i->variables = strndup(text.bytes, text.size);
}

static void step(instance *i, gx_command command)
{
    gx_arena arena = gx_arena_of(GX_LIMIT_COMMAND_BYTES);
    gx_bpmn_world world = {.now = 1795400000000};
    gx_effects effects;
    gx_error error = {0};
    const gx_state *state = NULL;
    if (i->record_size) {
        state = gx_state_decode(&arena, i->process, (gx_text){i->record, i->record_size}, NULL, &error);
        assert_non_null(state);
    }
    assert_true(gx_bpmn_step(&arena, i->process, state, &command, &world, &state, &effects, &error));
    assert_true(gx_state_is_sound(i->process, state));
    for (size_t e = 0; e < effects.count; e++) {
        answer(i, &effects.items[e]);
        if (effects.items[e].kind == GX_EFFECT_ENDED)
            keep_variables(i, &arena, effects.items[e].value);
    }
    gx_text record = gx_state_encode(&arena, state);
    assert_true(record.size < RECORD_MOST);
    memcpy(i->record, record.bytes, record.size);
    i->record_size = record.size;
    i->has_ended = state->has_ended;
    i->commands++;
    i->most_effects = effects.count > i->most_effects ? effects.count : i->most_effects;
    i->most_at_work = state->token_count > i->most_at_work ? state->token_count : i->most_at_work;
    gx_arena_release(&arena);
}

static instance begin(const char *xml, const char *variables)
{
    instance i = {.model = gx_arena_of(GX_LIMIT_MODEL_BYTES), .record = malloc(RECORD_MOST), .queue = calloc(QUEUE_MOST, sizeof *i.queue)};
    gx_findings findings = {0};
    gx_bpmn *bpmn = gx_bpmn_read(&i.model, gx_text_of(xml), GX_TEXT("p"), &findings);
    assert_non_null(bpmn);
    gx_findings_release(&findings);
    i.process = gx_bpmn_find(bpmn, GX_TEXT("p"));
    gx_json *json = gx_json_parse(&i.model, gx_text_of(variables), GX_TEXT("p"), NULL);
    step(&i, (gx_command){.kind = GX_COMMAND_START, .variables = gx_value_from_json(&i.model, json)});
    return i;
}

static void go_on(instance *i, size_t commands_most)
{
    while (!i->has_ended && i->first < i->count && commands_most-- > 0)
        step(i, i->queue[i->first++]);
}

static void end(instance *i)
{
    free(i->record);
    free(i->queue);
    free(i->variables);
    gx_arena_release(&i->model);
}

static void a_hundred_thousand_instances_are_worked_off_in_slices(void **state)
{
    (void)state;
    instance i = begin(ONE("<task id='a'>" MULTI("") "</task>"), "{\"n\":100000}");
    assert_false(i.has_ended);
    go_on(&i, 1000);
    assert_true(i.has_ended);
    assert_in_range(i.commands, 20, 200);
    assert_in_range(i.most_effects, 1, EFFECTS_MOST);
    assert_in_range(i.most_at_work, 1, 100);
    assert_int_equal(i.incidents, 0);
    end(&i);
}

static void twenty_thousand_instances_in_turn_and_in_slices(void **state)
{
    (void)state;
    instance i = begin(ONE("<scriptTask id='a' scriptFormat='feel' gx:result='x'>" MULTI(" isSequential='true'") "<script>loopCounter</script></scriptTask>"),
                       "{\"n\":20000}");
    go_on(&i, 1000);
    assert_true(i.has_ended);
    assert_in_range(i.commands, 4, 20);
    end(&i);
}

static void results_come_in_order_whatever_the_slices(void **state)
{
    (void)state;
    instance i = begin(ONE("<scriptTask id='a' scriptFormat='feel' gx:result='y'><multiInstanceLoopCharacteristics gx:collection='= xs' gx:item='x' gx:results='ys'/>"
                           "<script>x * 2</script></scriptTask>"),
                       "{\"xs\":[1,2,3,4,5,6,7,8,9,10,11,12,13,14,15,16,17,18,19,20,21,22,23,24,25,26,27,28,29,30,31,32,33,34,35]}");
    assert_true(i.has_ended);
    assert_non_null(strstr(i.variables, "\"ys\":[2,4,6,8,10,12,14,16,18,20,22,24,26,28,30,32,34,36,38,40,42,44,46,48,50,52,54,56,58,60,62,64,66,68,70]"));
    end(&i);
}

static void a_thousand_people_have_a_task_at_once_and_the_next_follows_each(void **state)
{
    (void)state;
    instance i = begin(ONE("<userTask id='a'>" MULTI("") "</userTask>"), "{\"n\":1003}");
    assert_int_equal(i.tasks, GX_LIMIT_INSTANCES_AT_WORK);
    go_on(&i, 1);
    assert_int_equal(i.tasks, GX_LIMIT_INSTANCES_AT_WORK + 1);
    go_on(&i, 2000);
    assert_true(i.has_ended);
    assert_int_equal(i.tasks, 1003);
    assert_int_equal(i.commands, 1004);
    end(&i);
}

static void machines_get_a_hundred_jobs_at_once(void **state)
{
    (void)state;
    instance i = begin(ONE("<serviceTask id='a' gx:skill='x'>" MULTI("") "</serviceTask>"), "{\"n\":250}");
    assert_int_equal(i.tasks, GX_LIMIT_JOBS_AT_WORK);
    go_on(&i, 1000);
    assert_true(i.has_ended);
    assert_int_equal(i.tasks, 250);
    end(&i);
}

static void an_activity_that_is_taken_away_disarms_what_would_go_on(void **state)
{
    (void)state;
    instance i = begin(ONE("<task id='a'>" MULTI("") "</task><boundaryEvent id='b' attachedToRef='a'><messageEventDefinition messageRef='m1'/></boundaryEvent>"
                           "<userTask id='t'/>" F("3", "b", "t") F("4", "t", "e")),
                       "{\"n\":50000}");
    assert_int_equal(i.count, 2); /* the message and the timer that goes on */
    assert_int_equal(i.queue[0].kind, GX_COMMAND_MESSAGE);
    assert_int_equal(i.queue[1].kind, GX_COMMAND_TIMER);
    step(&i, i.queue[0]);
    assert_int_equal(i.disarmed, 1);
    assert_int_equal(i.tasks, 1);
    i.first = 2;
    go_on(&i, 1);
    assert_true(i.has_ended);
    end(&i);
}

static void a_loop_of_fifty_thousand_turns_ends(void **state)
{
    (void)state;
    instance i = begin(ONE("<scriptTask id='a' scriptFormat='feel' gx:result='x'><standardLoopCharacteristics><loopCondition>x &lt; n</loopCondition>"
                           "</standardLoopCharacteristics><script>x + 1</script></scriptTask>"),
                       "{\"n\":50000,\"x\":0}");
    go_on(&i, 1000);
    assert_true(i.has_ended);
    assert_string_equal(i.variables, "{\"n\":50000,\"x\":50000}");
    assert_in_range(i.most_effects, 1, EFFECTS_MOST);
    end(&i);
}

static void an_endless_loop_becomes_an_incident_in_the_end(void **state)
{
    (void)state;
    instance i = begin(ONE("<task id='a'><standardLoopCharacteristics><loopCondition>true</loopCondition></standardLoopCharacteristics></task>"), "{}");
    go_on(&i, QUEUE_MOST);
    assert_false(i.has_ended);
    assert_int_equal(i.incidents, 1);
    assert_in_range(i.commands, GX_LIMIT_INSTANCES / GX_LIMIT_SLICE_STEPS, 2 * GX_LIMIT_INSTANCES / GX_LIMIT_SLICE_STEPS);
    step(&i, (gx_command){.kind = GX_COMMAND_RETRY, .key = i.incident, .variables = gx_value_null()});
    assert_int_equal(i.incidents, 2); /* tried again: it has had its turns */
    end(&i);
}

/* Each instance has eleven moves: a slice begins fewer of them. */
static void instances_with_much_in_them_make_shorter_slices(void **state)
{
    (void)state;
    instance i = begin(ONE("<subProcess id='a'>" MULTI("") "<startEvent id='is'/><parallelGateway id='g'/><task id='i1'/><task id='i2'/><task id='i3'/><parallelGateway id='j'/>"
                           "<endEvent id='ie'/>" F("i1f", "is", "g") F("i2f", "g", "i1") F("i3f", "g", "i2") F("i4f", "g", "i3") F("i5f", "i1", "j")
                               F("i6f", "i2", "j") F("i7f", "i3", "j") F("i8f", "j", "ie") "</subProcess>"),
                       "{\"n\":3000}");
    go_on(&i, 1000);
    assert_true(i.has_ended);
    assert_int_equal(i.incidents, 0);
    assert_in_range(i.commands, 5, 20);
    end(&i);
}

int main(void)
{
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(a_hundred_thousand_instances_are_worked_off_in_slices),
        cmocka_unit_test(twenty_thousand_instances_in_turn_and_in_slices),
        cmocka_unit_test(results_come_in_order_whatever_the_slices),
        cmocka_unit_test(a_thousand_people_have_a_task_at_once_and_the_next_follows_each),
        cmocka_unit_test(machines_get_a_hundred_jobs_at_once),
        cmocka_unit_test(an_activity_that_is_taken_away_disarms_what_would_go_on),
        cmocka_unit_test(a_loop_of_fifty_thousand_turns_ends),
        cmocka_unit_test(an_endless_loop_becomes_an_incident_in_the_end),
        cmocka_unit_test(instances_with_much_in_them_make_shorter_slices),
    };
    cmocka_set_message_output(CM_OUTPUT_TAP);
    return cmocka_run_group_tests_name("slices", tests, NULL, NULL);
}
