/* What a walk over a model finds: by hand-made models, and by random ones against the engine itself and
 * against a walk that leaves nothing out. */
#include "bpmn/explore.h"
#include "bpmn/state.h"
#include "base/limits.h"

#include <setjmp.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <time.h>
#include <cmocka.h>

#define XML(body)                                                                                            \
    "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'><error id='e1' errorCode='E1'/>"       \
    "<process id='p' isExecutable='true'>" body "</process></definitions>"
#define F(id, from, to) "<sequenceFlow id='" id "' sourceRef='" from "' targetRef='" to "'/>"
#define FC(id, from, to)                                                                                     \
    "<sequenceFlow id='" id "' sourceRef='" from "' targetRef='" to                                          \
    "'><conditionExpression>x</conditionExpression></sequenceFlow>"
#define START    "<startEvent id='s'/>"
#define END(id)  "<endEvent id='" id "'/>"
#define TASK(id) "<userTask id='" id "'/>"

static const struct {
    const char *name, *xml, *expected; /* "fate element; ..." */
} cases[] = {
    {"a sequence is sound", XML(START TASK("a") END("e") F("1", "s", "a") F("2", "a", "e")), ""},
    {"an exclusive split before a parallel join gets stuck",
     XML(START "<exclusiveGateway id='g'/><parallelGateway id='j'/>" TASK("a") TASK("b") END("e")
             F("1", "s", "g") FC("2", "g", "a") FC("3", "g", "b") F("4", "a", "j") F("5", "b", "j")
                 F("6", "j", "e")),
     "unreachable e; deadlock j"},
    {"a parallel split before an exclusive join doubles what follows",
     XML(START "<parallelGateway id='g'/><exclusiveGateway id='j'/>" TASK("a") TASK("b") TASK("c") END("e")
             F("1", "s", "g") F("2", "g", "a") F("3", "g", "b") F("4", "a", "j") F("5", "b", "j")
                 F("6", "j", "c") F("7", "c", "e")),
     "unsynchronised e; unsynchronised c"},
    {"an inclusive join after a parallel split is sound",
     XML(START "<parallelGateway id='g'/><inclusiveGateway id='j'/>" TASK("a") TASK("b") END("e") F(
         "1", "s", "g") F("2", "g", "a") F("3", "g", "b") F("4", "a", "j") F("5", "b", "j") F("6", "j", "e")),
     ""},
    {"a loop that nobody can leave never ends",
     XML(START TASK("a") TASK("b") F("1", "s", "a") F("2", "a", "b") F("3", "b", "a")), "endless a"},
    {"a loop with a way out is sound",
     XML(START TASK("a") "<exclusiveGateway id='g'/>" END("e") F("1", "s", "a") F("2", "a", "g")
             FC("3", "g", "a") F("4", "g", "e")),
     ""},
    {"a sub-process that always fails does not go on",
     XML(START "<subProcess id='q'><startEvent id='qs'/><endEvent id='qe'><errorEventDefinition "
               "errorRef='e1'/></endEvent>" F(
                   "q1", "qs", "qe") "</subProcess>"
                                     "<boundaryEvent id='b' attachedToRef='q'><errorEventDefinition "
                                     "errorRef='e1'/></boundaryEvent>" TASK("a") TASK("c") F("1", "s", "q")
                                         F("2", "q", "a") F("3", "b", "c")),
     "unreachable a"},
    {"a reminder that does not interrupt may come and go",
     XML(START TASK("a") "<boundaryEvent id='b' attachedToRef='a' "
                         "cancelActivity='false'><timerEventDefinition><timeDuration>PT1H</timeDuration></"
                         "timerEventDefinition></boundaryEvent>" TASK("r") "<exclusiveGateway id='g'/>" END(
                             "e") END("e2") F("1", "s", "a") F("2", "a", "g") FC("3", "g", "a")
                             F("4", "g", "e") F("5", "b", "r") F("6", "r", "e2")),
     ""},
    {"what nothing leads to is found", XML(START TASK("a") TASK("z") F("1", "s", "a") F("2", "z", "a")),
     "unreachable z"},
    {"a terminate end frees what is stuck",
     XML(START "<parallelGateway id='g'/>" TASK("a")
             TASK("b") "<endEvent id='t'><terminateEventDefinition/></endEvent>" F("1", "s", "g")
                 F("2", "g", "a") F("3", "g", "b") F("4", "a", "t") F("5", "b", "t")),
     ""},
};

static gx_arena arena;

static const gx_bpmn_process *read_process(const char *xml)
{
    gx_findings findings = {0};
    gx_bpmn *bpmn = gx_bpmn_read(&arena, gx_text_of(xml), GX_TEXT("p.bpmn"), &findings);
    if (!bpmn)
        print_message("# %s\n%s\n", findings.items[0].error.code, xml);
    gx_findings_release(&findings);
    return bpmn ? gx_bpmn_find(bpmn, GX_TEXT("p")) : NULL;
}

