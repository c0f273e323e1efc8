/* Reads the input as a process model, checks it, starts its first process and walks it: each key that comes
 * up is answered once, with what fits it. After each step the state's record must decode to the same record;
 * at last the record is damaged, and decoding that must not do harm. */
#include "bpmn/recorded.h"
#include "bpmn/explore.h"
#include "bpmn/step.h"
#include "base/limits.h"

#include <stdlib.h>
#include <string.h>

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size);
extern const char *const gx_fuzz_words[];
const char *const gx_fuzz_words[] = {
    "<userTask id='t'/>",
    "<serviceTask id='s' gx:skill='x'/>",
    "<scriptTask id='c'><script>{a:1}</script></scriptTask>",
    "<exclusiveGateway id='x'/>",
    "<parallelGateway id='p'/>",
    "<inclusiveGateway id='i'/>",
    "<eventBasedGateway id='g'/>",
    "<subProcess id='q'>",
    "</subProcess>",
    "triggeredByEvent='true'",
    "<boundaryEvent id='b' attachedToRef='t'>",
    "</boundaryEvent>",
    "cancelActivity='false'",
    "<timerEventDefinition><timeDuration>PT1S</timeDuration></timerEventDefinition>",
    "<timeCycle>R3/PT1S</timeCycle>",
    "<messageEventDefinition messageRef='m'/>",
    "<errorEventDefinition/>",
    "<terminateEventDefinition/>",
    "<multiInstanceLoopCharacteristics gx:collection='=[1,2,3]' gx:item='n'/>",
    "isSequential='true'",
    "<sequenceFlow id='f' sourceRef='a' targetRef='b'/>",
    "<conditionExpression>a &gt; 1</conditionExpression>",
    "default='f'",
    "<complexGateway id='k'/>",
    "<transaction id='r'>",
    "<adHocSubProcess id='h'>",
    "<compensateEventDefinition/>",
    "<cancelEventDefinition/>",
    "<standardLoopCharacteristics loopMaximum='2'/>",
    "isForCompensation='true'",
    "<association id='o' sourceRef='b' targetRef='t'/>",
    "parallelMultiple='true'",
    "startQuantity='2'",
    "instantiate='true'",
    "<signalEventDefinition signalRef='m'/>",
    "sourceRef='",
    "targetRef='",
    NULL};

enum { STEPS_MOST = 24, KEYS_MOST = 64 };

typedef struct work {
    gx_arena arena;
    gx_text source;
    gx_findings findings;
} work;

static gx_command_kind answer_to(gx_effect_kind kind)
{
    switch (kind) {
    case GX_EFFECT_CREATE_TASK: return GX_COMMAND_COMPLETE_TASK;
    case GX_EFFECT_ARM_TIMER: return GX_COMMAND_TIMER;
    case GX_EFFECT_SUBSCRIBE: return GX_COMMAND_MESSAGE;
    case GX_EFFECT_START_JOB: return GX_COMMAND_JOB_DONE;
    case GX_EFFECT_CALL_DECISION: return GX_COMMAND_DECISION_DONE;
    case GX_EFFECT_CALL_PROCESS: return GX_COMMAND_CALL_DONE;
    case GX_EFFECT_INCIDENT: return GX_COMMAND_RETRY;
    case GX_EFFECT_CANCEL_TASK:
    case GX_EFFECT_DISARM_TIMER:
    case GX_EFFECT_SUBSCRIBE_SIGNAL:
    case GX_EFFECT_UNSUBSCRIBE:
    case GX_EFFECT_CANCEL_JOB:
    case GX_EFFECT_CANCEL_CALL:
    case GX_EFFECT_THROW_MESSAGE:
    case GX_EFFECT_THROW_SIGNAL:
    case GX_EFFECT_ESCALATED:
    case GX_EFFECT_EVENT:
    case GX_EFFECT_KEEP:
    case GX_EFFECT_DROP:
    case GX_EFFECT_ENDED: break;
    }
    return GX_COMMAND_START;
}

static gx_text check_record(gx_arena *arena, const gx_bpmn_process *process, const gx_state *state)
{
    gx_error error = {0};
    gx_text record = gx_state_encode(arena, state);
    const gx_state *again = gx_state_decode(arena, process, record, NULL, &error);
    if (!again || !gx_text_equal(gx_state_encode(arena, again), record))
        abort();
    return record;
}