static int compare_texts(const void *a, const void *b)
{
    return gx_text_compare(*(const gx_text *)a, *(const gx_text *)b);
}

/* "fate element" of each finding, sorted. */
static gx_text summary(const gx_bpmn_process *process, const gx_exploration *exploration)
{
    gx_text lines[64];
    gx_buffer text = gx_buffer_in(&arena);
    for (uint32_t i = 0; i < exploration->count; i++) {
        const gx_explored *item = &exploration->items[i];
        lines[i] =
            gx_format(&arena, "%s %.*s", gx_fate_name(item->fate), GX_PRINT(process->nodes[item->node].id));
    }
    qsort(lines, exploration->count, sizeof *lines, compare_texts);
    for (uint32_t i = exploration->count; i-- > 0;)
        gx_buffer_format(&text, "%s%.*s", text.size ? "; " : "", GX_PRINT(lines[i]));
    return gx_buffer_as_text(&text);
}

static void each_fault_is_found_with_its_element(void **state)
{
    (void)state;
    for (size_t i = 0; i < GX_COUNT_OF(cases); i++) {
        arena = gx_arena_of(64 * GX_MIB);
        const gx_bpmn_process *process = read_process(cases[i].xml);
        assert_non_null(process);
        gx_exploration exploration = gx_bpmn_explore(&arena, process, NULL);
        gx_text is = summary(process, &exploration);
        if (!gx_text_equal(is, gx_text_of(cases[i].expected)) || !exploration.is_decided)
            fail_msg("%s: [%.*s], not [%s]", cases[i].name, GX_PRINT(is), cases[i].expected);
        gx_arena_release(&arena);
    }
}

/* ---- Random models ---- */

static uint64_t seed;

static uint32_t pick(uint32_t count)
{
    seed = seed * 6364136223846793005u + 1442695040888963407u;
    return (uint32_t)(seed >> 33) % count;
}

enum { NODES_MOST = 9, RUNS = 300, COMMANDS = 30 };

/* Tasks and gateways between a start and an end, with flows at random; each node leads on, and its flows are
 * taken when the variable `r` names them. */
static const char *random_model(void)
{
    static const char *const kinds[] = {"userTask", "userTask", "exclusiveGateway", "parallelGateway",
                                        "inclusiveGateway"};
    gx_buffer xml = gx_buffer_in(&arena);
    uint32_t nodes = 2 + pick(NODES_MOST - 2), flow = 0, kind[NODES_MOST];
    gx_buffer_string(&xml, "<definitions xmlns='http://www.omg.org/spec/BPMN/20100524/MODEL'><process id='p' "
                           "isExecutable='true'><startEvent id='s'/><endEvent id='e'/>"
                           "<sequenceFlow id='f' sourceRef='s' targetRef='n0'/>");
    for (uint32_t i = 0; i < nodes; i++)
        kind[i] = pick(GX_COUNT_OF(kinds));
    for (uint32_t i = 0; i < nodes; i++) {
        uint32_t ways = kind[i] < 2 ? 1 : 1 + pick(3), first = flow;
        gx_buffer_format(&xml, "<%s id='n%u'%s", kinds[kind[i]], i, kind[i] < 2 || kind[i] == 3 ? "/>" : "");
        if (kind[i] == 2 || kind[i] == 4)
            gx_buffer_format(&xml, " default='f%u'/>", first);
        for (uint32_t w = 0; w < ways; w++, flow++) {
            uint32_t to = pick(4) == 0 ? pick(nodes) : i + 1 + pick(3); /* mostly forward */
            gx_buffer_format(&xml, "<sequenceFlow id='f%u' sourceRef='n%u' targetRef='", flow, i);
            if (to < nodes)
                gx_buffer_format(&xml, "n%u'>", to);
            else
                gx_buffer_string(&xml, "e'>");
            if ((kind[i] == 2 || kind[i] == 4) && w > 0)
                gx_buffer_format(&xml, "<conditionExpression>list contains(r, %u)</conditionExpression>",
                                 flow);
            gx_buffer_string(&xml, "</sequenceFlow>");
        }
    }
    gx_buffer_string(&xml, "</process></definitions>");
    gx_buffer_byte(&xml, 0);
    return xml.bytes;
}

static gx_value random_choices(void)
{
    gx_list_builder list = gx_list_begin(&arena, 16);
    for (int i = 0; i < 30; i++)
        if (pick(2))
            gx_list_add(&list, gx_value_int(i));
    gx_context_builder builder = gx_context_begin(&arena, 1);
    gx_context_set(&builder, GX_TEXT("r"), gx_list_end(&list));
    return gx_context_end(&builder);
}