static void damage(gx_arena *arena, const gx_bpmn_process *process, gx_text record, gx_text noise)
{
    char *bytes = gx_copy_bytes(arena, record.bytes, record.size);
    for (size_t i = 0; i < noise.size && i < 8 && record.size; i++)
        bytes[(unsigned char)noise.bytes[i] * record.size / 256] ^= (char)(1 << (i % 8));
    gx_state_decode(arena, process, (gx_text){bytes, record.size}, NULL, NULL);
    gx_state_decode(arena, process, (gx_text){bytes, record.size / 2}, NULL, NULL);
    gx_recorded_reader reader = {.arena = arena, .row = noise}; /* a journal's row */
    gx_recorded entry;
    while (gx_recorded_next(&reader, &entry)) {
    }
}

static void walk(gx_arena *arena, const gx_bpmn_process *process, gx_text noise)
{
    const gx_state *state = NULL, *next;
    gx_command commands[KEYS_MOST] = {{.kind = GX_COMMAND_START}};
    size_t count = 1;
    gx_bpmn_world world = {.now = 1795000000000};
    gx_text record = {NULL, 0};
    for (size_t at = 0; at < count && at < STEPS_MOST; at++, world.now += 1000) {
        gx_effects effects = {0};
        gx_error error = {0};
        commands[at].variables = commands[at].value = gx_value_null();
        if (!gx_bpmn_step(arena, process, state, &commands[at], &world, &next, &effects, &error))
            continue;
        state = next;
        record = check_record(arena, process, state);
        for (size_t i = 0; i < effects.count && count < KEYS_MOST; i++)
            if (answer_to(effects.items[i].kind) != GX_COMMAND_START)
                commands[count++] =
                    (gx_command){.kind = answer_to(effects.items[i].kind), .key = effects.items[i].key};
    }
    if (state) {
        gx_state_to_json(arena, process, state);
        damage(arena, process, record, noise);
    }
}

/* The rules of the standard, and that writing gives the document back. */
static void check_document(work *w)
{
    gx_error error = {0};
    const gx_xml *xml = gx_xml_parse(&w->arena, w->source, GX_TEXT("fuzz.bpmn"), &error);
    if (!xml)
        return;
    gx_findings findings = {0};
    gx_bpmn_rules(xml, GX_TEXT("fuzz.bpmn"), &(gx_bpmn_rule_options){.is_strict = true}, &findings);
    gx_findings_release(&findings);
    gx_buffer written = gx_buffer_in(&w->arena), first = gx_buffer_in(&w->arena),
              second = gx_buffer_in(&w->arena);
    gx_xml_write(&written, xml, true);
    const gx_xml *again = gx_xml_parse(&w->arena, gx_buffer_as_text(&written), GX_TEXT("again.bpmn"), &error);
    if (!again)
        return; /* escaped, it is larger than a document may be */
    gx_xml_write_canonical(&first, xml);
    gx_xml_write_canonical(&second, again);
    if (!gx_text_equal(gx_buffer_as_text(&first), gx_buffer_as_text(&second)))
        abort();
}

static bool read_model(void *context)
{
    work *w = context;
    gx_bpmn *bpmn = gx_bpmn_read(&w->arena, w->source, GX_TEXT("fuzz.bpmn"), &w->findings);
    check_document(w);
    if (!bpmn)
        return false;
    gx_bpmn_check(bpmn, &w->findings);
    for (uint32_t i = 0; i < bpmn->process_count; i++)
        gx_bpmn_explore(&w->arena, &bpmn->processes[i], &(gx_explore_options){.states_most = 200});
    if (w->findings.errors == 0 && bpmn->process_count > 0)
        walk(&w->arena, &bpmn->processes[0],
             gx_text_slice(w->source, w->source.size > 8 ? w->source.size - 8 : 0, w->source.size));
    return true;
}

int LLVMFuzzerTestOneInput(const uint8_t *data, size_t size)
{
    work w = {gx_arena_of(64 * GX_MIB), {(const char *)data, size}, {0}};
    gx_arena_guard(&w.arena, read_model, &w, NULL);
    gx_findings_release(&w.findings);
    gx_arena_release(&w.arena);
    return 0;
}