static bool says(const gx_exploration *exploration, gx_fate fate, uint32_t node)
{
    for (uint32_t i = 0; i < exploration->count; i++)
        if (exploration->items[i].fate == fate && (node == GX_NO_INDEX || exploration->items[i].node == node))
            return true;
    return false;
}

/* The engine walks at random: it must not come where nothing leads to, and must not get stuck where nothing
 * can. */
static void walk_with_engine(const gx_bpmn_process *process, const gx_exploration *exploration,
                             const char *xml)
{
    gx_bpmn_world world = {.now = 0};
    gx_effects effects;
    const gx_state *state = NULL;
    gx_command command = {.kind = GX_COMMAND_START, .variables = random_choices()};
    for (int i = 0; i < COMMANDS; i++) {
        gx_error error = {0};
        assert_true(gx_bpmn_step(&arena, process, state, &command, &world, &state, &effects, &error));
        for (size_t e = 0; e < effects.count; e++) {
            bool is_entered = effects.items[e].kind == GX_EFFECT_EVENT &&
                              gx_text_equal(effects.items[e].text1, GX_TEXT("enter"));
            if (is_entered && says(exploration, GX_FATE_UNREACHABLE, effects.items[e].node))
                fail_msg("the engine came to %.*s\n%s", GX_PRINT(process->nodes[effects.items[e].node].id),
                         xml);
        }
        uint32_t waiting = 0, chosen = 0, incidents = 0;
        for (uint32_t t = 0; t < state->token_count; t++) {
            incidents += state->tokens[t].phase == GX_TOKEN_INCIDENT;
            if (state->tokens[t].phase == GX_TOKEN_WAITING && pick(++waiting) == 0)
                chosen = state->tokens[t].key;
        }
        if (gx_state_has_ended(state) || incidents)
            return;
        if (!waiting) {
            if (!says(exploration, GX_FATE_DEADLOCK, GX_NO_INDEX))
                fail_msg("the engine got stuck\n%s", xml);
            return;
        }
        command =
            (gx_command){.kind = GX_COMMAND_COMPLETE_TASK, .key = chosen, .variables = random_choices()};
    }
}

static void random_models_agree_with_the_engine_and_with_a_walk_that_leaves_nothing_out(void **state)
{
    (void)state;
    const char *given = getenv("GX_SEED");
    seed = given ? strtoull(given, NULL, 10) : (uint64_t)time(NULL);
    print_message("# seed %llu\n", (unsigned long long)seed);
    uint32_t decided = 0, faulty = 0;
    for (int run = 0; run < RUNS; run++) {
        arena = gx_arena_of(512 * GX_MIB);
        const char *xml = random_model();
        const gx_bpmn_process *process = read_process(xml);
        assert_non_null(process);
        gx_exploration reduced =
            gx_bpmn_explore(&arena, process, &(gx_explore_options){.states_most = 20000});
        gx_exploration whole = gx_bpmn_explore(
            &arena, process, &(gx_explore_options){.states_most = 20000, .is_exhaustive = true});
        if (reduced.is_decided && whole.is_decided) {
            decided++;
            faulty += whole.count > 0;
            if (says(&reduced, GX_FATE_DEADLOCK, GX_NO_INDEX) !=
                    says(&whole, GX_FATE_DEADLOCK, GX_NO_INDEX) ||
                says(&reduced, GX_FATE_ENDLESS, GX_NO_INDEX) != says(&whole, GX_FATE_ENDLESS, GX_NO_INDEX))
                fail_msg("[%.*s] and without reduction [%.*s]\n%s", GX_PRINT(summary(process, &reduced)),
                         GX_PRINT(summary(process, &whole)), xml);
            for (uint32_t i = 0; i < process->node_count; i++)
                if (says(&reduced, GX_FATE_UNREACHABLE, i) != says(&whole, GX_FATE_UNREACHABLE, i))
                    fail_msg("%.*s is reachable only in one of two walks\n%s", GX_PRINT(process->nodes[i].id),
                             xml);
            assert_true(reduced.states <= whole.states);
            for (int i = 0; i < 20; i++)
                walk_with_engine(process, &reduced, xml);
        }
        gx_arena_release(&arena);
    }
    print_message("# %u of %d models decided, %u of them faulty\n", decided, RUNS, faulty);
    assert_true(decided > RUNS / 2 && faulty > RUNS / 20 && faulty < decided);
}

int main(void)
{
    cmocka_set_message_output(CM_OUTPUT_TAP);
    const struct CMUnitTest tests[] = {
        cmocka_unit_test(each_fault_is_found_with_its_element),
        cmocka_unit_test(random_models_agree_with_the_engine_and_with_a_walk_that_leaves_nothing_out),
    };
    return cmocka_run_group_tests_name("explore", tests, NULL, NULL);
}
